// outbox_returned: what comes back to the envelope sender of a delivery, later: its state moves on, dead addresses are
// counted, its author is told (RFC 3464).
#include "gateway/log.h"
#include "gateway/mapping/address_forms.h"
#include "gateway/store/facts.h"
#include "gateway/store/outbox.h"

namespace gateway::store {

namespace asio = boost::asio;

namespace {

// Of several recipients of a report: it came to the address of one delivery, so whoever it names is where that went;
// the worst counts.
const mapping::FailedRecipient* telling(const std::vector<mapping::FailedRecipient>& reports)
{
    const auto rank = [](const mapping::FailedRecipient& report) {
        return report.action == mapping::BounceAction::failed    ? 0
               : report.action == mapping::BounceAction::delayed ? 1
                                                                 : 2;
    };
    const auto worst = std::min_element(
        reports.begin(), reports.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return worst == reports.end() ? nullptr : &*worst;
}

// What the next hop took is not there yet, but may come.
void record_delay(Session& session, const Failed& entry)
{
    session.query(
        "update delivery set state = 3, at = now(), status = $3, remote = $4, text = $5 where message_id = $1 and person_id = $2 and state in (0, 1, 3)",
        entry.message, entry.person, entry.failure.status, entry.failure.remote, entry.failure.text);
}

// It is there after all. A failure is final: another place that it went to says nothing about the one where it failed.
void record_arrival(Session& session, Changes& changes, const Failed& entry)
{
    const auto moved =
        session.query("update delivery set state = 1, at = now(), status = null, remote = null, text = null "
                      "where message_id = $1 and person_id = $2 and state = 3 and revision > 0 returning 1",
            entry.message, entry.person);
    if (!moved.empty())
        changes.events.push_back(
            {.message = entry.message, .actor = 0, .kind = email2::EventKind::delivered, .person = entry.person});
}

void count_dead_alone(Session& session, const Failed& entry)
{
    Transaction transaction(session);
    count_dead(session, {entry});
    transaction.commit();
}

// The state of the delivery moves on.
void record_report(Session& session, const Failed& entry, mapping::BounceAction action)
{
    Transaction transaction(session);
    Changes changes;
    const auto before = session.query(
        "select state from delivery where message_id = $1 and person_id = $2 for update", entry.message, entry.person);
    if (action == mapping::BounceAction::failed) {
        if (before.empty() || before.integer(0, 0) != 4) count_dead(session, {entry});  // each message once
        record_failures(session, changes, {entry});
    } else if (action == mapping::BounceAction::delayed) {
        record_delay(session, entry);
    } else {
        record_arrival(session, changes, entry);
    }
    finish(session, changes);
    transaction.commit();
}

}  // namespace

asio::awaitable<bool> Outbox::bounced(std::string token, std::vector<mapping::FailedRecipient> reports)
{
    struct Found {
        bool known = false;
        std::optional<NewMessage> notice;
    };
    auto found = co_await database_.run([this, &token, &reports](Session& session) {
        Found out;
        const auto meaning = meaning_of_token(session, token);
        const bool follow_up = meaning && meaning->action == TokenAction::bounce_of_follow_up;
        out.known = follow_up || (meaning && meaning->action == TokenAction::bounce);
        const auto* report = telling(reports);
        if (!out.known || report == nullptr) return out;
        const auto address = people_by_id(session, {meaning->person}).begin()->second.address;
        const auto about = facts_of(session, meaning->message, 0);
        log::info("bounced", {{"id", about ? about->name.str() : ""}, {"to", address},
                                 {"action", report->action == mapping::BounceAction::failed    ? "failed"
                                            : report->action == mapping::BounceAction::delayed ? "delayed"
                                                                                               : "delivered"},
                                 {"status", report->failure.status}, {"remote", report->failure.remote},
                                 {"reply", mapping::without_tokens(report->failure.text)}});
        const Failed entry{meaning->message, meaning->person, report->failure};
        if (follow_up) {  // they have the message all the same
            if (report->action == mapping::BounceAction::failed) count_dead_alone(session, entry);
            return out;
        }
        record_report(session, entry, report->action);
        // That it takes longer nobody asked to know; that it arrived is told by servers to whom the author's wish
        // (NOTIFY) was passed on.
        if (report->action == mapping::BounceAction::delayed) return out;
        Reported reported;
        reported.message = meaning->message;
        reported.recipient = *report;
        reported.recipient.address = address;
        reported.key = "dsn:" + token + (report->action == mapping::BounceAction::failed ? "" : ":delivered");
        out.notice = dsn(session, reported);
        return out;
    });
    if (found.notice) (void)co_await writer_.publish(std::move(*found.notice));
    co_return found.known;
}

}  // namespace gateway::store
