// mail_out_test: mapping.md "Mail out": renditions and traces.

#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/mail_out.h"
#include "samples.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace gateway::mapping;

namespace {

std::string rendered(const Rendering& rendering)
{
    return render(rendering, {}, samples::blob);
}

struct Read {
    explicit Read(std::string mail)
        : bytes(std::move(mail)), message(mime::parse(bytes)), facts(read_facts(message, bytes))
    {
    }

    std::string bytes;
    mime::Message message;
    MailFacts facts;

    std::string field(std::string_view name) const { return mime::text_of(message.root, bytes, name); }
};

email2::Content text(std::string body)
{
    return {.subject = "Subject", .body = samples::text_part(std::move(body))};
}

email2::Content everything()
{
    auto image = samples::blob_part("image/png", "", std::string(200, '\x89'));
    image.disposition = "inline";
    image.content_id = "plan@one.test";
    auto notes = samples::text_part("named text\n");
    notes.name = "Notizen für Ämter.txt";
    notes.disposition = "attachment";
    auto enclosed = samples::blob_part("message/rfc822", "", "Subject: inner\r\n\r\ninner ü\r\n");
    enclosed.parts = {samples::text_part("Subject: inner\n"), samples::text_part("inner ü\n")};  // what it shows
    enclosed.parts[0].type = "text/rfc822-headers";
    return {.subject = "Everything, including Grüße and a subject that is long enough to be folded "
                       "twice at least, with \"quotes\"",
        .body = samples::multipart("mixed",
            {samples::multipart("alternative",
                 {samples::text_part("Plain text, with a line that is much longer than seventy-eight characters "
                                     "and has no end of its own.\nSchöne Grüße\n\n> quoted\n"),
                     samples::multipart(
                         "related", {samples::html_part("<p>HTML <img src=\"cid:plan@one.test\"></p>\n"), image})}),
                samples::blob_part("application/pdf", "Übersicht & Plan.pdf", std::string("\0\1\2%PDF", 7)), notes,
                enclosed})};
}

std::string edge_text(int kind)
{
    switch (kind) {
    case 0: return "";
    case 1: return "no line end";
    case 2: return "trailing space \nand tab\t\n";
    case 3: return std::string(3000, 'x') + "\n";
    case 4: return ".\n..\nFrom here\n--b\n";
    case 5: return "\n\n\n";
    default: return "ünï\n🙂\n";
    }
}

}  // namespace

TEST_CASE("a rendition shows the author, the list by roles, the parents and the content")
{
    auto rendering = samples::rendering(text("Hello\n"));
    rendering.parent_message_ids = {"p1@x.test", "p2@x.test"};
    rendering.references = {"root@x.test", "p1@x.test"};
    const Read mail(rendered(rendering));
    CHECK(mail.facts.message_id == samples::minutes.str());
    CHECK(mail.facts.from.front().display_name == "Alice Ångström");
    CHECK(mail.facts.to.size() == 1);
    CHECK(mail.facts.to.front().spec() == "bob@one.test");
    CHECK(mail.facts.cc.front().spec() == "carol@legacy.test");
    CHECK(mail.facts.subject == "Subject");
    CHECK(mail.facts.in_reply_to == std::vector<std::string>{"p1@x.test", "p2@x.test"});
    CHECK(mail.facts.references == std::vector<std::string>{"root@x.test", "p1@x.test"});
    CHECK(email2::Time(*mail.facts.date) == samples::at(0));
    CHECK(mail.field("mime-version") == "1.0");
    CHECK(shown(rendering, {}) == std::vector<std::string>{"alice@one.test", "bob@one.test", "carol@legacy.test"});
}

TEST_CASE("a rendition is the same whenever it is made, and another for another revision")
{
    auto rendering = samples::rendering(everything());
    const auto once = rendered(rendering);
    CHECK(once == rendered(rendering));
    rendering.revision = 2;
    CHECK(once != rendered(rendering));
}

TEST_CASE("blind people and those who left are not shown; alone they leave undisclosed recipients")
{
    auto rendering = samples::rendering(text("x"));
    rendering.list[1].role = email2::Role::blind;
    rendering.list[2].membership = email2::Membership::left;
    const auto bytes = rendered(rendering);
    CHECK(bytes.find("To: undisclosed-recipients:;\r\n") != std::string::npos);
    CHECK(bytes.find("bob@") == std::string::npos);
    CHECK(bytes.find("carol@") == std::string::npos);
    CHECK(shown(rendering, {}) == std::vector<std::string>{"alice@one.test"});
}

TEST_CASE("a note to oneself is addressed to oneself")
{
    auto rendering = samples::rendering(text("x"));
    rendering.list.resize(1);
    CHECK(Read(rendered(rendering)).facts.to.front().spec() == "alice@one.test");
}

TEST_CASE("a list beyond to_max is shown as the message's address")
{
    auto rendering = samples::rendering(text("x"));
    for (int i = 0; i < 50; ++i) rendering.list.push_back({.person = {.address = "p" + std::to_string(i) + "@x.test"}});
    const Read mail(rendered(rendering));
    REQUIRE(mail.facts.to.size() == 1);
    CHECK(mail.facts.to.front().spec() == samples::minutes.str());
    CHECK(mail.facts.cc.empty());
    CHECK(shown(rendering, {}).empty());
    CHECK(Read(render(rendering, {.to_max = 60}, samples::blob)).facts.to.size() == 51);
}

TEST_CASE("a long chain of references keeps its first and its newest ids")
{
    auto rendering = samples::rendering(text("x"));
    for (int i = 0; i < 100; ++i) rendering.references.push_back("r" + std::to_string(i) + "@x.test");
    rendering.parent_message_ids = {"r99@x.test"};
    const auto references = Read(rendered(rendering)).facts.references;
    REQUIRE(references.size() == 20);
    CHECK(references.front() == "r0@x.test");
    CHECK(references[1] == "r81@x.test");
    CHECK(references.back() == "r99@x.test");
}

TEST_CASE("several parts without a multipart around them become multipart/mixed")
{
    email2::Content content{
        .subject = "s", .body = {.type = "text/plain", .parts = {samples::text_part("a"), samples::text_part("b")}}};
    const Read mail(rendered(samples::rendering(content)));
    CHECK(mail.message.root.type.is("multipart", "mixed"));
    CHECK(mail.message.root.parts.size() == 2);
}

TEST_CASE("a rendition read again has the same content")
{
    const auto same = [](const email2::Content& content) {
        const Read mail(rendered(samples::rendering(content)));
        return content_of(mail.message, mail.bytes) == content;
    };
    CHECK(same(everything()));
    for (int kind = 0; kind < 7; ++kind) CHECK_MESSAGE(same(text(edge_text(kind))), kind);
    CHECK(rc::check("texts and trees", [&] {
        const auto lines =
            rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("word ", "\n", "From ", "> ",
                "-- \n", "a sentence that goes on for a while ", "ü", "=20", "é\n", "\t", ".", "--", "\n\n"));
        std::vector<email2::Part> parts;
        for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
            std::string all;
            for (const auto& piece : *lines) all += piece;
            parts.push_back(*rc::gen::arbitrary<bool>() ? samples::text_part(all) : samples::html_part(all));
        }
        parts.push_back(samples::blob_part("application/octet-stream", "f.bin", *rc::gen::arbitrary<std::string>()));
        RC_ASSERT(same({.subject = "s", .body = samples::multipart("mixed", parts)}));
    }));
}

TEST_CASE("names and subjects cannot put fields into a rendition")
{
    auto rendering = samples::rendering({.subject = "a\r\nBcc: x@evil.test\n\nbody", .body = samples::text_part("t")});
    rendering.from.name = "Eve\r\nBcc: y@evil.test";
    rendering.content.body.name = "f\r\nBcc: z@evil.test";
    rendering.message_id = "m@one.test>\r\nBcc: q@evil.test";
    const Read mail(rendered(rendering));
    CHECK(mail.facts.bcc.empty());
    CHECK(mail.message.root.header.of(mail.bytes).find("\r\n\r\n") == mail.message.root.header.length - 4);
}

TEST_CASE("the trace says where a mail came in, and nothing that a peer wrote ends a field")
{
    Arrival arrival{.reverse_path = "carol@legacy.test",
        .greeting = "mx.legacy.test",
        .peer = "192.0.2.1",
        .hostname = "mail.one.test",
        .with = "ESMTPS",
        .tls = "TLSv1.3 (X)",
        .id = samples::minutes.guid,
        .single_recipient = "bob@one.test",
        .authentication_results = "mail.one.test; spf=pass smtp.mailfrom=legacy.test; dkim=none",
        .at = samples::at(0)};
    CHECK(trace(arrival) == "Return-Path: <carol@legacy.test>\r\nAuthentication-Results: mail.one.test;\r\n\tspf=pass "
                            "smtp.mailfrom=legacy.test;\r\n\tdkim=none\r\n"
                            "Received: from mx.legacy.test ([192.0.2.1])\r\n\tby mail.one.test with ESMTPS (TLSv1.3 X) "
                            "id 0192f0c1-7a3b-7c11-8d22-3e4f50617283\r\n"
                            "\tfor <bob@one.test>;\r\n\tMon, 23 Nov 2026 06:48:00 +0000\r\n");
    arrival = {.greeting = "evil\r\nX: y (",
        .peer = "2001:db8::1",
        .hostname = "mail.one.test",
        .with = "SMTP",
        .id = "i",
        .at = samples::at(0)};
    CHECK(trace(arrival) == "Return-Path: <>\r\nReceived: from evil__X:_y__ ([IPv6:2001:db8::1])\r\n\tby mail.one.test "
                            "with SMTP id i;\r\n\tMon, 23 Nov 2026 06:48:00 +0000\r\n");
}

TEST_CASE("Python's email package finds no defect in renditions")
{
    const auto folder = std::filesystem::temp_directory_path() / ("mapping-renditions-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::vector<std::string> paths;
    const auto keep = [&](const std::string& bytes) {
        paths.push_back((folder / (std::to_string(paths.size()) + ".eml")).string());
        std::ofstream(paths.back(), std::ios::binary) << bytes;
    };
    keep(rendered(samples::rendering(everything())));
    for (int kind = 0; kind < 7; ++kind) keep(rendered(samples::rendering(text(edge_text(kind)))));
    auto blind = samples::rendering(text("x"));
    blind.list = {{.person = samples::bob, .role = email2::Role::blind}};
    blind.from.name = "Å \"quoted\" (name), with; everything <in> it and a length that needs folding in any case";
    keep(rendered(blind));
    CHECK(samples::python_defects(paths) == "");
    std::filesystem::remove_all(folder);
}
