// key_files: the keys that sign for our domains, as files: DIRECTORY/DOMAIN/SELECTOR.pem. A file that is there signs.
#pragma once

#include "gateway/authentication/sign.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gateway::authentication {

// All keys below `directory`, which need not exist, by domain and selector. Throws std::runtime_error that names the
// file.
[[nodiscard]] std::vector<SigningKey> read_signing_keys(const std::filesystem::path& directory);

// Makes an RSA and an Ed25519 key, SELECTOR-rsa and SELECTOR-ed25519, for nobody else to read. Throws
// std::runtime_error: the domain or selector is no name, a key is there already, or the disk does not take it.
[[nodiscard]] std::vector<SigningKey> make_signing_keys(
    const std::filesystem::path& directory, const std::string& domain, const std::string& selector);

// The lines of a zone that publish those keys: TXT records in strings of at most 255 octets, RFC 6376 3.6.2.2.
[[nodiscard]] std::string dkim_zone(const std::vector<SigningKey>& keys);
// Lines that would suit a domain whose mail only this host sends: SPF and DMARC.
[[nodiscard]] std::string suggested_zone(const std::string& domain, const std::string& hostname);

}  // namespace gateway::authentication
