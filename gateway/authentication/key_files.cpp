// key_files: the keys that sign for our domains, as files.
#include "gateway/authentication/key_files.h"

#include "email2/address.h"

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <unistd.h>

namespace gateway::authentication {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_string = 255;  // octets of one string in a TXT record, RFC 1035 3.3

std::string read_file(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) throw std::runtime_error("the DKIM key " + path.string() + " cannot be read");
    return text;
}

// Readable by the owner alone from the first moment on.
void write_file(const fs::path& path, const std::string& text)
{
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        throw std::runtime_error(
            path.string() +
            (errno == EEXIST ? " is there already; another --selector makes new keys" : " cannot be made"));
    const bool whole =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
    ::close(file);
    if (whole) return;
    fs::remove(path);
    throw std::runtime_error(path.string() + " cannot be written");
}

bool is_selector(const std::string& selector)
{
    return !selector.empty() && selector.size() <= 50 && selector.front() != '.' &&
           std::all_of(selector.begin(), selector.end(),
               [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.'; });
}

std::string strings(std::string_view value)
{
    std::string text;
    for (std::size_t at = 0; at < value.size(); at += longest_string)
        text += " \"" + std::string(value.substr(at, longest_string)) + "\"";
    return value.size() > longest_string ? "(" + text + " )" : text.substr(1);
}

std::string record_of(const PrivateKey& key)
{
    return "v=DKIM1; k=" + std::string(name_of(key.type())) + "; p=" + encode_base64(key.public_octets());
}

}  // namespace

std::vector<SigningKey> read_signing_keys(const fs::path& directory)
{
    std::vector<SigningKey> keys;
    std::error_code missing;
    for (const auto& domain : fs::directory_iterator(directory, missing)) {
        if (!domain.is_directory()) continue;
        for (const auto& file : fs::directory_iterator(domain)) {
            if (file.path().extension() != ".pem") continue;
            auto key = PrivateKey::read(read_file(file.path()));
            if (!key)
                throw std::runtime_error("the DKIM key " + file.path().string() + " cannot be used: " + key.error());
            keys.push_back({domain.path().filename().string(), file.path().stem().string(), std::move(*key)});
        }
    }
    std::sort(keys.begin(), keys.end(),
        [](const auto& a, const auto& b) { return std::tie(a.domain, a.selector) < std::tie(b.domain, b.selector); });
    return keys;
}

std::vector<SigningKey> make_signing_keys(
    const fs::path& directory, const std::string& domain, const std::string& selector)
{
    const auto name = email2::normalise_domain(domain);
    if (!name || name->starts_with('[')) throw std::runtime_error(domain + " is no domain");
    if (!is_selector(selector)) throw std::runtime_error(selector + " is no selector: letters, digits, '-' and '.'");
    fs::create_directories(directory / *name);
    std::vector<SigningKey> keys;
    for (const auto type : {KeyType::rsa, KeyType::ed25519}) {
        SigningKey made{*name, selector + "-" + std::string(name_of(type)), PrivateKey::make(type)};
        write_file(directory / *name / (made.selector + ".pem"), made.key.pem());
        keys.push_back(std::move(made));
    }
    return keys;
}

std::string dkim_zone(const std::vector<SigningKey>& keys)
{
    std::string zone;
    for (const auto& key : keys)
        zone += key.selector + "._domainkey." + key.domain + ". IN TXT " + strings(record_of(key.key)) + "\n";
    return zone;
}

std::string suggested_zone(const std::string& domain, const std::string& hostname)
{
    return domain + ". IN TXT \"v=spf1 a:" + hostname + " mx -all\"\n" + hostname +
           ". IN TXT \"v=spf1 a -all\"\n_dmarc." + domain + ". IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@" +
           domain + "\"\n";
}

}  // namespace gateway::authentication
