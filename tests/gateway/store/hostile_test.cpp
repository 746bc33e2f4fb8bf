#include "gateway/ingress/one_click.h"
#include "gateway/store/hash.h"
#include "village.h"

using namespace test;
using namespace std::string_literals;

TEST_CASE("octets that are no text never keep a mail from being stored")
{
    Village v;
    const auto bad = "b\xff\xfe\0d\x80"s;
    auto m =
        v.letter("dora@legacy.test", "id" + bad + "@x", {to("alice@one.test"), to("erik@far.test")}, {"parent" + bad});
    m.originator_name = bad;
    m.recipients[0].name = bad;
    m.recipients[0].orcpt = bad;
    m.envid = bad;
    m.authentication = bad;
    m.submitted = true;
    m.bytes.append("Subject: " + bad + "\r\nTo: \"" + bad + "\" <" + bad + "@x>\r\n\r\n" + bad);
    const auto published = v.publish(std::move(m));
    CHECK(v.folders("alice", published.id) == "INBOX");
    auto headers = v.letter("dora@legacy.test", "h@x", {to("alice@one.test")});
    headers.bytes = mime::Spool();
    headers.bytes.append("From: =?utf-8?q?=00=ff?= <\xff@x>\r\nSubject: =?utf-8?q?=00=c3?=\0\xff\r\nMessage-ID: "
                         "<h\xff\0@x>\r\n"
                         "Content-Type: multipart/mixed; boundary=\"\xff\"\r\nContent-Disposition: attachment; "
                         "filename=\"\xff\0\"\r\n\r\n"
                         "--\xff\r\nContent-Type: \xff/\0; name=\"\xfe\"\r\n\r\n\0\xff\r\n--\xff--\r\n"s);
    CHECK(v.folders("alice", v.publish(std::move(headers)).id) == "INBOX");
}

TEST_CASE("a Message-ID of 10 KB, ten thousand parents and a name of 1 MB are stored")
{
    Village v;
    std::vector<std::string> parents;
    for (int i = 0; i < 10'000; ++i) parents.push_back(std::to_string(i) + "@x");
    auto m = v.letter("dora@legacy.test", std::string(10'000, 'x') + "@x", {to("alice@one.test")}, parents);
    m.originator_name = std::string(1 << 20, 'n');
    CHECK(v.folders("alice", v.publish(std::move(m)).id) == "INBOX");
}

TEST_CASE("forty thousand parents are more than a message has; it is stored all the same")
{
    Village v;
    std::vector<std::string> parents;
    for (int i = 0; i < 40'000; ++i) parents.push_back(std::to_string(i) + "@x");
    const auto m = v.arrive("m@x", {to("alice@one.test")}, parents);
    CHECK(v.folders("alice", m.id) == "INBOX");
}

TEST_CASE("a mail whose parents name each other in a circle is stored and read")
{
    Village v;
    const auto a = v.arrive("a@x", {to("alice@one.test"), to("bob@one.test")}, {"b@x"});
    const auto b = v.arrive("b@x", {to("alice@one.test"), to("bob@one.test")}, {"a@x"});
    CHECK(v.verbs.get("alice@one.test", b.name, {}));
    email2::ListChange change;
    change.inherit = true;
    (void)v.verbs.change_list("alice@one.test", a.name, change);
    CHECK(v.verbs.get("alice@one.test", a.name, {}));
    change = {};
    change.detach = true;
    (void)v.verbs.change_list("bob@one.test", b.name, change);
    CHECK(v.verbs.get("alice@one.test", b.name, {}));
}

TEST_CASE("a link that is clicked twice at once leaves once")
{
    Village v;
    const auto m = v.submit("alice@one.test", "m@one.test", {to("dora@legacy.test")});
    v.session.query("delete from egress");
    const auto token = store::token_for(v.session, v.person("dora@legacy.test"), m.id, store::TokenAction::leave);
    const auto click = [&] {
        store::Session session(v.url);
        return gateway::ingress::perform(session, token).has_value();
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { CHECK(click()); });
    for (auto& t : threads) t.join();
    CHECK(v.number("select count(*) from egress") == 1);
}
