// fold_test: text as it is compared, searched and previewed; HTML as text.
#include "mime/fold.h"
#include "mime/utf8.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

using namespace mime;

TEST_CASE("folding ignores case, composition and the kind of white space")
{
    CHECK(fold("Hello  World\r\n") == "hello world ");
    CHECK(fold("") == "");
    CHECK(fold("STRASSE") == fold("straße"));
    CHECK(fold("Ärger") == fold("A\xCC\x88rger"));
    CHECK(fold("ÄRGER") == "ärger");
    CHECK(fold("Ελλάς") == fold("ΕΛΛΆΣ"));
    CHECK(fold("ПРИВЕТ мир") == "привет мир");
    CHECK(fold("a\xC2\xA0 \xE3\x80\x80z") == "a z");
    CHECK(fold(std::string("a\0b", 3)) == "a b");
    CHECK(fold("x ä") == "x ä");
    CHECK(fold("ä x  Y ö") == "ä x y ö");
    CHECK(fold("İ") == fold("i\xCC\x87"));
    CHECK(fold("日本語 テスト") == "日本語 テスト");
}

TEST_CASE("folding is idempotent for every character and for any text")
{
    for (char32_t code = 0; code <= 0x10FFFF; ++code) {
        if (code >= 0xD800 && code < 0xE000) continue;
        if (code > 0x2FFFF && code < 0xE0000) continue;  // unassigned planes
        std::string text = "a";
        append_utf8(text, code);
        text += "\xCD\x85";  // U+0345, which folds to a letter and reorders
        const std::string once = fold(text);
        REQUIRE_MESSAGE(fold(once) == once, static_cast<unsigned>(code));
    }
    CHECK(rc::check([] {
        std::string text;
        for (const auto code :
            *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 0x700)))
            append_utf8(text, code);
        const std::string once = fold(text);
        RC_ASSERT(fold(once) == once);
        RC_ASSERT(is_utf8(once));
    }));
}

TEST_CASE("folding agrees with ICU for every character, alone and among others")
{
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2& nfc = *icu::Normalizer2::getNFCInstance(status);
    const icu::Normalizer2& nfd = *icu::Normalizer2::getNFDInstance(status);
    const auto by_icu = [&](const std::string& utf8) {
        icu::UnicodeString text = nfd.normalize(icu::UnicodeString::fromUTF8(utf8), status);
        text = nfc.normalize(text.foldCase(), status);
        std::string out;
        text.toUTF8String(out);
        return out;
    };
    for (char32_t code = 0x80; code <= 0x2FFFF; ++code) {
        if (code >= 0xD800 && code < 0xE000) continue;
        std::string character;
        append_utf8(character, code);
        if (fold(character) == " ") continue;  // white space
        for (const char* around : {"", "A", "ä\xCC\x83", "\xCC\x81", "\xE1\x84\x80", "\xCD\x85"}) {
            const std::string text = around + character + around;
            REQUIRE_MESSAGE(fold(text) == by_icu(text), static_cast<unsigned>(code), " around ", around);
        }
    }
}

TEST_CASE("a part of a text is found in the text after folding")
{
    CHECK(fold("Die Straße nach ÄGYPTEN ist lang").find(fold("strasse Nach ägypten")) != std::string::npos);
    CHECK(fold("Zeile eins\r\nZeile zwei").find(fold("EINS ZEILE")) != std::string::npos);
}

TEST_CASE("HTML becomes readable text")
{
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"", ""},
        {"plain", "plain\n"},
        {"<p>One</p><p>Two<br>lines</p>", "One\n\nTwo\nlines\n"},
        {"a  b\r\n c", "a b c\n"},
        {"<ul><li>x</li><li>y</ul>z", "- x\n- y\n\nz\n"},
        {"see <a href=\"https://x.y/z?a=1&amp;b=2\">here</a>!", "see here <https://x.y/z?a=1&b=2>!\n"},
        {"<a href='https://x.y'>https://x.y</a>", "https://x.y\n"},
        {"<a href=mailto:a@b>write</a>", "write <a@b>\n"},
        {"<a href=\"javascript:alert(1)\">x</a>", "x\n"},
        {"<a href=\"https://x.y\"><img alt=Logo src=y></a>", "Logo <https://x.y>\n"},
        {"<script>var a = '<p>no</p>';</script>yes<style>p{}</style>", "yes\n"},
        {"<title>no</title><!-- no --><body>yes", "yes\n"},
        {"&lt;b&gt; &amp; &quot;&eacute;&#233;&#xE9;&nbsp;&euro;&bogus; &copy 2026 &#128;",
            "<b> & \"ééé\xC2\xA0€&bogus; © 2026 €\n"},
        {"1 < 2 & 3", "1 < 2 & 3\n"},
        {"<pre>a\n  b</pre>c", "a\n  b\nc\n"},
        {"<table><tr><td>a<td>b</tr><tr><td>c</table>", "a b\nc\n"},
        {"<b>bo</b>ld", "bold\n"},
        {"<p", ""},
        {"x<script>never closed", "x\n"},
        {"x<a href=\"never closed", "x\n"},
        {"<div>a</div>\n<div>b</div>", "a\nb\n"},
    };
    for (const auto& [html, expected] : rows) {
        CAPTURE(html);
        CHECK(html_to_text(html) == expected);
    }
    std::string deep;
    for (int i = 0; i < 300000; ++i) deep += "<div><a href=\"http://x\">";
    CHECK(html_to_text(deep + "end").find("end") != std::string::npos);
}

TEST_CASE("search text holds decoded headers, all readable text and file names")
{
    const std::string mail = "From: =?utf-8?q?J=C3=B6rg?= <j@x.y>\r\nTo: A@b, c@d\r\nTo: e@f\r\nSubject: "
                             "=?utf-8?q?GR=C3=9CSSE?=\r\nX-Other: Thing\r\n"
                             "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
                             "--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
                             "--a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
                             "base64\r\n\r\n"
                             "PiBxdW90ZWQKSGVsbG8gICB3w7ZybGQKCnNlY29uZA==\r\n"
                             "--a\r\nContent-Type: text/html\r\n\r\n<p>Hello HTML<b>ONLY</b></p>\r\n--a--\r\n"
                             "--m\r\nContent-Type: application/pdf; "
                             "name=\"Pl\xC3\xA4ne.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nSGlkZGVu\r\n"
                             "--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: Enclosed\r\n\r\nInner "
                             "Text\r\n--m--\r\n";
    const SearchText found = search_text(parse(mail), mail);
    CHECK(found.headers == "\x01grüsse\x01jörg <j@x.y>\x01"
                           "a@b, c@d e@f\x01\x01\x01\x01");
    const auto has = [&](std::string_view text) { return found.text.find(text) != std::string::npos; };
    const auto body_has = [&](std::string_view text) {
        return found.text.find(text, found.body_at) != std::string::npos;
    };
    CHECK(has("x-other: thing"));
    CHECK_FALSE(body_has("x-other: thing"));
    CHECK(body_has("hello wörld"));
    CHECK(body_has("> quoted"));
    CHECK(body_has("hello htmlonly"));
    CHECK(body_has("pläne.pdf"));
    CHECK_FALSE(has("hidden"));
    CHECK(body_has("subject: enclosed"));
    CHECK(body_has("inner text"));
    CHECK(found.preview == "Hello wörld second");
}

TEST_CASE("an HTML-only mail is found by its words and previewed without markup")
{
    const std::string mail = "Subject: x\r\nContent-Type: text/html; "
                             "charset=utf-8\r\n\r\n<style>p{}</style><p>Liebe <b>Gr</b>üße</p>\r\n";
    const SearchText found = search_text(parse(mail), mail);
    CHECK(found.text.find(fold("liebe GRÜSSE"), found.body_at) != std::string::npos);
    CHECK(found.preview == "Liebe Grüße");
    const std::string empty_plain = "Content-Type: multipart/alternative; boundary=a\n\n--a\n\n\n--a\nContent-Type: "
                                    "text/html\n\n<p>only here\n--a--\n";
    CHECK(search_text(parse(empty_plain), empty_plain).text.find("only here") != std::string::npos);
}

TEST_CASE("HTML that repeats the text/plain beside it is searched once and gives no preview")
{
    const std::string mail = "Content-Type: multipart/alternative; boundary=a\r\n\r\n"
                             "--a\r\nContent-Type: text/html\r\n\r\n<p>Same  words</p>\r\n"
                             "--a\r\n\r\nSame words\r\n"
                             "--a\r\nContent-Type: text/html\r\n\r\n<p>Same\r\n<i>words</i></p>\r\n--a--\r\n";
    const SearchText found = search_text(parse(mail), mail);
    const auto body = found.text.substr(found.body_at);
    std::size_t times = 0;
    for (auto at = body.find("same words"); at != std::string::npos; at = body.find("same words", at + 1)) ++times;
    CHECK(times == 2);
    CHECK(found.preview == "Same words");
}

TEST_CASE("ids of fields that stand more than once are kept beside the subject")
{
    const std::string mail = "Message-Id: <One@x.y>\r\nMessage-ID: <two@x.y>\r\nIn-Reply-To: <p@x.y>\r\n\r\n";
    CHECK(search_text(parse(mail), mail).headers == "\x01\x01\x01\x01\x01\x01<one@x.y> <two@x.y> \x01");
}

TEST_CASE("search text and preview keep within their limits")
{
    std::string mail = "Subject: x\r\n\r\n";
    for (int i = 0; i < 20000; ++i) mail += "wörd ";
    const SearchText found = search_text(parse(mail), mail, 1000);
    CHECK(found.text.size() <= 1001);
    CHECK(found.text.size() >= 990);
    CHECK(is_utf8(found.text));
    CHECK(found.preview.size() == 240);  // 200 characters, 40 of them of two octets
    CHECK(search_text(parse(mail), mail, 0).text.empty());
    const std::string none = "\r\n";
    CHECK(search_text(parse(none), none).preview.empty());
}
