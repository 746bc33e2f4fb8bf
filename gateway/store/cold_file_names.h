// cold_file_names: what a file of cold storage says of people, folders and messages, and who and what these are here.
// Private to cold_import.
#pragma once

#include "email2/message.h"
#include "gateway/store/changes.h"
#include "gateway/store/cold_members.h"
#include "gateway/store/people.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gateway::store::cold {

using Row = boost::json::object;

// Columns of a row. They throw std::runtime_error when it has not such a value: the file is damaged.
[[nodiscard]] std::int64_t number(const Row& row, std::string_view column);
[[nodiscard]] std::string word(const Row& row, std::string_view column);
[[nodiscard]] bool is_null(const Row& row, std::string_view column);
[[nodiscard]] Row parse_row(std::string_view json);
[[nodiscard]] inline std::string text(const boost::json::object& object)
{
    return boost::json::serialize(object);
}

template <class Each>
void each_row(ArchiveReader& in, const ArchiveReader::Member& member, Each each)
{
    for_each_line(in, member, [&](std::string_view json) { each(parse_row(json), json); });
}

// A reference as it will be here, in limbo.
struct Reference {
    std::int32_t user = 0, limbo = 0, home = 0;
    std::int64_t flags = 0;
};

struct FileNames {
    // about.txt: which message, of which store. Throws when it is none, or none of this form.
    void about(std::string_view text);
    // A row of names/KIND.
    void add(const std::string& kind, const Row& row);
    // Finds the people here; makes correspondents of those that nobody is.
    void meet(Session& session);

    // Who somebody is here; 0 is nobody.
    [[nodiscard]] std::int32_t person(std::int64_t id) const;
    [[nodiscard]] std::int32_t person(const Row& row, const char* column) const { return person(number(row, column)); }
    [[nodiscard]] boost::json::array people(const boost::json::array& ids) const;
    [[nodiscard]] bool is_account(std::int32_t person) const { return accounts.contains(person); }
    // nullopt: its user has no account here.
    [[nodiscard]] std::optional<Reference> reference(Session& session, Changes& changes, const Row& row) const;

    struct Named {  // a message
        email2::Name name;
        std::string mid;  // "": its name
        [[nodiscard]] std::string message_id() const { return mid.empty() ? name.str() : mid; }
    };
    email2::Name name;
    std::string store;
    std::map<std::int64_t, Row> known;  // people, by their numbers in the file
    std::map<std::int64_t, Row> mailboxes;
    std::map<std::int64_t, Named> messages;
    std::vector<Row> list;
    std::map<std::int64_t, std::int32_t> here;
    std::map<std::int32_t, PersonRow> accounts;

private:
    [[nodiscard]] std::int32_t folder(Session& session, const PersonRow& account, std::int64_t mailbox) const;
    [[nodiscard]] std::int64_t flags(
        Session& session, Changes& changes, const PersonRow& account, std::int64_t user, std::int64_t bits) const;
};

}  // namespace gateway::store::cold
