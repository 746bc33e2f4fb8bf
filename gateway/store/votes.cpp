// votes: see the header.
#include "gateway/store/votes.h"

#include "gateway/log.h"
#include "gateway/store/flags.h"
#include "gateway/store/relocate.h"

#include <cmath>

namespace gateway::store {

namespace {

using Ids = std::vector<std::int64_t>;

// What a row is worth after the time that passed.
#define FADE "power(0.5, extract(epoch from now() - trust.at)::float8 / $1)"
constexpr double half_life = std::chrono::duration<double>(email2::trust_half_life).count();

void complain(Session& session, const std::map<std::string, double>& complaints)
{
    for (const auto& [source, weight] : complaints)  // in one order by everybody
        if (!source.empty())
            session.query(
                "insert into trust(source, complaints) values ($2, greatest($3, 0)) on conflict (source) do update set "
                "messages = trust.messages * " FADE ", complaints = greatest(trust.complaints * " FADE
                " + $3, 0), at = now()",
                half_life, source, weight);
}

struct Uncounted {  // a vote that does not count against the source yet
    std::int32_t person = 0;
    double weight = 0;
};
struct Votes {  // on one message
    email2::Tally tally;
    std::string source;
    bool moderated = false;
    std::vector<Uncounted> uncounted;
};

std::map<std::int64_t, Votes> read_votes(Session& session, const Ids& messages)
{
    const auto rows = session.query(
        "select v.message_id, coalesce(t.agreed, 0), coalesce(t.alone, 0), v.complained = 0, p.class = 0, coalesce(r.authentication, ''), m.message_id is not null, v.person_id "
        "from vote v join message x on x.id = v.message_id join person p on p.id = x.originator left join voter t on t.person_id = v.person_id "
        "left join revision r on r.message_id = x.id and r.number = 1 left join moderated m on m.message_id = x.id "
        "where v.message_id = any($1::int8[]) and (m.message_id is null or v.complained = 0)",
        messages);
    std::map<std::int64_t, Votes> votes;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto& on = votes[rows.integer(i, 0)];
        const auto weight = email2::weight(
            {static_cast<std::uint32_t>(rows.integer(i, 1)), static_cast<std::uint32_t>(rows.integer(i, 2))});
        ++on.tally.voters;
        on.tally.weight += weight;
        on.tally.from_account = rows.boolean(i, 4);
        if (rows.boolean(i, 3)) on.uncounted.push_back({static_cast<std::int32_t>(rows.integer(i, 7)), weight});
        on.source = email2::source_of(rows.octets(i, 5), "");
        on.moderated = rows.boolean(i, 6);
    }
    return votes;
}

// To Junk in every store here, wherever a user has filed it; what lies in Trash stays there, and who wrote it keeps it
// in Sent.
void move_to_junk(Session& session, Changes& changes, const Ids& messages)
{
    const auto rows = session.query(
        "select r.user_id, r.mailbox_id, r.uid, p.junk from ref r join person p on p.id = r.user_id where r.message_id = any($1::int8[]) "
        "and r.mailbox_id not in (p.junk, p.trash, p.sent, p.drafts, p.limbo) order by r.mailbox_id, r.uid",
        messages);
    std::vector<Relocation> moves;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = [&](int column) { return static_cast<std::int32_t>(rows.integer(i, column)); };
        moves.push_back({.user = number(0),
            .mailbox = number(1),
            .uid = number(2),
            .target = number(3),
            .set_flags = flags::junk,
            .clear_flags = flags::not_junk});
    }
    relocate(session, changes, moves);
}

Changes settle_once(Session& session, const Ids& messages)
{
    Transaction transaction(session);
    Changes changes;
    // One after the other, so that of three votes at once the last one sees all three.
    session.query("select from message where id = any($1::int8[]) order by id for no key update", messages);
    Ids moderated, counted;
    std::vector<std::int32_t> voters, millionths;
    std::map<std::string, double> complaints;
    for (const auto& [message, votes] : read_votes(session, messages)) {
        const bool now = !votes.moderated && email2::is_moderated(votes.tally);
        if (now) moderated.push_back(message);
        if (!now && !votes.moderated) continue;
        for (const auto& vote : votes.uncounted) {
            counted.push_back(message);
            voters.push_back(vote.person);
            millionths.push_back(static_cast<std::int32_t>(std::lround(vote.weight * 1e6)));
            complaints[votes.source] += vote.weight;
        }
    }
    if (!moderated.empty()) {
        session.query("insert into moderated(message_id) select unnest($1::int8[]) on conflict do nothing", moderated);
        move_to_junk(session, changes, moderated);
        session.query(
            "insert into voter(person_id, agreed) select person_id, count(*)::int from vote where message_id = any($1::int8[]) group by 1 order by 1 "
            "on conflict (person_id) do update set agreed = voter.agreed + excluded.agreed",
            moderated);
        for (const auto message : moderated)
            changes.events.push_back({.message = message, .kind = email2::EventKind::moderated});
    }
    if (!counted.empty()) {
        session.query(
            "update vote v set complained = x.w / 1e6 from unnest($1::int8[], $2::int4[], $3::int4[]) x(m, p, w) "
            "where v.message_id = x.m and v.person_id = x.p",
            counted, voters, millionths);
        complain(session, complaints);
    }
    finish(session, changes);
    transaction.commit();
    return changes;
}

}  // namespace

void cast_votes(Session& session, Changes& changes, std::int32_t person, const Ids& messages, email2::Vote vote)
{
    if (vote == email2::Vote::spam) {
        const auto rows = session.query(
            "insert into vote(message_id, person_id) select m.id, $1 from message m where m.id = any($2::int8[]) and m.kind = 0 "
            "and m.originator <> $1 order by m.id on conflict do nothing returning message_id",
            person, messages);
        for (std::size_t i = 0; i < rows.size(); ++i) changes.voted.push_back(rows.integer(i, 0));
        return;
    }
    const auto rows = session.query(
        "with gone as (delete from vote where person_id = $1 and message_id = any($2::int8[]) returning message_id, complained) "
        "select coalesce(r.authentication, ''), gone.complained::float8::text from gone "
        "left join revision r on r.message_id = gone.message_id and r.number = 1 where gone.complained > 0",
        person, messages);
    std::map<std::string, double> taken_back;
    for (std::size_t i = 0; i < rows.size(); ++i)
        taken_back[email2::source_of(rows.octets(i, 0), "")] -= std::stod(rows.text(i, 1));
    complain(session, taken_back);
}

Changes settle_votes(Session& session, const Ids& messages)
{
    if (messages.empty()) return {};
    constexpr int attempts = 4;
    for (int attempt = 1;; ++attempt) {
        try {
            return settle_once(session, messages);
        } catch (
            const DatabaseError& error) {  // references that somebody moves meanwhile lie in mailboxes of any order
            if (error.sqlstate != "40P01" || attempt == attempts) throw;
        }
    }
}

void settle_votes(Session& session, Changes& changes)
{
    if (changes.voted.empty()) return;
    try {
        auto settled = settle_votes(session, changes.voted);
        changes.mailboxes.merge(settled.mailboxes);
    } catch (const DatabaseError& error) {  // the votes are there: maintenance settles them
        log::error("votes.unsettled", {{"reason", error.what()}});
    }
}

email2::Verdict verdict_on(Session& session, const std::string& source)
{
    if (source.empty()) return email2::Verdict::take;
    constexpr std::string_view domain = "domain:";
    const auto rows = session.query("select (messages * " FADE ")::text, (complaints * " FADE
                                    ")::text, exists (select from written_to w where w.domain = $3) "
                                    "from trust where source = $2",
        half_life, source,
        source.starts_with(domain) ? std::string_view(source).substr(domain.size()) : std::string_view());
    if (rows.empty()) return email2::Verdict::take;
    return email2::verdict({std::stod(rows.text(0, 0)), std::stod(rows.text(0, 1))}, rows.boolean(0, 2));
}

bool is_written_to(Session& session, std::string_view domain)
{
    return !session.query("select from written_to where domain = $1", domain).empty();
}

void count_arrivals(Session& session, const std::map<std::string, std::uint32_t>& arrivals)
{
    std::vector<std::string> sources;
    std::vector<std::int32_t> counts;
    for (const auto& [source, count] : arrivals) {
        sources.push_back(source);
        counts.push_back(static_cast<std::int32_t>(count));
    }
    if (sources.empty()) return;
    session.query(
        "insert into trust(source, messages) select * from unnest($2::text[], $3::int4[]) on conflict (source) do update set "
        "messages = trust.messages * " FADE " + excluded.messages, complaints = trust.complaints * " FADE
        ", at = now()",
        half_life, sources, counts);
}

void keep_votes(Session& session, std::int32_t limit)
{
    const auto due = session.query(
        "select v.message_id from vote v join message m on m.id = v.message_id join person p on p.id = m.originator and p.class <> 0 "
        "where v.at > now() - interval '1 day' and not exists (select from moderated x where x.message_id = v.message_id) "
        "group by 1 having count(*) >= $1 limit $2",
        static_cast<std::int32_t>(email2::least_voters), limit);
    Ids unsettled;
    for (std::size_t i = 0; i < due.size(); ++i) unsettled.push_back(due.integer(i, 0));
    settle_votes(session, unsettled);
    session.query(
        "with old as (delete from vote where (message_id, person_id) in (select v.message_id, v.person_id from vote v "
        "where v.at < now() - interval '14 days' order by v.at limit $1) returning message_id, person_id) "
        "insert into voter(person_id, alone) select person_id, count(*)::int from old where not exists "
        "(select from moderated m where m.message_id = old.message_id) group by 1 order by 1 "
        "on conflict (person_id) do update set alone = voter.alone + excluded.alone",
        limit);
}

}  // namespace gateway::store
