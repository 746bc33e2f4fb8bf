// outbox_report: what a report says, and the one that goes to an author outside whose mail we passed on to others
// outside. RFC 3464, mapping.md "After sending".
#include "email2/address.h"
#include "email2/guid.h"
#include "gateway/mapping/legacy_verb.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/outbox.h"

namespace gateway::store {

namespace {

Time now()
{
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// Whether anybody waits for a report on it: no program does, nor who asked for none (the null sender), and an author
// who only claims to have written it may be a stranger to it.
bool wants_report(Session& session, const Facts& facts, const PersonRow& author, std::string_view bytes)
{
    if (facts.proof == email2::Proof::none || author.address.find('[') != std::string::npos) return false;
    const auto trace = session.query(
        "select r.trace from revision v join rendition r on r.id = v.rendition_id where v.message_id = $1 and v.number = 1",
        facts.id);
    if (trace.empty() || trace.octets(0, 0).starts_with("Return-Path: <>")) return false;
    const auto parsed = mime::parse(bytes);
    return !mapping::is_automatic(parsed, bytes, mapping::read_facts(parsed, bytes));
}

// Who was written to by the address that stands for them is named by it alone (relays.h): their own was never shown.
void hide(Session& session, const Facts& facts, std::string_view bytes, mapping::FailedRecipient& recipient)
{
    if (facts.list != facts.id) return;  // its people see each other
    const auto stands = session.query(
        "select t.token from token t join person p on p.id = t.person_id where p.address = $1 and t.action = $2 and t.message_id = 0 "
        "and t.expires > now()",
        recipient.address, static_cast<std::int16_t>(TokenAction::relay));
    if (stands.empty()) return;
    const auto header = mapping::read_facts(mime::parse(bytes), bytes);
    for (const auto* field : {&header.to, &header.cc})
        for (const auto& address : *field)
            if (email2::normalise(address.spec(), email2::Domains{}) == recipient.address) return;
    recipient = {"a-" + stands.text(0, 0) + "@" + facts.name.server, recipient.action,
        {"smtp", recipient.failure.status, "", ""}, ""};
}

}  // namespace

mapping::DsnFacts Outbox::dsn_facts(Session& session, const Facts& facts, const Reported& reported,
    std::string_view bytes, const std::string& reader) const
{
    const auto parsed = mime::parse(bytes);
    mapping::DsnFacts dsn;
    dsn.hostname = settings_.hostname;
    dsn.id = {email2::make_guid(now()), facts.name.server};
    dsn.to = reader;
    dsn.message_id = facts.message_id();
    dsn.references = mapping::read_facts(parsed, bytes).references;
    dsn.subject = mime::text_of(parsed.root, bytes, "Subject");
    dsn.envid = reported.envid;
    dsn.full = reported.full;
    dsn.recipients = {reported.recipient};
    dsn.original = bytes;
    dsn.arrived = facts.created;
    dsn.now = now();
    if (const auto people = find_people(session, {reader}); !people.empty())
        dsn.language = language_for(people.begin()->second);
    return dsn;
}

// By mail with the null sender, as reports are: nothing comes back of it. Once, and so many a day, as in mailboxes
// here.
void Outbox::report_outside(Session& session, const Facts& facts, const PersonRow& author, Reported reported)
{
    if (reported.recipient.action != mapping::BounceAction::failed) return;
    const auto bytes = bytes_of_revision(session, facts.id, facts.revision);
    if (!wants_report(session, facts, author, bytes)) return;
    hide(session, facts, bytes, reported.recipient);
    const auto dsn = dsn_facts(session, facts, reported, bytes, author.address);
    Transaction transaction(session);
    Changes changes;
    if (session
            .query(
                "insert into idempotency(actor, key, message_id) values ($1, $2, $3) on conflict do nothing returning 1",
                author.id, reported.key, facts.id)
            .empty())
        return;
    if (!may_report(session, author.address, facts.thread)) return;
    session.query(
        "insert into egress(message_id, person_id, kind, due, sender, content) values ($1, $2, $3, now(), '', $4)",
        facts.id, author.id, static_cast<std::int16_t>(Mail::opaque), Bytes{mapping::compose_dsn(dsn)});
    changes.egress = true;
    finish(session, changes);
    transaction.commit();
}

}  // namespace gateway::store
