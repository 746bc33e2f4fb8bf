// http/admin_test: administration over HTTP: who may, what is asked, what is answered.
#include "email2/record.h"
#include "email2/xml.h"
#include "gateway/accounts/verifier.h"
#include "gateway/http/admin.h"
#include "tests/gateway/http/rig.h"

#include <doctest/doctest.h>

using namespace http_test;

namespace {

struct Desk : Rig {
    Desk() { services.records.admins = {"alice@one.test"}; }

    Answer post(const std::string& target, const std::string& xml) { return ask("POST", target, xml); }

    // The records of a list.
    std::vector<email2::Record> rows(const std::string& target, const std::string& element)
    {
        const auto answer = ask("GET", target);
        REQUIRE_MESSAGE(answer.status == 200, answer.body);
        const auto records = email2::read_records(answer.body, element);
        REQUIRE_MESSAGE(records, answer.body);
        return records->records;
    }
};

email2::Code code_of(const Answer& answer)
{
    const auto error = email2::read_error(answer.body);
    REQUIRE_MESSAGE(error, answer.head << answer.body);
    return error->code;
}

const std::string dave = R"(<account xmlns="urn:email2:1" address="dave@one.test" name="Dave" password="secret"/>)";

}  // namespace

TEST_CASE("every resource of administration is forbidden to who has not the right, whatever they ask for")
{
    Rig rig;
    for (const auto& route : gateway::http::admin::routes()) {
        std::string target(route.pattern);
        for (auto at = target.find('{'); at != target.npos; at = target.find('{'))
            target.replace(at, target.find('}') - at + 1, "7");
        const auto answer =
            rig.ask(std::string(route.method), target, route.method == "GET" || route.method == "DELETE" ? "" : dave);
        CHECK_MESSAGE(answer.status == 403, route.method << " " << target);
        CHECK(code_of(answer) == email2::Code::forbidden);
        Client stranger(Rig::port);
        stranger.send(Rig::request(std::string(route.method), target, "", ""));
        CHECK_MESSAGE(stranger.receive().status == 401, route.method << " " << target);
    }
    CHECK(rig.services.records.accounts.empty());
}

TEST_CASE("accounts are made, shown, changed and removed")
{
    Desk desk;
    const auto made = desk.post("/v1/admin/accounts", dave);
    CHECK(made.status == 201);
    CHECK(made.body.find("secret") == std::string::npos);
    CHECK(desk.services.acting == "alice@one.test");
    CHECK(gateway::accounts::verify("secret", desk.services.records.last_verifier));
    CHECK(code_of(desk.post("/v1/admin/accounts", dave)) == email2::Code::conflict);
    const auto rows = desk.rows("/v1/admin/accounts", "accounts");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].value("name") == "Dave");
    CHECK(rows[0].value("state") == "active");
    CHECK(rows[0].value("quota") == "default");
    const auto changed = desk.ask("PATCH", "/v1/admin/accounts/dave@one.test",
        R"(<account xmlns="urn:email2:1" state="suspended" quota="1048576" send-quota="none" admin="true" name=""/>)");
    CHECK(changed.status == 200);
    const auto& row = desk.services.records.accounts[0];
    CHECK(row.suspended);
    CHECK(row.admin);
    CHECK(row.name.empty());
    CHECK(row.quota == 1048576);
    CHECK(row.send_quota == 0);
    CHECK(desk.ask("DELETE", "/v1/admin/accounts/dave@one.test").status == 204);
    CHECK(desk.ask("GET", "/v1/admin/accounts/dave@one.test").status == 404);
}

TEST_CASE("what is not as the schema says changes nothing and is named")
{
    Desk desk;
    for (const auto* xml : {"", "<account/>", R"(<account xmlns="urn:email2:1" address="x@one.test"/>)",
             R"(<account xmlns="urn:email2:1" address="x@one.test" password="p" quota="much"/>)",
             R"(<account xmlns="urn:email2:1" address="x@one.test" password="p"><account/></account>)",
             R"(<alias xmlns="urn:email2:1" alias="a@one.test" target="b@one.test"/>)"}) {
        const auto answer = desk.post("/v1/admin/accounts", xml);
        CHECK_MESSAGE(answer.status == 400, xml);
        CHECK(code_of(answer) == email2::Code::invalid);
    }
    CHECK(desk.services.records.accounts.empty());
    CHECK(desk.ask("GET", "/v1/admin/audit?limit=0").status == 400);
    CHECK(desk.ask("GET", "/v1/admin/audit?since=yesterday").status == 400);
}

TEST_CASE("lists, their owners, and the trust of domains")
{
    Desk desk;
    const auto made = desk.post("/v1/admin/lists",
        R"(<list xmlns="urn:email2:1" alias="news@one.test" name="News" owner="alice@one.test" posting="owners"/>)");
    CHECK(made.status == 201);
    CHECK(desk.rows("/v1/admin/lists", "lists").at(0).value("posting") == "owners");
    CHECK(
        desk.ask("PATCH", "/v1/admin/lists/news@one.test", R"(<list xmlns="urn:email2:1" posting="anyone"/>)").status ==
        200);
    CHECK(desk.services.records.lists.at(0).posting == "anyone");
    CHECK(desk.ask("PATCH", "/v1/admin/lists/news@one.test", R"(<list xmlns="urn:email2:1" alias="other@one.test"/>)")
              .status == 400);
    CHECK(desk.ask("PUT", "/v1/admin/lists/news@one.test/owners/bob@one.test").status == 204);
    CHECK(desk.rows("/v1/admin/lists/news@one.test/owners", "owners").at(1).value("address") == "bob@one.test");
    CHECK(desk.ask("DELETE", "/v1/admin/lists/news@one.test/owners/alice@one.test").status == 204);
    CHECK(desk.services.records.owners == std::vector<std::string>{"bob@one.test"});
    CHECK(desk.ask("DELETE", "/v1/admin/lists/news@one.test").status == 204);
    CHECK(desk.ask("GET", "/v1/admin/lists/news@one.test").status == 404);
    CHECK(desk.post("/v1/admin/lists", R"(<list xmlns="urn:email2:1" alias="news@one.test"/>)").status == 400);
    CHECK(desk.rows("/v1/admin/domains", "domains").at(0).value("messages") == "412.5");
    CHECK(desk.ask("PATCH", "/v1/admin/domains/legacy.test", R"(<domain xmlns="urn:email2:1" trusted="false"/>)")
              .status == 204);
    CHECK(desk.services.records.trust == "legacy.test distrusted");
}

TEST_CASE("aliases, the queue, messages and the audit")
{
    Desk desk;
    CHECK(desk.post("/v1/admin/aliases",
                  R"(<alias xmlns="urn:email2:1" alias="sales@one.test" target="alice@one.test"/>)")
              .status == 201);
    CHECK(desk.rows("/v1/admin/aliases", "aliases").at(0).value("target") == "alice@one.test");
    CHECK(desk.ask("DELETE", "/v1/admin/aliases/sales@one.test").status == 204);
    CHECK(desk.ask("DELETE", "/v1/admin/aliases/sales@one.test").status == 404);
    CHECK(desk.rows("/v1/admin/queue", "queue").at(0).value("recipient") == "carol@legacy.test");
    CHECK(desk.ask("GET", "/v1/admin/queue/7").status == 200);
    CHECK(desk.ask("GET", "/v1/admin/queue/8").status == 404);
    CHECK(desk.ask("GET", "/v1/admin/queue/x").status == 404);
    CHECK(desk.post("/v1/admin/queue/7/retry", "").status == 204);
    CHECK(desk.post("/v1/admin/queue/retry", "").status == 204);
    CHECK(desk.ask("DELETE", "/v1/admin/queue/7").status == 204);
    CHECK(desk.ask("GET", "/v1/admin/messages/g@one.test").status == 200);
    CHECK(desk.ask("GET", "/v1/admin/messages/h@one.test").status == 404);
    const auto lines =
        desk.rows("/v1/admin/audit?account=bob@one.test&since=2026-11-24T06:00:00Z&after=a2&limit=7", "audit");
    CHECK(lines.at(0).value("act") == "account.quota");
    CHECK(desk.services.records.asked.account == "bob@one.test");
    CHECK(desk.services.records.asked.after == "a2");
    CHECK(desk.services.records.asked.limit == 7);
}

TEST_CASE("a person is handed over as a tar, and erased")
{
    Desk desk;
    desk.post("/v1/admin/accounts", dave);
    desk.services.records.mails.push_back({1, 5, {.bytes = "Subject: kept\r\n\r\nText.\r\n"}});
    const auto tar = desk.ask("GET", "/v1/admin/people/dave@one.test");
    CHECK(tar.status == 200);
    CHECK(tar.head.find("application/x-tar") != std::string::npos);
    CHECK(tar.body.size() % 512 == 0);
    for (const auto* there : {"account.xml", "<account/>", "mail/cur/", "Subject: kept"})
        CHECK_MESSAGE(tar.body.find(there) != std::string::npos, there);
    CHECK(desk.services.records.exported == "dave@one.test");
    // A correspondent has documents only.
    CHECK(desk.ask("GET", "/v1/admin/people/dora@legacy.test").body.find("mail/") == std::string::npos);
    CHECK(desk.ask("GET", "/v1/admin/people/dave@one.test/erasure").status == 404);
    const auto begun = desk.ask("DELETE", "/v1/admin/people/dave@one.test");
    CHECK(begun.status == 202);
    CHECK(begun.head.find("/v1/admin/people/dave%40one.test/erasure") != std::string::npos);
    CHECK(desk.services.records.erased == "dave@one.test");
    const auto at = desk.ask("GET", "/v1/admin/people/dave%40one.test/erasure");
    CHECK(at.status == 200);
    CHECK(at.body.find("state=\"running\"") != std::string::npos);
    CHECK(desk.ask("DELETE", "/v1/admin/people/dave@one.test").status == 204);  // done by now
    CHECK(desk.ask("DELETE", "/v1/admin/people/nobody@one.test").status == 404);
}
