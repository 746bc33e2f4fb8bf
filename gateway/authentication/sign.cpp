// sign: DKIM signatures of our own, RFC 6376 5.
#include "gateway/authentication/sign.h"

#include "gateway/authentication/canonical.h"
#include "gateway/authentication/limits.h"

#include <algorithm>

namespace gateway::authentication {
namespace {

constexpr std::size_t line = 72;  // octets, so that lines stay below 78

}  // namespace

const std::vector<std::string_view>& signed_names()
{
    static const std::vector<std::string_view> names{
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "resent-from",
        "resent-to",
        "resent-cc",
        "resent-date",
        "resent-message-id",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-language",
        "auto-submitted",
        "supersedes",
        "chat-edit",
        "chat-delete",
        "thread-index",
        "list-id",
        "list-help",
        "list-post",
        "list-owner",
        "list-archive",
        "list-subscribe",
        "list-unsubscribe",
        "list-unsubscribe-post",
    };
    return names;
}

std::vector<std::string> present_fields(const MailText& mail, const std::vector<std::string_view>& names)
{
    std::vector<std::string> present;
    for (const auto name : names)
        for (std::size_t i = 0; i < mail.named(name).size() && present.size() < limits::signed_fields - 1; ++i)
            present.emplace_back(name);
    return present;
}

std::string folded_names(const std::vector<std::string>& names)
{
    std::string text;
    std::size_t column = 2;
    for (const auto& name : names) {
        if (!text.empty()) text += ':';
        if (column + name.size() > line) {
            text += "\r\n\t ";
            column = 2;
        }
        text += name;
        column += name.size() + 1;
    }
    return text;
}

std::string folded_base64(std::string_view octets)
{
    const auto text = encode_base64(octets);
    std::string folded;
    for (std::size_t at = 0; at < text.size(); at += line) {
        if (at > 0) folded += "\r\n\t ";
        folded += std::string_view(text).substr(at, line);
    }
    return folded;
}

std::string signed_field(
    const MailText& mail, const std::vector<std::string>& names, std::string field, const PrivateKey& key)
{
    Digest digest(Hash::sha256);
    std::unordered_map<std::string_view, std::size_t> used;
    for (const auto& name : names) {
        const auto& places = mail.named(name);
        digest.update(canonical_field(mail.whole(places[places.size() - 1 - used[name]++]), Canonical::relaxed));
        digest.update("\r\n");
    }
    digest.update(canonical_field(field, Canonical::relaxed));
    return field + folded_base64(key.sign(digest.finish()));
}

std::string dkim_signature(const MailText& mail, const SigningKey& key, std::chrono::sys_seconds now)
{
    if (mail.begins_folded()) return {};
    const auto names = present_fields(mail, signed_names());
    if (std::find(names.begin(), names.end(), "from") == names.end()) return {};
    auto shown = names;
    shown.insert(shown.begin(), "from");  // one more than there are: none may be added, RFC 6376 8.15
    const auto body = hash_body(mail, Canonical::relaxed, Hash::sha256, std::nullopt).digest;
    auto field = "DKIM-Signature: v=1; a=" + std::string(name_of(key.key.type())) +
                 "-sha256; c=relaxed/relaxed; d=" + key.domain + "; s=" + key.selector +
                 ";\r\n\tt=" + std::to_string(now.time_since_epoch().count()) + ";\r\n\th=" + folded_names(shown) +
                 ";\r\n\tbh=" + encode_base64(body) + ";\r\n\tb=";
    return signed_field(mail, names, std::move(field), key.key) + "\r\n";
}

}  // namespace gateway::authentication
