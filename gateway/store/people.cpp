#include "gateway/store/people.h"

#include "email2/address.h"
#include "gateway/mapping/language.h"

namespace gateway::store {

namespace {

#define PERSON_COLUMNS                                                                                                 \
    "p.id, p.address, p.class, p.name, p.inbox, p.sent, p.drafts, p.trash, p.junk, p.archive, p.limbo, p.language"

PersonRow person_of(const Rows& rows, std::size_t row, int from)
{
    const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(row, from + column)); };
    PersonRow person;
    person.id = number(0);
    person.address = rows.text(row, from + 1);
    person.kind = static_cast<email2::Class>(number(2));
    person.name = rows.text(row, from + 3);
    person.inbox = number(4);
    person.sent = number(5);
    person.drafts = number(6);
    person.trash = number(7);
    person.junk = number(8);
    person.archive = number(9);
    person.limbo = number(10);
    person.language = rows.text(row, from + 11);
    return person;
}

}  // namespace

std::string language_for(const PersonRow& person)
{
    if (!person.language.empty()) return person.language;
    auto guess = mapping::language_of_domain(person.address);
    return guess.empty() ? "en" : guess;
}

std::map<std::string, PersonRow> find_people(Session& session, const std::vector<std::string>& addresses)
{
    std::vector<std::string> asked = addresses;
    for (const auto& address : addresses)
        if (auto base = email2::base_address(address); base != address) asked.push_back(std::move(base));
    const auto rows =
        session.query("select p.address, " PERSON_COLUMNS " from person p where p.address = any($1::text[]) union all "
                      "select a.address, " PERSON_COLUMNS
                      " from alias a join person p on p.id = a.person_id where a.address = any($1::text[])",
            asked);
    std::map<std::string, PersonRow> known;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto person = person_of(rows, i, 1);
        auto& place = known[rows.text(i, 0)];
        if (place.id == 0 || person.native())
            place = std::move(person);  // an alias beats a correspondent's record of that address
    }
    std::map<std::string, PersonRow> out;
    for (const auto& address : addresses) {
        const auto whole = known.find(address);
        const auto base = known.find(email2::base_address(address));
        const bool detail =
            base != known.end() && base->second.native() && (whole == known.end() || !whole->second.native());
        if (detail) out.emplace(address, base->second);
        else if (whole != known.end()) out.emplace(address, whole->second);
    }
    return out;
}

std::map<std::string, PersonRow> meet_people(Session& session, const std::vector<std::string>& addresses,
    const std::vector<std::string>& names, const std::set<std::string>& residents)
{
    auto people = find_people(session, addresses);
    std::map<std::string, std::string> strangers;  // sorted: rows are inserted in one order by everybody
    for (std::size_t i = 0; i < addresses.size(); ++i)
        if (!people.contains(addresses[i]) && !residents.contains(addresses[i]))
            strangers.emplace(addresses[i], names[i]);
    if (strangers.empty()) return people;
    std::vector<std::string> address, name;
    for (auto& [a, n] : strangers) {
        address.push_back(a);
        name.push_back(n);
    }
    session.query(
        "insert into person(address, name) select * from unnest($1::text[], $2::text[]) on conflict do nothing",
        address, name);
    people.merge(find_people(session, address));
    return people;
}

std::map<std::int32_t, PersonRow> people_by_id(Session& session, const std::vector<std::int32_t>& ids)
{
    const auto rows = session.query("select " PERSON_COLUMNS " from person p where p.id = any($1::int4[])", ids);
    std::map<std::int32_t, PersonRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto person = person_of(rows, i, 0);
        out.emplace(person.id, std::move(person));
    }
    return out;
}

}  // namespace gateway::store
