// cold_file_names: see the header.
#include "gateway/store/cold_file_names.h"

#include "email2/guid.h"
#include "gateway/store/cold_storage.h"
#include "gateway/store/flags.h"
#include "gateway/store/hash.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/mailbox_keywords.h"

#include <boost/json/value_to.hpp>

namespace gateway::store::cold {

namespace json = boost::json;

namespace {

[[noreturn]] void damaged()
{
    throw std::runtime_error("is damaged");
}

const json::value& column_of(const Row& row, std::string_view column)
{
    const auto* value = row.if_contains(json::string_view(column.data(), column.size()));
    if (value == nullptr) damaged();
    return *value;
}

std::string_view take_line(std::string_view& text)
{
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

constexpr std::string_view store_label = "of the store ";

}  // namespace

std::int64_t number(const Row& row, std::string_view column)
{
    boost::system::error_code error;
    const auto value = column_of(row, column).to_number<std::int64_t>(error);
    if (error) damaged();
    return value;
}

std::string word(const Row& row, std::string_view column)
{
    const auto* text = column_of(row, column).if_string();
    if (text == nullptr) damaged();
    return {text->data(), text->size()};
}

bool is_null(const Row& row, std::string_view column)
{
    return column_of(row, column).is_null();
}

Row parse_row(std::string_view text)
{
    boost::system::error_code error;
    auto value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !value.is_object()) damaged();
    return std::move(value.get_object());
}

void FileNames::about(std::string_view text)
{
    const bool nameless = text.starts_with(nameless_format_line);
    if (!nameless && !text.starts_with(format_line))
        throw std::runtime_error(text.starts_with("email2 cold storage") ? "has another form than this program knows"
                                                                         : "is no file of cold storage");
    (void)take_line(text);
    const auto line = take_line(text);
    if (nameless)
        throw std::runtime_error(
            "was written by an older program, which named nobody in it: email2-gateway archive restore " +
            std::string(line) + " puts it back where it came from");
    const auto parsed = email2::parse_name(line);
    if (!parsed) damaged();
    name = *parsed;
    const auto of = take_line(text);
    if (of.starts_with(store_label)) store = of.substr(store_label.size());
}

void FileNames::add(const std::string& kind, const Row& row)
{
    if (kind == "people") known[number(row, "id")] = row;
    else if (kind == "mailboxes") mailboxes[number(row, "id")] = row;
    else if (kind == "list") list.push_back(row);
    else if (kind == "messages") {
        const auto parsed = email2::parse_name(word(row, "guid") + "@" + word(row, "server"));
        if (!parsed) damaged();
        messages[number(row, "id")] = {*parsed, is_null(row, "mid") ? "" : word(row, "mid")};
    }
}

// Whoever was erased here stays the anonymous person that is left of them, unless somebody has the address again.
void FileNames::meet(Session& session)
{
    std::vector<std::string> addresses, names;
    for (const auto& [id, row] : known) addresses.push_back(word(row, "address"));
    auto found = find_people(session, addresses);
    std::vector<std::string> strangers;
    for (const auto& [id, row] : known) {
        const auto address = word(row, "address");
        if (found.contains(address)) continue;
        const auto erased =
            session.query("select person_id from closed_address where sha256 = $1", Bytes{sha256(address)});
        if (!erased.empty()) {
            here[id] = static_cast<std::int32_t>(erased.integer(0, 0));
            continue;
        }
        strangers.push_back(address);
        names.push_back(word(row, "name"));
    }
    found.merge(meet_people(session, strangers, names));
    for (const auto& [id, row] : known) {
        const auto place = found.find(word(row, "address"));
        if (place == found.end()) continue;
        here[id] = place->second.id;
        if (place->second.native()) accounts[place->second.id] = place->second;
    }
}

std::int32_t FileNames::person(std::int64_t id) const
{
    if (id == 0) return 0;
    const auto found = here.find(id);
    if (found == here.end()) damaged();
    return found->second;
}

json::array FileNames::people(const json::array& ids) const
{
    json::array out;
    for (const auto& id : ids) {
        boost::system::error_code error;
        const auto old = id.to_number<std::int64_t>(error);
        if (error) damaged();
        out.emplace_back(person(old));
    }
    return out;
}

// By what it is for, or by its name; one that is not here: the top level.
std::int32_t FileNames::folder(Session& session, const PersonRow& account, std::int64_t mailbox) const
{
    const auto found = mailboxes.find(mailbox);
    if (found == mailboxes.end()) return account.inbox;
    switch (static_cast<MailboxUse>(number(found->second, "use"))) {
    case MailboxUse::inbox: return account.inbox;
    case MailboxUse::sent: return account.sent;
    case MailboxUse::drafts: return account.drafts;
    case MailboxUse::trash: return account.trash;
    case MailboxUse::junk: return account.junk;
    case MailboxUse::archive: return account.archive;
    default: break;
    }
    const auto rows = session.query("select id from mailbox where user_id = $1 and name = $2 and use <> 7", account.id,
        word(found->second, "name"));
    return rows.empty() ? account.inbox : static_cast<std::int32_t>(rows.integer(0, 0));
}

// Keywords have other bits here; those for which there is no room are lost.
std::int64_t FileNames::flags(
    Session& session, Changes& changes, const PersonRow& account, std::int64_t user, std::int64_t bits) const
{
    constexpr auto system = (std::int64_t{1} << first_keyword_bit) - 1;
    std::vector<std::string> names;
    const auto of = known.find(user);
    if (of != known.end())
        if (const auto* keywords = column_of(of->second, "keywords").if_array())
            for (std::size_t i = 0; i < keywords->size() && i < keyword_limit; ++i)
                if (const auto* keyword = (*keywords)[i].if_string();
                    keyword != nullptr && (bits >> (first_keyword_bit + i) & 1) != 0)
                    names.emplace_back(keyword->data(), keyword->size());
    if (names.empty()) return bits & system;
    const auto made = add_keywords(session, changes, account.id, names);
    return (bits & system) |
           static_cast<std::int64_t>(made ? *made : bits_of(read_keywords(session, account.id), names));
}

std::optional<Reference> FileNames::reference(Session& session, Changes& changes, const Row& row) const
{
    const auto user = number(row, "user_id");
    const auto account = accounts.find(person(user));
    if (account == accounts.end()) return std::nullopt;
    Reference out{.user = account->first, .limbo = account->second.limbo};
    const auto home = number(row, "home");  // negative: undeleting puts it into Trash
    if (home != 0) out.home = folder(session, account->second, std::abs(home)) * (home < 0 ? -1 : 1);
    out.flags = flags(session, changes, account->second, user, number(row, "flags"));
    return out;
}

}  // namespace gateway::store::cold
