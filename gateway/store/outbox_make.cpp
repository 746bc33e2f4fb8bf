// outbox_make: what a row of the queue says when it leaves. mapping.md "After sending: the degradation table".
#include "gateway/mapping/follow_up.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/facts.h"
#include "gateway/store/outbox.h"
#include "gateway/store/rendition.h"

namespace gateway::store {

namespace {

Time now() { return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

std::string list_unsubscribe(const std::string& url, const std::string& address)
{
    return "List-Unsubscribe: <" + url + ">, <mailto:" + address + ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
}

// Newest messages of a list, oldest first, as mail: at most `count` and `octets`; `since`: only those posted or edited after it.
// What is posted after `until` comes by itself.
std::vector<std::string> thread_bytes(Session& session, const Facts& facts, std::int32_t person, std::optional<Time> since, Time until, std::size_t count,
                                      std::size_t octets)
{
    const auto rows = session.query(R"(
select v.rendition_id, r.size from message m join revision v on v.message_id = m.id and v.number = m.revision join rendition r on r.id = v.rendition_id
where (m.list_id = $1 or m.id in (select message_id from message_list where list_id = $1)) and m.state = 0 and m.kind = 0 and m.originator <> $2
 and ($3::timestamptz is null or m.created > $3 or v.at > $3) and m.created <= $5
order by m.id desc limit $4)", facts.list, person, since, static_cast<std::int32_t>(count), until);
    std::vector<std::string> thread;
    std::size_t sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        sum += static_cast<std::size_t>(rows.integer(i, 1));
        if (sum > octets && !thread.empty()) break;
        thread.insert(thread.begin(), read_content(session, rows.integer(i, 0)));
    }
    return thread;
}

}  // namespace

// What a row says when it leaves. False: there is nothing to say (any more).
bool Outbox::make(Session& session, const Rows& rows, std::size_t row, Flight& flight)
{
    const bool withdrawn = rows.integer(row, 19) != 0;
    if (withdrawn && (flight.kind == Mail::message || flight.kind == Mail::edited || flight.kind == Mail::restored)) return false;
    const bool gone = rows.boolean(row, 23);  // left or removed while it was on its way and came back
    if (gone && flight.kind != Mail::left && flight.kind != Mail::answer && flight.kind != Mail::opaque) return false;
    if (flight.kind == Mail::opaque) {
        flight.made = rows.text(row, 13);
        return true;
    }
    if (flight.kind == Mail::message)  // should it come back by a forward to us, it is known
        flight.fields = std::string(mapping::loop_mark_field) + ": " + rows.text(row, 14) + "\r\n";
    const auto facts = facts_of(session, flight.message, flight.person);
    const auto listed = [&] {
        return session.query("select count(*)::int from entry where list_id = $1 and membership = 0", facts->list).integer(0, 0);
    };
    if (flight.kind == Mail::message && listed() <= static_cast<std::int64_t>(settings_.list_min)) return true;

    const auto address_of = [&](TokenAction action, std::string& url, std::string& address) {
        const auto token = token_for(session, flight.person, facts->list, action);
        url = settings_.public_url + "/a/" + token;
        address = "a-" + token + "@" + facts->name.server;
    };
    mapping::FollowUpContext context;
    address_of(TokenAction::leave, context.leave_url, context.leave_address);
    if (flight.kind == Mail::message) {
        flight.fields += list_unsubscribe(context.leave_url, context.leave_address);
        return true;
    }
    context.message = message_of(session, *facts, flight.person, std::nullopt);
    context.message_id = facts->message_id();
    const auto bytes = bytes_of_revision(session, flight.message, facts->revision);
    context.references = mapping::read_facts(mime::parse(bytes), bytes).references;
    context.event = static_cast<std::uint64_t>(rows.integer(row, 4));
    const auto people = people_by_id(session, {flight.person});
    context.recipient = {people.begin()->second.address, people.begin()->second.kind, people.begin()->second.name};
    const auto actor = session.query("select p.address, p.name from event e join person p on p.id = e.actor where e.seq = $1", rows.integer(row, 4));
    if (!actor.empty()) context.actor = actor.octets(0, 1).empty() ? actor.text(0, 0) : actor.text(0, 1) + " <" + actor.text(0, 0) + ">";
    context.now = now();
    if (flight.kind == Mail::left) address_of(TokenAction::rejoin, context.rejoin_url, context.rejoin_address);

    std::optional<mapping::FollowUp> made;
    switch (flight.kind) {
    case Mail::edited: {
        const auto known = rows.null(row, 22) ? 1 : static_cast<std::int32_t>(rows.integer(row, 22));
        const auto before = content_of_revision(session, flight.message, std::max(known, 1));
        made = mapping::edited(context, before.value_or(email2::Content{}));
        break;
    }
    case Mail::added: made = mapping::added(context, thread_bytes(session, *facts, flight.person, std::nullopt, rows.time(row, 11), settings_.digest_max, settings_.digest_size)); break;
    case Mail::left: made = mapping::left(context); break;
    case Mail::rejoined:
        made = mapping::rejoined(context, thread_bytes(session, *facts, flight.person, rows.time(row, 12), rows.time(row, 11), settings_.digest_max, settings_.digest_size));
        break;
    case Mail::withdrawn: made = mapping::withdrawn(context); break;
    case Mail::restored: made = mapping::restored(context, bytes); break;
    case Mail::answer: made = mapping::answered(context, rows.octets(row, 13)); break;
    default: break;
    }
    if (!made) return false;
    flight.made = std::move(made->bytes);
    return true;
}
}  // namespace gateway::store
