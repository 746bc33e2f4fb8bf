// http/verbs_test: each verb over a socket: what is asked, what is answered.
#include "email2/xml.h"
#include "gateway/store/hash.h"
#include "tests/gateway/http/rig.h"

#include <doctest/doctest.h>

using namespace http_test;

namespace {

const std::string publication =
    R"(<message xmlns="urn:email2:1"><to><entry address="bob@two.test"/></to>
  <subject>Plan</subject><body><part type="text/plain">As we said.</part></body></message>)";
const std::string edited = R"(<message xmlns="urn:email2:1"><subject>Plan 2</subject>
  <body><part type="text/plain">Otherwise.</part></body></message>)";
const std::string nobody = "/v1/messages/0192f0c1-7a00-7000-8000-000000000002@one.test";

Error error_in(const Answer& answer)
{
    const auto error = read_error(answer.body);
    REQUIRE_MESSAGE(error, answer.head << answer.body);
    return *error;
}

void refused(const Answer& answer, unsigned status, Code code)
{
    CHECK(answer.status == status);
    CHECK(error_in(answer).code == code);
}

std::string publish(Rig& rig)
{
    const auto answer = rig.ask("POST", "/v1/messages", publication);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.field("Location");
}

http::Heard heard(std::uint64_t sequence)
{
    Event event{sequence, {"0192f0c1-7a00-7000-8000-000000000002", "one.test"}, 1, EventKind::left, "", {}};
    return {std::make_shared<const Event>(event), std::make_shared<const std::string>(write(event))};
}

std::string sha256(std::string_view bytes)
{
    return gateway::store::to_hex(gateway::store::sha256(bytes));
}

}  // namespace

TEST_CASE("publish answers 201 with the message, its place and its revision; the same key, the "
          "same message")
{
    Rig rig;
    const auto first =
        rig.ask("POST", "/v1/messages", publication, "Idempotency-Key: k1\r\nContent-Type: application/xml\r\n");
    CHECK(first.status == 201);
    CHECK(first.field("ETag") == "\"1\"");
    CHECK(first.field("Content-Type") == "application/xml; charset=utf-8");
    const auto message = read_message(first.body);
    REQUIRE(message);
    CHECK(first.field("Location") == "/v1/messages/" + message->id.str());
    CHECK(message->from.address == "alice@one.test");
    CHECK(message->to.entries.size() == 2);
    const auto again = rig.ask("POST", "/v1/messages", publication, "Idempotency-Key: k1\r\n");
    CHECK(again.field("Location") == first.field("Location"));
    CHECK(rig.services.store.messages.size() == 1);
    refused(rig.ask("POST", "/v1/messages", publication, "Idempotency-Key: " + std::string(300, 'k') + "\r\n"), 400,
        Code::invalid);
}

TEST_CASE("get answers the newest revision or the one asked for, also with the name percent-encoded")
{
    Rig rig;
    const auto place = publish(rig);
    rig.ask("PUT", place, edited, "If-Match: \"1\"\r\n");
    CHECK(rig.ask("GET", place).field("ETag") == "\"2\"");
    const auto first = rig.ask("GET", place + "?revision=1");
    CHECK(first.field("ETag") == "\"1\"");
    CHECK(read_message(first.body)->content.subject == "Plan");
    auto encoded = place;
    encoded.replace(encoded.find('@'), 1, "%40");
    CHECK(rig.ask("GET", encoded).status == 200);
    refused(rig.ask("GET", place + "?revision=9"), 404, Code::not_found);
    refused(rig.ask("GET", place + "?revision=x"), 400, Code::invalid);
    refused(rig.ask("GET", nobody), 404, Code::not_found);
    refused(rig.ask("GET", "/v1/messages/nonsense"), 404, Code::not_found);
    const auto head = rig.ask("HEAD", place);
    CHECK(head.status == 200);
    CHECK(head.field("ETag") == "\"2\"");
}

TEST_CASE("history lists the revisions")
{
    Rig rig;
    const auto place = publish(rig);
    rig.ask("PUT", place, edited, "If-Match: \"1\"\r\n");
    const auto history = read_history(rig.ask("GET", place + "/revisions").body);
    REQUIRE(history);
    CHECK(history->revisions.size() == 2);
    CHECK("/v1/messages/" + history->id.str() == place);
}

TEST_CASE("edit takes the revision that it replaces, and a stale one is a conflict")
{
    Rig rig;
    const auto place = publish(rig);
    refused(rig.ask("PUT", place, edited), 400, Code::invalid);
    refused(rig.ask("PUT", place, edited, "If-Match: *\r\n"), 400, Code::invalid);
    refused(rig.ask("PUT", place, edited, "If-Match: 1\r\n"), 400, Code::invalid);
    const auto good = rig.ask("PUT", place, edited, "If-Match: \"1\"\r\n");
    CHECK(good.status == 200);
    CHECK(good.field("ETag") == "\"2\"");
    CHECK(read_message(good.body)->content.subject == "Plan 2");
    refused(rig.ask("PUT", place, edited, "If-Match: \"1\"\r\n"), 409, Code::conflict);
    const auto what_was_read = rig.ask("GET", place).body;
    CHECK(rig.ask("PUT", place, what_was_read, "If-Match: \"2\"\r\n").status == 200);
}

TEST_CASE("redact, withdraw and undelete")
{
    Rig rig;
    const auto place = publish(rig);
    CHECK(rig.ask("POST", place + "/redact").status == 200);
    const auto withdrawn = rig.ask("DELETE", place);
    CHECK(withdrawn.status == 204);
    CHECK(withdrawn.field("Content-Length").empty());
    CHECK(rig.ask("POST", place + "/undelete").status == 204);
    CHECK(rig.services.store.calls == std::vector<std::string>{"redact", "withdraw", "undelete"});
}

TEST_CASE("to changes the list and answers it")
{
    Rig rig;
    const auto place = publish(rig);
    const auto answer = rig.ask("POST", place + "/to",
        R"(<change xmlns="urn:email2:1"><add address="dave@legacy.test" role="cc"/><remove address="bob@two.test"/></change>)");
    CHECK(answer.status == 200);
    const auto list = read_to_list(answer.body);
    REQUIRE(list);
    REQUIRE(list->entries.size() == 3);
    CHECK(list->entries[1].membership == Membership::removed);
    CHECK(list->entries[2].person.address == "dave@legacy.test");
    refused(rig.ask("GET", place + "/to"), 405, Code::invalid);
}

TEST_CASE("leave and rejoin, by default, the thread, or the message alone")
{
    Rig rig;
    const auto me = publish(rig) + "/to/me";
    CHECK(rig.ask("DELETE", me).status == 204);
    CHECK(rig.ask("DELETE", me + "?thread=1").status == 204);
    CHECK(rig.ask("PUT", me + "?thread=0").status == 204);
    CHECK(rig.services.store.calls == std::vector<std::string>{"leave", "leave thread", "rejoin message"});
    refused(rig.ask("PUT", me + "?thread=maybe"), 400, Code::invalid);
}

TEST_CASE("list and search page through references")
{
    Rig rig;
    const auto place = publish(rig);
    const auto answer = rig.ask("GET", "/v1/store?folder=Work%2FA+B&after=7&limit=5");
    CHECK(answer.status == 200);
    CHECK(read_references(answer.body)->references.size() == 1);
    CHECK(rig.services.store.last_page.folder == "Work/A B");
    CHECK(rig.services.store.last_page.after == 7);
    CHECK(rig.services.store.last_page.limit == 5);
    rig.ask("GET", "/v1/store");
    CHECK(rig.services.store.last_page.folder == "INBOX");
    rig.ask("GET", "/v1/store?q=h%C3%A4user");
    CHECK(rig.services.store.last_page.query == "h\xC3\xA4user");
    CHECK(rig.services.store.last_page.folder.empty());
    rig.ask("GET", "/v1/store?thread=" + place.substr(13));
    CHECK(rig.services.store.last_page.thread == place.substr(13));
    refused(rig.ask("GET", "/v1/store?thread=x"), 400, Code::invalid);
    refused(rig.ask("GET", "/v1/store?limit=1001"), 400, Code::invalid);
    refused(rig.ask("GET", "/v1/store?after=-1"), 400, Code::invalid);
}

TEST_CASE("file and flag change a reference")
{
    Rig rig;
    const auto id = publish(rig).substr(13);
    const auto answer = rig.ask("PATCH", "/v1/store/" + id,
        R"(<reference xmlns="urn:email2:1" folder="Work" whole-thread="true"><flag add="\Seen"/></reference>)");
    CHECK(answer.status == 200);
    CHECK(read_reference(answer.body)->folder == "Work");
    CHECK(rig.services.store.last_filing.thread);
    CHECK(rig.services.store.last_filing.add_flags == std::vector<std::string>{"\\Seen"});
}

TEST_CASE("folders are listed, made, renamed and removed")
{
    Rig rig;
    CHECK(read_folders(rig.ask("GET", "/v1/folders").body)->folders.size() == 1);
    const auto made = rig.ask("POST", "/v1/folders", R"(<folder xmlns="urn:email2:1" name="W&#xE4;/B"/>)");
    CHECK(made.status == 201);
    CHECK(made.field("Location") == "/v1/folders/W%C3%A4%2FB");
    const auto renamed = rig.ask("PUT", made.field("Location"), R"(<folder xmlns="urn:email2:1" name="C"/>)");
    CHECK(renamed.status == 200);
    CHECK(read_folder(renamed.body)->name == "C");
    CHECK(rig.ask("DELETE", "/v1/folders/C").status == 204);
    refused(rig.ask("DELETE", "/v1/folders/C"), 404, Code::not_found);
}

TEST_CASE("a history and the folders are read in pages")
{
    Rig rig;
    const auto place = publish(rig);
    CHECK(rig.ask("PUT", place, publication, "If-Match: \"1\"\r\n").status == 200);
    const auto first = read_history(rig.ask("GET", place + "/revisions?limit=1").body);
    REQUIRE(first);
    CHECK(first->more);
    CHECK(first->revisions.at(0).number == 1);
    const auto rest = read_history(rig.ask("GET", place + "/revisions?after=1").body);
    REQUIRE(rest);
    CHECK_FALSE(rest->more);
    CHECK(rest->revisions.size() == 1);
    CHECK(error_in(rig.ask("GET", place + "/revisions?limit=x")).path == "?limit");

    for (const auto* name : {"A", "B", "C"}) rig.services.store.folder_of[name] = {name, "", 0, 0};
    const auto page = read_folders(rig.ask("GET", "/v1/folders?limit=2&after=A").body);
    REQUIRE(page);
    CHECK(page->more);
    REQUIRE(page->folders.size() == 2);
    CHECK(page->folders[1].name == "C");
}

TEST_CASE("a message that the client has is not sent again")
{
    Rig rig;
    const auto place = publish(rig);
    const auto same = rig.ask("GET", place, {}, "If-None-Match: \"7\", W/\"1\"\r\n");
    CHECK(same.status == 304);
    CHECK(same.field("ETag") == "\"1\"");
    CHECK(same.body.empty());
    CHECK(rig.ask("GET", place, {}, "If-None-Match: \"2\"\r\n").status == 200);
}

TEST_CASE("what other namespaces say goes in and comes out with an edit")
{
    Rig rig;
    const auto place = publish(rig);
    const std::string mark = "<m:mark xmlns:m=\"urn:example:marks\">red</m:mark>";
    auto with_mark = std::string(publication);
    with_mark.insert(with_mark.rfind("</message>"), mark);
    CHECK(rig.ask("PUT", place, with_mark, "If-Match: \"1\"\r\n").status == 200);
    CHECK(read_message(rig.ask("GET", place).body)->foreign == std::vector<std::string>{mark});
}

TEST_CASE("OPTIONS says what may be done, to anybody")
{
    Rig rig;
    Client client(Rig::port);
    client.send(Rig::request("OPTIONS", "/v1/folders", {}, {}));
    const auto answer = client.receive();
    CHECK(answer.status == 204);
    CHECK(answer.field("Allow") == "GET, HEAD, POST, OPTIONS");
    client.send(Rig::request("OPTIONS", "*", {}, {}));
    CHECK(client.receive().status == 204);
    client.send(Rig::request("OPTIONS", "/nothing", {}, {}));
    CHECK(client.receive().status == 404);
}

TEST_CASE("tokens are made by the password, listed without their secret, and revoked")
{
    Rig rig;
    const std::string wanted = R"(<token xmlns="urn:email2:1" name="laptop"/>)";
    refused(rig.ask("POST", "/v1/tokens", wanted), 403, Code::forbidden);  // by a token
    Client client(Rig::port);
    client.send(
        Rig::request("POST", "/v1/tokens", wanted, "Authorization: Basic YWxpY2VAb25lLnRlc3Q6ZGVtbzrDpA==\r\n"));
    const auto made = client.receive();
    CHECK(made.status == 201);
    CHECK(made.field("Location") == "/v1/tokens/1");
    CHECK(read_token(made.body)->secret == "e2_secret");
    const auto all = read_tokens(rig.ask("GET", "/v1/tokens").body);
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    CHECK(all->front().name == "laptop");
    CHECK(all->front().secret.empty());
    CHECK(rig.ask("DELETE", "/v1/tokens/1").status == 204);
    refused(rig.ask("DELETE", "/v1/tokens/1"), 404, Code::not_found);
    refused(rig.ask("DELETE", "/v1/tokens/x"), 404, Code::not_found);
}

TEST_CASE("events come at once when there are some, else when one happens, else after the wait")
{
    Rig rig;
    publish(rig);
    const auto now = read_events(rig.ask("GET", "/v1/events?after=0").body);
    REQUIRE(now);
    CHECK(now->last == 1);
    CHECK(rig.services.waits == 0);

    const auto none = read_events(rig.ask("GET", "/v1/events?after=1&wait=0").body);
    REQUIRE(none);
    CHECK(none->events.empty());
    CHECK(none->last == 1);

    rig.services.while_waiting = [](int wait) -> std::optional<http::Following::News> {
        if (wait != 2) return std::nullopt;
        return http::Following::News{{heard(2)}, false, false};
    };
    const auto later = read_events(rig.ask("GET", "/v1/events?after=1").body);
    REQUIRE(later);
    CHECK(later->last == 2);
    CHECK(rig.services.waits == 2);
    refused(rig.ask("GET", "/v1/events?wait=61"), 400, Code::invalid);
}

TEST_CASE("blobs go in once, verified, and come out whole and in ranges")
{
    Rig rig;
    std::string bytes;
    for (int i = 0; bytes.size() < 700'000; ++i) bytes += std::to_string(i);
    const auto place = "/v1/blobs/" + sha256(bytes);
    refused(rig.ask("GET", place), 404, Code::not_found);
    CHECK(rig.ask("PUT", place, bytes).status == 201);
    CHECK(rig.ask("PUT", place, bytes).status == 200);
    refused(rig.ask("PUT", place, bytes + "x"), 400, Code::invalid);
    refused(rig.ask("PUT", "/v1/blobs/xyz", bytes), 400, Code::invalid);

    const auto whole = rig.ask("GET", place);
    CHECK(whole.status == 200);
    CHECK((whole.body == bytes));
    CHECK(whole.field("Content-Type") == "application/octet-stream");
    CHECK(whole.field("Accept-Ranges") == "bytes");

    const auto part = rig.ask("GET", place, {}, "Range: bytes=100-600099\r\n");
    CHECK(part.status == 206);
    CHECK((part.body == bytes.substr(100, 600'000)));
    CHECK(part.field("Content-Range") == "bytes 100-600099/" + std::to_string(bytes.size()));
    CHECK((rig.ask("GET", place, {}, "Range: bytes=-3\r\n").body == bytes.substr(bytes.size() - 3)));
    CHECK((rig.ask("GET", place, {}, "Range: bytes=699990-\r\n").body == bytes.substr(699'990)));
    const auto outside = rig.ask("GET", place, {}, "Range: bytes=99999999-\r\n");
    CHECK(outside.status == 416);
    CHECK(outside.field("Content-Range") == "bytes */" + std::to_string(bytes.size()));
    CHECK(rig.ask("GET", place, {}, "Range: bytes=0-1,3-4\r\n").status == 200);
    CHECK(rig.ask("GET", place, {}, "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n").status == 200);
    CHECK(rig.ask("GET", place, {}, "If-None-Match: " + whole.field("ETag") + "\r\n").status == 304);
    const auto head = rig.ask("HEAD", place);
    CHECK(head.field("Content-Length") == std::to_string(bytes.size()));

    const auto empty = "/v1/blobs/" + sha256("");
    CHECK(rig.ask("PUT", empty).status == 201);
    CHECK(rig.ask("GET", empty).field("Content-Length") == "0");
    refused(rig.ask("PUT", "/v1/blobs/" + std::string(64, 'a'), std::string(3'000'001, 'x')), 413, Code::too_large);
}

TEST_CASE("a large blob goes through in pieces, and one that is wrong or breaks off leaves nothing")
{
    Rig rig;
    const std::string bytes(1'000'000, 'b');
    const auto place = "/v1/blobs/" + sha256(bytes);
    refused(rig.ask("PUT", place, bytes + "x"), 400, Code::invalid);
    CHECK(rig.services.store.uploads.empty());
    {
        Client client(Rig::port);
        client.send(Rig::request("PUT", place, bytes, Rig::authorization).substr(0, 700'000));
    }
    CHECK(rig.ask("PUT", place, bytes).status == 201);
    CHECK(rig.services.store.begun >= 2);
    for (int i = 0; i < 100 && !rig.services.store.uploads.empty(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(rig.services.store.uploads.empty());
    CHECK((rig.ask("GET", place).body == bytes));
    CHECK(rig.services.store.longest_read <= blob_piece);
}

TEST_CASE("each refusal of the store has its status")
{
    Rig rig;
    const std::vector<std::pair<Code, unsigned>> statuses{{Code::not_found, 404}, {Code::forbidden, 403},
        {Code::conflict, 409}, {Code::over_quota, 507}, {Code::rate_limited, 429}, {Code::too_large, 413},
        {Code::invalid, 400}, {Code::gone, 410}, {Code::unavailable, 503}};
    for (const auto& [code, status] : statuses) {
        CAPTURE(status);
        rig.services.store.refusal = Error{code, "A sentence.", code == Code::invalid ? "/message/@id" : ""};
        for (const auto& answer : {rig.ask("POST", "/v1/messages", publication), rig.ask("GET", nobody),
                 rig.ask("GET", nobody + "/revisions"), rig.ask("DELETE", nobody + "/to/me"),
                 rig.ask("GET", "/v1/store"), rig.ask("GET", "/v1/events")}) {
            CHECK(answer.status == status);
            CHECK(error_in(answer) == *rig.services.store.refusal);
        }
    }
}

TEST_CASE("a 429 says after how many seconds to come again, where that is known")
{
    Rig rig;
    rig.services.store.refusal = Error{Code::rate_limited, "Too fast.", ""};
    CHECK(rig.ask("POST", "/v1/messages", publication).field("Retry-After").empty());
    rig.services.store.refusal->retry_after = std::chrono::minutes(2);
    for (const auto& answer : {rig.ask("POST", "/v1/messages", publication), rig.ask("GET", nobody)}) {
        refused(answer, 429, Code::rate_limited);
        CHECK(answer.field("Retry-After") == "120");
    }
}

TEST_CASE("a store that is away is a 503 that says when to come again, and the connection lives")
{
    Rig rig;
    rig.services.store.broken = true;
    Client client(Rig::port);
    for (int i = 0; i < 2; ++i) {
        client.send(Rig::request("GET", "/v1/store", {}, Rig::authorization));
        const auto answer = client.receive();
        refused(answer, 503, Code::unavailable);
        CHECK(answer.field("Retry-After") == "5");
    }
}

TEST_CASE("a document that is wrong is refused with the path of what is wrong")
{
    Rig rig;
    const auto answer = rig.ask("POST", "/v1/messages",
        R"(<message xmlns="urn:email2:1"><to><entry address="x"/></to><body><part type="text/plain"/></body></message>)");
    refused(answer, 400, Code::invalid);
    CHECK(error_in(answer).path == "/message/to/entry/@address");
    refused(rig.ask("POST", "/v1/messages", "<!DOCTYPE a><a/>"), 400, Code::invalid);
    refused(rig.ask("POST", "/v1/messages"), 400, Code::invalid);
}
