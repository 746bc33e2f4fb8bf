// admin_audit: who did what, when: the acts of admins, and every change of content and of To lists.
//
// Events tell of changes. Where they were pruned, revisions and the last change of each entry still do.
#include "email2/names.h"
#include "gateway/store/admin.h"

#include <fmt/format.h>

#include <charconv>

namespace gateway::store {

namespace {

// Kinds of events that change content or To lists: all but delivered, failed, filed and flagged.
const std::vector<std::int16_t>& audited()
{
    using email2::EventKind;
    static const std::vector<std::int16_t> kinds = [] {
        std::vector<std::int16_t> out;
        for (const auto kind :
            {EventKind::published, EventKind::edited, EventKind::redacted, EventKind::to_changed, EventKind::left,
                EventKind::rejoined, EventKind::withdrawn, EventKind::undeleted, EventKind::moderated})
            out.push_back(static_cast<std::int16_t>(kind));
        return out;
    }();
    return kinds;
}

struct Place {  // a line's place in the order: time, source, number
    std::optional<Time> at;
    std::int32_t source = 0;
    std::int64_t number = 0;
};

// "e123"
Place place_of(Session& session, const std::string& id)
{
    if (id.empty()) return {};
    Place place{std::nullopt, id[0] == 'a' ? 2 : 1, 0};
    const auto [stop, error] = std::from_chars(id.data() + 1, id.data() + id.size(), place.number);
    const auto rows = session.query(
        place.source == 2 ? "select at from audit where id = $1" : "select at from event where seq = $1", place.number);
    if (error != std::errc{} || stop != id.data() + id.size() || rows.empty())
        throw Refused(id + " is no line of the audit.", email2::Code::not_found);
    place.at = rows.time(0, 0);
    return place;
}

// $1 account, $2 message (0: any), $3 since, $4 until, $5 to $7 the place after which, $8 limit, $9 kinds.
// Microseconds are cut, as in what is given out: then the place is found again.
constexpr const char* lines_statement = R"(
with floor as (select coalesce((select at from event order by seq limit 1), 'infinity'::timestamptz) at),
 lines as (
  select date_trunc('milliseconds', e.at) at, 1 source, e.seq number, e.actor, ''::text login, null::text act, e.kind, e.person_id person, e.message_id message,
    e.revision, ''::text detail
  from event e where e.kind = any($9::int2[]) and ($1::int4 = 0 or e.actor = $1 or e.person_id = $1) and ($2::int8 = 0 or e.message_id = $2)
  union all
  select date_trunc('milliseconds', a.at), 2, a.id, a.actor, a.login, a.act, 0::int2, a.person_id, a.message_id, 0, a.detail
  from audit a where ($1::int4 = 0 or a.actor = $1 or a.person_id = $1) and ($2::int8 = 0 or a.message_id = $2)
  union all
  select date_trunc('milliseconds', v.at), 0, 0, v.actor, '', null, case when v.number = 1 then $10::int2 else $11::int2 end, 0, v.message_id, v.number, ''
  from floor, revision v where v.at < floor.at and $2::int8 <> 0 and v.message_id = $2 and ($1::int4 = 0 or v.actor = $1)
  union all
  select date_trunc('milliseconds', n.at), 0, 0, n.changed_by, '', null, $12::int2, n.person_id, n.list_id, 0, ''
  from floor, entry n where n.at < floor.at and n.changed_by <> 0 and $2::int8 <> 0 and n.list_id = $2 and ($1::int4 = 0 or n.changed_by = $1 or n.person_id = $1))
select l.at, l.source, l.number, coalesce(actor.address, ''), l.login, coalesce(l.act, ''), l.kind, coalesce(person.address, ''),
  m.guid, coalesce(d.name, ''), l.revision, l.detail
from lines l left join person actor on actor.id = l.actor left join person on person.id = l.person left join message m on m.id = l.message left join domain d on d.id = m.home
where ($3::timestamptz is null or l.at >= $3) and ($4::timestamptz is null or l.at < $4) and ($5::timestamptz is null or (l.at, l.source, l.number) > ($5, $6::int4, $7::int8))
order by l.at, l.source, l.number limit $8)";

}  // namespace

std::vector<Admin::AuditRow> StoreAdmin::audit(const AuditQuestion& question)
{
    const auto person = question.account.empty() ? 0 : require_person(question.account);
    const auto message = question.message.empty() ? 0 : require_message(question.message);
    const auto after = place_of(session_, question.after);
    const auto rows = session_.query(lines_statement, person, message, question.since, question.until, after.at,
        after.source, after.number, static_cast<std::int64_t>(question.limit), audited(),
        static_cast<std::int16_t>(email2::EventKind::published), static_cast<std::int16_t>(email2::EventKind::edited),
        static_cast<std::int16_t>(email2::EventKind::to_changed));
    std::vector<AuditRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        AuditRow row;
        row.at = rows.time(i, 0);
        const bool act = rows.integer(i, 1) == 2;
        row.id = rows.integer(i, 1) == 0 ? "" : fmt::format("{}{}", act ? 'a' : 'e', rows.integer(i, 2));
        row.actor = rows.text(i, 3);
        if (row.actor.empty() && act && !rows.octets(i, 4).empty()) row.actor = rows.text(i, 4) + " (command line)";
        row.act =
            act ? rows.text(i, 5) : std::string(email2::name_of(static_cast<email2::EventKind>(rows.integer(i, 6))));
        row.account = rows.text(i, 7);
        if (!rows.null(i, 8)) row.message = to_string(rows.uuid(i, 8)) + "@" + rows.text(i, 9);
        row.revision = static_cast<int>(rows.integer(i, 10));
        row.detail = rows.text(i, 11);
        out.push_back(std::move(row));
    }
    return out;
}

}  // namespace gateway::store
