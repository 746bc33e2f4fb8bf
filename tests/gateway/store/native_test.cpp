// store/native_test: what native clients ask beyond the first verbs: keys, tokens, uploads, events for many.
#include "gateway/store/bearers.h"
#include "gateway/store/events.h"
#include "gateway/store/hash.h"
#include "gateway/store/rendition.h"
#include "tests/gateway/store/village.h"

#include <doctest/doctest.h>

using namespace test;
using email2::Code;

namespace {

email2::Publication publication(const std::string& key, const std::string& words)
{
    email2::Publication out;
    out.entries.push_back({.address = "bob@one.test"});
    out.content = text("Plan", words);
    out.idempotency_key = key;
    out.request_digest = key.empty() ? "" : store::sha256(words);
    return out;
}

email2::Part attached(const std::string& digest, std::size_t size)
{
    email2::Part body{.type = "multipart/mixed"};
    body.parts = {{.text = "See."}, {.type = "application/octet-stream",
                                        .name = "data.bin",
                                        .disposition = "attachment",
                                        .size = size,
                                        .sha256 = digest}};
    return body;
}

std::string pattern(std::size_t size)
{
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>((i * 2654435761U) >> 13);
    return out;
}

// Puts it there piece by piece; its SHA-256.
std::string upload(Village& v, const std::string& octets)
{
    const auto id = v.verbs.begin_upload("alice@one.test");
    REQUIRE(id);
    for (std::size_t at = 0, n = 0; at < octets.size(); at += email2::blob_piece, ++n)
        REQUIRE(v.verbs.add_to_upload(
            *id, static_cast<std::uint32_t>(n), std::string_view(octets).substr(at, email2::blob_piece)));
    auto digest = store::to_hex(store::sha256(octets));
    REQUIRE(v.verbs.finish_upload("alice@one.test", *id, digest, octets.size()));
    return digest;
}

}  // namespace

TEST_CASE("a key stands for one request of one account: the same gives the first result, another one is a conflict")
{
    Village v;
    const auto first = v.verbs.publish("alice@one.test", publication("k", "One."));
    REQUIRE(first);
    CHECK(v.verbs.publish("alice@one.test", publication("k", "One."))->id == first->id);
    CHECK(v.verbs.publish("alice@one.test", publication("k", "Two.")).error().code == Code::conflict);
    auto own = publication("k", "Two.");
    own.entries.clear();
    CHECK(v.verbs.publish("carol@one.test", own)->id != first->id);
    CHECK(v.number("select count(*) from message") == 2);
}

TEST_CASE("what publish answers before it is stored is what get reads afterwards")
{
    Village v;
    auto request = publication("", "One.");
    request.entries = {{.address = "carol@one.test", .role = email2::Role::cc}, {.address = "bob@one.test"},
        {.address = "bob+x@one.test"}, {.address = "alice@one.test"}};
    request.foreign = {R"(<m:mark xmlns:m="urn:example:marks">red</m:mark>)"};
    auto prepared = v.verbs.prepare_publication("alice@one.test", request);
    REQUIRE(prepared);
    REQUIRE(prepared->answer);
    REQUIRE(v.writer.publish_blocking(std::move(prepared->message)));
    CHECK(*v.verbs.get("alice@one.test", prepared->answer->id, {}) == *prepared->answer);
}

TEST_CASE("what other namespaces say is kept by an edit that does not name it, and replaced by one that does")
{
    Village v;
    auto request = publication("", "One.");
    const std::string red = R"(<m:mark xmlns:m="urn:example:marks">red</m:mark>)",
                      blue = R"(<m:mark xmlns:m="urn:example:marks">blue</m:mark>)";
    request.foreign = {red};
    const auto m = v.verbs.publish("alice@one.test", request);
    REQUIRE(m);
    CHECK(v.verbs.get("bob@one.test", m->id, {})->foreign == std::vector<std::string>{red});
    CHECK(v.verbs.edit("alice@one.test", m->id, 1, text("Plan", "Two."))->foreign == std::vector<std::string>{red});
    CHECK(v.verbs.edit("alice@one.test", m->id, 2, text("Plan", "Three."), std::vector<std::string>{blue})->foreign ==
          std::vector<std::string>{blue});
    CHECK(v.verbs.redact("alice@one.test", m->id)->foreign == std::vector<std::string>{blue});
}

TEST_CASE("a token stands for its account until it is revoked, and nobody can read it in the database")
{
    Village v;
    auto& known = *v.settings.accounts;
    const auto token = v.verbs.make_token("alice@one.test", "laptop");
    REQUIRE(token);
    const auto account = [&] { return store::account_of_bearer(known, v.session, token->secret); };
    REQUIRE(account());
    CHECK(account()->person.address == "alice@one.test");
    CHECK(v.verbs.tokens("alice@one.test")->at(0).name == "laptop");
    CHECK(v.verbs.tokens("alice@one.test")->at(0).secret.empty());
    CHECK(v.verbs.tokens("bob@one.test")->empty());
    CHECK(v.number("select count(*) from bearer where position('" + token->secret + "'::bytea in hash) > 0") == 0);
    CHECK_FALSE(store::account_of_bearer(known, v.session, "e2_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    CHECK(v.verbs.revoke_token("bob@one.test", token->id).error().code == Code::not_found);  // not his

    REQUIRE(store::suspend_account(v.session, "alice@one.test", true));
    known.forget();
    CHECK_FALSE(account());
    REQUIRE(store::suspend_account(v.session, "alice@one.test", false));
    known.forget();
    CHECK(account());
    REQUIRE(v.verbs.revoke_token("alice@one.test", token->id));
    CHECK_FALSE(account());
}

TEST_CASE("whoever changes an account says so, whatever the way")
{
    Village v;
    asio::io_context io;
    store::Listener listener(io.get_executor(), v.url);
    int told = 0;
    listener.subscribe([&](const store::News& news) { told += news.accounts ? 1 : 0; });
    const auto until = [&](int count) {
        for (int i = 0; i < 500 && told < count; ++i) io.run_for(std::chrono::milliseconds(10));
        return told >= count;
    };
    REQUIRE(until(1));  // of everything, at the beginning
    v.session.query("update person set suspended = true where address = 'bob@one.test'");
    CHECK(until(2));
    v.session.query(
        "insert into alias(address, person_id) values ('robert@one.test', (select id from person where address = 'bob@one.test'))");
    CHECK(until(3));
}

TEST_CASE("an upload in pieces is seen when it is finished, and leaves nothing when it is not")
{
    Village v;
    const auto octets = pattern(3 * email2::blob_piece + 17);
    const auto digest = store::to_hex(store::sha256(octets));
    const auto dropped = v.verbs.begin_upload("alice@one.test");
    REQUIRE(dropped);
    REQUIRE(v.verbs.add_to_upload(*dropped, 0, std::string_view(octets).substr(0, email2::blob_piece)));
    CHECK_FALSE(v.verbs.get_blob("alice@one.test", digest, 0, 1));
    v.verbs.drop_upload(*dropped);
    CHECK(v.number("select count(*) from chunk") == 0);
    CHECK(v.number("select count(*) from staged") == 0);

    CHECK(upload(v, octets) == digest);
    CHECK(upload(v, octets) == digest);  // again: it is there, once
    CHECK(v.number("select count(*) from chunk") == 4);
    CHECK(v.number("select count(*) from staged") == 0);
    const auto piece = v.verbs.get_blob("alice@one.test", digest, email2::blob_piece - 5, 10);
    REQUIRE(piece);
    CHECK(piece->size == octets.size());
    CHECK(piece->octets == octets.substr(email2::blob_piece - 5, 10));
    CHECK(v.verbs.get_blob("alice@one.test", digest, octets.size() + 1, 10)->octets.empty());
}

TEST_CASE("a mail around a large attachment is, octet by octet, what composing it whole gives")
{
    Village v;
    const auto octets = pattern(500'001);
    const auto digest = upload(v, octets);
    auto content = text("Data", "");
    content.body = attached(digest, octets.size());
    content.body.parts.push_back(content.body.parts[1]);  // twice
    const auto m = v.native("alice@one.test", {"bob@one.test"}, content);
    CHECK(v.number("select count(*) from body where blob is not null") == 2);
    const auto bytes = store::read_content(v.session, v.number("select id from rendition"));
    CHECK(static_cast<std::int64_t>(bytes.size()) == v.number("select size from rendition"));
    const auto mail = mime::parse(bytes);
    REQUIRE(mail.root.parts.size() == 3);
    CHECK((mime::decoded(mail.root.parts[1], bytes) == octets));
    CHECK((mime::decoded(mail.root.parts[2], bytes) == octets));
    const auto whole = store::index_rendition(mail, bytes, "");
    CHECK(v.number("select count(*) from rendition where outline = '\\x" + store::to_hex(whole.outline) + "'::bytea") ==
          1);
    CHECK(v.session.query("select body_structure from rendition").text(0, 0) == whole.body_structure);
    CHECK(v.words("select eight_bit::text from rendition") == (whole.eight_bit ? "true" : "false"));

    content.body.parts[0].text = "Look.";
    REQUIRE(v.verbs.edit("alice@one.test", m.id, 1, content));
    CHECK(v.number("select count(*) from chunk") == 2);
    content.body.parts[1].size = 7;
    const auto wrong = v.verbs.edit("alice@one.test", m.id, 2, content);
    CHECK(wrong.error().path == "/message/body/part/part[2]/@size");
}

TEST_CASE("one question tells many people of many events what each may know")
{
    Village v;
    const auto after = store::last_event(v.session);
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
    auto secret = publication("", "Between us.");
    secret.entries = {{.address = "bob@one.test"}, {.address = "carol@one.test", .role = email2::Role::blind}};
    REQUIRE(v.verbs.publish("alice@one.test", secret));
    REQUIRE(v.verbs.edit("alice@one.test", m.id, 1, text("Plan", "Two.")));
    const auto id = [&](const char* name) { return v.person(std::string(name) + "@one.test"); };
    const auto all = store::tell_events(v.session, after, 100, {id("alice"), id("bob"), id("carol")});
    const auto of = [&](std::int32_t person) {
        std::vector<email2::Event> out;
        for (const auto& told : all.told)
            if (told.person == person) out.push_back(*told.event);
        return out;
    };
    CHECK(of(id("alice")).size() == 3);
    CHECK(of(id("bob")).size() == 3);
    CHECK(of(id("carol")).size() == 1);
    for (const auto* name : {"alice", "bob", "carol"})  // each the same as asked alone
        CHECK(v.verbs.events(std::string(name) + "@one.test", static_cast<std::uint64_t>(after), 100)->events ==
              of(id(name)));
    CHECK_FALSE(all.more);
    CHECK(store::tell_events(v.session, after, 1, {id("bob")}).more);
    CHECK(store::tell_events(v.session, all.last, 100, {id("bob")}).last == all.last);
}

TEST_CASE("what is on the list but in no folder is found by thread and by search")
{
    Village v;
    const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Budget", "Pineapples are dear."));
    v.session.query("delete from ref where user_id = $1", v.person("bob@one.test"));
    const auto found = [&](email2::Page page) {
        const auto listed = v.verbs.list("bob@one.test", page);
        REQUIRE(listed);
        std::string out;
        for (const auto& reference : listed->references) out += reference.subject + "/" + reference.folder + ";";
        return out;
    };
    CHECK(found({.thread = m.id.str()}) == "Budget/;");
    CHECK(found({.query = "PINEAPPLE"}) == "Budget/;");
    CHECK(found({.query = "banana"}).empty());
    CHECK(found({.folder = "INBOX"}).empty());
    REQUIRE(v.verbs.leave("bob@one.test", m.id, {}));
    CHECK(found({.query = "pineapple"}).empty());
}

TEST_CASE("subjects in listings are the messages' own")
{
    Village v;
    for (const auto* subject : {"Plan", "", "a \"quoted\" \\ one",
             "Gr\xC3\xBC\xC3\x9F"
             "e \xE2\x9C\x93 und noch viel mehr Text, der gefaltet wird, weil er so lang ist"})
        v.native("alice@one.test", {"bob@one.test"}, text(subject, "x"));
    const auto listed = v.verbs.list("bob@one.test", {.folder = "INBOX"});
    REQUIRE(listed);
    REQUIRE(listed->references.size() == 4);
    for (const auto& reference : listed->references)
        CHECK(reference.subject == v.verbs.get("bob@one.test", reference.message, {})->content.subject);
}
