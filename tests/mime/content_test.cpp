// content_test: parameters, transfer encodings and charsets of parts.
#include "mime/charset.h"
#include "mime/parameters.h"
#include "mime/transfer_encoding.h"
#include "mime/utf8.h"
#include "tests/mime/support.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mime;
using namespace mime_test;

namespace {

std::string shown(std::string_view raw)
{
    bool valid = true;
    const ContentType type = parse_content_type(raw, 200, valid);
    std::string out = (valid ? "" : "!") + type.type + "/" + type.subtype;
    for (const auto& [name, value] : type.parameters) out += ";" + name + "=" + value;
    return out;
}

Part part_of(std::string_view mail)
{
    return parse(mail).root;
}

}  // namespace

TEST_CASE("content types are read with whatever parameters they have")
{
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"text/plain", "text/plain"},
        {"TEXT/HTML; Charset=UTF-8", "text/html;charset=UTF-8"},
        {"text/plain; charset=us-ascii (Plain text)", "text/plain;charset=us-ascii"},
        {"(c) text (d) / (e) plain (f) ; (g) charset (h) = (i) x", "text/plain;charset=x"},
        {"text/plain; charset=\"utf-8\"; format=flowed", "text/plain;charset=utf-8;format=flowed"},
        {"text/plain; charset=utf-8 format=flowed", "text/plain;charset=utf-8;format=flowed"},
        {"text/plain;; ;charset=x;", "text/plain;charset=x"},
        {"text/plain; a=\"b\\\"c\\\\d\"", "text/plain;a=b\"c\\d"},
        {"multipart/mixed; boundary=\"a b;c\"", "multipart/mixed;boundary=a b;c"},
        {"multipart/mixed; boundary=----=_Next/Part:1", "multipart/mixed;boundary=----=_Next/Part:1"},
        {"image/png; name=my picture.png", "image/png;name=my picture.png"},
        {"image/png; name=a(1).png", "image/png;name=a(1).png"},
        {"image/png; name=\"never closed", "image/png;name=never closed"},
        {"image/png; name=\"=?utf-8?q?=C3=A4?=.png\"", "image/png;name=ä.png"},
        {"image/png; name*=utf-8'de'%C3%A4.png", "image/png;name=ä.png"},
        {"image/png; name*=iso-8859-1''%E4.png", "image/png;name=ä.png"},
        {"image/png; name*=%E4.png", "image/png;name=ä.png"},
        {"image/png; name*0=a; name*1=b; name*2=c", "image/png;name=abc"},
        {"image/png; name*1=b; name*0=a", "image/png;name=ab"},
        {"image/png; name*0*=utf-8''%C3; name*1*=%A4; name*2=%C3", "image/png;name=ä%C3"},
        {"image/png; name=old.png; name*=utf-8''new.png", "image/png;name=new.png"},
        {"image/png; name=first; name=second", "image/png;name=first"},
        {"image/png; name=\xE4", "image/png;name=ä"},
        {"message/external-body; access-type=URL; URL*0=\"ftp://\"; URL*1=\"x.y/z\"",
            "message/external-body;access-type=URL;url=ftp://x.y/z"},
        {"text", "!text/plain"},
        {"text; charset=x", "!text/plain;charset=x"},
        {"multipart; boundary=x", "!multipart/mixed;boundary=x"},
        {"", "!text/plain"},
        {"/", "!text/plain"},
        {"text/plain; =x; y", "text/plain"},
        {"text/plain; ((((((a=b", "text/plain;a=b"},
    };
    for (const auto& [raw, expected] : rows) {
        CAPTURE(raw);
        CHECK(shown(raw) == expected);
    }
}

TEST_CASE("file names come from the disposition, else from the type")
{
    CHECK(part_of("Content-Type: image/png; name=a\nContent-Disposition: attachment; filename=b\n\n").filename == "b");
    CHECK(part_of("Content-Type: image/png; name=a\nContent-Disposition: attachment\n\n").filename == "a");
    CHECK(part_of("Content-Disposition: attachment;\n filename*0*=utf-8''%E2%82%AC;\n "
                  "filename*1=\".pdf\"\n\n")
              .filename == "€.pdf");
    CHECK(part_of("Content-Disposition: ATTACHMENT\n\n").disposition.kind == "attachment");
    CHECK(part_of("Content-Disposition: filename=x\n\n").filename == "x");
    CHECK(part_of("A: b\n\n").disposition.kind.empty());
    CHECK(part_of("Content-Disposition: inline; filename=\"a\tb\"\n\n").filename == "a b");
}

TEST_CASE("an unknown encoding or charset is a defect, not a failure")
{
    const std::string mail = "Content-Type: text/plain; "
                             "charset=x-nowhere\nContent-Transfer-Encoding: x-uue\n\ncaf\xE9\n";
    const Message message = parse(mail);
    CHECK(has(message, Defect::unknown_charset));
    CHECK(has(message, Defect::unknown_transfer_encoding));
    CHECK(message.root.encoding == TransferEncoding::unknown);
    CHECK(text(message.root, mail) == "café\n");
    const std::string known = "Content-Type: text/plain; charset=KOI8-R\nContent-Transfer-Encoding: 8BIT\n\n";
    CHECK(parse(known).defects == std::vector{Defect::bare_lf});
}

TEST_CASE("where base64 must be exact, nothing else is taken for it")
{
    CHECK(
        rc::check([](const std::string& octets) { RC_ASSERT(decode_exact_base64(encode_base64(octets)) == octets); }));
    for (const char* text : {"a", "ab", "AA", "abc", "AB==", "a===", "ab=c", "AA=A", "abcd=", "ab d",
             "A A=", "====", "ab\n=", "=abc", "abcd====", "AA==AAAA", "ab*d"}) {
        CAPTURE(text);
        CHECK_FALSE(decode_exact_base64(text).has_value());
    }
}

TEST_CASE("base64 is read around what does not belong there")
{
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"", ""},
        {"aGVsbG8=", "hello"},
        {"aGVsbG8", "hello"},
        {"aGVs\r\nbG8=\r\n", "hello"},
        {"a G-V*sbG8=", "hello"},
        {"aGk=aGk=", "hihi"},
        {"=aGk=", "hi"},
        {"a", ""},
        {"aGVsbG8=\r\n-- \r\n", "hello"},
    };
    for (const auto& [encoded, expected] : rows) {
        CAPTURE(encoded);
        CHECK(decode_base64(encoded) == expected);
    }
    CHECK(rc::check([] {
        const auto octets = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        RC_ASSERT(decode_base64(encode_base64(octets)) == octets);
        RC_ASSERT(is_base64(encode_base64(octets)));
        std::string lines;
        append_base64_lines(lines, octets);
        RC_ASSERT(decode_base64(lines) == octets);
    }));
}

TEST_CASE("quoted-printable is read tolerantly and written strictly")
{
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"a=3Db", "a=b"},
        {"a=3db", "a=b"},
        {"soft=\r\nbreak", "softbreak"},
        {"soft=  \r\nbreak", "softbreak"},
        {"soft=\nbreak", "softbreak"},
        {"bad=XY", "bad=XY"},
        {"end=", "end"},
        {"trail  \r\nx", "trail\r\nx"},
        {"=E4=F6", "\xE4\xF6"},
        {"a=3", "a=3"},
        {"==3D", "=="},
        {"keep=20\r\n", "keep \r\n"},
    };
    for (const auto& [encoded, expected] : rows) {
        CAPTURE(encoded);
        CHECK(decode_quoted_printable(encoded) == expected);
    }
    CHECK(rc::check([] {
        std::string text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab =.\tFrom \r\xE4\n")));
        std::string encoded;
        append_quoted_printable(encoded, text);
        std::string crlf;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) crlf += '\r';
            crlf += text[i];
        }
        RC_ASSERT(decode_quoted_printable(encoded) == crlf);
        for (std::size_t begin = 0; begin < encoded.size();) {
            const std::size_t end = std::min(encoded.find("\r\n", begin), encoded.size());
            RC_ASSERT(end - begin <= 76U);
            RC_ASSERT(encoded.compare(begin, 5, "From ") != 0);
            begin = end + 2;
        }
    }));
}

TEST_CASE("charsets become UTF-8, whatever their label")
{
    CHECK(to_utf8("caf\xE9", "ISO-8859-1") == "café");
    CHECK(to_utf8("\x93q\x94", "iso-8859-1") == "“q”");
    CHECK(to_utf8("caf\xE9", "") == "café");
    CHECK(to_utf8("caf\xC3\xA9", "us-ascii") == "café");
    CHECK(to_utf8("caf\xE9", "utf-8") == "caf\xEF\xBF\xBD");
    CHECK(to_utf8("\xD6\xD0\xB9\xFA", "GB2312") == "中国");
    CHECK(to_utf8("\x93\xFA\x96\x7B", "Shift_JIS") == "日本");
    CHECK(to_utf8("\x1B$BF|K\\\x1B(B", "iso-2022-jp") == "日本");
    CHECK(to_utf8("caf\xE9", "no such thing") == "café");
    CHECK(to_utf8("caf\xE9", "ibm-37,swaplfnl") == "café");
    CHECK_FALSE(known_charset("no-such-thing"));
    CHECK_FALSE(known_charset(""));
    CHECK(known_charset(" \"UTF-8\" ") == false);
    for (const char* label : {"utf-8", "US-ASCII", "ISO-8859-15", "windows-1251", "koi8-u", "big5", "euc-kr",
             "ks_c_5601-1987", "utf-7", "iso-8859-8-i", "macintosh", "euc-jp", "tis-620"})
        CHECK_MESSAGE(known_charset(label), label);
    std::string long_text;
    std::string expected;
    for (int i = 0; i < 20000; ++i) {
        long_text += "\xE9\xA4x";
        expected += "é¤x";
    }
    CHECK(to_utf8(long_text, "windows-1252") == expected);
    for (int i = 0; i < 200; ++i) CHECK_FALSE(known_charset("x-unknown-" + std::to_string(i)));
}

TEST_CASE("everything read is UTF-8")
{
    CHECK(rc::check([] {
        const auto octets = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        const auto label = *rc::gen::elementOf(std::vector<std::string>{
            "", "utf-8", "utf-7", "utf-16", "iso-2022-jp", "gb18030", "hz-gb-2312", "scsu", "x"});
        RC_ASSERT(is_utf8(to_utf8(octets, label)));
        RC_ASSERT(is_utf8(repaired_utf8(octets)));
        RC_ASSERT(is_utf8(cut_utf8(repaired_utf8(octets), octets.size() / 2)));
    }));
    const std::string mail = "Content-Type: text/plain; charset=iso-8859-15\r\nContent-Transfer-Encoding: "
                             "quoted-printable\r\n\r\n=A4 5\r\nx\rend\r\n";
    CHECK(text(parse(mail).root, mail) == "€ 5\nx\rend\n");
    CHECK(decoded(parse(mail).root, mail) == "\xA4 5\r\nx\rend\r\n");
}

TEST_CASE("labels that are wrong, unknown or missing are survived, and noted")
{
    struct Row {
        std::string label, octets, text;
        Defects defects;
    };

    const std::vector<Row> rows = {
        {"utf-8",
            "Gr\xFC\xDF"
            "e aus K\xF6ln",
            "Grüße aus Köln", {Defect::undecodable_text}},
        {"utf-8",
            "gr\xC3\xBC\xC3\x9F"
            "e \xFF",
            "grüße \uFFFD", {Defect::undecodable_text}},
        {"utf-8", "cut off \xE2\x82", "cut off \uFFFD", {Defect::undecodable_text}},
        {"us-ascii", "sch\xC3\xB6n", "schön", {}},
        {"us-ascii", "sch\xF6n", "schön", {Defect::undecodable_text}},
        {"", "sch\xF6n", "schön", {Defect::undecodable_text}},
        {"", "\x1b$B$3$s$K$A$O\x1b(B", "こんにちは", {}},
        {"x-no-such-charset", "sch\xF6n", "schön", {Defect::unknown_charset}},
        {"utf-8,swaplfnl", "plain", "plain", {Defect::unknown_charset}},
        {std::string(100'000, 'x'), "plain", "plain", {Defect::unknown_charset}},
        {"iso-2022-jp", "\x1b$Bgarbage\xFF", "", {Defect::undecodable_text}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.octets);
        Defects found;
        const auto text = to_utf8(row.octets, row.label, &found);
        if (!row.text.empty()) CHECK(text == row.text);
        CHECK(found == row.defects);
    }
}

TEST_CASE("what is wrong with a part's content is noted when it is decoded")
{
    const auto defects_of = [](const std::string& mail) {
        Defects found;
        (void)text(parse(mail).root, mail, &found);
        return found;
    };
    const std::string base64 = "Content-Transfer-Encoding: base64\r\n\r\n",
                      quoted = "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
    CHECK(defects_of(base64 + "aGVs\r\nbG8=\r\n").empty());
    CHECK(defects_of(base64 + "aGV*sbG8=") == Defects{Defect::bad_base64});
    CHECK(defects_of(base64 + "aGVsb") == Defects{Defect::bad_base64});
    CHECK(defects_of(quoted + "a=20b=\r\nc").empty());
    CHECK(defects_of(quoted + "a=XX") == Defects{Defect::bad_quoted_printable});
    CHECK(name_of(Defect::unknown_transfer_encoding) == "unknown-transfer-encoding");
    CHECK(name_of(Defect::no_header) == "no-header");
}
