// compose_test: mail of our own making is deterministic, injects nothing and reads back as what it
// was.
#include "mime/compose.h"
#include "mime/flowed.h"
#include "mime/fold.h"
#include "mime/header.h"
#include "mime/utf8.h"
#include "tests/mime/support.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mime;
using namespace mime_test;

namespace {

Composed plain(std::string content)
{
    Composed part;
    part.content = std::move(content);
    return part;
}

Composed of_type(std::string type, std::string subtype, std::string content)
{
    Composed part = plain(std::move(content));
    part.type.type = std::move(type);
    part.type.subtype = std::move(subtype);
    return part;
}

std::string lf_only(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
    return out;
}

std::string shape_of(const Composed& part)
{
    std::string out = part.type.type + "/" + part.type.subtype;
    if (part.parts.empty()) return out;
    out += "(";
    for (std::size_t i = 0; i < part.parts.size(); ++i) out += (i > 0 ? "," : "") + shape_of(part.parts[i]);
    return out + ")";
}

// Every line within its limit, CRLF only, ASCII.
std::string wire_fault(std::string_view mail)
{
    for (std::size_t begin = 0; begin < mail.size();) {
        const std::size_t end = mail.find("\r\n", begin);
        if (end == std::string_view::npos) return begin == mail.size() ? "" : "no line end at the end";
        if (end - begin > 998) return "line too long";
        const std::string_view line = mail.substr(begin, end - begin);
        if (line.find_first_of("\r\n") != std::string_view::npos) return "bare CR or LF";
        if (!is_ascii(line)) return "8-bit";
        begin = end + 2;
    }
    return "";
}

rc::Gen<std::string> any_text()
{
    const auto character = rc::gen::weightedOneOf<char32_t>({
        {8, rc::gen::cast<char32_t>(rc::gen::inRange<std::uint32_t>(0x20, 0x7F))},
        {2, rc::gen::elementOf(std::vector<char32_t>{'\n', ' ', '-', '.', '='})},
        {2, rc::gen::cast<char32_t>(rc::gen::inRange<std::uint32_t>(0xA0, 0x3000))},
    });
    return rc::gen::map(rc::gen::container<std::vector<char32_t>>(character), [](const std::vector<char32_t>& all) {
        std::string out;
        for (const char32_t c : all) append_utf8(out, c);
        return out;
    });
}

Composed any_part(int depth)
{
    const int kind = *rc::gen::inRange(0, depth > 0 ? 4 : 3);
    if (kind == 3) {
        Composed part =
            of_type("multipart", *rc::gen::elementOf(std::vector<std::string>{"mixed", "alternative", "related"}), "");
        const int count = *rc::gen::inRange(1, 4);
        for (int i = 0; i < count; ++i) part.parts.push_back(any_part(depth - 1));
        return part;
    }
    Composed part = kind == 2
                        ? of_type("application", "pdf", *rc::gen::container<std::string>(rc::gen::arbitrary<char>()))
                        : of_type("text", kind == 0 ? "plain" : "html", *any_text());
    part.disposition = *rc::gen::elementOf(std::vector<std::string>{"", "inline", "attachment"});
    if (!part.disposition.empty()) part.filename = *any_text();
    std::replace(part.filename.begin(), part.filename.end(), '\n', '_');
    return part;
}

std::string difference(const Composed& written, const Part& read, std::string_view mail)
{
    if (written.parts.size() != read.parts.size()) return "number of parts";
    for (std::size_t i = 0; i < written.parts.size(); ++i)
        if (std::string found = difference(written.parts[i], read.parts[i], mail); !found.empty()) return found;
    if (!written.parts.empty()) return "";
    if (written.filename != read.filename) return "file name " + read.filename;
    if (written.disposition != read.disposition.kind) return "disposition";
    if (written.type.type == "text") return text(read, mail) == lf_only(written.content) ? "" : "text";
    return decoded(read, mail) == written.content ? "" : "octets";
}

}  // namespace

TEST_CASE("a plain mail is written as simply as can be")
{
    CHECK(compose({{"Subject", "Hi"}, {"From", "a@b"}}, plain("Hello\nthere\n"), "seed") ==
          "Subject: Hi\r\nFrom: a@b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
          "charset=us-ascii\r\n"
          "Content-Transfer-Encoding: 7bit\r\n\r\nHello\r\nthere\r\n");
}

TEST_CASE("the encoding of a text follows what is in it")
{
    const auto encoding_of = [](std::string content) {
        const std::string mail = compose({}, plain(std::move(content)), "s");
        return std::string(*raw(parse(mail).root, mail, "Content-Transfer-Encoding"));
    };
    CHECK(encoding_of("ascii") == "7bit");
    CHECK(encoding_of("Schöne Grüße aus dem Süden, und bis bald") == "quoted-printable");
    CHECK(encoding_of("Привет, как дела") == "base64");
    CHECK(encoding_of(std::string(998, 'x')) == "7bit");
    CHECK(encoding_of(std::string(999, 'x')) == "quoted-printable");
    CHECK(encoding_of("a\nFrom here on\n") == "quoted-printable");
    CHECK(encoding_of("a\rb") == "quoted-printable");
    CHECK(encoding_of(std::string("a\0b", 3)) == "quoted-printable");
}

TEST_CASE("nothing that a caller passes on can inject a field")
{
    const std::string evil = "x\r\nBcc: evil@x.y\r\n\r\nbody";
    Composed part = plain("text");
    part.type.parameters = {{"na\r\nme", evil}, {"format", "a\"b\\c"}};
    part.disposition = "attachment\r\nX: y";
    part.filename = evil;
    part.content_id = "id>\r\nX: y";
    part.fields = {
        {"X-A: b\r\nY", evil}, {"X-Folded", "one\r\n two"}, {"X-Blank", "one\r\n \r\nBcc: x"}, {"X-Lf", "one\n two"}};
    const std::string mail = compose({{"Subject", evil}, {"", "nameless"}, {"Bad Name:", "v"}}, part, evil);
    const Message message = parse(mail);
    CHECK(message.defects.empty());
    std::vector<std::string> names;
    for (const Field& field : message.root.fields) names.emplace_back(field.name.of(mail));
    CHECK(names == std::vector<std::string>{"Subject", "BadName", "MIME-Version", "Content-Type",
                       "Content-Transfer-Encoding", "Content-Disposition", "Content-ID", "X-AbY", "X-Folded", "X-Blank",
                       "X-Lf"});
    CHECK(raw(message.root, mail, "X-Folded") == "one\r\n two");
    CHECK(message.root.type.parameter("format") == "a\"b\\c");
    CHECK(wire_fault(mail) == "no line end at the end");
}

TEST_CASE("a field stands as it was folded, and one that was not folded is not")
{
    const std::string folded = std::string(60, 'a') + "\r\n " + std::string(60, 'b') + " c";
    std::string flat = "x";
    for (int i = 0; i < 60; ++i) flat += " word";
    const std::string mail = compose({{"Subject", folded}, {"Comments", flat}, {"Subject", "2"}}, plain("text"), "s");
    CHECK(mail.rfind("Subject: " + folded + "\r\nComments: " + flat + "\r\nSubject: 2\r\n", 0) == 0);
}

TEST_CASE("base64 stands in whole lines of 76")
{
    for (const auto& [octets, expected] : std::vector<std::pair<std::size_t, std::string>>{{0, ""}, {1, "AA==\r\n"},
             {57, std::string(76, 'A') + "\r\n"}, {58, std::string(76, 'A') + "\r\nAA==\r\n"}}) {
        CAPTURE(octets);
        const std::string mail = compose({}, of_type("image", "png", std::string(octets, '\0')), "s");
        CHECK(parse(mail).root.body.of(mail) == expected);
    }
}

TEST_CASE("file names of every length and script are read back")
{
    std::string long_name;
    for (int i = 0; i < 60; ++i) long_name += "größe";
    for (const std::string& name :
        {std::string("a.pdf"), std::string("a b.pdf"), std::string("ä.pdf"), std::string("quo\"te\\.pdf"),
            std::string(300, 'x'), long_name, std::string("=?utf-8?q?x?="), std::string("100%'*.txt")}) {
        CAPTURE(name);
        Composed part = of_type("application", "pdf", "x");
        part.filename = name;
        const std::string mail = compose({}, part, "s");
        CHECK(parse(mail).root.filename == name);
        CHECK(wire_fault(mail) == "");
        std::size_t longest = 0;
        for (std::size_t begin = 0; begin < mail.size(); begin = mail.find("\r\n", begin) + 2)
            longest = std::max(longest, mail.find("\r\n", begin) - begin);
        CHECK(longest <= 78);
    }
}

TEST_CASE("an enclosed message goes as it is and marks what surrounds it")
{
    const std::string inner = "Subject: x\r\n\r\nraw caf\xC3\xA9\r\n";
    Composed mail_part = of_type("message", "rfc822", inner);
    Composed whole = of_type("multipart", "digest", "");
    whole.parts = {mail_part, of_type("message", "rfc822", "A: b\r\n\r\n")};
    const std::string mail = compose({}, whole, "s");
    const Message message = parse(mail);
    CHECK(shape(message.root) == "multipart/digest(message/rfc822[text/plain],message/rfc822[text/plain])");
    CHECK(message.root.parts[0].body.of(mail) == inner);
    CHECK(message.root.encoding == TransferEncoding::eight_bit);
    CHECK(message.root.parts[0].encoding == TransferEncoding::eight_bit);
    CHECK(message.root.parts[1].encoding == TransferEncoding::seven_bit);
}

TEST_CASE("boundaries come from the seed and never stand in the content")
{
    Composed whole = of_type("multipart", "mixed", "");
    whole.parts = {plain("one")};
    const std::string first = compose({}, whole, "seed");
    CHECK(first == compose({}, whole, "seed"));
    CHECK(first != compose({}, whole, "other"));
    const std::string boundary(parse(first).root.type.parameter("boundary"));
    REQUIRE(!boundary.empty());
    whole.parts = {plain("--" + boundary + "\r\nnot a part")};
    const std::string second = compose({}, whole, "seed");
    CHECK(parse(second).root.parts.size() == 1);
    CHECK(parse(second).root.type.parameter("boundary") != boundary);
    whole.parts.clear();
    CHECK(parse(compose({}, whole, "s")).root.parts.size() == 1);
}

TEST_CASE("what was composed is parsed to the same tree, texts and octets")
{
    CHECK(rc::check([] {
        const Composed written = any_part(3);
        const std::string mail = compose({{"Subject", encode_text(*any_text(), 9)}}, written, *any_text());
        const Message message = parse(mail);
        RC_ASSERT(message.defects.empty());
        RC_ASSERT(shape(message.root) == shape_of(written));
        RC_ASSERT(difference(written, message.root, mail) == "");
        RC_ASSERT(range_fault(message, mail) == "");
    }));
}

TEST_CASE("flowed text breaks softly, stuffs and keeps quotes and signature")
{
    CHECK(to_flowed("short\n\n-- \nme\n") == "short\n\n-- \nme\n");
    CHECK(to_flowed(" indented\nFrom me\n> quoted \n>\ntrailing   \n") ==
          "  indented\n From me\n> quoted\n>\ntrailing\n");
    std::string words;
    for (int i = 0; i < 60; ++i) words += "wörter ";
    const std::string flowed = to_flowed(words + "Ende");
    std::string unflowed = flowed;
    for (std::size_t at = 0; (at = unflowed.find(" \n", at)) != std::string::npos;) unflowed.erase(at + 1, 1);
    CHECK(unflowed == words + "Ende");
    CHECK(flowed.substr(0, flowed.find('\n')).size() <= 78 + 12);
    CHECK(to_flowed(std::string(200, 'x')) == std::string(200, 'x'));
    Composed part = plain(words + "Ende");
    part.type.parameters = {{"format", "flowed"}};
    const std::string mail = compose({}, part, "s");
    CHECK(fold(text(parse(mail).root, mail)) == fold(words + "Ende"));
    CHECK(parse(mail).root.type.parameter("format") == "flowed");
    CHECK(rc::check([] {
        const std::string flowed_text =
            to_flowed(*rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcd      >-From \n"))));
        for (std::size_t begin = 0; begin <= flowed_text.size();) {
            const std::size_t end = std::min(flowed_text.find('\n', begin), flowed_text.size());
            const std::string line = flowed_text.substr(begin, end - begin);
            RC_ASSERT(line.rfind("From ", 0) != 0U);
            begin = end + 1;
        }
    }));
}
