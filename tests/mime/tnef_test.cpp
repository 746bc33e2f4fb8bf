// tnef_test: what Outlook packs, and what somebody who means harm packs.
#include "mime/rtf.h"
#include "mime/tnef.h"
#include "mime/utf8.h"
#include "tests/mime/corpus.h"
#include "tests/mime/tnef_writer.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <vector>

using namespace mime;
using namespace mime_test;

namespace {

Tnef read_well(const std::string& octets)
{
    auto tnef = read_tnef(octets);
    REQUIRE(tnef);
    CHECK_FALSE(tnef->damaged);
    return std::move(*tnef);
}

std::vector<std::string> names(const Tnef& tnef)
{
    std::vector<std::string> result;
    for (const auto& file : tnef.files) result.push_back(file.name);
    return result;
}

}  // namespace

TEST_CASE("texts, class and files of a winmail.dat are read")
{
    const auto octets = TnefWriter()
                            .attribute(1, 0x9007, u32(1252) + u32(0))
                            .attribute(1, 0x8008, std::string("IPM.Note\0", 9))
                            .attribute(1, 0x8004, std::string("Pl\xE4ne\0", 6))
                            .properties(1, 0x9003,
                                {unicode(0x1000, u"Grüße\r\nBob"), binary(0x1009, "packed"),
                                    binary(0x1013, "<p>Gr\xFC\xDF"
                                                   "e</p>")})
                            .attribute(2, 0x9002, std::string(14, '\0'))
                            .attribute(2, 0x8010, std::string("OLD~1.TXT\0", 10))
                            .attribute(2, 0x800F, "file content")
                            .properties(2, 0x9005,
                                {unicode(0x3707, u"dir\\neu & schön.txt"), string8(0x370E, "Text/Plain"),
                                    string8(0x3712, "cid@x.test")})
                            .octets();
    const auto tnef = read_well(octets);
    CHECK(tnef.message_class == "IPM.Note");
    CHECK(tnef.subject == "Pläne");
    CHECK(tnef.text == "Grüße\nBob");
    CHECK(tnef.html == "<p>Grüße</p>");
    CHECK(tnef.rtf.of(octets) == "packed");
    REQUIRE(tnef.files.size() == 1);
    CHECK(tnef.files[0].name == "neu & schön.txt");
    CHECK(tnef.files[0].type == "text/plain");
    CHECK(tnef.files[0].content_id == "cid@x.test");
    CHECK(tnef.files[0].content.of(octets) == "file content");
}

TEST_CASE("the text that Exchange packs as an attribute of its own ends before its NUL")
{
    const auto packed = [](std::uint32_t codepage, std::string text) {
        return TnefWriter().attribute(1, 0x9007, u32(codepage) + u32(0)).attribute(1, 0x800C, text + '\0').octets();
    };
    CHECK(read_well(packed(0, "Words.\r\n")).text == "Words.\n");
    CHECK(read_well(packed(1252, "Gr\xFC\xDF"
                                 "e"))
              .text == "Grüße");
    CHECK(read_well(packed(65001, "Grüße")).text == "Grüße");
}

TEST_CASE("a message within a winmail.dat is a file that is TNEF again")
{
    const auto inner = TnefWriter().attribute(1, 0x800C, std::string("inner\0", 6)).octets();
    const auto octets = TnefWriter()
                            .attribute(2, 0x9002, std::string(14, '\0'))
                            .properties(2, 0x9005, {unicode(0x3001, u"Forwarded"), object(0x3701, inner)})
                            .octets();
    const auto tnef = read_well(octets);
    REQUIRE(tnef.files.size() == 1);
    CHECK(tnef.files[0].type == "application/ms-tnef");
    CHECK(read_well(std::string(tnef.files[0].content.of(octets))).text == "inner");
}

TEST_CASE("named and multiple properties are passed over, whatever they hold")
{
    const auto octets =
        TnefWriter()
            .properties(1, 0x9003,
                {named(0x0003, u"a name") + u32(7), named(0x001F, 0x8001) + u32(1) + u32(4) + std::string("a\0\0\0", 4),
                    u16(0x1003) + u16(0x0100) + u32(2) + u32(1) + u32(2),
                    u16(0x101E) + u16(0x0101) + u32(2) + u32(2) + std::string("x\0\0\0", 4) + u32(1) +
                        std::string("\0\0\0\0", 4),
                    u16(0x0048) + u16(0x0102) + std::string(16, 'g'), unicode(0x1000, u"after them")})
            .octets();
    CHECK(read_well(octets).text == "after them");
}

TEST_CASE("what is no TNEF is none, and what ends early gives what there was")
{
    CHECK_FALSE(read_tnef(""));
    CHECK_FALSE(read_tnef("PK\3\4 and so on"));
    const auto whole = TnefWriter()
                           .attribute(2, 0x9002, std::string(14, '\0'))
                           .attribute(2, 0x8010, "a.txt")
                           .attribute(2, 0x800F, "0123456789")
                           .octets();
    for (std::size_t cut = 6; cut < whole.size(); ++cut) {
        const auto tnef = read_tnef(whole.substr(0, cut));
        REQUIRE(tnef);
        CHECK(tnef->files.size() <= 1);
    }
    auto wrong_sum = whole;
    wrong_sum.back() = '\x7f';
    const auto tnef = read_tnef(wrong_sum);
    CHECK(tnef->damaged);
    CHECK(tnef->files.size() == 1);
}

TEST_CASE("a winmail.dat that is meant to cost more than its size costs its size")
{
    std::string many = TnefWriter().octets();
    for (int i = 0; i < 100'000; ++i) many += TnefWriter::framed(2, 0x9002, "") + TnefWriter::framed(2, 0x800F, "x");
    const auto files = read_tnef(many);
    CHECK(files->files.size() <= 1'000);
    CHECK(files->damaged);
    // Counts and lengths that promise four billion of what there is not.
    const auto promises = {u32(0xFFFFFFFF), u32(1) + u16(0x001F) + u16(0x1000) + u32(0xFFFFFFFF),
        u32(1) + u16(0x1003) + u16(1) + u32(0xFFFFFFFF), u32(1) + u16(0x001F) + u16(0x1000) + u32(1) + u32(0xFFFFFFFF),
        u32(1) + u16(0x0003) + u16(0x8000) + std::string(16, 'g') + u32(1) + u32(0xFFFFFFF0),
        u32(1) + u16(0x0999) + u16(0x1000)};
    for (const auto& list : promises) {
        const auto octets = TnefWriter().attribute(1, 0x9003, list).octets();
        CHECK(read_tnef(octets)->damaged);
    }
    std::string nulls = u32(10'000'000);
    nulls.resize(40'000'000, '\0');
    CHECK(read_tnef(TnefWriter().attribute(1, 0x9003, nulls).octets())->damaged);
}

TEST_CASE("compressed rich text is the sample of MS-OXRTFCP 4.1")
{
    const std::string sample("\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63"
                             "\x70\x67\x31\x32\x35\x42\x32\x0a"
                             "\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0",
        49);
    CHECK(decompressed_rtf(sample) == "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    CHECK_FALSE(decompressed_rtf("short"));
    // A few octets that say that they become four gigabytes of themselves.
    std::string bomb = u32(0xFFFFFFFF) + u32(0xFFFFFFFF) + u32(0x75465A4C) + u32(0);
    for (int i = 0; i < 1'000'000; ++i)
        bomb += std::string("\xFF", 1) +
                std::string("\x00\x0F\x00\x0F\x00\x0F\x00\x0F\x00\x0F\x00\x0F\x00\x0F\x00\x0F", 16);
    CHECK(decompressed_rtf(bomb)->size() <= 4 << 20);
}

TEST_CASE("rich text is read as text, and HTML that was packed in it as HTML")
{
    CHECK(read_rtf("{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}{\\*\\generator x;}hello\\par w\\'f6rld "
                   "\\u8364?\\tab\\{x\\}\\~y}")
              .text == "hello\nwörld €\t{x}\u00A0y");
    CHECK(read_rtf("{\\rtf1\\ansicpg932 \\'93\\'fa\\'96\\'7b}").text == "日本");
    CHECK(read_rtf("{\\rtf1\\u-10179?\\u-8704?}").text == "\U0001F600");
    const auto html = read_rtf("{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 Hi "
                               "\\u252\\'fc{\\*\\htmltag84 <b>}\\htmlrtf \\b\\htmlrtf0 there{\\*\\htmltag92 "
                               "</b>}\\htmlrtf }\\htmlrtf0{\\*\\htmltag72 </p>}}");
    CHECK(html.html == "<p>Hi ü<b>there</b></p>");
    CHECK(html.text.empty());
    for (const std::string piece :
        {"{", "}", "\\", "\\'", "\\u", "\\uc9\\u1", "{\\*", "\\bin99999999 ", "\\par", "{\\fonttbl"}) {
        std::string all;
        while (all.size() < 2'000'000) all += piece;
        CHECK(is_utf8(read_rtf(all).text));
    }
}

TEST_CASE("any octets behind a signature are some TNEF")
{
    CHECK(rc::check([] {
        const auto octets = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        const auto tnef = read_tnef(TnefWriter().octets() + octets);
        RC_ASSERT(tnef.has_value());
        RC_ASSERT(is_utf8(tnef->text) && is_utf8(tnef->html) && is_utf8(tnef->subject));
        RC_ASSERT(is_utf8(read_rtf(octets).text));
    }));
}

TEST_CASE("the samples of others have the files that others find in them")
{
    const auto folder = corpus();
    if (!folder) return;
    std::size_t samples = 0, files = 0;
    for (const auto& entry : fs::directory_iterator(*folder / "mimekit" / "tnef")) {
        if (entry.path().extension() != ".tnef") continue;
        const auto octets = read(entry.path());
        const auto tnef = read_tnef(octets);
        REQUIRE(tnef);
        auto list = entry.path();
        list.replace_extension(".list");
        std::ifstream lines(list);
        const auto found = names(*tnef);
        for (std::string line; std::getline(lines, line);) {
            while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
            if (line.starts_with("body.") || line == "Untitled Attachment") continue;  // texts; files without a name
            CHECK_MESSAGE(
                std::count(found.begin(), found.end(), line) == 1, entry.path().filename().string() << ' ' << line);
            ++files;
        }
        ++samples;
    }
    CHECK(samples == 19);
    CHECK(files == 22);
}
