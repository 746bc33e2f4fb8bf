// mail_verbs_test: what mail does to messages that are here already, as the database holds it; tokens past their time;
// answers to actions.
#include "gateway/ingress/one_click.h"
#include "gateway/mapping/new_text.h"
#include "gateway/store/flags.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/mail_verbs.h"
#include "gateway/store/mailbox_transaction.h"
#include "village.h"

#include <atomic>
#include <thread>

using namespace test;

namespace {

// Dora's mail to alice and bob, proven by DKIM.
store::Published theirs(Village& v, const std::string& id = "one@legacy.test",
    std::vector<store::Recipient> recipients = {to("alice@one.test"), to("bob@one.test")})
{
    auto letter = v.letter("dora@legacy.test", id, std::move(recipients));
    letter.proof = email2::Proof::dkim;
    letter.authentication = "spf=pass dkim=pass dmarc=pass domain=legacy.test";
    return v.publish(std::move(letter));
}

store::Facts facts_of(Village& v, std::int64_t message, const std::string& who = "dora@legacy.test")
{
    return *store::facts_of(v.session, message, v.person(who));
}

template <class Body>
auto changed(Village& v, Body body)
{
    return store::change(v.session, body).value;
}

email2::Result<void> edit(Village& v, const store::Facts& facts, const std::string& bytes, const std::string& id,
    const std::string& document = {})
{
    store::Ids ids;
    const auto indexed = store::index_rendition(mime::parse(bytes), bytes, "");
    return changed(v, [&](store::Changes& changes) {
        return store::edit_by_mail(v.session, ids, changes, facts,
            {.author = v.person("dora@legacy.test"),
                .message_id = id,
                .bytes = bytes,
                .indexed = &indexed,
                .document = document,
                .authentication = "dkim=pass domain=legacy.test",
                .shown = {v.person("dora@legacy.test")}});
    });
}

}  // namespace

TEST_CASE("a correspondent's edit is the next revision in their own bytes, edited and unseen for everybody")
{
    Village v;
    const auto m = theirs(v);
    v.session.query("update ref set flags = 8 | 2");
    const std::string bytes =
        "From: dora@legacy.test\r\nSubject: new\r\nMessage-ID: <two@legacy.test>\r\n\r\nOther words.\r\n";
    REQUIRE(edit(v, facts_of(v, m.id), bytes, "two@legacy.test"));
    CHECK(v.number("select revision from message where id = " + std::to_string(m.id)) == 2);
    CHECK(v.words("select distinct flags from ref where message_id = " + std::to_string(m.id)) ==
          std::to_string(2 | store::flags::edited));
    CHECK(v.number("select count(*) from ref r join rendition d on d.id = r.rendition_id where d.revision = 2") == 2);
    CHECK(store::bytes_of_revision(v.session, m.id, 2) == bytes);
    CHECK(store::content_of_revision(v.session, m.id, 2)->subject == "new");
    // It is known by either name, and its author by one alone.
    for (const auto* id : {"one@legacy.test", "two@legacy.test"}) {
        const auto named = store::messages_named(v.session, v.person("dora@legacy.test"), {id});
        REQUIRE(named.size() == 1);
        CHECK(named[0].id == m.id);
        CHECK(named[0].standing.originator);
    }
    const auto view = v.verbs.get("bob@one.test", facts_of(v, m.id).name, {});
    REQUIRE(view);
    REQUIRE(view->origin);
    CHECK(view->origin->size == bytes.size());
    CHECK(v.number("select count(*) from egress") == 0);  // only what accounts wrote is told about
}

TEST_CASE("a content that is not what the bytes say stands beside them")
{
    Village v;
    const auto m = theirs(v);
    const std::string bytes = "From: dora@legacy.test\r\n\r\n(pencil) Hello.\r\n";
    REQUIRE(edit(v, facts_of(v, m.id), bytes, "", store::document_of(text("about one", "Hello."))));
    CHECK(v.verbs.get("bob@one.test", facts_of(v, m.id).name, {})->content.body.text == "Hello.");
    CHECK(store::bytes_of_revision(v.session, m.id, 2) == bytes);
}

TEST_CASE("a correspondent's withdrawal marks the mail, which stays, and an undeletion takes the mark off")
{
    Village v;
    const auto m = theirs(v);
    const auto dora = v.person("dora@legacy.test");
    const auto flags = [&] { return v.number("select bit_and(flags) & 128 from ref"); };
    const auto withdraw = [&] {
        return changed(v, [&](store::Changes& changes) {
            return store::withdraw_by_mail(v.session, changes, facts_of(v, m.id), dora, "x");
        });
    };
    const auto modseq = [&] {
        return v.number(
            "select modseq from mailbox b join person p on p.inbox = b.id where p.address = 'bob@one.test'");
    };
    const auto before = modseq();
    CHECK(withdraw() == true);
    CHECK(flags() == store::flags::withdrawn);
    CHECK(modseq() == before + 1);
    CHECK(v.number("select min(state) from message") == 0);
    CHECK(v.folders("bob", m.id) == "INBOX");
    CHECK(withdraw() == false);
    CHECK(modseq() == before + 1);
    CHECK(changed(v, [&](store::Changes& changes) {
        return store::undelete_by_mail(v.session, changes, facts_of(v, m.id), dora, "y");
    }) == true);
    CHECK(flags() == 0);
    CHECK(v.words("select kind from event where message_id = " + std::to_string(m.id) + " order by seq")
            .ends_with("6 7"));
}

TEST_CASE("whoever comes to see a mail after its author took it back sees that it was")
{
    Village v;
    const auto m = theirs(v);
    const auto dora = v.person("dora@legacy.test");
    const auto mark_of = [&](const char* who) {
        return v.number("select coalesce(bit_and(flags), 0) & 128 from ref where user_id = " +
                        std::to_string(v.person(std::string(who) + "@one.test")));
    };
    REQUIRE(changed(v, [&](store::Changes& changes) {
        return store::withdraw_by_mail(v.session, changes, facts_of(v, m.id), dora, "x");
    }) == true);
    REQUIRE(v.verbs.change_list("bob@one.test", facts_of(v, m.id).name, {.add = {{.address = "alice@one.test"}}}));
    REQUIRE(v.folders("alice", m.id) == "INBOX");
    CHECK(mark_of("alice") == store::flags::withdrawn);
    const auto answer = v.native("bob@one.test", {}, text("Re", "Yes."), {facts_of(v, m.id).name.str()});
    CHECK(v.number("select flags from ref where message_id = " + std::to_string(v.id_of(answer.id)) +
                   " and user_id = " + std::to_string(v.person("alice@one.test"))) == 0);
    REQUIRE(changed(v, [&](store::Changes& changes) {
        return store::undelete_by_mail(v.session, changes, facts_of(v, m.id), dora, "y");
    }) == true);
    CHECK(mark_of("alice") == 0);
    REQUIRE(v.verbs.change_list("bob@one.test", facts_of(v, m.id).name, {.add = {{.address = "carol@one.test"}}}));
    REQUIRE(v.folders("carol", m.id) == "INBOX");
    CHECK(mark_of("carol") == 0);
}

TEST_CASE("who only claims to have written a mail neither edits nor withdraws it")
{
    Village v;
    const auto m = v.arrive("one@legacy.test", {to("bob@one.test")});
    const auto facts = facts_of(v, m.id);
    CHECK(store::proven_domain(v.session, facts).empty());
    CHECK(edit(v, facts, "From: dora@legacy.test\r\n\r\nx\r\n", "two@legacy.test").error().code ==
          email2::Code::forbidden);
    CHECK_FALSE(changed(v, [&](store::Changes& changes) {
        return store::withdraw_by_mail(v.session, changes, facts, v.person("dora@legacy.test"), "x");
    }));
    const auto proven = theirs(v, "two@legacy.test");
    CHECK(store::proven_domain(v.session, facts_of(v, proven.id)) == "legacy.test");
    CHECK_FALSE(changed(v, [&](store::Changes& changes) {
        (void)store::meet_people(v.session, {"erik@legacy.test"}, {""});
        return store::withdraw_by_mail(
            v.session, changes, facts_of(v, proven.id, "erik@legacy.test"), v.person("erik@legacy.test"), "x");
    }));
}

TEST_CASE("answers to what a correspondent edited name the mail that is shown, and before it the first one")
{
    Village v;
    const auto m = theirs(v, "one@legacy.test");
    REQUIRE(edit(v, facts_of(v, m.id), "From: dora@legacy.test\r\nMessage-ID: <two@legacy.test>\r\n\r\nx\r\n",
        "two@legacy.test"));
    const auto answer = v.native("bob@one.test", {}, text("Re: Plan", "Fine."), {facts_of(v, m.id).name.str()});
    const auto bytes = store::bytes_of_revision(v.session, v.id_of(answer.id), 1);
    CHECK(bytes.find("\r\nIn-Reply-To: <two@legacy.test>\r\n") != std::string::npos);
    CHECK(bytes.find("\r\nReferences: <one@legacy.test> <two@legacy.test>\r\n") != std::string::npos);
}

TEST_CASE(
    "who outside had a correspondent's message by us gets what replaces it, and what takes it back, as the mails that they are")
{
    Village v;
    asio::io_context io;
    Post post(v, io);
    const auto root =
        v.native("alice@one.test", {"bob@one.test", "dora@legacy.test", "erik@far.test"}, text("Plan", "Words."));
    post.deliver_all();
    auto answer = v.letter("dora@legacy.test", "one@legacy.test", {});
    answer.proof = email2::Proof::dkim;
    answer.authentication = "dkim=pass domain=legacy.test";
    answer.message_addresses = {root.id.str()};
    const auto m = v.publish(std::move(answer));
    REQUIRE(post.deliver_all().size() == 1);  // erik
    const std::string bytes =
        "From: dora@legacy.test\r\nSupersedes: <one@legacy.test>\r\nMessage-ID: <two@legacy.test>\r\n\r\nOther words.\r\n";
    REQUIRE(edit(v, facts_of(v, m.id), bytes, "two@legacy.test"));
    CHECK(v.words("select p.address from egress e join person p on p.id = e.person_id") == "erik@far.test");
    auto sent = post.deliver_all();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].ends_with(bytes));
    const std::string taken = "From: dora@legacy.test\r\nChat-Delete: <two@legacy.test>\r\n\r\n";
    CHECK(changed(v, [&](store::Changes& changes) {
        return store::withdraw_by_mail(v.session, changes, facts_of(v, m.id), v.person("dora@legacy.test"), taken);
    }));
    sent = post.deliver_all();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].ends_with("\r\n" + taken));
    const std::string restored = "From: dora@legacy.test\r\nSubject: It counts again\r\n\r\n";
    const auto undelete = [&] {
        return changed(v, [&](store::Changes& changes) {
            return store::undelete_by_mail(
                v.session, changes, facts_of(v, m.id), v.person("dora@legacy.test"), restored);
        });
    };
    CHECK(undelete());
    sent = post.deliver_all();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].starts_with("To: erik@far.test"));
    CHECK(sent[0].ends_with("\r\n" + restored));
    // Taken back and restored before the one has left: nobody need hear of either.
    CHECK(changed(v, [&](store::Changes& changes) {
        return store::withdraw_by_mail(v.session, changes, facts_of(v, m.id), v.person("dora@legacy.test"), taken);
    }));
    CHECK(undelete());
    CHECK(post.deliver_all().empty());
}

namespace {

const std::string signed_rest =
    "From: alice@one.test\r\nTo: bob@one.test, dora@legacy.test\r\nSubject: The plan\r\nDate: Mon, 23 Nov 2026 06:48:00 +0000\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/signed; micalg=pgp-sha256;\r\n protocol=\"application/pgp-signature\"; boundary=\"x\"\r\n\r\n"
    "--x\r\nContent-Type: text/plain\r\n\r\nOther words. \r\n--x\r\nContent-Type: application/pgp-signature; name=\"signature.asc\"\r\n\r\n"
    "-----BEGIN PGP SIGNATURE-----\r\n--x--\r\n";
const std::string signed_mail = "Message-ID: <two@one.test>\r\nSupersedes: <one@one.test>\r\n" + signed_rest;
const std::string kept_mail = "Message-ID: <one@one.test>\r\n" + signed_rest;  // by the first one's id

}  // namespace

TEST_CASE(
    "an account's edit by mail is kept as the mail that it is, for mailboxes and for the world, and so by redacting")
{
    Village v;
    asio::io_context io;
    Post post(v, io);
    const auto m = v.submit("alice@one.test", "one@one.test", {to("bob@one.test"), to("dora@legacy.test")});
    post.deliver_all();
    const auto name = facts_of(v, m.id, "bob@one.test").name;
    auto blind_copy = signed_mail;
    blind_copy.insert(blind_copy.find("Subject:"), "Bcc: carol@one.test\r\n");
    REQUIRE(v.verbs.edit_as_mail("alice@one.test", name, 1, blind_copy, "Received: x\r\n"));
    CHECK(store::bytes_of_revision(v.session, m.id, 2) == kept_mail);
    CHECK(
        v.number(
            "select count(*) from rendition where revision = 2 and trace = convert_to(E'Received: x\\r\\n', 'UTF8')") ==
        1);
    CHECK(v.number("select count(*) from ref r join rendition d on d.id = r.rendition_id where d.revision = 2") == 2);
    auto seen = v.verbs.get("bob@one.test", name, {});
    REQUIRE(seen->origin);
    CHECK(seen->origin->size == kept_mail.size());
    CHECK(seen->content.subject == "The plan");
    CHECK(seen->content.body.parts.size() == 2);
    const auto named = store::messages_named(v.session, v.person("bob@one.test"), {"two@one.test"});
    REQUIRE(named.size() == 1);
    CHECK(named[0].id == m.id);
    const auto told = post.deliver_all();
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("\r\n\r\n" + kept_mail) != std::string::npos);
    // Answers hang below it, whichever revision a client has.
    const auto answer = v.native("bob@one.test", {}, text("Re: The plan", "Fine."), {name.str()});
    const auto answered = store::bytes_of_revision(v.session, v.id_of(answer.id), 1);
    CHECK(answered.find("References: <one@one.test>\r\n") != std::string::npos);
    CHECK(answered.find("In-Reply-To: <one@one.test>\r\n") != std::string::npos);
    CHECK(v.verbs.edit_as_mail("bob@one.test", name, 2, signed_mail, "").error().code == email2::Code::forbidden);
    CHECK(v.verbs.edit_as_mail("alice@one.test", name, 1, signed_mail, "").error().code == email2::Code::conflict);

    REQUIRE(v.verbs.redact("alice@one.test", name));
    CHECK(store::bytes_of_revision(v.session, m.id, 3) == kept_mail);
    CHECK(v.verbs.get("bob@one.test", name, {})->origin->sha256 == seen->origin->sha256);
    CHECK(v.verbs.get("bob@one.test", name, {})->content == seen->content);
    CHECK_FALSE((*v.verbs.history("bob@one.test", name))[1].content);
}

TEST_CASE("a native edit keeps what is signed as it stood, and drops a signature over what is another now")
{
    Village v;
    auto letter = v.letter("alice@one.test", "one@one.test", {to("bob@one.test")});
    letter.bytes = mime::Spool();
    letter.bytes.append(kept_mail);
    const auto m = v.publish(std::move(letter));
    auto content = v.verbs.get("alice@one.test", m.name, {})->content;
    content.subject = "Another plan";
    REQUIRE(v.verbs.edit("alice@one.test", m.name, 1, content));
    const auto bytes = store::bytes_of_revision(v.session, m.id, 2);
    CHECK(bytes.ends_with("boundary=\"x\"\r\n" + kept_mail.substr(kept_mail.find("\r\n--x\r\n"))));
    CHECK(bytes.find("Subject: Another plan\r\n") != std::string::npos);
    content.body.parts.front().text = "Newer words.";
    const auto edited = v.verbs.edit("alice@one.test", m.name, 2, content);
    REQUIRE(edited);
    CHECK(edited->content.body == content.body.parts.front());
    CHECK(store::bytes_of_revision(v.session, m.id, 3).find("signature") == std::string::npos);
}

TEST_CASE("who has not been sent a message yet gets its edit by mail as the mail that it is")
{
    Village v;
    asio::io_context io;
    Post post(v, io);
    const auto m = v.submit("alice@one.test", "one@one.test", {to("bob@one.test"), to("dora@legacy.test")});
    REQUIRE(v.verbs.edit_as_mail(
        "alice@one.test", facts_of(v, m.id, "bob@one.test").name, 1, signed_mail, "Received: x\r\n"));
    const auto sent = post.deliver_all();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].ends_with("\r\n" + kept_mail));
    // Later mails name what dora has, so that her client threads them, and nothing else.
    REQUIRE(v.verbs.withdraw("alice@one.test", facts_of(v, m.id, "bob@one.test").name));
    const auto withdrawn = post.deliver_all();
    REQUIRE(withdrawn.size() == 1);
    CHECK(withdrawn[0].find("In-Reply-To: <one@one.test>") != std::string::npos);
    CHECK(withdrawn[0].find("two@one.test") == std::string::npos);
}

TEST_CASE("an edit of the text keeps what is signed of the mail, and every other part, through redacting as well")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "Words."));
    const auto parsed = mime::parse(signed_mail);
    const auto body = gateway::mapping::content_of(parsed, signed_mail).body;
    const auto part = gateway::mapping::sealed_part(parsed, signed_mail, body);
    REQUIRE(part);
    for (const auto& leaf : body.parts)
        if (!leaf.sha256.empty())
            REQUIRE(v.verbs.put_blob("alice@one.test", leaf.sha256, "-----BEGIN PGP SIGNATURE-----"));
    REQUIRE(v.verbs.edit_with_part("alice@one.test", m.id, 1, {"Plan", body}, *part));
    const auto octets = signed_mail.substr(signed_mail.find("\r\n\r\n"));
    CHECK(store::bytes_of_revision(v.session, v.id_of(m.id), 2).ends_with(octets));
    CHECK(store::bytes_of_revision(v.session, v.id_of(m.id), 2).find("Message-ID: <" + m.id.str() + ">") !=
          std::string::npos);
    CHECK_FALSE(v.verbs.get("bob@one.test", m.id, {})->origin);
    REQUIRE(v.verbs.redact("alice@one.test", m.id));
    CHECK(store::bytes_of_revision(v.session, v.id_of(m.id), 3).ends_with(octets));
    CHECK_FALSE(v.verbs.get("bob@one.test", m.id, {})->origin);
}

TEST_CASE("a verb is taken for one only where everybody it reaches had the message by us")
{
    Village v;
    const auto m = theirs(v, "one@legacy.test", {to("alice@one.test"), named("bob@one.test")});
    const auto reaches = [&](std::vector<std::string> people) {
        return store::has_reached_all(v.session, facts_of(v, m.id), {.people = std::move(people)});
    };
    CHECK(reaches({"alice@one.test"}));
    CHECK(reaches({"alice@one.test", "dora@legacy.test"}));
    CHECK_FALSE(reaches({"carol@one.test"}));
    CHECK_FALSE(reaches({"alice@one.test", "nobody@far.test"}));
    CHECK_FALSE(reaches({"bob@one.test"}));  // named in its header alone: by other means
    v.session.query(
        "insert into delivery(message_id, person_id, state) values ($1, $2, 4)", m.id, v.person("alice@one.test"));
    CHECK_FALSE(reaches({"alice@one.test"}));  // it failed: this one may arrive
    v.session.query("delete from delivery where person_id = $1", v.person("alice@one.test"));
    REQUIRE(v.verbs.leave("alice@one.test", facts_of(v, m.id).name, {}));
    CHECK(reaches({"alice@one.test"}));  // who left has it in Trash
    CHECK(store::has_reached_all(
        v.session, facts_of(v, m.id), {.people = {}, .lists = {}, .messages = {facts_of(v, m.id).name.str()}}));
    const auto other = theirs(v, "two@legacy.test");
    CHECK_FALSE(store::has_reached_all(
        v.session, facts_of(v, m.id), {.people = {}, .lists = {}, .messages = {facts_of(v, other.id).name.str()}}));
    CHECK_FALSE(store::has_reached_all(
        v.session, facts_of(v, m.id), {.people = {}, .lists = {facts_of(v, other.id).name.str()}, .messages = {}}));
}

TEST_CASE("a verb that came twice acts once, of each person and message")
{
    Village v;
    const auto m = theirs(v);
    const auto dora = v.person("dora@legacy.test"), bob = v.person("bob@one.test");
    const auto once = store::once_for("edit", facts_of(v, m.id).name);
    CHECK(store::is_first_time(v.session, dora, once, "two@legacy.test"));
    CHECK(store::remember_time(v.session, dora, once, "two@legacy.test", m.id));
    CHECK_FALSE(store::remember_time(v.session, dora, once, "two@legacy.test", m.id));
    CHECK_FALSE(store::is_first_time(v.session, dora, once, "two@legacy.test"));
    CHECK(store::is_first_time(v.session, bob, once, "two@legacy.test"));
    CHECK(store::is_first_time(v.session, dora, once, "three@legacy.test"));
    CHECK(
        store::is_first_time(v.session, dora, store::once_for("withdraw", facts_of(v, m.id).name), "two@legacy.test"));
    CHECK(store::remember_time(v.session, dora, once, "", m.id));
    CHECK(store::remember_time(v.session, dora, once, "", m.id));
    CHECK(store::is_first_time(v.session, dora, once, ""));
}

TEST_CASE(
    "what an account does by mail and the mark that it did are one: wherever it fails, neither is there, and both are after the next try")
{
    for (const auto* table : {"idempotency", "egress", "event", "revision", "message"}) {
        CAPTURE(table);
        Village v;
        const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
        const auto alice = v.person("alice@one.test");
        const auto id = v.id_of(m.id);
        const auto what = store::once_for("edit", m.id);
        v.verbs.along([&](store::Changes& changes) {
            if (!store::remember_time(v.session, alice, what, "mail@one.test", id)) return false;
            store::tell(v.session, changes, alice, id, {"done.edited", {}});
            return true;
        });
        const auto there = [&] {
            return v.words("select (select revision from message where id = " + std::to_string(id) +
                           "), (select count(*) from idempotency where key like 'mail %'), "
                           "(select count(*) from egress where kind = 7)");
        };
        v.session.command(
            "create function fail() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$");
        v.session.command((std::string("create trigger failing before insert or update on ") + table +
                           " for each row execute function fail()")
                .c_str());
        CHECK_THROWS_AS((void)v.verbs.edit("alice@one.test", m.id, 1, text("Plan", "Two.")), store::DatabaseError);
        CHECK(there() == "1,0,0");
        v.session.command((std::string("drop trigger failing on ") + table).c_str());
        REQUIRE(v.verbs.edit("alice@one.test", m.id, 1, text("Plan", "Two.")));
        CHECK(there() == "2,1,1");
        // The same mail once more: it changes nothing.
        CHECK(v.verbs.edit("alice@one.test", m.id, 2, text("Plan", "Three.")).error().code == email2::Code::conflict);
        CHECK(there() == "2,1,1");
    }
}

TEST_CASE("of the same mail brought twice at once one acts")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
    const auto alice = v.person("alice@one.test");
    const auto id = v.id_of(m.id);
    const auto what = store::once_for("leave", m.id);
    std::atomic<int> acted{0}, before{0};
    std::vector<std::jthread> doors;
    for (int i = 0; i < 4; ++i)
        doors.emplace_back([&] {
            store::Session session(v.url);
            store::PostgresStore verbs(session, v.writer, v.settings);
            bool was = false;
            verbs.along([&](store::Changes&) {
                was = !store::remember_time(session, alice, what, "mail@one.test", id);
                return !was;
            });
            acted += verbs.leave("alice@one.test", m.id, {}) ? 1 : 0;
            before += was;
        });
    doors.clear();
    CHECK(acted == 1);
    CHECK(before == 3);
    CHECK(v.number("select count(*) from event where kind = 4") == 1);
}

TEST_CASE("an expired token is worth nothing, by mail and by click")
{
    Village v;
    const auto m = theirs(v, "one@legacy.test", {to("bob@one.test")});
    const auto dora = v.person("dora@legacy.test");
    const auto token = store::token_for(v.session, dora, m.id, store::TokenAction::leave);
    CHECK(gateway::ingress::describe(v.session, token));
    v.session.query("update token set expires = now() - interval '1 second' where token = $1", token);
    CHECK_FALSE(store::meaning_of_token(v.session, token));
    CHECK_FALSE(gateway::ingress::describe(v.session, token));
    CHECK_FALSE(gateway::ingress::perform(v.session, token));
    CHECK(v.number("select membership from entry where person_id = " + std::to_string(dora)) == 0);
    CHECK(store::token_for(v.session, dora, m.id, store::TokenAction::leave) != token);
}

TEST_CASE("an action is answered once while the answer waits, in the thread, in the person's language, to nobody else")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "Words."));
    const auto id = v.id_of(m.id);
    const auto bob = v.person("bob@one.test");
    v.session.query("update person set language = 'de' where id = $1", bob);
    const store::Said said{"done.left", {{"address", "guid+rejoin@one.test"}}};
    for (int i = 0; i < 2; ++i)
        REQUIRE(changed(v, [&](store::Changes& changes) -> email2::Result<void> {
            store::tell(v.session, changes, bob, id, said);
            return {};
        }));
    CHECK(v.number("select count(*) from egress") == 1);
    asio::io_context io;
    Post post(v, io);
    CHECK(post.deliver_all().empty());  // nothing leaves
    REQUIRE(v.number("select count(*) from message where kind = 3") == 1);
    const auto notice = v.number("select id from message where kind = 3");
    CHECK(v.folders("bob", notice) == "INBOX");
    CHECK(v.folders("alice", notice) == "");
    CHECK(v.number("select count(*) from message where kind = 3 and thread_id = " + std::to_string(id)) == 1);
    const auto bytes = store::bytes_of_revision(v.session, notice, 1);
    CHECK(bytes.find("Sie haben diese Unterhaltung verlassen") != std::string::npos);
    CHECK(bytes.find("Auto-Submitted: auto-replied") != std::string::npos);
    CHECK(v.number("select count(*) from egress") == 0);
}

TEST_CASE("what is said of an action survives the queue, whatever its values")
{
    const store::Said said{"done.added", {{"people", "a=b, c"}, {"x", "two\nlines"}}};
    const auto read = store::said_in(store::content_of(said));
    CHECK(read.key == "done.added");
    REQUIRE(read.values.size() == 2);
    CHECK(read.values[0].second == "a=b, c");
    CHECK(read.values[1].second == "two lines");
    CHECK(store::said_in("A sentence of an older version.").key == "A sentence of an older version.");
}
