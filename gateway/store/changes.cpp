#include "gateway/store/changes.h"

#include "gateway/store/commits.h"

#include <algorithm>
#include <charconv>

namespace gateway::store {

namespace {

void append_list(std::string& out, char tag, const std::set<std::int32_t>& ids)
{
    if (ids.empty()) return;
    if (!out.empty()) out += ';';
    out += tag;
    bool first = true;
    for (const auto id : ids) {
        if (!first) out += ',';
        out += std::to_string(id);
        first = false;
    }
}

std::string payload(const Changes& changes)
{
    constexpr std::size_t limit = 7900;  // NOTIFY takes less than 8,000 octets
    std::string out;
    append_list(out, 'm', changes.mailboxes);
    append_list(out, 'u', changes.users);
    if (changes.egress) out += out.empty() ? "q" : ";q";
    if (!changes.events.empty()) out += out.empty() ? "e" : ";e";
    return out.size() > limit ? "*" : out;
}

std::vector<std::int32_t> parse_ids(std::string_view list)
{
    std::vector<std::int32_t> ids;
    const auto* at = list.data();
    const auto* end = at + list.size();
    while (at < end) {
        std::int32_t id = 0;
        const auto [next, error] = std::from_chars(at, end, id);
        if (error != std::errc{}) break;
        ids.push_back(id);
        at = next + (next < end ? 1 : 0);
    }
    return ids;
}

}  // namespace

void number(Session& session, Changes& changes)
{
    std::size_t without = 0;
    for (const auto& event : changes.events) without += event.sequence == 0;
    if (without == 0) return;
    session.query("select pg_advisory_xact_lock(1)");
    const auto rows = session.query(
        "select nextval('event_sequence') from generate_series(1, $1)", static_cast<std::int32_t>(without));
    std::size_t row = 0;
    for (auto& event : changes.events)
        if (event.sequence == 0) event.sequence = rows.integer(row++, 0);
}

void count_commit();  // session.cpp

namespace {

enum class Then { go_on, commit };

void write(Session& session, Changes& changes, Then then)
{
    const bool numbered = std::any_of(
        changes.events.begin(), changes.events.end(), [](const auto& event) { return event.sequence != 0; });
    if (numbered) number(session, changes);
    std::vector<std::int64_t> sequences, messages;
    std::vector<std::int32_t> revisions, actors, persons;
    std::vector<std::int16_t> kinds;
    for (const auto& event : changes.events) {
        sequences.push_back(event.sequence);
        messages.push_back(event.message);
        revisions.push_back(event.revision);
        actors.push_back(event.actor);
        kinds.push_back(static_cast<std::int16_t>(event.kind));
        persons.push_back(event.person);
    }
    // One round trip, whose lock is held for it and the commit alone.
    Session::Pipeline pipeline(session);
    std::size_t inserted = 0;
    if (!sequences.empty()) {
        if (!numbered) pipeline.add("select pg_advisory_xact_lock(1)");
        inserted = pipeline.add(
            "insert into event(seq, message_id, revision, actor, kind, person_id) "
            "select case when s = 0 then nextval('event_sequence') else s end, m, r, a, k, p from (select * from "
            "unnest($1::int8[], $2::int8[], $3::int4[], $4::int4[], $5::int2[], $6::int4[]) with ordinality x(s, m, r, a, k, p, n) order by n) x "
            "returning seq",
            sequences, messages, revisions, actors, kinds, persons);
    }
    if (const auto text = payload(changes); !text.empty()) pipeline.add("select pg_notify('email2', $1)", text);
    if (then == Then::commit) pipeline.add("commit");
    const auto rows = pipeline.run();
    for (std::size_t i = 0; i < changes.events.size(); ++i) changes.events[i].sequence = rows[inserted].integer(i, 0);
}

}  // namespace

void finish(Session& session, Changes& changes)
{
    write(session, changes, Then::go_on);
}

void QuickTransaction::finish_and_commit(Changes& changes)
{
    write(session_, changes, Then::commit);
    count_commit();
}

QuickTransaction::~QuickTransaction()
{
    if (session_.broken() || !session_.in_transaction()) return;
    try {
        session_.command("rollback");
    } catch (const DatabaseError&) {  // the connection went; so did the transaction
    }
}

News parse_news(std::string_view text)
{
    News news;
    if (text == "*") {
        news.everything = news.egress = news.events = news.accounts = true;
        return news;
    }
    while (!text.empty()) {
        const auto end = std::min(text.find(';'), text.size());
        const auto field = text.substr(0, end);
        if (field.starts_with('m')) news.mailboxes = parse_ids(field.substr(1));
        else if (field.starts_with('u')) news.users = parse_ids(field.substr(1));
        else if (field == "q") news.egress = true;
        else if (field == "e") news.events = true;
        else if (field == "a") news.accounts = true;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return news;
}

}  // namespace gateway::store
