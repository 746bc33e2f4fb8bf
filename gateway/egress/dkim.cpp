// dkim: a Signer with the keys of our domains.
#include "gateway/egress/dkim.h"

#include <algorithm>
#include <chrono>

namespace gateway::egress {

using authentication::KeyType;
using authentication::MailText;
using authentication::SigningKey;

std::string DkimSigner::sign(std::string_view domain, std::span<const std::string_view> pieces) const
{
    const auto is_of = [&](const SigningKey& key) { return key.domain == domain; };
    if (std::none_of(keys_.begin(), keys_.end(), is_of)) return {};
    const MailText mail(pieces);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::string fields;
    for (const auto& key : keys_)
        if (is_of(key)) fields += authentication::dkim_signature(mail, key, now);
    return fields;
}

std::string DkimSigner::seal(
    std::string_view domain, std::span<const std::string_view> pieces, const authentication::Sealing& sealing) const
{
    const SigningKey* best = nullptr;
    for (const auto& key : keys_)
        if (key.domain == domain &&
            (best == nullptr || (key.key.type() == KeyType::rsa && best->key.type() != KeyType::rsa)))
            best = &key;
    return best == nullptr ? "" : authentication::arc_seal(MailText(pieces), sealing, *best);
}

}  // namespace gateway::egress
