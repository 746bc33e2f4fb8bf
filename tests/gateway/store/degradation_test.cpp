// degradation_test: the degradation table, cell by cell: what happens after sending, and what each kind of person sees
// of it. mapping.md "After sending". Rows and columns stand in the order of the table; a test at the end finds a cell
// that is missing.
//
// What is said at the door of a protocol is shown by a test from outside: these cells name its sentences.
#include "gateway/mapping/mail_in.h"
#include "gateway/store/charges.h"
#include "gateway/store/flags.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/mail_verbs.h"
#include "village.h"

#include <fstream>
#include <functional>
#include <map>

using namespace test;
using gateway::egress::Result;

namespace {

// Alice wrote to bob (here) and dora (elsewhere); dora's mail has left unless a cell wants otherwise.
struct Scene {
    Scene() : post(v, io)
    {
        m = v.native("alice@one.test", {"bob@one.test", "dora@legacy.test"}, text("Plan", "First words."));
        id = v.id_of(m.id);
    }

    ~Scene() { io.stop(); }

    std::vector<std::string> sent() { return post.deliver_all(); }

    // The one mail that leaves.
    std::string mail()
    {
        const auto mails = sent();
        REQUIRE(mails.size() == 1);
        return mails[0];
    }

    void edit(const char* body = "Other words.")
    {
        REQUIRE(v.verbs.edit(
            "alice@one.test", m.id, v.verbs.get("alice@one.test", m.id, {})->revision, text("Plan", body)));
    }

    email2::Message answer(const char* body)
    {
        return v.native("alice@one.test", {}, text("Re: Plan", body), {m.id.str()});
    }

    void change(const char* actor, email2::ListChange change) { REQUIRE(v.verbs.change_list(actor, m.id, change)); }

    void add(const char* address) { change("bob@one.test", {.add = {{.address = address}}}); }

    void remove(const char* address) { change("alice@one.test", {.remove = {address}}); }

    void outside(const std::function<void(store::Changes&)>& act)
    {
        store::Transaction transaction(v.session);
        store::Changes changes;
        act(changes);
        store::finish(v.session, changes);
        transaction.commit();
    }

    void dora_leaves()
    {
        outside([&](store::Changes& changes) {
            store::leave_outside(v.session, changes, v.person("dora@legacy.test"), id);
        });
    }

    std::string refs(const char* user, const char* column)
    {
        return v.words(
            std::string("select r.") + column +
            " from ref r join person p on p.id = r.user_id join mailbox b on b.id = r.mailbox_id where p.address = '" +
            user + "@one.test' and b.use <> 7 and r.message_id = " + std::to_string(id));
    }

    bool sees(const char* user, const email2::Name& name)
    {
        return v.verbs.get(std::string(user) + "@one.test", name, {}).has_value();
    }

    bool lists(const char* user, const email2::Name& name)
    {
        const auto page = v.verbs.list(std::string(user) + "@one.test", {.folder = "INBOX"});
        REQUIRE(page);
        return std::any_of(page->references.begin(), page->references.end(),
            [&](const auto& reference) { return reference.message == name; });
    }

    std::string membership(const char* address)
    {
        return v.words("select membership from entry e join person p on p.id = e.person_id where p.address = '" +
                       std::string(address) + "' and list_id = " + std::to_string(id));
    }

    Village v;
    asio::io_context io;
    Post post;
    email2::Message m;
    std::int64_t id = 0;
};

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

gateway::mapping::MailFacts facts_of(const std::string& mail)
{
    const auto bytes = mail.substr(mail.find("\r\n") + 2);  // the first line is the envelope's recipient
    return gateway::mapping::read_facts(mime::parse(bytes), bytes);
}

// --- published

void published_native(Scene& s)
{
    CHECK(s.lists("bob", s.m.id));
    CHECK(s.v.verbs.get("bob@one.test", s.m.id, {})->content.body.text == "First words.");
}

void published_mailbox(Scene& s)
{
    CHECK(s.v.folders("bob", s.id) == "INBOX");
    CHECK(s.refs("bob", "uid") == "1");
    const auto answer = s.v.id_of(s.answer("More.").id);
    CHECK(s.v.folders("bob", answer) == "INBOX");  // beside its parent, rule 2
}

void published_correspondent(Scene& s)
{
    const auto mail = s.mail();
    CHECK(has(mail, "First words."));
    CHECK(facts_of(mail).message_id == s.m.id.str());
    CHECK(facts_of(mail).auto_submitted.empty());
    CHECK_FALSE(has(mail, "List-Unsubscribe"));
    CHECK(s.v.number("select state from delivery") == 1);
}

// --- edited

void edited_native(Scene& s)
{
    s.edit();
    CHECK(s.v.verbs.get("bob@one.test", s.m.id, {})->revision == 2);
    CHECK(s.v.verbs.get("bob@one.test", s.m.id, {})->content.body.text == "Other words.");
    CHECK(s.v.verbs.history("bob@one.test", s.m.id)->size() == 2);
}

void edited_mailbox(Scene& s)
{
    s.v.session.query("update ref set flags = flags | $1", std::int64_t{store::flags::seen | store::flags::flagged});
    const auto date = s.v.words("select internal_date from rendition");
    s.edit();
    CHECK(s.refs("bob", "uid") == "2");
    CHECK(s.refs("bob", "flags") == std::to_string(store::flags::flagged | store::flags::edited));
    CHECK(s.v.words("select distinct internal_date from rendition") == date);
    CHECK(s.v.number("select count(*) from expunge") >= 1);
    s.v.session.query("update ref set flags = flags | $1", std::int64_t{store::flags::seen});
    s.edit("Other words.");  // neither text nor attachments are new
    CHECK(s.refs("bob", "flags") == std::to_string(store::flags::seen | store::flags::flagged | store::flags::edited));
}

void edited_correspondent(Scene& s)
{
    s.edit("Second words.");
    CHECK(has(s.mail(), "Second words."));  // it had not left: it is the mail itself
    CHECK(s.sent().empty());
    s.edit("Third words.");
    s.edit("Fourth words.");
    const auto mail = s.mail();  // one for all edits until it settles
    CHECK(facts_of(mail).subject == "Re: Plan");
    CHECK(facts_of(mail).in_reply_to == std::vector<std::string>{s.m.id.str()});
    CHECK(facts_of(mail).auto_submitted == "auto-generated");
    CHECK(facts_of(mail).edits == std::vector<std::string>{s.m.id.str()});
    CHECK(has(mail, "edited this message on"));
    CHECK(has(mail, "[-Second-] {+Fourth+} words."));
    CHECK(has(mail, "application/email2+xml"));
    s.edit("Fourth   words.");  // white space alone
    CHECK(s.sent().empty());
    s.edit("Fifth words.");
    s.edit("Fourth words.");  // changed back
    CHECK(s.sent().empty());
}

// --- person added

void added_native(Scene& s)
{
    const auto answer = s.answer("More.");
    s.add("carol@one.test");
    CHECK(s.lists("carol", s.m.id));
    CHECK(s.lists("carol", answer.id));
}

void added_mailbox(Scene& s)
{
    s.sent();
    s.add("carol@one.test");
    s.add("erik@far.test");
    CHECK(s.v.folders("carol", s.id) == "INBOX");
    s.sent();
    REQUIRE(s.v.number("select count(*) from message where kind = 3") == 1);  // one for both
    const auto notice = s.v.number("select id from message where kind = 3");
    CHECK(s.v.folders("alice", notice) == "INBOX");
    CHECK(s.v.folders("bob", notice) == "");    // he did it
    CHECK(s.v.folders("carol", notice) == "");  // she was added
    const auto words = s.v.words(
        "select convert_from(data, 'UTF8') from body b join rendition r on r.id = b.rendition_id where r.message_id = " +
        std::to_string(notice));
    CHECK(has(words, "carol@one.test and erik@far.test"));
    CHECK(s.v.number("select thread_id from message where kind = 3") == s.id);
    s.v.settings.joined = false;
    s.add("frank@far.test");
    s.sent();
    CHECK(s.v.number("select count(*) from message where kind = 3") == 1);
}

void added_correspondent(Scene& s)
{
    const auto answer = s.answer("The newest.");
    s.sent();
    s.add("erik@far.test");
    const auto mail = s.mail();
    CHECK(mail.starts_with("To: erik@far.test"));
    CHECK(has(mail, "bob@one.test added you to this conversation on"));
    CHECK(has(mail, "multipart/digest"));
    CHECK(has(mail, "First words."));
    CHECK(facts_of(mail).in_reply_to == std::vector<std::string>{answer.id.str()});
}

// --- person removed

void removed_native(Scene& s)
{
    s.remove("bob@one.test");
    CHECK_FALSE(s.sees("bob", s.m.id));
    CHECK_FALSE(s.lists("bob", s.m.id));
}

void removed_mailbox(Scene& s)
{
    s.remove("bob@one.test");
    CHECK(s.refs("bob", "uid") == "");
    CHECK(s.v.number("select count(*) from expunge") >= 1);
}

void removed_correspondent(Scene& s)
{
    s.sent();
    s.add("erik@far.test");
    s.sent();
    s.remove("dora@legacy.test");
    CHECK(s.sent().empty());
    s.v.settings.tell_removed = true;
    s.remove("erik@far.test");
    CHECK(s.v.words("select kind from egress") == "9");
    const auto mail = s.mail();
    CHECK(has(mail, "took you off this conversation"));
    CHECK_FALSE(has(mail, "First words."));
    s.edit();
    CHECK(s.sent().empty());
}

// --- left by own act

void left_native(Scene& s)
{
    REQUIRE(s.v.verbs.leave("bob@one.test", s.m.id, {}));
    CHECK_FALSE(s.lists("bob", s.m.id));
    CHECK(s.membership("bob@one.test") == "1");
}

void left_mailbox(Scene& s)
{
    s.v.move("bob", s.id, "Trash");
    CHECK(s.v.folders("bob", s.id) == "Trash");
    CHECK(s.membership("bob@one.test") == "1");
}

void left_correspondent(Scene& s)
{
    s.sent();
    s.dora_leaves();
    const auto mail = s.mail();
    CHECK(has(mail, "You left this conversation"));
    CHECK(has(mail, "https://one.test/a/"));  // the way back
    CHECK(facts_of(mail).auto_submitted == "auto-replied");
    s.edit();
    s.answer("Not for her.");
    CHECK(s.sent().empty());
}

// --- rejoined

void rejoined_native(Scene& s)
{
    REQUIRE(s.v.verbs.leave("bob@one.test", s.m.id, {}));
    const auto missed = s.answer("Meanwhile.");
    REQUIRE(s.v.verbs.rejoin("bob@one.test", s.m.id, {}));
    CHECK(s.lists("bob", s.m.id));
    CHECK(s.lists("bob", missed.id));
}

void rejoined_mailbox(Scene& s)
{
    s.v.session.query("update ref set flags = flags | $1", std::int64_t{store::flags::flagged});
    s.v.move("bob", s.id, "Trash");
    const auto missed = s.v.id_of(s.answer("Meanwhile.").id);
    s.v.move("bob", s.id, "INBOX");
    CHECK(s.v.folders("bob", s.id) == "INBOX");
    CHECK(s.v.folders("bob", missed) == "INBOX");
    CHECK(s.refs("bob", "flags") == std::to_string(store::flags::flagged));
    CHECK(std::stoi(s.refs("bob", "uid")) > 1);
}

void rejoined_correspondent(Scene& s)
{
    s.sent();
    s.dora_leaves();
    s.sent();
    s.answer("Meanwhile.");
    s.outside([&](store::Changes& changes) {
        CHECK(store::rejoin_outside(s.v.session, changes, s.v.person("dora@legacy.test"), s.id));
    });
    const auto mail = s.mail();
    CHECK(has(mail, "You are back"));
    CHECK(has(mail, "Meanwhile."));
    CHECK_FALSE(has(mail, "First words."));  // that she has
}

// --- withdrawn

void withdrawn_native(Scene& s)
{
    REQUIRE(s.v.verbs.withdraw("alice@one.test", s.m.id));
    const auto seen = s.v.verbs.get("bob@one.test", s.m.id, {});
    REQUIRE(seen);
    CHECK(seen->state == email2::State::withdrawn);
    CHECK(seen->content.body.text.empty());
}

void withdrawn_mailbox(Scene& s)
{
    REQUIRE(s.v.verbs.withdraw("alice@one.test", s.m.id));
    CHECK(s.refs("bob", "uid") == "");
}

void withdrawn_correspondent(Scene& s)
{
    const auto never = s.v.native("alice@one.test", {"dora@legacy.test"}, text("Mistake", "Never."));
    REQUIRE(s.v.verbs.withdraw("alice@one.test", never.id));
    CHECK(has(s.mail(), "First words."));  // the other one had not left: nothing is sent of it
    REQUIRE(s.v.verbs.withdraw("alice@one.test", s.m.id));
    const auto mail = s.mail();
    CHECK(has(mail, "withdrew this message"));
    CHECK_FALSE(has(mail, "First words."));
    CHECK(facts_of(mail).in_reply_to == std::vector<std::string>{s.m.id.str()});
    CHECK(facts_of(mail).withdraws == std::vector<std::string>{s.m.id.str()});
}

// --- undeleted

// What a correspondent takes back and restores reaches the others outside as the mails that say so.
void theirs_reach_others(Scene& s)
{
    s.add("erik@far.test");
    s.sent();
    auto letter = s.v.letter("dora@legacy.test", "theirs@legacy.test", {});
    letter.proof = email2::Proof::dkim;
    letter.authentication = "dkim=pass domain=legacy.test";
    letter.message_addresses = {s.m.id.str()};
    const auto theirs = s.v.publish(std::move(letter));
    CHECK(s.mail().starts_with("To: erik@far.test"));
    const auto facts = [&] { return *store::facts_of(s.v.session, theirs.id, s.v.person("dora@legacy.test")); };
    s.outside([&](store::Changes& changes) {
        CHECK(store::withdraw_by_mail(
            s.v.session, changes, facts(), s.v.person("dora@legacy.test"), "Subject: taken back\r\n\r\n"));
    });
    CHECK(s.mail().starts_with("To: erik@far.test\r\nSubject: taken back"));
    s.outside([&](store::Changes& changes) {
        CHECK(store::undelete_by_mail(
            s.v.session, changes, facts(), s.v.person("dora@legacy.test"), "Subject: restored\r\n\r\n"));
    });
    CHECK(s.mail().starts_with("To: erik@far.test\r\nSubject: restored"));
}

void undeleted_native(Scene& s)
{
    REQUIRE(s.v.verbs.withdraw("alice@one.test", s.m.id));
    REQUIRE(s.v.verbs.undelete("alice@one.test", s.m.id));
    CHECK(s.v.verbs.get("bob@one.test", s.m.id, {})->content.body.text == "First words.");
}

void undeleted_mailbox(Scene& s)
{
    REQUIRE(s.v.verbs.withdraw("alice@one.test", s.m.id));
    REQUIRE(s.v.verbs.undelete("alice@one.test", s.m.id));
    CHECK(s.v.folders("bob", s.id) == "INBOX");
    CHECK(s.refs("bob", "uid") == "2");
}

void undeleted_correspondent(Scene& s)
{
    s.sent();
    REQUIRE(s.v.verbs.withdraw("alice@one.test", s.m.id));
    s.sent();
    REQUIRE(s.v.verbs.undelete("alice@one.test", s.m.id));
    const auto mail = s.mail();
    CHECK(has(mail, "restored this message"));
    CHECK(has(mail, "First words."));
    CHECK(facts_of(mail).in_reply_to == std::vector<std::string>{s.m.id.str()});
    theirs_reach_others(s);
}

// --- delivery failed

void dora_is_unknown(Scene& s)
{
    const auto jobs = s.post.claim();
    REQUIRE(jobs.size() == 1);
    s.post.settle(jobs[0].id, Result::failed, "5.1.1", "550 5.1.1 no such user");
}

void failed_native(Scene& s)
{
    dora_is_unknown(s);
    const auto seen = s.v.verbs.get("bob@one.test", s.m.id, {});
    const auto dora = std::find_if(seen->to.entries.begin(), seen->to.entries.end(),
        [](const auto& e) { return e.person.address == "dora@legacy.test"; });
    REQUIRE(dora != seen->to.entries.end());
    CHECK(dora->delivery->state == email2::DeliveryState::failed);
    CHECK(dora->delivery->failure->status == "5.1.1");
}

void failed_mailbox(Scene& s)
{
    dora_is_unknown(s);
    const auto notice = s.v.number("select id from message where kind = 3");
    CHECK(s.v.folders("alice", notice) != "");
    CHECK(s.v.folders("bob", notice) == "");
    CHECK((std::stoll(s.refs("alice", "flags")) & store::flags::failed) != 0);
}

void failed_correspondent(Scene& s)
{
    dora_is_unknown(s);
    CHECK(s.sent().empty());
    s.edit();  // who never had it hears of nothing
    REQUIRE(s.v.verbs.withdraw("alice@one.test", s.m.id));
    CHECK(s.sent().empty());
}

// --- moderated as spam

store::Published moderated(Scene& s)
{
    s.sent();
    const auto spam = s.v.arrive("spam@legacy.test", {to("alice@one.test"), to("bob@one.test"), to("carol@one.test")});
    for (const auto* who : {"alice@one.test", "bob@one.test", "carol@one.test"})
        REQUIRE(s.v.verbs.vote(who, spam.name, email2::Vote::spam));
    return spam;
}

void moderated_native(Scene& s)
{
    const auto spam = moderated(s);
    CHECK_FALSE(s.lists("bob", spam.name));
    const auto junk = s.v.verbs.list("bob@one.test", {.folder = "Junk"});
    REQUIRE(junk);
    REQUIRE(junk->references.size() == 1);
    CHECK(junk->references[0].message == spam.name);
    CHECK(s.sees("bob", spam.name));
}

void moderated_mailbox(Scene& s)
{
    const auto spam = moderated(s);
    for (const auto* who : {"alice", "bob", "carol"}) CHECK(s.v.folders(who, spam.id) == "Junk");
    CHECK(s.v.number("select count(*) from ref where flags & 2048 <> 0 and message_id = " + std::to_string(spam.id)) ==
          3);
    CHECK(s.v.number("select count(*) from expunge") >= 3);
}

void moderated_correspondent(Scene& s)
{
    moderated(s);
    CHECK(s.sent().empty());
    CHECK(s.v.number("select count(*) from egress") == 0);
}

// --- over quota, suspended, list too long

void refused_native(Scene& s)
{
    const auto refusal = [&](std::vector<std::string> people) {
        email2::Publication publication;
        for (auto& person : people) publication.entries.push_back({.address = std::move(person)});
        publication.content = text("Plan", "More words.");
        const auto made = s.v.verbs.publish("alice@one.test", publication);
        REQUIRE_FALSE(made);
        return made.error();
    };
    REQUIRE(store::set_storage_quota(s.v.session, "carol@one.test", 1));
    CHECK(refusal({"carol@one.test"}).code == email2::Code::over_quota);
    s.v.settings.list_max = 2;
    CHECK(s.v.verbs.change_list("alice@one.test", s.m.id, {.add = {{.address = "x@far.test"}}}).error().code ==
          email2::Code::forbidden);
    s.v.session.query("insert into publishing(person_id, stopped_until) values ($1, '2100-01-02 03:04:05Z') "
                      "on conflict (person_id) do update set stopped_until = excluded.stopped_until",
        s.v.person("alice@one.test"));
    const auto stopped = refusal({"bob@one.test"});
    CHECK(stopped.code == email2::Code::rate_limited);
    CHECK(stopped.text == "This account published too fast, and may not publish before 2100-01-02T03:04:05Z.");
    s.v.session.query("update publishing set stopped_until = 'infinity'");
    CHECK(refusal({"bob@one.test"}).text ==
          "This account published too fast, and may not publish until an administrator lifts that.");
}

// The sentences that a test from outside checks.
template <std::size_t n>
void shown_outside(const char* file, const char* const (&sentences)[n])
{
    std::ifstream in(std::string(SOURCE_FOLDER) + "/tests/scenario/" + file);
    const std::string source{std::istreambuf_iterator<char>(in), {}};
    for (const auto* sentence : sentences) {
        INFO(file << " has no check named \"" << sentence << "\"");
        CHECK(source.find("\"" + std::string(sentence) + "\"") != std::string::npos);
    }
}

void refused_mailbox(Scene&)
{
    shown_outside(
        "run_lists.py", {"of two recipients the one without room is refused", "who is full does not send",
                            "APPEND: NO [OVERQUOTA]", "COPY in a full store: NO [OVERQUOTA]", "by submission 451 4.7.1",
                            "which says so too", "which says until when the quota is used up",
                            "more keywords than there may be: NO [LIMIT]", "by submission the 101st is refused"});
}

void refused_correspondent(Scene&)
{
    shown_outside("run_lists.py", {"of two recipients the one without room is refused",
                                      "a stranger outside after the data", "the network is deferred"});
}

const std::vector<std::string> events{"published", "edited", "person added", "person removed", "left by own act",
    "rejoined", "withdrawn", "undeleted", "delivery failed", "moderated as spam",
    "over quota, suspended, list too long"};
const std::vector<std::string> people{"native", "mailbox user", "correspondent"};

using Cells = std::map<std::pair<std::string, std::string>, void (*)(Scene&)>;
const Cells cells{
    {{"published", "native"}, published_native},
    {{"published", "mailbox user"}, published_mailbox},
    {{"published", "correspondent"}, published_correspondent},
    {{"edited", "native"}, edited_native},
    {{"edited", "mailbox user"}, edited_mailbox},
    {{"edited", "correspondent"}, edited_correspondent},
    {{"person added", "native"}, added_native},
    {{"person added", "mailbox user"}, added_mailbox},
    {{"person added", "correspondent"}, added_correspondent},
    {{"person removed", "native"}, removed_native},
    {{"person removed", "mailbox user"}, removed_mailbox},
    {{"person removed", "correspondent"}, removed_correspondent},
    {{"left by own act", "native"}, left_native},
    {{"left by own act", "mailbox user"}, left_mailbox},
    {{"left by own act", "correspondent"}, left_correspondent},
    {{"rejoined", "native"}, rejoined_native},
    {{"rejoined", "mailbox user"}, rejoined_mailbox},
    {{"rejoined", "correspondent"}, rejoined_correspondent},
    {{"withdrawn", "native"}, withdrawn_native},
    {{"withdrawn", "mailbox user"}, withdrawn_mailbox},
    {{"withdrawn", "correspondent"}, withdrawn_correspondent},
    {{"undeleted", "native"}, undeleted_native},
    {{"undeleted", "mailbox user"}, undeleted_mailbox},
    {{"undeleted", "correspondent"}, undeleted_correspondent},
    {{"delivery failed", "native"}, failed_native},
    {{"delivery failed", "mailbox user"}, failed_mailbox},
    {{"delivery failed", "correspondent"}, failed_correspondent},
    {{"moderated as spam", "native"}, moderated_native},
    {{"moderated as spam", "mailbox user"}, moderated_mailbox},
    {{"moderated as spam", "correspondent"}, moderated_correspondent},
    {{"over quota, suspended, list too long", "native"}, refused_native},
    {{"over quota, suspended, list too long", "mailbox user"}, refused_mailbox},
    {{"over quota, suspended, list too long", "correspondent"}, refused_correspondent},
};

}  // namespace

TEST_CASE("every cell of the degradation table does what it says")
{
    for (const auto& event : events)
        for (const auto& person : people) {
            INFO(event << ", " << person);
            const auto cell = cells.find({event, person});
            REQUIRE(cell != cells.end());
            Scene scene;
            cell->second(scene);
        }
    CHECK(cells.size() == events.size() * people.size());
}
