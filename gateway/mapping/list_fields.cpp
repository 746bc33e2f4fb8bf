// list_fields: see list_fields.h.

#include "gateway/mapping/list_fields.h"

#include "email2/address.h"
#include "mime/header.h"

namespace gateway::mapping {

std::string unsubscribe_fields(std::string_view url, std::string_view address)
{
    std::string ways;
    if (!url.empty()) ways.append("<").append(url).append(">");
    if (!address.empty()) ways.append(ways.empty() ? "" : ",\r\n ").append("<mailto:").append(address).append(">");
    if (ways.empty()) return {};
    return "List-Unsubscribe: " + ways + "\r\n" +
           (url.empty() ? "" : "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
}

std::string list_fields(const email2::Person& list)
{
    const auto label =
        std::string(email2::local_part(list.address)) + "." + std::string(email2::domain_of(list.address));
    // "Name <label>" without the address's form: a name that is no phrase is encoded like one.
    const auto at = mime::encode_address({.display_name = list.name, .local_part = "x", .domain = "x", .group = {}});
    const auto phrase = list.name.empty() ? std::string{} : at.substr(0, at.rfind('<'));
    return "List-Id: " + phrase + "<" + label + ">\r\nList-Post: <mailto:" + list.address + ">\r\nPrecedence: list\r\n";
}

const std::set<std::string>& list_field_names()
{
    static const std::set<std::string> names{"list-id", "list-post", "list-help", "list-subscribe", "list-unsubscribe",
        "list-unsubscribe-post", "list-owner", "list-archive", "precedence"};
    return names;
}

}  // namespace gateway::mapping
