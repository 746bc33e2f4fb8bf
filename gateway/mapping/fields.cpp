// fields: see fields.h.

#include "gateway/mapping/fields.h"

#include "email2/address.h"
#include "email2/text.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/thread_index.h"

#include <algorithm>

namespace gateway::mapping {
namespace {

constexpr std::size_t line_length = 78;

// Items after each other, folded before the one that would make a line too long.
std::string folded(std::string_view name, const std::vector<std::string>& items, std::string_view separator)
{
    std::string value;
    auto column = name.size() + 2;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto width = items[i].size() + separator.size();
        if (i > 0) {
            value += separator;
            const bool fold = column + width > line_length;
            value += fold ? "\r\n " : " ";
            column = fold ? 1 : column + 1;
        }
        value += items[i];
        const auto line_start = items[i].rfind('\n');  // an encoded name may have been folded itself
        column = line_start == std::string::npos ? column + width : width - line_start;
    }
    return value;
}

}  // namespace

mime::Address address_of(const email2::Person& person)
{
    return {.display_name = person.name,
        .local_part = std::string(email2::local_part(person.address)),
        .domain = std::string(email2::domain_of(person.address)),
        .group = {}};
}

std::string display_of(const mime::Address& address)
{
    return address.display_name.empty() ? address.spec() : address.display_name + " <" + address.spec() + ">";
}

std::vector<std::string> reference_chain(const std::vector<std::string>& chain, const std::string& parent)
{
    std::vector<std::string> ids;
    for (const auto& id : chain)
        if (!id.empty() && id != parent && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    if (!parent.empty()) ids.push_back(parent);
    if (ids.size() > limits::references) ids.erase(ids.begin() + 1, ids.end() - (limits::references - 1));
    return ids;
}

std::string answer_subject(std::string_view subject)
{
    if (email2::ascii_lower(subject.substr(0, 3)) == "re:") return std::string(subject);
    return "Re: " + std::string(subject);
}

void FieldList::text(std::string_view name, std::string_view utf8)
{
    fields_.emplace_back(name, mime::encode_text(utf8, name.size() + 2));
}

void FieldList::addresses(std::string_view name, const std::vector<mime::Address>& addresses)
{
    std::vector<std::string> items;
    for (const auto& each : addresses) items.push_back(mime::encode_address(each));
    fields_.emplace_back(name, folded(name, items, ","));
}

void FieldList::ids(std::string_view name, const std::vector<std::string>& ids)
{
    std::vector<std::string> items;
    for (const auto& id : ids) items.push_back("<" + id + ">");
    if (!items.empty()) fields_.emplace_back(name, folded(name, items, ""));
}

void FieldList::date(std::string_view name, email2::Time time)
{
    fields_.emplace_back(name, mime::format_date(std::chrono::floor<std::chrono::seconds>(time)));
}

void FieldList::conversation(std::string_view index, std::string_view subject)
{
    if (index.empty()) return;
    text("Thread-Topic", thread_topic(subject));
    raw("Thread-Index", index);
}

void FieldList::raw(std::string_view name, std::string_view ascii)
{
    fields_.emplace_back(name, ascii);
}

}  // namespace gateway::mapping
