// preview_property_test: what a preview says is what then happens, in situations that nobody thought of. email2.md
// "Verbs".
#include "gateway/mapping/mail_in.h"
#include "gateway/store/follow_ups.h"
#include "post_room.h"

#include <chrono>
#include <random>
#include <regex>

using namespace test;

namespace {

const std::vector<std::string> accounts{"bob@one.test", "carol@one.test"};
const std::vector<std::string> outside{"dora@legacy.test", "erik@far.test", "fay@far.test"};

// But for tokens, the minute, and whom it was sent to: those who are told the same are shown one of their mails.
std::string comparable(std::string text)
{
    static const std::regex token("[a-z2-7]{32}"), minute("[0-9]{2}:[0-9]{2} UTC"),
        people("(dora@legacy|erik@far|fay@far)\\.test"), id("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    text = std::regex_replace(text, token, "TOKEN");
    text = std::regex_replace(text, minute, "MINUTE");
    text = std::regex_replace(text, id, "ID");
    return std::regex_replace(text, people, "WHO");
}

std::string first_of_type(const email2::Part& part, std::string_view type)
{
    if (part.parts.empty()) return part.type == type ? part.text : std::string{};
    for (const auto& each : part.parts)
        if (auto found = first_of_type(each, type); !found.empty()) return found;
    return {};
}

using Mails = std::vector<std::string>;

Mails as_sent(const std::vector<std::string>& sent)
{
    Mails mails;
    for (const auto& bytes : sent) {
        const auto content = gateway::mapping::content_of(mime::parse(bytes), bytes);
        mails.push_back(comparable(content.subject + "\n" + first_of_type(content.body, "text/plain") + "\n" +
                                   first_of_type(content.body, "text/html")));
    }
    std::sort(mails.begin(), mails.end());
    return mails;
}

Mails as_previewed(const email2::Preview& preview)
{
    Mails mails;
    for (const auto& mail : preview.follow_ups)
        mails.insert(mails.end(), mail.recipients, comparable(mail.subject + "\n" + mail.text + "\n" + mail.html));
    std::sort(mails.begin(), mails.end());
    return mails;
}

struct Act {
    enum class Kind { edit, withdraw, change } kind = Kind::edit;
    email2::Content content;
    email2::ListChange change;
};

class Situation {
public:
    explicit Situation(unsigned seed) : random_(seed) { o_.v.settings.tell_removed = true; }

    void round()
    {
        doing_.clear();
        message_ = o_.send(some_people(), one_of<const char*>({"Plan", "", "Größe"}), one_of(bodies_));
        number_ = o_.v.id_of(message_.id);
        o_.sent();
        for (int steps = below(10); steps > 0; --steps) step();
        o_.sent();
        // What waits for the end of the day would come on top of what is looked at.
        o_.v.session.query("delete from egress");
        compare();
        o_.sent();
        if (below(2) == 0) o_.v.session.query("delete from told");
        if (below(4) == 0) o_.v.session.query("update person set muted = 0");
    }

private:
    int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

    template <class T>
    T one_of(const std::vector<T>& all)
    {
        return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
    }

    std::vector<std::string> some_people()
    {
        std::vector<std::string> some;
        for (const auto* all : {&accounts, &outside})
            for (const auto& who : *all)
                if (below(2) == 0) some.push_back(who);
        if (some.empty()) some.push_back(one_of(outside));
        return some;
    }

    email2::Content some_content()
    {
        const auto now = o_.v.verbs.get("alice@one.test", message_.id, {});
        return text(
            below(3) == 0 ? one_of<const char*>({"Plan", "Other plan", ""}) : now->content.subject, one_of(bodies_));
    }

    email2::ListChange some_change()
    {
        email2::ListChange change;
        for (const auto* all : {&accounts, &outside})
            for (const auto& who : *all) {
                const auto dice = below(5);
                if (dice == 0) change.add.push_back({.address = who});
                if (dice == 1) change.remove.push_back(who);
            }
        return change;
    }

    std::uint32_t revision() { return o_.v.verbs.get("alice@one.test", message_.id, {})->revision; }

    void outsider(bool leaves)
    {
        const auto who = o_.v.words("select id from person where address = '" + one_of(outside) + "'");
        if (who.empty()) return;
        store::Transaction transaction(o_.v.session);
        store::Changes changes;
        if (leaves) store::leave_outside(o_.v.session, changes, std::stoi(who), number_);
        else store::rejoin_outside(o_.v.session, changes, std::stoi(who), number_);
        store::finish(o_.v.session, changes);
        transaction.commit();
    }

    // One thing after another, some of which are not possible then.
    void step()
    {
        const auto dice = below(12);
        doing_ += std::to_string(dice) + " ";
        switch (dice) {
        case 0:
        case 1: (void)o_.v.verbs.edit("alice@one.test", message_.id, revision(), some_content()); break;
        case 2: (void)o_.v.verbs.withdraw("alice@one.test", message_.id); break;
        case 3: (void)o_.v.verbs.undelete("alice@one.test", message_.id); break;
        case 4: (void)o_.v.verbs.change_list("alice@one.test", message_.id, some_change()); break;
        case 5: outsider(true); break;
        case 6: outsider(false); break;
        case 7: o_.v.native("alice@one.test", {}, text("Re: Plan", "An answer."), {message_.id.str()}); break;
        case 8: {
            const auto kind = one_of<store::Mail>({store::Mail::edited, store::Mail::added, store::Mail::withdrawn,
                store::Mail::restored, store::Mail::removed, store::Mail::summary});
            o_.v.session.query("update person set muted = muted | $1 where address = $2",
                std::int32_t{1} << static_cast<int>(kind), one_of(outside));
            break;
        }
        case 9:
            o_.v.session.query("update person set language = $1 where address = $2",
                std::string(one_of<const char*>({"de", "en", ""})), one_of(outside));
            break;
        case 10:
            for (const auto& job : o_.post->claim())
                o_.post->settle(job.id, gateway::egress::Result::failed, "5.1.1", "550 gone");
            break;
        default: o_.sent();
        }
    }

    Act some_act()
    {
        const auto dice = below(5);
        if (dice < 2) return {.kind = Act::Kind::edit, .content = some_content(), .change = {}};
        if (dice < 3) return {.kind = Act::Kind::withdraw, .content = {}, .change = {}};
        return {.kind = Act::Kind::change, .content = {}, .change = some_change()};
    }

    email2::Result<email2::Preview> preview(const Act& act)
    {
        auto& verbs = o_.v.verbs;
        if (act.kind == Act::Kind::edit)
            return verbs.preview_edit("alice@one.test", message_.id, revision(), act.content);
        if (act.kind == Act::Kind::withdraw) return verbs.preview_withdraw("alice@one.test", message_.id);
        return verbs.preview_change("alice@one.test", message_.id, act.change);
    }

    std::optional<email2::Code> perform(const Act& act)
    {
        auto& verbs = o_.v.verbs;
        const auto code = [](const auto& done) { return done ? std::nullopt : std::optional(done.error().code); };
        if (act.kind == Act::Kind::edit)
            return code(verbs.edit("alice@one.test", message_.id, revision(), act.content));
        if (act.kind == Act::Kind::withdraw) return code(verbs.withdraw("alice@one.test", message_.id));
        return code(verbs.change_list("alice@one.test", message_.id, act.change));
    }

    std::int64_t notices()
    {
        return o_.v.number("select count(*) from ref r join message m on m.id = r.message_id where m.kind = " +
                           std::to_string(static_cast<int>(store::Kind::notice)));
    }

    // Of accounts other than alice's, by what stands in their rows.
    std::vector<std::string> mailboxes()
    {
        std::vector<std::string> all;
        for (const auto& who : accounts)
            all.push_back(
                o_.v.words("select md5(string_agg(b::text, ' ' order by b.id)) from mailbox b join person p on "
                           "p.id = b.user_id where b.use <> 7 and p.address = '" +
                           who + "'"));
        return all;
    }

    void compare()
    {
        const auto act = some_act();
        CAPTURE(doing_);
        CAPTURE(static_cast<int>(act.kind));
        const auto before = o_.everything();
        const auto said = preview(act);
        CHECK(o_.everything() == before);
        const auto had = notices();
        const auto boxes = mailboxes();
        o_.v.session.query("delete from summary_item");
        const auto refused = perform(act);
        REQUIRE(said.has_value() == !refused.has_value());
        if (refused) {
            CHECK(said.error().code == *refused);
            return;
        }
        std::uint32_t changed = 0;
        const auto boxes_after = mailboxes();
        for (std::size_t i = 0; i < boxes.size(); ++i) changed += boxes[i] != boxes_after[i] ? 1U : 0U;
        CHECK(said->mailboxes == changed);
        const auto sent = o_.sent();
        CHECK(said->mails == sent.size());
        CHECK(as_previewed(*said) == as_sent(sent));
        CHECK(said->summaries == o_.v.number("select count(*) from summary_item"));
        CHECK(said->notices == notices() - had);
        ++compared;
        mails += sent.size();
    }

public:
    int compared = 0;
    std::size_t mails = 0;

private:
    const std::vector<const char*> bodies_{"First words.", "First  words.", "Other words, quite other ones.",
        "First words.\n\nAnd more <b>of them</b>.", ""};
    std::mt19937 random_;
    PostRoom o_{2};
    email2::Message message_;
    std::int64_t number_ = 0;
    std::string doing_;
};

}  // namespace

TEST_CASE("whatever happened before, a change does what its preview said, mail by mail")
{
    const char* chosen = std::getenv("PREVIEW_SEED");
    const auto seed = chosen != nullptr ? static_cast<unsigned>(std::atoi(chosen)) : 2244879026U;
    CAPTURE(seed);
    Situation situation(seed);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(4);
    for (int rounds = 0; rounds < 150 && std::chrono::steady_clock::now() < end; ++rounds) {
        CAPTURE(rounds);
        situation.round();
    }
    CHECK(situation.compared > 5);
    CHECK(situation.mails > 3);
}
