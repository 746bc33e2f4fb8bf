// publish_lists: posts to mailing lists, the making of one, and how much an account may publish. email2.md rules 9
// to 11.
#include "gateway/log.h"
#include "gateway/store/publish_group.h"

namespace gateway::store::publishing {

// The list roots that a message goes to: by alias, by their own address, or as a native child of one.
std::vector<const Known*> Group::lists_named(const PublishJob& job) const
{
    std::vector<const Known*> lists;
    const auto add = [&](const std::vector<std::string>& names) {
        for (const auto& name : names)
            for (const auto id : named(name)) {
                const auto known = roots_.contains(id) ? known_.find(id) : known_.end();
                if (known != known_.end() && std::find(lists.begin(), lists.end(), &known->second) == lists.end())
                    lists.push_back(&known->second);
            }
    };
    add(job.message.lists);
    add(job.message.message_addresses);
    if (job.message.inherit.value_or(false)) add(job.message.parents);
    return lists;
}

bool Group::held_at_root(const std::vector<Id>& holders) const
{
    return std::any_of(holders.begin(), holders.end(), [&](Id holder) { return roots_.contains(holder); });
}

// Where the people of an inherited list stand. A mail to a mailing list goes to that list, whatever else it answers;
// when it answers a post, to the guests of that post as well.
std::vector<Id> Group::holders_of(const PublishJob& job, Person originator, const std::vector<const Known*>& parents,
    const std::vector<const Known*>& lists) const
{
    std::vector<Id> holders;
    const auto add = [&](Id holder) {
        if (std::find(holders.begin(), holders.end(), holder) == holders.end()) holders.push_back(holder);
    };
    for (const auto* list : lists) add(list->id);
    for (const auto* parent : parents) {
        // Asked for by name, a list is passed on by who is on it.
        if (job.message.inherit && standing(*parent, originator, Blind::is_nobody) != email2::Membership::in) continue;
        const bool post = std::any_of(lists.begin(), lists.end(), [&](const Known* list) {
            return std::find(parent->holders.begin(), parent->holders.end(), list->id) != parent->holders.end();
        });
        if (lists.empty() || post)
            for (const auto holder : parent->holders) add(holder);
    }
    return holders;
}

// By the rule of every mailing list that it would reach.
email2::Result<email2::PostsAs> Group::may_post(
    const PublishJob& job, Person originator, const std::vector<Id>& holders) const
{
    auto as = email2::PostsAs::member;
    if (!job.message.lists.empty() && holders.empty())
        return tl::unexpected(email2::Error{email2::Code::not_found, "There is no such list.", ""});
    for (const auto holder : holders) {
        const auto root = roots_.find(holder);
        if (root == roots_.end()) continue;
        email2::Poster poster;
        poster.proven = job.message.proof != email2::Proof::none;
        poster.owner = owners_.contains({holder, originator});
        if (const auto* entry = membership(holder, originator))
            poster.listed = entry->membership == email2::Membership::in     ? email2::Listed::in
                            : entry->membership == email2::Membership::left ? email2::Listed::left
                                                                            : email2::Listed::removed;
        const auto may = email2::may_post(root->second, poster);
        if (!may) return may;
        if (*may == email2::PostsAs::guest) as = *may;
    }
    return as;
}

// What the accounts among the originators may, held against other processes that publish for the same ones.
void Group::look_up_authors()
{
    std::vector<Person> accounts;
    std::vector<std::string> aliases;
    for (const auto* job : jobs_) {
        const auto* who = person(job->message.originator);
        if (who && job->message.kind == Kind::message && (job->message.submitted || job->message.native))
            accounts.push_back(who->id);
        if (job->message.list) aliases.push_back(job->message.list->alias);
    }
    if (accounts.empty()) return;
    Session::Pipeline pipeline(session_);
    pipeline.add(
        "select from publishing where person_id = any($1::int4[]) order by person_id for no key update", accounts);
    pipeline.add(
        "select p.id, p.own_lists, p.send_quota, u.stretch, u.messages, u.streak, u.began, u.sent, case when isfinite(u.stopped_until) then u.stopped_until end, u.stopped_until > now() "
        "from person p left join publishing u on u.person_id = p.id where p.id = any($1::int4[])",
        accounts);
    if (!aliases.empty())
        pipeline.add(
            "select alias from list_root where alias = any($1::text[]) union select address from alias where address = any($1::text[]) "
            "union select address from person where address = any($1::text[]) and class = 0",
            aliases);
    const auto rows = pipeline.run();
    for (std::size_t i = 0; i < rows[1].size(); ++i) {
        auto& author = authors_[static_cast<Person>(rows[1].integer(i, 0))];
        author.own_lists = rows[1].boolean(i, 1);
        author.quota = settings_.send;
        if (!rows[1].null(i, 2)) author.quota.messages = static_cast<std::uint32_t>(rows[1].integer(i, 2));
        if (rows[1].null(i, 3)) continue;
        author.pace = {rows[1].integer(i, 3), static_cast<std::uint32_t>(rows[1].integer(i, 4)),
            static_cast<std::uint32_t>(rows[1].integer(i, 5))};
        author.sent = {rows[1].time(i, 6), static_cast<std::uint32_t>(rows[1].integer(i, 7))};
        author.stopped = !rows[1].null(i, 9) && rows[1].boolean(i, 9);
        if (!rows[1].null(i, 8)) author.until = rows[1].time(i, 8);
    }
    if (aliases.empty()) return;
    for (std::size_t i = 0; i < rows[2].size(); ++i) taken_.insert(rows[2].text(i, 0));
}

// Rates, quotas and rights of an account: the last thing that is asked, so that only what is published counts.
email2::Result<void> Group::admit(const PublishJob& job, Person originator)
{
    const auto& m = job.message;
    const auto found = authors_.find(originator);
    if (m.by_administrator || found == authors_.end() || m.kind != Kind::message || !(m.submitted || m.native))
        return {};
    auto& author = found->second;
    const auto refuse = [](email2::Code code, std::string text, const char* path = "") {
        return tl::unexpected(email2::Error{code, std::move(text), path});
    };
    const auto moment = now();
    const auto suspended = [&] {
        return tl::unexpected(email2::rate_refusal(email2::suspension_text(author.until), author.until, moment));
    };
    if (author.stopped) return suspended();
    if (auto may = email2::may_address(m.recipients.size(), settings_.to_max, author.own_lists); !may) return may;
    if (m.list) {
        if (auto may = email2::may_make_list(author.own_lists); !may) return may;
        if (!taken_.insert(m.list->alias).second)
            return refuse(email2::Code::conflict, "This address is taken.", "/message/@alias");
    }
    const auto sending = email2::send_at(author.sent, author.quota, moment);
    const auto period_ends = author.sent.began + author.quota.period;
    if (!sending.allowed)
        return tl::unexpected(email2::rate_refusal(email2::quota_text(period_ends), period_ends, moment));
    const auto paced = email2::publish_at(author.pace, settings_.rate, moment);
    author.changed = true;
    author.pace = paced.next;
    if (paced.too_fast) {
        author.stopped = author.stops = true;
        log::warning("abuse.suspended", {{"account", m.originator}});
        if (settings_.suspension.count() > 0) author.until = moment + settings_.suspension;
        return suspended();
    }
    author.sent = sending.next;
    return {};
}

// A list root is no mail: it holds people, and lies in no mailbox.
void Group::make_list(PublishJob& job, Draft& draft)
{
    const auto& m = job.message;
    draft.list = draft.id;
    draft.holders = {draft.id};
    std::set<Person> listed{draft.originator};
    const auto add = [&](Person p, std::int16_t role) {
        entry_.list.push_back(draft.id);
        entry_.person.push_back(p);
        entry_.role.push_back(role);
    };
    add(draft.originator, role_originator);
    for (const auto& recipient : m.recipients)
        if (const auto* who = person(recipient.address); who && listed.insert(who->id).second) add(who->id, role_to);
    made_.message.push_back(draft.id);
    made_.alias.push_back(m.list->alias);
    made_.title.push_back(m.list_title);
    made_.posting.push_back(static_cast<std::int16_t>(m.list->posting));
    made_.owner.push_back(draft.originator);
}

void Group::write_lists(Session::Pipeline& pipeline)
{
    if (!made_.message.empty()) {
        pipeline.add(
            "insert into list_root(message_id, alias, name, posting) select * from unnest($1::int8[], $2::text[], $3::text[], $4::int2[])",
            made_.message, made_.alias, made_.title, made_.posting);
        pipeline.add("insert into list_owner(message_id, person_id) select * from unnest($1::int8[], $2::int4[])",
            made_.message, made_.owner);
    }
    if (!written_to_.empty())
        pipeline.add("insert into written_to(domain) select * from unnest($1::text[]) on conflict do nothing",
            std::vector<std::string>(written_to_.begin(), written_to_.end()));
}

void Group::write_authors(Session::Pipeline& pipeline)
{
    std::vector<Person> who;
    std::vector<std::int64_t> stretch;
    std::vector<std::int32_t> messages, streak, sent;
    std::vector<Time> began;
    std::vector<bool> stops;
    for (const auto& [id, author] : authors_) {
        if (!author.changed) continue;
        who.push_back(id);
        stretch.push_back(author.pace.stretch);
        messages.push_back(static_cast<std::int32_t>(author.pace.messages));
        streak.push_back(static_cast<std::int32_t>(author.pace.streak));
        began.push_back(author.sent.began);
        sent.push_back(static_cast<std::int32_t>(author.sent.messages));
        stops.push_back(author.stops);
    }
    if (who.empty()) return;
    pipeline.add(
        "insert into publishing(person_id, stretch, messages, streak, began, sent, stopped_until) "
        "select p, s, m, k, b, n, case when x then case when $8 = 0 then 'infinity' else now() + make_interval(secs => $8) end end "
        "from unnest($1::int4[], $2::int8[], $3::int4[], $4::int4[], $5::timestamptz[], $6::int4[], $7::bool[]) t(p, s, m, k, b, n, x) "
        "on conflict (person_id) do update set stretch = excluded.stretch, messages = excluded.messages, streak = excluded.streak, "
        "began = excluded.began, sent = excluded.sent, stopped_until = coalesce(excluded.stopped_until, publishing.stopped_until)",
        who, stretch, messages, streak, began, sent, stops, static_cast<std::int32_t>(settings_.suspension.count()));
}

}  // namespace gateway::store::publishing
