// lists_test: mailing lists on the real database: making, subscribing, posting, and who sees what of it.
#include "club.h"
#include "gateway/store/follow_ups.h"

using namespace test;
using email2::Code;
using email2::Posting;

TEST_CASE("a mailing list is made by who may own lists, lies in no mailbox, and its address is nobody else's")
{
    Village v;
    const auto publish = [&](const std::string& alias) {
        const auto made = v.verbs.publish("alice@one.test", list_document(alias, Posting::members, {"bob@one.test"}));
        return made ? Code::unavailable : made.error().code;
    };
    CHECK(publish("news@one.test") == Code::forbidden);
    REQUIRE(store::allow_lists(v.session, "alice@one.test", true));
    CHECK(publish("news@two.test") == Code::invalid);
    CHECK(publish("postmaster@one.test") == Code::invalid);
    CHECK(publish("bob@one.test") == Code::conflict);
    CHECK(publish("news@one.test") == Code::unavailable);
    CHECK(publish("news@one.test") == Code::conflict);
    CHECK(v.number("select count(*) from ref") == 0);
    CHECK(v.number("select count(*) from egress") == 0);
    CHECK(!store::create_account(v.session, "news@one.test", "verifier"));
    const auto root = store::find_list(v.session, "news@one.test");
    REQUIRE(root);
    CHECK(root->title == "News");
    CHECK(store::owners_of(v.session, root->id) == std::vector<std::string>{"alice@one.test"});
    const auto seen = v.verbs.get("alice@one.test", root->name, {});
    REQUIRE(seen);
    CHECK(seen->list == email2::MailingList{"news@one.test", Posting::members});
    CHECK(seen->to.entries.size() == 2);

    email2::Publication to_alias;
    to_alias.entries.push_back({"news@one.test", "", email2::Role::to});
    const auto refused = v.verbs.publish("alice@one.test", to_alias);
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::invalid);
    CHECK(refused.error().path == "/message/to/entry/@address");
    CHECK(refused.error().text.find(root->name.str()) != std::string::npos);  // says how to post
}

TEST_CASE("posts are top level for every subscriber, and who subscribes gets what comes from then on")
{
    Club v;
    const auto first = v.post("alice@one.test", "first", v.root);
    REQUIRE(first);
    CHECK(first->thread == first->id);
    CHECK(first->parents == std::vector<std::string>{v.root.str()});
    CHECK(v.folders("bob", v.id_of(first->id)) == "INBOX");
    CHECK(v.folders("alice", v.id_of(first->id)) == "Sent");
    CHECK(
        v.number("select flags from ref where user_id = " + std::to_string(v.person("bob@one.test"))) == 256);  // $List
    CHECK(v.bytes_of(v.id_of(first->id)).find("To: News <news@one.test>\r\n") != std::string::npos);
    CHECK(v.bytes_of(v.id_of(first->id)).find("In-Reply-To") == std::string::npos);

    CHECK(!v.verbs.get("carol@one.test", first->id, {}));
    REQUIRE(v.verbs.rejoin("carol@one.test", v.root, {}));
    REQUIRE(v.verbs.rejoin("carol@one.test", v.root, {}));
    CHECK(v.verbs.get("carol@one.test", first->id, {}));
    CHECK(v.folders("carol", v.id_of(first->id)) == "");
    const auto second = v.post("bob@one.test", "second", v.root);
    REQUIRE(second);
    CHECK(v.folders("carol", v.id_of(second->id)) == "INBOX");

    REQUIRE(v.verbs.leave("carol@one.test", v.root, {}));
    CHECK(v.folders("carol", v.id_of(second->id)) == "Trash");
    const auto third = v.post("bob@one.test", "third", v.root);
    CHECK(v.folders("carol", v.id_of(third->id)) == "");
    REQUIRE(v.verbs.rejoin("carol@one.test", v.root, {}));
    CHECK(v.folders("carol", v.id_of(first->id)) == "");
    CHECK(v.folders("carol", v.id_of(second->id)) == "INBOX");
    CHECK(v.folders("carol", v.id_of(third->id)) == "INBOX");
}

TEST_CASE("an answer to a post is in its thread, natively and by mail to the alias, and follows the list")
{
    Club v;
    const auto post = v.mail("bob@one.test", "post@one.test", email2::Proof::account);
    REQUIRE(post);
    const auto answer = v.mail("alice@one.test", "answer@one.test", email2::Proof::account, {"post@one.test"});
    REQUIRE(answer);
    REQUIRE(v.verbs.rejoin("carol@one.test", v.root, {}));
    const auto native = v.post("carol@one.test", "native answer", answer->name);
    REQUIRE(native);
    CHECK(
        v.number(
            "select count(distinct thread_id) from message m where not exists (select from list_root r where r.message_id = m.id)") ==
        1);
    CHECK(native->parents == std::vector<std::string>{answer->name.str()});
    CHECK(v.folders("bob", post->id) == "INBOX Sent");  // others take part in it by now
    CHECK(v.folders("bob", answer->id) == "INBOX");
    CHECK(v.folders("alice", v.id_of(native->id)) == "INBOX");
    // An answer to the author alone is between the two.
    const auto aside = v.submit("alice@one.test", "aside@one.test", {to("bob@one.test")}, {"post@one.test"});
    CHECK(v.folders("carol", aside.id) == "");
    CHECK(v.folders("bob", aside.id) == "INBOX");
}

TEST_CASE("who may post is the list's choice, by mail and natively")
{
    struct Row {
        Posting posting;
        const char *owner, *subscriber, *stranger, *proven, *claimed;
    };

    for (const auto& row : std::vector<Row>{{Posting::members, "ok", "ok", "no", "no", "no"},
             {Posting::anyone, "ok", "ok", "ok", "ok", "ok"}, {Posting::owners, "ok", "no", "no", "no", "no"}}) {
        CAPTURE(static_cast<int>(row.posting));
        Club v(row.posting);
        const auto says = [](const auto& result) -> std::string {
            return result ? "ok" : result.error().code == Code::forbidden ? "no" : "?";
        };
        CHECK(says(v.mail("alice@one.test", "1@x", email2::Proof::account)) == row.owner);
        CHECK(says(v.mail("bob@one.test", "2@x", email2::Proof::account)) == row.subscriber);
        CHECK(says(v.mail("carol@one.test", "3@x", email2::Proof::account)) == row.stranger);
        CHECK(says(v.mail("dora@legacy.test", "4@x", email2::Proof::dkim)) == row.proven);
        CHECK(says(v.mail("erik@legacy.test", "5@x", email2::Proof::none)) == row.claimed);
        CHECK(says(v.post("alice@one.test", "6", v.root)) == row.owner);
        CHECK(says(v.post("bob@one.test", "7", v.root)) == row.subscriber);
        const auto stranger = v.post("carol@one.test", "8", v.root);
        CHECK((stranger ? "ok" : "no") == std::string(row.stranger));
        if (!stranger) CHECK(stranger.error().code == Code::invalid);  // as for any parent that is not shown to her
        CHECK(v.number("select count(*) from entry where list_id = " + std::to_string(v.id_of(v.root))) == 2);
    }
}

TEST_CASE("a stranger's post gives rights on that post and its answers, never membership")
{
    Club v(Posting::anyone);
    const auto post = v.post("carol@one.test", "a question", v.root);
    REQUIRE(post);
    CHECK(v.folders("bob", v.id_of(post->id)) == "INBOX");
    CHECK(v.verbs.get("carol@one.test", post->id, {}));
    CHECK(v.verbs.edit("carol@one.test", post->id, 1, text("a question", "better put")));
    CHECK(!v.verbs.get("carol@one.test", v.root, {}));
    const auto answer = v.post("bob@one.test", "an answer", post->id);
    REQUIRE(answer);
    CHECK(v.folders("carol", v.id_of(answer->id)) == "INBOX");
    const auto other = v.post("bob@one.test", "something else", v.root);
    REQUIRE(other);
    CHECK(v.folders("carol", v.id_of(other->id)) == "");
    CHECK(!v.verbs.get("carol@one.test", other->id, {}));
    // She leaves her own thread, and comes back.
    v.move("carol", v.id_of(answer->id), "Trash");
    REQUIRE(v.verbs.leave("carol@one.test", post->id, true));
    const auto more = v.post("bob@one.test", "more", post->id);
    CHECK(v.folders("carol", v.id_of(more->id)) == "");
    REQUIRE(v.verbs.rejoin("carol@one.test", post->id, true));
    CHECK(v.folders("carol", v.id_of(more->id)) == "INBOX");
    CHECK(v.number("select count(*) from entry where list_id = " + std::to_string(v.id_of(v.root))) == 2);

    // A stranger outside is answered by mail; whoever else the mail names gets that post alone.
    const auto mail = v.mail("dora@legacy.test", "q@legacy.test", email2::Proof::none, {}, {to("carol@one.test")});
    REQUIRE(mail);
    CHECK(v.folders("carol", mail->id) == "INBOX");
    REQUIRE(v.post("bob@one.test", "to dora", mail->name));
    CHECK(v.words("select p.address from egress e join person p on p.id = e.person_id") == "dora@legacy.test");
    CHECK(v.number("select count(*) from entry where list_id = " + std::to_string(v.id_of(v.root))) == 2);
}

TEST_CASE("only owners see and change who subscribes: in lists, on posts and in events")
{
    Club v(Posting::anyone, {"bob@one.test", "dora@legacy.test"});
    const auto post = v.post("bob@one.test", "hello", v.root);
    REQUIRE(post);
    REQUIRE(v.verbs.rejoin("carol@one.test", v.root, {}));
    const auto addresses = [&](const std::string& who, const email2::Name& id) {
        std::string out;
        const auto seen = v.verbs.get(who, id, {});
        REQUIRE(seen);
        for (const auto& entry : seen->to.entries) out += (out.empty() ? "" : " ") + entry.person.address;
        return out;
    };
    CHECK(addresses("bob@one.test", v.root) == "bob@one.test");
    CHECK(addresses("carol@one.test", post->id) == "carol@one.test");
    CHECK(v.verbs.get("alice@one.test", v.root, {})->to.entries.size() == 4);
    const auto joined_by = [&](const std::string& who) {
        std::set<std::string> actors;
        const auto events = v.verbs.events(who, 0, 1000);
        for (const auto& event : events->events)
            if (event.message == v.root && event.kind != email2::EventKind::published) actors.insert(event.actor);
        return actors;
    };
    CHECK(joined_by("bob@one.test").empty());
    CHECK(joined_by("carol@one.test") == std::set<std::string>{"carol@one.test"});
    CHECK(joined_by("alice@one.test") == std::set<std::string>{"carol@one.test"});

    email2::ListChange change;
    change.remove = {"carol@one.test"};
    CHECK(v.verbs.change_list("bob@one.test", v.root, change).error().code == Code::forbidden);
    CHECK(v.verbs.change_list("alice@one.test", v.root, change));
    CHECK(!v.verbs.rejoin("carol@one.test", v.root, {}));
    CHECK(v.post("carol@one.test", "I am still here", v.root).error().code == Code::invalid);
    change = {};
    change.add.push_back({.address = "carol@one.test"});
    CHECK(v.verbs.change_list("bob@one.test", v.root, change).error().code == Code::forbidden);
    CHECK(v.verbs.change_list("alice@one.test", v.root, change));
    CHECK(v.folders("carol", v.id_of(post->id)) == "");
}

TEST_CASE(
    "an owner who does not subscribe looks after the list still, and one that is no list any more stays a message")
{
    Club v;
    REQUIRE(v.verbs.leave("alice@one.test", v.root, {}));
    CHECK(v.verbs.get("alice@one.test", v.root, {}));
    REQUIRE(v.post("alice@one.test", "from the owner", v.root));
    email2::ListChange change;
    change.add.push_back({.address = "carol@one.test"});
    CHECK(v.verbs.change_list("alice@one.test", v.root, change));
    const auto root = *store::find_list(v.session, "news@one.test");
    store::set_posting(v.session, root.id, Posting::owners);
    CHECK(v.post("bob@one.test", "late", v.root).error().code == Code::forbidden);
    REQUIRE(store::add_owner(v.session, root.id, v.person("bob@one.test")));
    CHECK(!store::add_owner(v.session, root.id, v.person("bob@one.test")));
    CHECK(v.post("bob@one.test", "as an owner", v.root));
    REQUIRE(store::remove_owner(v.session, root.id, v.person("bob@one.test")));
    store::StoreAdmin(v.session, {{"one.test"}, 1 << 20, {}}, {"", "root"}).remove_list("news@one.test");
    CHECK(!store::find_list(v.session, "news@one.test"));
    CHECK(v.mail("bob@one.test", "gone@x", email2::Proof::account).error().code == Code::not_found);
    CHECK(store::create_account(v.session, "news@one.test", "verifier"));
}

TEST_CASE("posts of a list that nobody here reads are archived when it is none any more")
{
    Club v(Posting::members, {"dora@legacy.test"});
    const auto post = v.post("alice@one.test", "for dora", v.root);
    REQUIRE(post);
    REQUIRE(v.verbs.leave("alice@one.test", v.root, {}));
    CHECK(v.number("select state from message where id = " + std::to_string(v.id_of(post->id))) == 0);
    store::StoreAdmin(v.session, {{"one.test"}, 1 << 20, {}}, {"", "root"}).remove_list("news@one.test");
    CHECK(v.number("select state from message where id = " + std::to_string(v.id_of(post->id))) == 2);
}

TEST_CASE("a correspondent is asked by one mail a day, and its token subscribes")
{
    Club v;
    const auto root = *store::find_list(v.session, "news@one.test");
    (void)store::meet_people(v.session, {"dora@legacy.test"}, {""});
    const auto dora = v.person("dora@legacy.test");
    const auto ask = [&](store::Wish wish = store::Wish::subscribe) {
        store::Transaction transaction(v.session);
        store::Changes changes;
        const auto answered = store::answer_wish(v.session, changes, dora, root, wish, "https://one.test");
        store::finish(v.session, changes);
        transaction.commit();
        return answered;
    };
    using store::Answered;
    CHECK(ask() == Answered::by_mail);
    CHECK(ask() == Answered::not_today);
    CHECK(ask(store::Wish::unsubscribe) == Answered::not_today);  // whatever it is about
    CHECK(v.number("select count(*) from egress where sender = ''") == 1);
    CHECK(v.number("select count(*) from entry where person_id = " + std::to_string(dora)) == 0);
    asio::io_context io;
    Post post(v, io);
    const auto mails = post.deliver_all();
    REQUIRE(mails.size() == 1);
    const auto token = v.words("select token from token where action = 3");
    CHECK(mails[0].find("a-" + token + "@one.test") != std::string::npos);
    CHECK(mails[0].find("Subject: Please confirm: subscribe to News\r\n") != std::string::npos);
    const auto meaning = store::meaning_of_token(v.session, token);
    REQUIRE(meaning);
    CHECK(meaning->action == store::TokenAction::subscribe);
    const auto tomorrow = [&] { v.session.query("update confirmation set at = now() - interval '25 hours'"); };
    tomorrow();
    CHECK(ask(store::Wish::unsubscribe) == Answered::by_mail);
    auto told = post.deliver_all();
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("You are off the list news@one.test.") != std::string::npos);
    CHECK(told[0].find("Subject: You are off the list News\r\n") != std::string::npos);
    {
        store::Transaction transaction(v.session);
        store::Changes changes;
        CHECK(store::subscribe(v.session, changes, dora, root) == store::Subscribed::joined);
        CHECK(store::subscribe(v.session, changes, dora, root) == store::Subscribed::already);
        store::finish(v.session, changes);
        transaction.commit();
    }
    const auto sent = v.post("alice@one.test", "to all", v.root);
    REQUIRE(sent);
    CHECK(v.number(
              "select count(*) from egress where kind = 0 and message_id = " + std::to_string(v.id_of(sent->id))) == 1);
    (void)post.deliver_all();
    tomorrow();
    CHECK(ask() == Answered::by_mail);
    told = post.deliver_all();
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("You are on the list news@one.test now.") != std::string::npos);
    tomorrow();
    REQUIRE(v.verbs.change_list("alice@one.test", v.root, {.remove = {"dora@legacy.test"}}));
    CHECK(ask() == Answered::removed);
    CHECK(ask(store::Wish::unsubscribe) == Answered::removed);
    CHECK(post.deliver_all().empty());
}
