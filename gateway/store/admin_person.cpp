// admin_person: everything about one person, to be handed over or to be erased.
#include "email2/xml.h"
#include "gateway/admin_rows.h"
#include "gateway/store/admin.h"
#include "gateway/store/erase.h"
#include "gateway/store/facts.h"

#include <fmt/format.h>

namespace gateway::store {

namespace {

constexpr std::int64_t page = 500;          // messages in one statement
constexpr std::size_t lines_a_file = 5000;  // of events and of the audit

// What they wrote, hold, or are on the list of; and when it was made.
constexpr const char* messages_statement = R"(
select m.id, m.created from message m where m.id > $2 and (m.originator = $1
 or exists (select from ref r where r.message_id = m.id and r.user_id = $1)
 or exists (select from entry e where e.person_id = $1 and e.membership = 0 and (e.list_id = m.list_id
   or e.list_id in (select l.list_id from message_list l where l.message_id = m.id))))
order by m.id limit $3)";

Time now()
{
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void write_messages(Session& session, std::int32_t person, boxes::Sink& sink)
{
    sink.directory("messages");
    std::string gone;  // by name: what lies in cold storage is to be restored first, the rest is deleted
    for (std::int64_t after = 0;;) {
        const auto rows = session.query(messages_statement, person, after, page);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            after = rows.integer(i, 0);
            const auto facts = facts_of(session, after, person);
            if (!facts) continue;
            if (facts->standing.gone) {
                gone += facts->name.str() + "\n";
                continue;
            }
            sink.file("messages/" + facts->name.guid + ".xml",
                email2::write(message_of(session, *facts, person, std::nullopt)), rows.time(i, 1));
        }
        if (static_cast<std::int64_t>(rows.size()) < page) break;
    }
    if (!gone.empty()) sink.file("messages/gone.txt", gone, now());
}

void write_events(Session& session, std::int32_t person, boxes::Sink& sink)
{
    sink.directory("events");
    std::int64_t after = 0;
    for (int n = 1;; ++n) {
        const auto rows = session.query(
            "select e.seq, m.guid, d.name, e.revision, e.kind, coalesce(a.address, ''), e.at from event e join message m on m.id = e.message_id "
            "join domain d on d.id = m.home left join person a on a.id = e.actor where e.seq > $2 and (e.actor = $1 or e.person_id = $1) "
            "order by e.seq limit $3",
            person, after, static_cast<std::int64_t>(lines_a_file));
        email2::Events events;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            after = rows.integer(i, 0);
            email2::Event event;
            event.sequence = static_cast<std::uint64_t>(after);
            event.message = {to_string(rows.uuid(i, 1)), rows.text(i, 2)};
            event.revision = static_cast<std::uint32_t>(rows.integer(i, 3));
            event.kind = static_cast<email2::EventKind>(rows.integer(i, 4));
            event.actor = rows.text(i, 5);
            event.at = rows.time(i, 6);
            events.events.push_back(std::move(event));
        }
        if (events.events.empty()) return;
        events.last = static_cast<std::uint64_t>(after);
        sink.file(fmt::format("events/{:05}.xml", n), email2::write(events), now());
    }
}

// That there are tokens, and what for; their secrets are kept nowhere.
std::string lines_of(const std::vector<Admin::TokenRow>& tokens)
{
    std::string out;
    for (const auto& token : tokens) out += fmt::format("{} {}\n", token.id, token.name);
    return out;
}

// The messages that they voted to be spam, a line each.
void write_votes(Session& session, std::int32_t person, boxes::Sink& sink)
{
    const auto rows = session.query(
        "select m.guid, d.name from vote v join message m on m.id = v.message_id join domain d on d.id = m.home where v.person_id = $1 order by 1",
        person);
    std::string out;
    for (std::size_t i = 0; i < rows.size(); ++i) out += to_string(rows.uuid(i, 0)) + "@" + rows.text(i, 1) + "\n";
    sink.file("votes.txt", out, now());
}

}  // namespace

void StoreAdmin::export_person(const std::string& address, boxes::Sink& sink)
{
    const auto person = require_own(address);
    const auto rows = account_rows(person);
    const bool is_account = !rows.empty();
    if (is_account) {
        sink.file("account.xml", email2::write(record_of("account", row_of(rows.front()))), now());
    } else {
        const auto known = session_.query("select address, name, first_seen from person where id = $1", person);
        AccountRow row{.address = known.text(0, 0), .name = known.text(0, 1)};
        row.created = std::chrono::floor<std::chrono::seconds>(known.time(0, 2));
        sink.file("correspondent.xml", email2::write(record_of("account", row_of(row))), now());
    }
    auto names = aliases();
    const auto own = session_.query("select address from person where id = $1", person).text(0, 0);
    std::erase_if(names, [&](const AliasRow& alias) { return alias.target != own; });
    sink.file("aliases.xml", email2::write(records_of("aliases", "alias", rows_of(names))), now());
    if (is_account) sink.file("tokens.txt", lines_of(tokens(address)), now());
    write_votes(session_, person, sink);
    write_messages(session_, person, sink);
    write_events(session_, person, sink);
    sink.directory("audit");
    AuditQuestion question;
    question.account = address;
    question.limit = lines_a_file;
    for (int n = 1;; ++n) {
        const auto lines = audit(question);
        if (lines.empty() || lines.back().id.empty()) break;
        sink.file(fmt::format("audit/{:05}.xml", n), email2::write(records_of("audit", "line", rows_of(lines))), now());
        question.after = lines.back().id;
    }
    record({.act = "person.export", .person = person});
}

void StoreAdmin::erase_person(const std::string& address, const std::function<void(const std::string& step)>& progress)
{
    const auto begun = find_erasure(session_, normal(address));
    const auto person = begun ? begun->person : require_own(address);
    erase(session_, person, {.begun = [&] { record({.act = "person.erase", .person = person}); }},
        [&](EraseStep step) { progress(name_of(step)); });
}

Admin::ErasureRow StoreAdmin::begin_erasing(const std::string& address)
{
    if (!find_erasure(session_, normal(address))) {
        const auto person = require_own(address);
        Ids ids;
        (void)erase_some(session_, ids, person, {.begun = [&] { record({.act = "person.erase", .person = person}); }});
    }
    auto row = erasure(address);
    if (!row.ended && settings_.wake) settings_.wake();
    return row;
}

Admin::ErasureRow StoreAdmin::erasure(const std::string& address)
{
    const auto begun = find_erasure(session_, normal(address));
    if (!begun) throw Refused("Nobody of the address " + address + " is being erased.", email2::Code::not_found);
    ErasureRow row{.step = name_of(begun->step), .started = std::chrono::floor<std::chrono::seconds>(begun->started)};
    if (begun->ended) row.ended = std::chrono::floor<std::chrono::seconds>(*begun->ended);
    return row;
}

}  // namespace gateway::store
