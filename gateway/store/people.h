// people: persons by address: accounts, aliases and correspondents. email2.md "class", mapping.md "Names in both
// worlds".
#pragma once

#include "email2/message.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace gateway::store {

struct PersonRow {
    std::int32_t id = 0;
    std::string address;
    email2::Class kind = email2::Class::smtp;
    std::string name;
    std::string language;  // "" while not known
    std::int32_t inbox = 0, sent = 0, drafts = 0, trash = 0, junk = 0, archive = 0, limbo = 0;
    [[nodiscard]] bool native() const { return kind == email2::Class::native; }
};

// What they read: what is known of them, else what is spoken where their address is, else English.
[[nodiscard]] std::string language_for(const PersonRow& person);

// By the addresses asked for (aliases give the person they stand for); those that nobody has are absent. `user+detail@`
// is tried as `user@` where the whole is unknown.
[[nodiscard]] std::map<std::string, PersonRow> find_people(Session& session, const std::vector<std::string>& addresses);
// The same, and correspondents are made of those that nobody has: a user record at first sight. Not of `residents`:
// they live here or nowhere.
[[nodiscard]] std::map<std::string, PersonRow> meet_people(Session& session, const std::vector<std::string>& addresses,
    const std::vector<std::string>& names, const std::set<std::string>& residents = {});
[[nodiscard]] std::map<std::int32_t, PersonRow> people_by_id(Session& session, const std::vector<std::int32_t>& ids);

}  // namespace gateway::store
