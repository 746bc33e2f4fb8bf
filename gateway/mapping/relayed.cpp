// relayed: see relayed.h.

#include "gateway/mapping/relayed.h"

#include "email2/text.h"
#include "gateway/mapping/fields.h"
#include "gateway/mapping/mail_in.h"

#include <algorithm>
#include <map>

namespace gateway::mapping {
namespace {

// The tags of a signature, RFC 6376 3.2; white space dropped.
std::map<std::string, std::string> tags_of(std::string_view value)
{
    std::map<std::string, std::string> tags;
    while (!value.empty()) {
        const auto end = std::min(value.find(';'), value.size());
        std::string tag;
        for (const char c : value.substr(0, end))
            if (c != ' ' && c != '\t' && c != '\r' && c != '\n') tag += c;
        if (const auto equals = tag.find('='); equals != std::string::npos)
            tags.emplace(tag.substr(0, equals), email2::ascii_lower(tag.substr(equals + 1)));
        value.remove_prefix(std::min(end + 1, value.size()));
    }
    return tags;
}

bool same_organisation(std::string_view one, std::string_view other)
{
    const auto below = [](std::string_view inner, std::string_view outer) {
        return inner.ends_with(outer) &&
               (inner.size() == outer.size() || inner[inner.size() - outer.size() - 1] == '.');
    };
    return !one.empty() && !other.empty() && (below(one, other) || below(other, one));
}

bool signs_any(std::string_view names, const std::set<std::string>& added)
{
    while (!names.empty()) {
        const auto end = std::min(names.find(':'), names.size());
        if (added.contains(std::string(names.substr(0, end)))) return true;
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    return false;
}

}  // namespace

bool signature_survives(
    const mime::Message& message, std::string_view bytes, std::string_view domain, const std::set<std::string>& added)
{
    return std::any_of(message.root.fields.begin(), message.root.fields.end(), [&](const mime::Field& field) {
        if (email2::ascii_lower(field.name.of(bytes)) != "dkim-signature") return false;
        const auto tags = tags_of(field.value.of(bytes));
        const auto signer = tags.find("d"), names = tags.find("h");
        return signer != tags.end() && names != tags.end() &&
               same_organisation(signer->second, email2::ascii_lower(domain)) && !signs_any(names->second, added);
    });
}

mime::Address via(const mime::Address& author, std::string_view list, const mime::Address& relay)
{
    auto from = relay;
    from.display_name =
        (author.display_name.empty() ? author.spec() : author.display_name) + " via " + std::string(list);
    return from;
}

std::string with_from(const mime::Message& message, std::string_view bytes, const mime::Address& from)
{
    FieldList fields;
    fields.addresses("From", {from});
    const auto author = mime::raw(message.root, bytes, "from");
    if (author && mime::find(message.root, bytes, "reply-to") == nullptr)
        fields.addresses("Reply-To", mime::parse_addresses(*author));
    std::string head;
    for (const auto& [name, value] : fields.fields())
        if (!value.empty()) head += name + ": " + value + "\r\n";
    if (message.root.header.length == 0) head += "\r\n";  // all body
    return head + without_fields(message, bytes, {"from", "sender", "dkim-signature"});
}

}  // namespace gateway::mapping
