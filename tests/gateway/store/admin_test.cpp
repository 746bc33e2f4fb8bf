// admin_test: administration on a real store: the audit, mail from files, handing over and erasing a person.
#include "gateway/boxes/sink.h"
#include "gateway/store/admin.h"
#include "gateway/store/erase.h"
#include "gateway/store/facts.h"
#include "gateway/store/invariants.h"
#include "gateway/store/mailbox_renditions.h"
#include "village.h"

#include <filesystem>
#include <unistd.h>

using namespace test;
using gateway::Admin;
using gateway::Refused;
using gateway::boxes::Mail;

namespace {

const store::AdminSettings settings{{"one.test"}, 1 << 20};

store::StoreAdmin clerk(Village& village, const std::string& actor = "")
{
    return {village.session, settings, {actor, actor.empty() ? "root" : ""}};
}

// "act account detail" of each line, one a line.
std::string acts(store::StoreAdmin& admin, const Admin::AuditQuestion& question)
{
    std::string out;
    for (const auto& line : admin.audit(question)) {
        out += line.actor + ": " + line.act;
        for (const auto& more : {line.account, line.detail})
            if (!more.empty()) out += " " + more;
        out += "\n";
    }
    return out;
}

Mail mail(int n, const std::string& more = "")
{
    Mail mail;
    mail.bytes = "From: dora@legacy.test\r\nMessage-ID: <old" + std::to_string(n) + "@legacy.test>\r\n" + more +
                 "Subject: old " + std::to_string(n) + "\r\n\r\nText.\r\n";
    mail.delivered = store::Time(std::chrono::seconds(1'600'000'000 + n));
    mail.flags = gateway::boxes::seen;
    return mail;
}

struct Counts {
    int stored = 0, present = 0, refused = 0;
    bool operator==(const Counts&) const = default;
};

Counts import(store::StoreAdmin& admin, const std::string& folder, std::vector<Mail> mails,
    const std::string& source = "file", bool finish = true)
{
    Counts counts;
    const auto in = admin.import_into(
        "alice@one.test", folder, source, [&](const Mail&, Admin::Import::Result result, const std::string&) {
            ++(result == Admin::Import::Result::stored     ? counts.stored
                : result == Admin::Import::Result::present ? counts.present
                                                           : counts.refused);
        });
    const auto half = mails.begin() + static_cast<std::ptrdiff_t>(mails.size() / 2);
    in->store({mails.begin(), half}, "half");
    in->store({half, mails.end()}, "whole");
    if (finish) in->finish();
    return counts;
}

// A store with everything of alice's that erasing meets.
struct Household : Village {
    Household()
    {
        auto admin = clerk(*this);
        admin.add_alias("ally@one.test", "alice@one.test");
        import(admin, "Old", {mail(1), mail(2)});
        lonely = arrive("lonely@legacy.test", {to("alice@one.test")}).id;
        common = arrive("common@legacy.test", {to("alice@one.test"), to("bob@one.test")}).id;
        sent = submit("alice@one.test", "sent@one.test", {to("bob@one.test"), to("dora@legacy.test")}).id;
        written = id_of(native("alice@one.test", {"bob@one.test"}, text("Plan", "We meet.")).id);
        note = id_of(native("alice@one.test", {}, text("Note", "To myself.")).id);
        // Answered by bob to carol, who then leaves it: alice alone holds what he answered.
        const auto asked = native("alice@one.test", {"bob@one.test"}, text("Question", "Where?"));
        answered = id_of(asked.id);
        answer = id_of(native("bob@one.test", {"carol@one.test"}, text("Answer", "Here."), {asked.id.str()}).id);
        REQUIRE(verbs.leave("bob@one.test", asked.id, true));
        session.query("delete from ref where message_id = $1 and user_id = $2", answered, person("bob@one.test"));
        alice = person("alice@one.test");
    }

    std::int64_t lonely = 0, common = 0, sent = 0, written = 0, note = 0, answered = 0, answer = 0;
    std::int32_t alice = 0;

    std::int64_t count(const std::string& from) { return number("select count(*) from " + from); }

    void check_erased()
    {
        const auto id = std::to_string(alice);
        CHECK(count("person where address in ('alice@one.test', 'ally@one.test')") == 0);
        CHECK(words("select class, name, verifier is null, inbox from person where id = " + id) ==
              "2,\"erased account\",t,0");
        CHECK(count("alias where person_id = " + id) == 0);
        CHECK(count("closed_address where person_id = " + id) == 2);
        CHECK(count("ref where user_id = " + id) == 0);
        CHECK(count("mailbox where user_id = " + id) == 0);
        CHECK(count("entry where membership = 0 and person_id = " + id) == 0);
        CHECK(count("token where person_id = " + id) == 0);
        // What nobody else holds went, all of it.
        for (const auto message : {lonely, note}) CHECK(count("message where id = " + std::to_string(message)) == 0);
        CHECK(count("message where kind = 2") == 0);
        CHECK(count("rendition d where not exists (select from message m where m.id = d.message_id)") == 0);
        CHECK(count("body b where not exists (select from rendition d where d.id = b.rendition_id)") == 0);
        CHECK(count("search_text s where not exists (select from rendition d where d.id = s.rendition_id)") == 0);
        CHECK(count("revision v where not exists (select from message m where m.id = v.message_id)") == 0);
        // What others hold stayed; natively written without her name, submitted octets as they were.
        CHECK(folders("bob", common) == "INBOX");
        CHECK(folders("bob", written) == "INBOX");
        CHECK(content(written).find("alice") == std::string::npos);
        CHECK(content(written).find("We meet.") != std::string::npos);
        CHECK(content(sent).find("From: alice@one.test") != std::string::npos);
        const auto shown = verbs.get("bob@one.test", store::facts_of(session, written, 0)->name, std::nullopt);
        REQUIRE(shown);
        CHECK(shown->from.address.starts_with("erased-"));
        CHECK(shown->content.body.text == "We meet.");
        // What was answered keeps the thread together, and says nothing.
        CHECK(number("select state from message where id = " + std::to_string(answered)) == 1);
        CHECK(count("body b join rendition d on d.id = b.rendition_id where d.message_id = " +
                    std::to_string(answered)) == 0);
        CHECK(number("select thread_id from message where id = " + std::to_string(answer)) == answered);
        CHECK(folders("carol", answer) == "INBOX");
        CHECK(number("select step from erasure where person_id = " + id) == static_cast<int>(store::EraseStep::done));
    }

    std::string content(std::int64_t message)
    {
        const auto rendition =
            number("select rendition_id from revision where message_id = " + std::to_string(message) +
                   " order by number desc limit 1");
        return store::bytes_of(session, rendition, 0, 1 << 20);
    }
};

}  // namespace

TEST_CASE("what an admin does is in the audit with who did it, and never a password")
{
    Village village;
    auto root = clerk(village);
    root.add_accounts({{"dave@one.test", "SECRET", "Dave"}}, Admin::Reuse::refuse);
    root.change_account("alice@one.test", {.admin = true});
    auto alice = clerk(village, "alice@one.test");
    CHECK(alice.is_admin("alice@one.test"));
    CHECK(!alice.is_admin("bob@one.test"));
    alice.change_account("dave@one.test",
        {.name = "D", .verifier = "SECRET2", .suspended = true, .quota = 5, .send_quota = Admin::Quota()});
    alice.add_alias("d@one.test", "dave@one.test");
    alice.remove_alias("d@one.test");
    const auto row = alice.account("DAVE@one.test");
    CHECK(row.name == "D");
    CHECK(row.suspended);
    CHECK(row.quota == 5);
    CHECK(!row.send_quota);
    alice.remove_account("dave@one.test");
    CHECK(
        acts(root, {.account = "dave@one.test"}) ==
        "root (command line): account.add dave@one.test\nalice@one.test: account.name dave@one.test\n"
        "alice@one.test: account.password dave@one.test\nalice@one.test: account.suspend dave@one.test\n"
        "alice@one.test: account.quota dave@one.test 5 octets\nalice@one.test: account.send-quota dave@one.test the default\n"
        "alice@one.test: alias.add dave@one.test d@one.test\nalice@one.test: alias.remove dave@one.test d@one.test\n"
        "alice@one.test: account.remove dave@one.test\n");
    CHECK(village.words("select * from audit").find("SECRET") == std::string::npos);
}

TEST_CASE("what cannot be changes nothing and leaves no line")
{
    Village village;
    auto admin = clerk(village);
    CHECK_THROWS_AS(
        admin.add_accounts({{"new@one.test", "v", ""}, {"alice@one.test", "v", ""}}, Admin::Reuse::refuse), Refused);
    CHECK_THROWS_AS(admin.add_accounts({{"new@elsewhere.test", "v", ""}}, Admin::Reuse::refuse), Refused);
    CHECK_THROWS_AS(admin.change_account("nobody@one.test", {.admin = true}), Refused);
    CHECK_THROWS_AS(admin.add_alias("bob@one.test", "alice@one.test"), Refused);
    CHECK_THROWS_AS((void)admin.retry(17), Refused);
    CHECK(village.number("select count(*) from audit") == 0);
    CHECK(village.person("alice@one.test") > 0);
    CHECK(village.number("select count(*) from person where address like 'new%'") == 0);
}

TEST_CASE("every change of content and of To lists is in the audit: who, when, what, and page by page")
{
    Village village;
    auto admin = clerk(village);
    const auto message = village.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
    REQUIRE(village.verbs.edit("alice@one.test", message.id, 1, text("Plan", "Two.")));
    email2::ListChange change;
    change.add.push_back({.address = "carol@one.test"});
    REQUIRE(village.verbs.change_list("bob@one.test", message.id, change));
    REQUIRE(village.verbs.leave("carol@one.test", message.id, std::nullopt));
    REQUIRE(village.verbs.withdraw("alice@one.test", message.id));
    const auto all = acts(admin, {.message = message.id.str()});
    CHECK(all == "alice@one.test: published\nalice@one.test: edited\nbob@one.test: to-changed carol@one.test\n"
                 "carol@one.test: left carol@one.test\nalice@one.test: withdrawn\n");
    CHECK(all.find("Two.") == std::string::npos);
    CHECK(acts(admin, {.account = "carol@one.test"}) ==
          "bob@one.test: to-changed carol@one.test\ncarol@one.test: left carol@one.test\n");
    std::string pages;
    Admin::AuditQuestion question{.message = message.id.str()};
    question.limit = 2;
    for (auto lines = admin.audit(question); !lines.empty(); lines = admin.audit(question)) {
        for (const auto& line : lines) pages += line.act + " ";
        question.after = lines.back().id;
    }
    CHECK(pages == "published edited to-changed left withdrawn ");
    CHECK_THROWS_AS((void)admin.audit({.after = "e999999"}), Refused);
    CHECK_THROWS_AS((void)admin.audit({.message = "01930000-0000-7000-8000-000000000000@one.test"}), Refused);
    const auto since = admin.audit({.message = message.id.str()}).at(1).at;
    CHECK(admin.audit({.message = message.id.str(), .until = since}).size() <= 1);
    // Where events were pruned, revisions and entries still tell.
    village.session.query(
        "update revision set at = now() - interval '1 day' where message_id = $1", village.id_of(message.id));
    village.session.query("delete from event where message_id = $1", village.id_of(message.id));
    CHECK(
        acts(admin, {.message = message.id.str()}).starts_with("alice@one.test: published\nalice@one.test: edited\n"));
}

TEST_CASE("a list is made with its owners as members, changed, and removed; what was posted stays")
{
    Village village;
    auto admin = clerk(village);
    CHECK_THROWS_AS(admin.add_list({"news@one.test", "News", "members", {"nobody@one.test"}}), Refused);
    CHECK_THROWS_AS(admin.add_list({"bob@one.test", "News", "members", {"alice@one.test"}}), Refused);
    CHECK_THROWS_AS(admin.add_list({"news@one.test", "News", "everybody", {"alice@one.test"}}), Refused);
    admin.add_list({"News@one.test", "The news", "owners", {"alice@one.test", "bob@one.test"}});
    CHECK_THROWS_AS(admin.add_list({"news@one.test", "", "members", {"alice@one.test"}}), Refused);
    CHECK_THROWS_AS(admin.add_alias("news@one.test", "alice@one.test"), Refused);
    const auto list = admin.list("news@one.test");
    CHECK(list.name == "The news");
    CHECK(list.posting == "owners");
    CHECK(list.members == 2);
    CHECK(admin.owners("news@one.test") == std::vector<std::string>{"alice@one.test", "bob@one.test"});
    REQUIRE(admin.message(list.message));
    CHECK(admin.message(list.message)->find("The news") != std::string::npos);
    const auto root = email2::parse_name(list.message);
    const auto facts = store::facts_of(village.session, *root, village.person("bob@one.test"));
    REQUIRE(facts);
    CHECK(facts->standing.held == email2::Listed::in);
    CHECK(village.number("select count(*) from ref") == 0);
    admin.change_list("news@one.test", "News", "anyone");
    CHECK(admin.list("news@one.test").posting == "anyone");
    admin.change_owner("news@one.test", "bob@one.test", Admin::Owner::remove);
    CHECK_THROWS_AS(admin.change_owner("news@one.test", "bob@one.test", Admin::Owner::remove), Refused);
    admin.change_owner("news@one.test", "carol@one.test", Admin::Owner::add);
    CHECK(admin.owners("news@one.test") == std::vector<std::string>{"alice@one.test", "carol@one.test"});
    CHECK(acts(admin, {.message = list.message}).find("list.owner-add carol@one.test news@one.test") !=
          std::string::npos);
    admin.remove_list("news@one.test");
    CHECK_THROWS_AS((void)admin.list("news@one.test"), Refused);
    CHECK(admin.message(list.message));
}

TEST_CASE("an admin takes a domain's trust and gives it back, and makes and revokes tokens")
{
    Village village;
    auto admin = clerk(village);
    CHECK(admin.domains().empty());
    CHECK(admin.tokens("alice@one.test").empty());
    admin.set_trust("Legacy.test", Admin::Trust::withdraw);
    REQUIRE(admin.domains().size() == 1);
    CHECK(admin.domains()[0].domain == "legacy.test");
    CHECK(admin.domains()[0].complaints > 100 * admin.domains()[0].messages);
    admin.set_trust("legacy.test", Admin::Trust::restore);
    CHECK(admin.domains()[0].complaints == 0);
    const auto secret = admin.add_token("alice@one.test", "backup");
    CHECK(secret.starts_with("e2_"));
    CHECK(village.words("select * from audit").find(secret) == std::string::npos);
    REQUIRE(admin.tokens("alice@one.test").size() == 1);
    admin.remove_token("alice@one.test", admin.tokens("alice@one.test")[0].id);
    CHECK_THROWS_AS(admin.remove_token("alice@one.test", 7), Refused);
}

TEST_CASE("an import keeps dates, flags, keywords and threads, and puts each mail there once")
{
    Village village;
    auto admin = clerk(village);
    std::vector<Mail> mails;
    for (int n = 0; n < 10; ++n)
        mails.push_back(mail(n, n > 0 ? "In-Reply-To: <old" + std::to_string(n - 1) + "@legacy.test>\r\n" : ""));
    mails[3].keywords = {"work", "$Forwarded"};
    mails.push_back(mails[4]);  // twice in one file
    Mail broken;
    broken.problem = "empty";
    mails.push_back(broken);
    CHECK(import(admin, "Old/2020", mails) == Counts{10, 1, 1});
    CHECK(import(admin, "Old/2020", mails) == Counts{0, 11, 1});
    CHECK(village.number("select count(*) from message") == 10);
    CHECK(village.number("select count(distinct thread_id) from message") == 1);
    const auto back = admin.mails("alice@one.test", "Old/2020", 0);
    REQUIRE(back.size() == 10);
    for (int n = 0; n < 10; ++n) {
        const auto i = static_cast<std::size_t>(n);
        CHECK(back[i].mail.bytes == mails[i].bytes);
        CHECK(back[i].mail.delivered == mails[i].delivered);
        CHECK(back[i].mail.flags == gateway::boxes::seen);
    }
    CHECK(back[3].mail.keywords == std::vector<std::string>{"$Forwarded", "work"});
    // In another folder it is another reference to the same message.
    CHECK(import(admin, "Copy", {mails[0]}) == Counts{1, 0, 0});
    CHECK(village.number("select count(*) from message") == 10);
    CHECK(village.number("select count(*) from event where kind = 0") == 0);
    CHECK(acts(admin, {.account = "alice@one.test"}).find("account.import alice@one.test 10 mails into Old/2020") !=
          std::string::npos);
}

TEST_CASE("a mail that came in by itself is known again when it is imported")
{
    Village village;
    auto admin = clerk(village);
    const auto arrived = village.arrive("came@legacy.test", {to("alice@one.test")});
    const auto native = village.native("bob@one.test", {"alice@one.test"}, text("Hello", "Text."));
    std::vector<Mail> mails;
    for (const auto& stored : admin.mails("alice@one.test", "INBOX", 0)) mails.push_back(stored.mail);
    REQUIRE(mails.size() == 2);
    CHECK(import(admin, "INBOX", mails) == Counts{0, 2, 0});
    CHECK(import(admin, "Copy", mails) == Counts{2, 0, 0});
    CHECK(village.folders("alice", arrived.id) == "Copy INBOX");
    CHECK(village.folders("alice", village.id_of(native.id)) == "Copy INBOX");
    CHECK(village.number("select count(*) from message") == 2);
}

TEST_CASE("an import that was interrupted says where it stopped until it is done")
{
    Village village;
    auto admin = clerk(village);
    const auto position = [&](const std::string& source) {
        return admin
            .import_into("alice@one.test", "Old", source, [](const Mail&, Admin::Import::Result, const std::string&) {})
            ->position();
    };
    std::vector<Mail> mails;
    for (int n = 0; n < 6; ++n) mails.push_back(mail(n));
    import(admin, "Old", mails, "file", false);
    CHECK(position("file") == "half");  // the other half was read, not written
    CHECK(position("other").empty());
    CHECK(village.number("select count(*) from message") == 3);
    CHECK(import(admin, "Old", mails) == Counts{3, 3, 0});
    CHECK(position("file").empty());
}

TEST_CASE("everything about a person is handed over")
{
    Household house;
    auto admin = clerk(house);
    std::string name = std::filesystem::temp_directory_path() / "e2-person-XXXXXX";
    const std::filesystem::path path = ::mkdtemp(name.data());
    const auto sink = gateway::boxes::directory_sink(path);
    admin.export_person("alice@one.test", *sink);
    std::size_t documents = 0;
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(path / "messages")) ++documents;
    CHECK(documents == 8);  // all but bob's answer to carol
    for (const auto* file : {"account.xml", "aliases.xml", "events/00001.xml", "audit/00001.xml"})
        CHECK_MESSAGE(std::filesystem::exists(path / file), file);
    CHECK_THROWS_AS(admin.export_person("ally@one.test", *sink), Refused);
    admin.export_person("dora@legacy.test", *sink);
    CHECK(std::filesystem::exists(path / "correspondent.xml"));
    std::filesystem::remove_all(path);
}

TEST_CASE("a person is erased whichever step fails first")
{
    using store::EraseStep;
    for (int failing = 0; failing <= static_cast<int>(EraseStep::done); ++failing) {
        CAPTURE(failing);
        Household house;
        house.session.command(
            "create function fail() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$");
        house.session.command(
            ("create trigger failing before insert or update on erasure for each row when (new.step = " +
                std::to_string(failing) + ") execute function fail()")
                .c_str());
        const auto erase = [&] { clerk(house).erase_person("alice@one.test", [](const std::string&) {}); };
        // Not every step begins by being noted as such; what ends one is.
        if (failing > 0) CHECK_THROWS_AS(erase(), store::DatabaseError);
        house.session.command("drop trigger failing on erasure");
        erase();
        erase();
        house.check_erased();
        for (const auto& broken : store::broken_invariants(house.session))
            FAIL_CHECK(broken.invariant << ": " << broken.examples.front());
    }
}

TEST_CASE("the address of who was erased is given to nobody by accident")
{
    Household house;
    auto admin = clerk(house);
    CHECK_THROWS_AS(admin.erase_person("ally@one.test", [](const std::string&) {}), Refused);
    admin.erase_person("alice@one.test", [](const std::string&) {});
    CHECK(acts(admin, {}).find("person.erase erased-") != std::string::npos);
    CHECK(acts(admin, {}).find("ally@one.test") == std::string::npos);
    CHECK_THROWS_AS(admin.add_accounts({{"alice@one.test", "v", ""}}, Admin::Reuse::refuse), Refused);
    CHECK_THROWS_AS(admin.add_alias("ally@one.test", "bob@one.test"), Refused);
    admin.add_accounts({{"alice@one.test", "v", ""}}, Admin::Reuse::allow);
    CHECK(house.person("alice@one.test") != house.alice);
    CHECK(house.count("ref where user_id = " + std::to_string(house.person("alice@one.test"))) == 0);
    // The second of that address can be erased as well.
    admin.erase_person("alice@one.test", [](const std::string&) {});
    CHECK(house.count("person where address = 'alice@one.test'") == 0);
}

TEST_CASE("a correspondent is erased: their address goes from every list")
{
    Household house;
    auto admin = clerk(house);
    admin.erase_person("dora@legacy.test", [](const std::string&) {});
    CHECK(house.count("person where address = 'dora@legacy.test'") == 0);
    CHECK(house.folders("alice", house.lonely) == "INBOX");
    CHECK(house.words(
              "select p.name from entry e join person p on p.id = e.person_id where e.membership = 1 and e.list_id = " +
              std::to_string(house.lonely)) == "\"erased account\"");
}
