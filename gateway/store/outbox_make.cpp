// outbox_make: see outbox_make.h.
#include "gateway/store/outbox_make.h"

#include "email2/address.h"
#include "email2/guid.h"
#include "gateway/mapping/follow_up.h"
#include "gateway/mapping/list_fields.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/texts.h"
#include "gateway/store/attachments.h"
#include "gateway/store/effective.h"
#include "gateway/store/facts.h"
#include "gateway/store/mail_verbs.h"
#include "gateway/store/membership.h"
#include "gateway/store/rendition.h"

namespace gateway::store {

namespace {

Time now()
{
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string display(const std::string& name, const std::string& address)
{
    return name.empty() ? address : name + " <" + address + ">";
}

// Being added comes unasked as well, but it is the message itself: no day is too full for it.
bool is_counted(Mail kind)
{
    return kind == Mail::edited || kind == Mail::withdrawn || kind == Mail::restored || kind == Mail::removed;
}

// Whoever does not want it can turn it off.
bool is_optional(Mail kind)
{
    return is_counted(kind) || kind == Mail::added || kind == Mail::summary;
}

struct Thread {
    std::vector<std::string> bytes;
    std::vector<Enclosed> enclosed;
    std::optional<email2::Name> newest;
    std::size_t older = 0;  // there are, but not brought along
};

// Newest messages of a list, oldest first, as mail: as many, and as large, as a digest may be; of a rejoined one only
// those posted or edited since, or so shortly before that leaving kept it from them. What is posted after it was queued
// comes by itself.
Thread thread_so_far(Session& session, const MakeSettings& settings, const Facts& facts, const QueuedMail& mail)
{
    auto lists = standing_at(session, mail.person, facts.id, facts.holders, 0);
    if (lists.empty()) lists = {facts.list};
    const auto rows = session.query(R"(
select v.rendition_id, r.size, m.guid, d.name, m.id, m.revision, count(*) over ()
from message m join domain d on d.id = m.home
join revision v on v.message_id = m.id and v.number = m.revision join rendition r on r.id = v.rendition_id
left join delivery t on t.message_id = m.id and t.person_id = $2
where (m.list_id = any($1::int8[]) or m.id in (select message_id from message_list where list_id = any($1::int8[])))
 and not exists (select from list_root l where l.message_id = m.id) and m.state in (0, 2) and m.kind = 0 and m.originator <> $2
 and ($3::timestamptz is null or m.created > $3 or v.at > $3 or t.state = 5
  or (t.state in (1, 2, 3) and t.revision > 0 and t.revision < m.revision)) and m.created <= $5
 and not exists (select from list_root where message_id = m.id)
order by m.id desc limit $4)",
        lists, mail.person, mail.since, static_cast<std::int32_t>(settings.digest_max), mail.queued);
    Thread thread;
    std::size_t sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        sum += static_cast<std::size_t>(rows.integer(i, 1));
        if (sum > settings.digest_size && !thread.bytes.empty()) break;
        thread.bytes.insert(thread.bytes.begin(), read_content(session, rows.integer(i, 0)));
        thread.enclosed.push_back({rows.integer(i, 4), static_cast<std::int32_t>(rows.integer(i, 5))});
        if (!thread.newest) thread.newest = email2::Name{to_string(rows.uuid(i, 2)), rows.text(i, 3)};
    }
    if (!rows.empty()) thread.older = static_cast<std::size_t>(rows.integer(0, 6)) - thread.bytes.size();
    return thread;
}

std::string called(const ListRoot& root)
{
    return root.title.empty() ? root.alias : root.title;
}

// Makes one mail. Its parts ask for what they need; most need little.
class Maker {
public:
    Maker(Session& session, const MakeSettings& settings, const QueuedMail& mail, Making making)
        : session_(session)
        , settings_(settings)
        , mail_(mail)
        , making_(making)
        , facts_(*facts_of(session, mail.message, mail.person))
    {
    }

    std::optional<MadeMail> message()
    {
        MadeMail made;
        const auto list =
            session_.query("select count(*)::int from entry where list_id = $1 and membership = 0", facts_.list);
        const auto root = facts_.mailing_list();
        // Should it come back by a forward to us, it is known.
        made.fields = mapping::loop_mark({facts_.name.server, root ? root->address : "", mail_.recipient});
        made.on_list = root.has_value();
        if (root) made.fields += mapping::list_fields(*root);
        if (root || list.integer(0, 0) > static_cast<std::int64_t>(settings_.list_min)) {
            const auto link = link_to(TokenAction::leave, comes_by());
            made.fields += mapping::unsubscribe_fields(link.url, link.address);
        }
        if (!mail_.by_account) made.relayed = relayed(root);
        return made;
    }

    std::optional<MadeMail> follow_up()
    {
        auto made = written();
        if (!made) return std::nullopt;
        // To another list it would be a post, and come back to ours as a new one.
        const auto root = facts_.mailing_list();
        const auto mark = mapping::loop_mark({facts_.name.server, root ? root->address : "", mail_.recipient});
        return MadeMail{.bytes = mark + made->bytes, .language = language_, .enclosed = std::move(enclosed_)};
    }

    std::optional<MadeMail> notice()
    {
        MadeMail made;
        for (const auto& [language, people] : notified()) {
            const auto guid = email2::make_guid(now());
            auto context = this->context();
            context.language = language;
            context.own_id = guid + "@" + facts_.name.server;
            if (mail_.kind == Mail::answer) {
                made.notices.push_back(as_message(guid, people, answered(std::move(context))));
                continue;
            }
            context.recipient = {facts_.name.str(), email2::Class::native, ""};
            const auto names = named();
            if (names.empty()) return std::nullopt;
            made.notices.push_back(as_message(guid, people,
                mail_.kind == Mail::joined ? mapping::joined(context, names) : mapping::skipped(context, names)));
        }
        return made.notices.empty() ? std::nullopt : std::optional(std::move(made));
    }

    // An account is answered in the thread, others by mail.
    [[nodiscard]] bool to_account() { return people_by_id(session_, {mail_.person}).begin()->second.native(); }

private:
    struct Link {
        std::string url, address;
    };

    Link link_to(TokenAction action, std::int64_t about)
    {
        const auto token =
            making_ == Making::to_preview ? std::string(32, 'x') : token_for(session_, mail_.person, about, action);
        return {settings_.public_url + "/a/" + token, "a-" + token + "@" + facts_.name.server};
    }

    // What they leave, or come back to.
    std::int64_t comes_by()
    {
        const std::int16_t membership = mail_.kind == Mail::left ? 1 : mail_.kind == Mail::removed ? 2 : 0;
        return store::comes_by(session_, mail_.person, facts_.id, facts_.holders, membership);
    }

    // Its author is none of ours: others may take it for forged.
    egress::Relayed relayed(const std::optional<email2::Person>& root)
    {
        const auto author = people_by_id(session_, {facts_.originator}).begin()->second;
        egress::Relayed relayed;
        relayed.author_domain = std::string(email2::domain_of(author.address));
        relayed.proven_by_dkim = facts_.proof == email2::Proof::dkim;
        relayed.added = mapping::list_field_names();
        relayed.added.insert("received");
        relayed.author = author.id;
        relayed.relay = "a-" + token_for(session_, author.id, 0, TokenAction::relay) + "@" + facts_.name.server;
        relayed.list = !root ? facts_.name.server : root->name.empty() ? root->address : root->name;
        const auto results = session_.query(
            "select coalesce(authentication, '') from revision where message_id = $1 and number = 1", facts_.id);
        if (!results.empty()) relayed.authentication = results.text(0, 0);
        return relayed;
    }

    mapping::FollowUpContext context()
    {
        mapping::FollowUpContext context;
        context.message = message_of(session_, facts_, mail_.person, std::nullopt);
        context.message_id = facts_.message_id();
        bytes_ = bytes_of_revision(session_, mail_.message, facts_.revision);
        auto known = mapping::read_facts(mime::parse(bytes_), bytes_);
        context.references = std::move(known.references);
        context.thread_index = std::move(known.thread_index);
        // Whoever got an edit by mail as the mail has it by the id of that alone.
        if (!known.message_id.empty() && known.message_id != context.message_id)
            context.references.push_back(std::move(known.message_id));
        context.event = static_cast<std::uint64_t>(mail_.event);
        const auto recipient = people_by_id(session_, {mail_.person}).begin()->second;
        context.recipient = {recipient.address, recipient.kind, recipient.name};
        context.language = language_ = language_for(recipient);
        const auto actor = session_.query(
            "select p.address, p.name, e.at from event e join person p on p.id = e.actor where e.seq = $1",
            mail_.event);
        if (!actor.empty()) {
            const auto& author = context.message.from;
            const auto address = actor.text(0, 0);
            context.actor = display(address == author.address ? author.name : actor.text(0, 1), address);
        }
        context.now = now();
        if (mail_.kind != Mail::added && !facts_.standing.list_root) context.subject = subject_known();
        return context;
    }

    // Under which they got it: edits may have changed it since, and of what is withdrawn nothing else is told.
    std::optional<std::string> subject_known()
    {
        const auto first = session_.query(
            "select revision from event where message_id = $1 and person_id = $2 and kind = $3 order by seq limit 1",
            facts_.id, mail_.person, static_cast<std::int16_t>(email2::EventKind::delivered));
        std::vector<std::int32_t> revisions;
        if (!first.empty()) revisions.push_back(static_cast<std::int32_t>(first.integer(0, 0)));
        if (mail_.known) revisions.push_back(std::max(*mail_.known, 1));
        revisions.push_back(facts_.revision);
        for (const auto revision : revisions)
            if (auto content = content_of_revision(session_, facts_.id, revision)) return std::move(content->subject);
        return std::nullopt;
    }

    std::optional<mapping::FollowUp> written()
    {
        auto context = this->context();
        const auto by = comes_by();
        if (facts_.root && by == facts_.root->id) context.mailing_list = facts_.mailing_list();
        const auto leaving = link_to(TokenAction::leave, by);
        context.leave_url = leaving.url;
        context.leave_address = leaving.address;
        if (is_optional(mail_.kind)) context.mute_url = link_to(muting(mail_.kind), facts_.id).url;
        switch (mail_.kind) {
        case Mail::edited: return edited(context);
        case Mail::added: {
            const auto so_far = thread(context);
            return mapping::added(context, so_far.bytes, so_far.older);
        }
        case Mail::left: {
            const auto back = link_to(TokenAction::rejoin, by);
            context.rejoin_url = back.url;
            context.rejoin_address = back.address;
            return mapping::left(context);
        }
        case Mail::rejoined: {
            const auto missed = thread(context);
            return mapping::rejoined(context, missed.bytes, missed.older);
        }
        case Mail::withdrawn: return mapping::withdrawn(context);
        case Mail::restored: return mapping::restored(context, bytes_);
        case Mail::answer: return answered(std::move(context));
        case Mail::removed: return mapping::removed(context);
        case Mail::summary: return summary(std::move(context));
        case Mail::message:
        case Mail::opaque:
        case Mail::joined:
        case Mail::skipped: break;
        }
        return std::nullopt;
    }

    // Of what is brought along, a reply answers the newest.
    Thread thread(mapping::FollowUpContext& context)
    {
        auto found = thread_so_far(session_, settings_, facts_, mail_);
        context.answers = found.newest;
        enclosed_ = found.enclosed;
        return found;
    }

    mapping::FollowUp answered(mapping::FollowUpContext context)
    {
        const auto said = said_in(mail_.content);
        const std::map<std::string, std::string, std::less<>> values(said.values.begin(), said.values.end());
        const auto address = values.find("address");
        const bool asks = said.key.starts_with("confirm.") && address != values.end();
        const mapping::Texts texts(context.language);
        mapping::Answer answer{.said = texts.word(said.key, values), .reply_to = asks ? address->second : ""};
        if (context.message.list) answer.subject = subject_of(texts, said.key);
        return mapping::answered(context, answer);
    }

    // Of an answer about a mailing list.
    std::string subject_of(const mapping::Texts& texts, std::string_view said)
    {
        if (said.ends_with(".url")) said.remove_suffix(4);
        const auto key = std::string(said) + ".subject";
        auto subject = texts.word(key, {{"list", called(*facts_.root)}});
        return subject == key ? std::string{} : subject;
    }

    std::optional<mapping::FollowUp> edited(const mapping::FollowUpContext& context)
    {
        const auto before = content_of_revision(session_, mail_.message, std::max(mail_.known.value_or(1), 1));
        return mapping::edited(
            context, before,
            [&](const std::string& sha256) { return attachment(session_, facts_.originator, sha256).value_or(""); },
            bytes_);
    }

    // What they do not want to know, and what is none of their business any more: whoever is off a list hears that, and
    // nothing else of it.
    void forget_moot_items()
    {
        session_.query(
            "delete from summary_item h using message m, person p where h.person_id = $1 and p.id = $1 and m.id = h.message_id "
            "and (p.muted & (1 << h.kind) <> 0 or (" EFFECTIVE("m", "p.id") " is not distinct from 0) = (h.kind = 9))",
            mail_.person);
    }

    // Whether the newest revision says something else than what they have.
    bool is_news(std::int64_t message, std::int32_t known, std::int32_t newest)
    {
        const auto before = content_of_revision(session_, message, std::max(known, 1));
        const auto after = content_of_revision(session_, message, newest);
        return !before || !after || mapping::is_news(*before, *after);
    }

    // What is told now is marked, so that what happens while it is on its way is told after it.
    std::optional<mapping::FollowUp> summary(mapping::FollowUpContext context)
    {
        forget_moot_items();
        session_.query(
            "update summary_item h set revision = m.revision from message m where h.person_id = $1 and m.id = h.message_id",
            mail_.person);
        const auto rows = session_.query(R"(
select h.kind, h.message_id, h.at, m.revision, m.state, coalesce(p.name, ''), coalesce(p.address, ''), coalesce(d.revision, 1), coalesce(nullif(l.name, ''), l.alias, '')
from summary_item h join message m on m.id = h.message_id left join list_root l on l.message_id = m.list_id left join event e on e.seq = h.event left join person p on p.id = e.actor
left join delivery d on d.message_id = m.id and d.person_id = h.person_id
where h.person_id = $1 order by h.at limit 200)",
            mail_.person);
        std::vector<mapping::Told> told;
        std::vector<std::string> readable;
        std::size_t sum = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto kind = static_cast<Mail>(rows.integer(i, 0));
            const auto message = rows.integer(i, 1);
            const bool present = rows.integer(i, 4) == 0;
            const bool shows = kind == Mail::edited || kind == Mail::restored;
            if (shows && !present) continue;  // withdrawn since: that is what they are told
            if (kind == Mail::withdrawn && present) continue;
            if (kind == Mail::edited && !is_news(message, static_cast<std::int32_t>(rows.integer(i, 7)),
                                            static_cast<std::int32_t>(rows.integer(i, 3))))
                continue;
            mapping::Told line{.actor = display(rows.text(i, 5), rows.text(i, 6)), .at = rows.time(i, 2)};
            line.kind = kind == Mail::withdrawn  ? email2::EventKind::withdrawn
                        : kind == Mail::restored ? email2::EventKind::undeleted
                        : kind == Mail::removed  ? email2::EventKind::to_changed
                                                 : email2::EventKind::edited;
            const auto content = content_of_revision(session_, message, static_cast<std::int32_t>(rows.integer(i, 3)));
            if (content) line.subject = content->subject;
            if (const auto list = rows.text(i, 8); kind == Mail::removed && !list.empty()) line.subject = list;
            told.push_back(std::move(line));
            if (!shows || readable.size() == settings_.digest_max) continue;
            auto bytes = bytes_of_revision(session_, message, static_cast<std::int32_t>(rows.integer(i, 3)));
            sum += bytes.size();
            if (sum <= settings_.digest_size) readable.push_back(std::move(bytes));
        }
        if (told.empty()) {
            if (making_ == Making::to_send) summary_told(session_, mail_.person);
            return std::nullopt;
        }
        context.own_id = email2::make_guid(now()) + "@" + facts_.name.server;
        return mapping::summary(context, told, readable);
    }

    // The accounts that a notice is for, by their language.
    std::map<std::string, std::vector<PersonRow>> notified()
    {
        const auto rows =
            mail_.kind == Mail::skipped || mail_.kind == Mail::answer
                ? session_.query("select $1::int4", mail_.person)
                : session_.query(
                      "select e.person_id from entry e join person p on p.id = e.person_id and p.class = 0 "
                      "where e.list_id = $1 and e.membership = 0 and e.person_id <> $2 and e.person_id not in "
                      "(select v.person_id from event v where v.message_id = $1 and v.kind = 3 and v.seq >= $3)",
                      mail_.message, mail_.person, mail_.event);
        std::vector<std::int32_t> ids;
        for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(static_cast<std::int32_t>(rows.integer(i, 0)));
        std::map<std::string, std::vector<PersonRow>> out;
        for (auto& [id, person] : people_by_id(session_, ids)) out[language_for(person)].push_back(std::move(person));
        return out;
    }

    // Whom a notice names: who was added and still is on the list; whom the mail named although they had left.
    std::vector<std::string> named()
    {
        const auto rows =
            mail_.kind == Mail::joined
                ? session_.query(
                      "select distinct p.id, p.name, p.address from event v join person p on p.id = v.person_id join entry e "
                      "on e.list_id = v.message_id and e.person_id = v.person_id and e.membership = 0 and e.role <> 2 "
                      "where v.message_id = $1 and v.kind = 3 and v.seq >= $2 and v.actor = $3 order by p.id limit 50",
                      mail_.message, mail_.event, mail_.person)
                : session_.query(
                      "select id, name, address from person where id = any(string_to_array($1, ' ')::int4[]) order by id limit 50",
                      mail_.content);
        std::vector<std::string> names;
        for (std::size_t i = 0; i < rows.size(); ++i) names.push_back(display(rows.text(i, 1), rows.text(i, 2)));
        return names;
    }

    NewMessage as_message(const std::string& guid, const std::vector<PersonRow>& people, const mapping::FollowUp& mail)
    {
        NewMessage notice;
        notice.kind = Kind::notice;
        notice.originator = "mailer-daemon@" + facts_.name.server;
        notice.originator_name = facts_.name.server;
        notice.guid = guid;
        notice.message_id = guid + "@" + facts_.name.server;
        if (!facts_.standing.list_root) notice.parents = {facts_.name.str()};
        for (const auto& person : people)
            notice.recipients.push_back({person.address, "", email2::Role::blind, true, 0, ""});  // each for themselves
        notice.bytes.append(mail.bytes);
        notice.idempotency_key = "notice:" + std::to_string(mail_.id) + ":" + people.front().language;
        return notice;
    }

    Session& session_;
    const MakeSettings& settings_;
    const QueuedMail& mail_;
    Making making_;
    Facts facts_;
    std::string language_;
    std::string bytes_;  // of the newest rendition, once context() was asked for
    std::vector<Enclosed> enclosed_;
};

}  // namespace

std::optional<MadeMail> make_mail(Session& session, const MakeSettings& settings, const QueuedMail& mail, Making making)
{
    const bool shows_content = mail.kind == Mail::message || mail.kind == Mail::edited || mail.kind == Mail::restored;
    if (mail.withdrawn && shows_content) return std::nullopt;
    if (!mail.withdrawn && mail.kind == Mail::withdrawn && making == Making::to_send)
        return std::nullopt;  // it is back
    const bool to_who_left = mail.kind == Mail::left || mail.kind == Mail::answer || mail.kind == Mail::opaque ||
                             mail.kind == Mail::removed || mail.kind == Mail::summary || mail.kind == Mail::joined ||
                             mail.kind == Mail::skipped;
    if (mail.gone && !to_who_left) return std::nullopt;  // they left while it was on its way and came back
    if (mail.kind == Mail::opaque) return MadeMail{.bytes = mail.content};
    Maker maker(session, settings, mail, making);
    if (mail.kind == Mail::message) return maker.message();
    if (mail.kind == Mail::joined || mail.kind == Mail::skipped || (mail.kind == Mail::answer && maker.to_account()))
        return maker.notice();
    return maker.follow_up();
}

bool wants(Session& session, const QueuedMail& mail)
{
    if (!is_optional(mail.kind)) return true;
    const auto person = session.query("select muted from person where id = $1 for no key update", mail.person);
    return !person.empty() && (person.integer(0, 0) >> static_cast<int>(mail.kind) & 1) == 0;
}

bool may_tell_today(Session& session, const MakeSettings& settings, const QueuedMail& mail)
{
    if (!is_counted(mail.kind)) return true;
    session.query(
        "delete from told where person_id = $1 and kind <> 12 and at < now() - interval '2 days'", mail.person);
    const auto today = session.query(
        "select count(*)::int, min(at) + interval '1 day', coalesce(bool_or(egress_id = $2), false) from told "
        "where person_id = $1 and kind in (1, 5, 6, 9) and at > now() - interval '1 day'",
        mail.person, mail.id);
    if (today.boolean(0, 2)) return true;  // counted when it was tried before
    if (settings.max_per_day == 0 || today.integer(0, 0) < static_cast<std::int64_t>(settings.max_per_day)) {
        session.query("insert into told(egress_id, person_id, kind, message_id) values ($1, $2, $3, $4)", mail.id,
            mail.person, static_cast<std::int16_t>(mail.kind), mail.message);
        return true;
    }
    if (!wants(session, {.person = mail.person, .kind = Mail::summary})) return false;
    // Of two that cancel each other neither is told, unless the one is on its way; who is told of a withdrawal needs no
    // earlier news.
    const auto superseded = session.query(
        "delete from summary_item where person_id = $1 and message_id = $2 and (($3 = 6 and kind = 5 and revision = 0) or ($3 = 5 and kind in (1, 6))) "
        "returning kind",
        mail.person, mail.message, static_cast<std::int16_t>(mail.kind));
    if (mail.kind == Mail::restored && !superseded.empty()) {
        session.query(
            "insert into summary_item(person_id, message_id, kind, event) select d.person_id, m.id, 1, $3 from delivery d join message m on m.id = d.message_id "
            "where d.person_id = $1 and d.message_id = $2 and d.revision < m.revision on conflict do nothing",
            mail.person, mail.message, last_edit(session, mail.message));
        return false;
    }
    session.query(
        "insert into summary_item(person_id, message_id, kind, event) values ($1, $2, $3, $4) on conflict (person_id, message_id, kind) "
        "do update set event = excluded.event, at = now()",
        mail.person, mail.message, static_cast<std::int16_t>(mail.kind), mail.event);
    // One summary waits at a time: it leaves when the day is over, and tells what has gathered by then.
    session.query(
        "insert into egress(message_id, person_id, kind, event, due, sender) select $1, $2, 10, 0, $4, e.sender from egress e where e.id = $3 "
        "and not exists (select from egress where person_id = $2 and kind = 10 and owner = 0)",
        mail.message, mail.person, mail.id, today.time(0, 1));
    return false;
}

// As may_tell_today() counts.
std::set<std::int64_t> would_wait(Session& session, const MakeSettings& settings, const std::vector<std::int64_t>& rows)
{
    if (settings.max_per_day == 0 || rows.empty()) return {};
    const auto waiting =
        session.query("select e.id from egress e where e.id = any($1::int8[]) and e.kind in (1, 5, 6, 9) "
                      "and not exists (select from told t where t.egress_id = e.id and t.person_id = e.person_id) "
                      "and (select count(*) from told t where t.person_id = e.person_id and t.kind in (1, 5, 6, 9) "
                      "and t.at > now() - interval '1 day') >= $2",
            rows, static_cast<std::int64_t>(settings.max_per_day));
    std::set<std::int64_t> ids;
    for (std::size_t i = 0; i < waiting.size(); ++i) ids.insert(waiting.integer(i, 0));
    return ids;
}

void summary_told(Session& session, std::int32_t person)
{
    session.query(
        "with gone as (delete from summary_item where person_id = $1 and revision > 0 returning message_id, kind, revision) "
        "update delivery d set revision = greatest(d.revision, g.revision) from gone g where g.kind in (1, 6) and d.message_id = g.message_id "
        "and d.person_id = $1",
        person);
}

}  // namespace gateway::store
