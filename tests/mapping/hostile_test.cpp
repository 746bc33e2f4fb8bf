// hostile_test: mails that are meant to cost more than their size, to make documents that nobody
// takes, or to put words into mails of ours. What is bounded is counted: octets that are hashed,
// parts, octets of the document.

#include "email2/limits.h"
#include "email2/text.h"
#include "email2/xml.h"
#include "gateway/mapping/bounce.h"
#include "gateway/mapping/follow_up.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/mail_out.h"
#include "samples.h"
#include "tests/mime/tnef_writer.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <ctime>

using namespace gateway::mapping;

namespace {

std::string repeated(std::string_view piece, std::size_t times)
{
    std::string out;
    out.reserve(piece.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += piece;
    return out;
}

struct Cost {
    std::size_t parts = 0, depth = 0;
    std::uint64_t shown = 0;  // octets of text in the document
    std::uint64_t named = 0;  // octets that are hashed
    std::uint64_t document = 0;
    mime::Defects defects;
};

void count(const email2::Part& part, std::size_t depth, Cost& cost)
{
    ++cost.parts;
    cost.depth = std::max(cost.depth, depth);
    cost.shown += part.text.size();
    cost.named += part.size;
    for (const auto& each : part.parts) count(each, depth + 1, cost);
}

// All that becomes of a mail on its way in; its document must be one that is read again.
Cost swallow(const std::string& mail)
{
    const auto message = mime::parse(mail);
    const auto facts = read_facts(message, mail);
    const auto mapped = map_content(message, mail);
    Cost cost;
    cost.defects = mapped.defects;
    count(mapped.content.body, 0, cost);
    email2::Message document{.id = samples::minutes,
        .thread = samples::minutes,
        .from = samples::alice,
        .created = samples::at(0),
        .content = mapped.content};
    const auto xml = email2::write(document);
    cost.document = xml.size();
    const auto read = email2::read_message(xml);
    CHECK_MESSAGE(read.has_value(), (read ? "" : read.error().text + " " + read.error().path));
    std::uint64_t given = 0;
    (void)attachments(message, mail, 1, [&](const Attachment& attachment, std::string_view octets) {
        CHECK(attachment.size == octets.size());
        given += octets.size();
    });
    CHECK(given >= cost.named);
    (void)read_bounce(message, mail);
    (void)as_submitted(message, mail, facts, samples::minutes, samples::at(0), "a@one.test");
    return cost;
}

bool has(const Cost& cost, mime::Defect defect)
{
    return std::find(cost.defects.begin(), cost.defects.end(), defect) != cost.defects.end();
}

double cpu_seconds(const std::string& mail)
{
    const auto begin = std::clock();
    const auto message = mime::parse(mail);
    (void)read_facts(message, mail);
    (void)map_content(message, mail);
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

}  // namespace

TEST_CASE("a hundred thousand nested parts make a document that is read again, and are hashed a "
          "few times over")
{
    std::string multiparts;
    for (int i = 0; i < 100'000; ++i)
        multiparts +=
            "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" + std::to_string(i) + "\n";
    const auto nested = swallow(multiparts);
    CHECK(has(nested, mime::Defect::too_deep));
    CHECK(nested.depth <= limits::document_depth);
    CHECK(nested.named <= multiparts.size());
    const auto messages = repeated("Content-Type: message/rfc822\r\n\r\n", 100'000);
    const auto enclosed = swallow(messages);
    CHECK(has(enclosed, mime::Defect::too_deep));
    CHECK(enclosed.named <= messages.size() * (limits::enclosed_messages + 1));
    CHECK(enclosed.depth <= limits::document_depth);
}

TEST_CASE("a million header fields, and a field of a hundred megabytes, are read up to their limits")
{
    const auto many = swallow("From: a@b.test\r\n" + repeated("X: y\r\n", 1'000'000) + "\r\nbody");
    CHECK(has(many, mime::Defect::too_many_fields));
    CHECK(many.document < 2'000);
    const auto recipients = "To: " + repeated("a@b.test, ", 1'000'000) + "\r\n\r\nx";
    CHECK(read_facts(mime::parse(recipients), recipients).to.size() <= mime::Limits{}.addresses);
    const auto ids = "References: " + repeated("<a@b.test> ", 1'000'000) + "\r\n\r\nx";
    CHECK(read_facts(mime::parse(ids), ids).references.size() == 1);
    const auto subject = "Subject: " + std::string(100'000'000, 's') + "\r\n\r\nx";
    const auto one = swallow(subject);
    CHECK(one.document < 2 * mime::Limits{}.field_value);
    const auto type = "Content-Type: text/" + std::string(1'000'000, 's') + "; name=" + std::string(1'000'000, 'n') +
                      "\r\nContent-ID: <" + std::string(1'000'000, 'i') + ">\r\n\r\nx";
    CHECK(swallow(type).document < 10'000);
}

TEST_CASE("text that never ends is named, not shown")
{
    const std::string base64 =
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + std::string(50'000'000, 'A');
    const auto one = swallow(base64);
    CHECK(one.shown == 0);
    CHECK(one.named == 37'500'000);
    // Many texts, each of which is small: together they stay within a document.
    std::string many = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 5'000; ++i)
        many += "--b\r\nContent-Type: text/html; name=\"" + std::string(200, '"') + "\"\r\n\r\n" +
                std::string(5'000, '&') + "\r\n";
    const auto texts = swallow(many);
    CHECK(texts.shown <= limits::inline_text);
    CHECK(texts.document < email2::limits::document);
    CHECK(texts.named + texts.shown >= 20'000'000);
    const auto parts = swallow("Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
                               repeated("--b\r\nContent-Type: a/b; name=\"&&&&&&&&&&&&\"\r\n\r\n<\r\n", 100'000));
    CHECK(has(parts, mime::Defect::too_many_parts));
    CHECK(parts.document < email2::limits::document);
}

TEST_CASE("TNEF within TNEF is unpacked a few times, however deep it goes")
{
    using mime_test::object;
    using mime_test::TnefWriter;
    auto octets = TnefWriter().attribute(1, 0x800C, "the innermost text").octets();
    for (int i = 0; i < 1'000; ++i)
        octets = TnefWriter().attribute(2, 0x9002, "").properties(2, 0x9005, {object(0x3701, octets)}).octets();
    const auto mail = "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: binary\r\n\r\n" + octets;
    const auto cost = swallow(mail);
    CHECK(cost.parts <= limits::tnef_depth + 1);
    CHECK(cost.named <= mail.size() * (limits::tnef_depth + 1));
    std::string many = TnefWriter().octets();
    for (int i = 0; i < 50'000; ++i)
        many += TnefWriter::framed(2, 0x9002, "") + TnefWriter::framed(2, 0x8010, "name\n.txt") +
                TnefWriter::framed(2, 0x800F, "x");
    const auto files = swallow("Content-Type: application/octet-stream; name=WINMAIL.DAT\r\n\r\n" + many);
    CHECK(files.parts <= mime::Limits{}.tnef_files + 1);
    CHECK(has(files, mime::Defect::bad_tnef));
    // Little that says that it is much: rich text that is compressed, and messages side by side.
    std::string bomb =
        mime_test::u32(0xFFFFFFFF) + mime_test::u32(0xFFFFFFFF) + mime_test::u32(0x75465A4C) + mime_test::u32(0);
    bomb += repeated(std::string("\xFF") + repeated(std::string_view("\x00\x0F", 2), 8), 20'000);
    const auto packed = TnefWriter().properties(1, 0x9003, {mime_test::binary(0x1009, bomb)}).octets();
    auto beside = TnefWriter();
    for (int i = 0; i < 20; ++i) beside.attribute(2, 0x9002, "").properties(2, 0x9005, {object(0x3701, packed)});
    CHECK(swallow("Content-Type: application/ms-tnef\r\n\r\n" + beside.octets()).shown <= limits::rich_text);
    CHECK(has(swallow("Content-Type: application/ms-tnef\r\n\r\nthis is none"), mime::Defect::bad_tnef));
}

TEST_CASE("boundaries that mislead: what is no boundary is text, and what is one twice belongs to "
          "the innermost")
{
    const auto texts = [](const std::string& mail) {
        std::vector<std::string> all;
        for (const auto& part : content_of(mime::parse(mail), mail).body.parts) all.push_back(part.text);
        return all;
    };
    using Texts = std::vector<std::string>;
    const std::string x = "Content-Type: multipart/mixed; boundary=x\r\n\r\n";
    CHECK(texts(x + "--x\r\n\r\na\r\n--xy\r\nb\r\n--x--\r\n") == Texts{"a\n--xy\nb"});
    CHECK(texts(x + "--x\r\n\r\na\r\n--x") == Texts{"a", ""});
    CHECK(texts(x + "no part at all\r\n").empty());
    CHECK(texts("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\na\r\n").empty());
    CHECK(texts(x + "--x--\r\n--x\r\n\r\nbehind the end\r\n").empty());
    const auto reused = x + "--x\r\nContent-Type: multipart/alternative; "
                            "boundary=x\r\n\r\n--x\r\n\r\ninner\r\n--x--\r\n--x\r\n\r\nouter\r\n--x--\r\n";
    const auto body = content_of(mime::parse(reused), reused).body;
    REQUIRE(body.parts.size() == 2);
    CHECK(body.parts[0].parts.size() == 1);
    CHECK(body.parts[1].text == "outer");
}

TEST_CASE("NUL and bare line ends in contents reach no document and no mail of ours as they are")
{
    using namespace std::string_literals;
    const auto mail =
        "Subject: a\0b\r\nContent-Type: multipart/mixed; "
        "boundary=b\r\n\r\n--b\r\n\r\nt\0e\rx\nt\r\n--b\r\n"
        "Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=\"a\0b\rc\"\r\n\r\nSubject: i\0\n\nx\ry\0\r\n--b--\r\n"s;
    const auto cost = swallow(mail);
    CHECK(has(cost, mime::Defect::nul));
    CHECK(has(cost, mime::Defect::bare_cr));
    const auto message = mime::parse(mail);
    auto content = content_of(message, mail);
    std::string octets;
    (void)attachments(message, mail, 1, [&](const Attachment&, std::string_view decoded) { octets = decoded; });
    const auto sent = render(samples::rendering(content), {}, [&](const std::string&) { return octets; });
    CHECK(sent.find('\0') == std::string::npos);
    for (std::size_t i = 0; i < sent.size(); ++i) {
        if (sent[i] == '\n') REQUIRE((i > 0 && sent[i - 1] == '\r'));
        if (sent[i] == '\r') REQUIRE((i + 1 < sent.size() && sent[i + 1] == '\n'));
    }
}

TEST_CASE("no name, subject, type or id of a document puts a field or a line into a mail of ours")
{
    const auto evil =
        rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("\r\n", "\n", "\r",
                         "Bcc: x@evil.test", "\r\n\r\n", std::string(1, '\0'), "\"", "\\", "\r\n ", "\t",
                         "?=", "=?utf-8?q?=0D=0ABcc:_y?=", "<", ">", ";", "ü", "\u2028", "--=_", "name")),
            [](const std::vector<std::string>& pieces) {
                std::string all;
                for (const auto& each : pieces) all += each;
                return all;
            });
    CHECK(rc::check([&] {
        auto part = samples::blob_part("application/pdf", *evil, "octets");
        part.type = "application/" + *evil;
        part.disposition = *evil;
        part.content_id = *evil;
        auto text = samples::text_part(*evil);
        text.type = "text/calendar";
        text.text = "METHOD:" + *evil;
        auto rendering = samples::rendering({.subject = *evil, .body = samples::multipart(*evil, {text, part})});
        rendering.from.name = *evil;
        rendering.message_id = *evil;
        rendering.references = {*evil};
        rendering.parent_message_ids = {*evil};
        for (auto& entry : rendering.list) entry.person.name = *evil;
        const auto mail = render(rendering, {}, samples::blob);
        const auto message = mime::parse(mail);
        RC_ASSERT(mail.find('\0') == std::string::npos);
        RC_ASSERT(mime::find(message.root, mail, "bcc") == nullptr);
        RC_ASSERT(message.root.parts.size() == 2U);
        for (const auto& field : message.root.fields) {
            const std::set<std::string> ours{"date", "from", "to", "cc", "subject", "message-id", "in-reply-to",
                "references", "mime-version", "content-type", "content-transfer-encoding"};
            RC_ASSERT(ours.contains(email2::ascii_lower(field.name.of(mail))));
        }
        for (const auto& each : message.root.parts)
            for (const auto& field : each.fields)
                RC_ASSERT(email2::ascii_lower(field.name.of(mail)).starts_with("content-"));
    }));
}

TEST_CASE("eight times the mail takes about eight times the work")
{
    const auto html = [](std::size_t n) {
        return "Content-Type: text/html\r\n\r\n" + repeated("<p>Gr&uuml;&szlig;e <b>x</b>\r\n", n);
    };
    const auto parts = [](std::size_t n) {
        return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
               repeated("--b\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\xd2\r\n", n / 4);
    };
    const auto quoted = [](std::size_t n) {
        return "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + repeated("=C3=BC and more text =\r\n", n);
    };
    const auto fields = [](std::size_t n) {
        return repeated("X-Field: =?utf-8?q?=C3=BC?= <a@b.test>\r\n", n) + "\r\nx";
    };
    const auto people = [](std::size_t n) {
        return "To: " + repeated("=?utf-8?q?=C3=BC?= <a@b.test>,\r\n ", n / 8) + "c@d.test\r\n\r\nx";
    };
    const std::vector<std::pair<std::string, std::function<std::string(std::size_t)>>> kinds{
        {"html", html}, {"parts", parts}, {"quoted", quoted}, {"fields", fields}, {"people", people}};
    constexpr std::size_t few = 2'000;
    for (const auto& [name, mail] : kinds) {
        const auto small = mail(few), large = mail(8 * few);
        // The least of several runs; eight is linear, sixty-four would be quadratic.
        double less = 1e9, more = 1e9;
        for (int i = 0; i < 5; ++i) {
            less = std::min(less, cpu_seconds(small));
            more = std::min(more, cpu_seconds(large));
        }
        CHECK_MESSAGE(more < 32 * std::max(less, 1e-5), name << ": " << less << " s and " << more << " s");
    }
}
