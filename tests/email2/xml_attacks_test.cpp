// xml_attacks_test: documents that mean harm, or are merely wrong, and what is said about them.
#include "email2/limits.h"
#include "email2/xml.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using namespace email2;

namespace {

const std::string start_tag = R"(<message xmlns="urn:email2:1">)";

std::string with_body(const std::string& before, const std::string& text = "x")
{
    return start_tag + before + R"(<body><part type="text/plain">)" + text + "</part></body></message>";
}

Error error_of(const std::string& xml)
{
    const auto result = read_publication(xml);
    REQUIRE_FALSE(result);
    return result.error();
}

void refuses(const std::string& xml, Code code, const std::string& path)
{
    CAPTURE(xml.substr(0, 300));
    const auto error = error_of(xml);
    CHECK(error.code == code);
    CHECK(error.path == path);
    CHECK_FALSE(error.text.empty());
}

std::string repeat(const std::string& text, std::size_t times)
{
    std::string result;
    result.reserve(text.size() * times);
    while (times-- > 0) result += text;
    return result;
}

}  // namespace

TEST_CASE("a DOCTYPE is refused before anything in it is read")
{
    refuses("<!DOCTYPE message>" + with_body(""), Code::invalid, "/");
    refuses(R"(<!DOCTYPE message SYSTEM "file:///etc/passwd">)" + with_body(""), Code::invalid, "/");
    refuses(R"(<!DOCTYPE m [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]>)" + with_body("", "&x;"), Code::invalid, "/");
    CHECK(error_of("<!DOCTYPE message>" + with_body("")).text.find("document type") != std::string::npos);
}

TEST_CASE("a billion laughs are cut short")
{
    std::string bomb = R"(<!DOCTYPE m [<!ENTITY a "ha">)";
    for (char c = 'b'; c < 'z'; ++c)
        bomb += std::string("<!ENTITY ") + c + " \"" + repeat(std::string("&") + static_cast<char>(c - 1) + ";", 10) +
                "\">";
    const auto start = std::chrono::steady_clock::now();
    refuses(bomb + "]>" + with_body("", "&y;"), Code::invalid, "/");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
}

TEST_CASE("undeclared entities are refused, the five of XML are read")
{
    refuses(with_body("", "&nbsp;"), Code::invalid, "/message/body/part");
    const auto fine = read_publication(with_body("", "&lt;&gt;&amp;&quot;&apos;&#x20AC;"));
    REQUIRE(fine);
    CHECK(fine->content.body.text == "<>&\"'\xE2\x82\xAC");
}

TEST_CASE("depth is limited")
{
    const auto nested = [](std::size_t levels) {
        return start_tag + "<body>" + repeat(R"(<part type="multipart/mixed">)", levels) +
               R"(<part type="text/plain">x</part>)" + repeat("</part>", levels) + "</body></message>";
    };
    CHECK(read_publication(nested(limits::depth - 3)));
    CHECK(error_of(nested(limits::depth - 2)).text.find("too deep") != std::string::npos);
    CHECK(error_of(nested(100'000)).code == Code::invalid);
    CHECK(error_of(start_tag + repeat("<x:a xmlns:x='urn:x'>", 100'000)).code == Code::invalid);
}

TEST_CASE("bytes, texts, attributes and elements are limited")
{
    CHECK(read_publication(with_body("", std::string(limits::text, 'x'))));
    CHECK(error_of(with_body("", std::string(limits::text + 1, 'x'))).code == Code::too_large);
    CHECK(error_of(std::string(limits::document + 1, ' ')).code == Code::too_large);
    const std::string long_name(limits::attribute + 1, 'x');
    CHECK(error_of(with_body("<to><entry address='a@b' name='" + long_name + "'/></to>")).code == Code::too_large);
    const auto many = repeat("<entry/>", limits::elements);
    CHECK(error_of(with_body("<to>" + many + "</to>")).code == Code::too_large);
}

TEST_CASE("what is not XML, or not in UTF-8, is refused")
{
    for (const auto& xml : {std::string{}, std::string{" "}, std::string{"hello"}, start_tag, std::string{"<message/>"},
             with_body("") + "<a/>",
             with_body("", "a\x01"
                           "b"),
             with_body("", "a&#1;b"), with_body("", std::string("a\0b", 3)),
             with_body("", "a\xFF"
                           "b"),
             with_body("", "\xED\xA0\x80"), "<?xml version='1.0' encoding='ISO-8859-1'?>" + with_body(""),
             "<?xml version='1.0' encoding='UTF-7'?>" + with_body(""), std::string("\xFF\xFE<\0a\0/\0>\0", 10),
             std::string("<\0a\0/\0>\0", 8), std::string("\x4C\x6F\xA7\x94"), with_body("<a b='1' b='2'/>"),
             with_body("<x:a/>"), std::string{R"(<message xmlns="urn:email2:2"/>)"}}) {
        CAPTURE(xml);
        CHECK(error_of(xml).code == Code::invalid);
    }
    CHECK(read_publication("\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?>" + with_body("")));
}

TEST_CASE("an error names the offending element or attribute")
{
    const std::string good = "<entry address='a@b.test'/>";
    refuses(
        with_body("<to>" + good + "<entry address='nobody'/></to>"), Code::invalid, "/message/to/entry[2]/@address");
    refuses(
        with_body("<to>" + good + "<entry address='a@B.test'/></to>"), Code::invalid, "/message/to/entry[2]/@address");
    refuses(with_body("<to>" + good + "<entry/></to>"), Code::invalid, "/message/to/entry[2]/@address");
    refuses(with_body("<to><entry address='a@b' role='boss'/></to>"), Code::invalid, "/message/to/entry/@role");
    refuses(with_body("<to><entry address='a@b' rank='1'/></to>"), Code::invalid, "/message/to/entry/@rank");
    refuses(
        with_body("<to><entry address='a@b' membership='left'/></to>"), Code::invalid, "/message/to/entry/@membership");
    refuses(with_body("<to><person/></to>"), Code::invalid, "/message/to/person");
    refuses(with_body("<to>text</to>"), Code::invalid, "/message/to");
    refuses(with_body("<to/><to/>"), Code::invalid, "/message/to[2]");
    refuses(with_body("<subject/><to/>"), Code::invalid, "/message/subject");
    refuses(with_body("<subject>a<b/></subject>"), Code::invalid, "/message/subject/b");
    refuses(with_body("<parent ref='x'/>"), Code::invalid, "/message/parent/@ref");
    refuses(with_body("<parent ref='mid:a'/><parent ref='mid:a'/>"), Code::invalid, "/message/parent[2]/@ref");
    refuses(with_body("<to inherit='true'/>"), Code::invalid, "/message/to/@inherit");
    refuses(with_body("<unknown/>"), Code::invalid, "/message/unknown");
    refuses(with_body("<none xmlns=''/>"), Code::invalid, "/message/none");
    refuses(start_tag + "</message>", Code::invalid, "/message");
    refuses(start_tag + "<body><part type='Text/Plain'/></body></message>", Code::invalid, "/message/body/part/@type");
    refuses(start_tag + "<body><part type='image/png'/></body></message>", Code::invalid, "/message/body/part/@sha256");
    refuses(start_tag + "<body><part type='multipart/mixed'/></body></message>", Code::invalid, "/message/body/part");
    refuses(start_tag + "<body><part type='a/b' size='1' sha256='XYZ'/></body></message>", Code::invalid,
        "/message/body/part/@sha256");
    refuses(start_tag + "<body><part type='a/b' size='99999999999999999999' sha256='" + std::string(64, 'a') +
                "'/></body></message>",
        Code::invalid, "/message/body/part/@size");
    refuses("<to xmlns='urn:email2:1'/>", Code::invalid, "/to");
}

TEST_CASE("an id that stands there twice is refused where it is the second time")
{
    refuses(R"(<message xmlns="urn:email2:1" id="a" id="b"><body><part type="text/plain">x</part></body></message>)",
        Code::invalid, "/");  // not well-formed: where the element stands
    refuses(with_body("<parent ref='mid:a' ref='mid:b'/>"), Code::invalid, "/message");
    refuses(with_body("<parent ref='mid:a'/><parent ref='mid:b'/><parent ref='mid:a'/>"), Code::invalid,
        "/message/parent[3]/@ref");
    refuses(with_body("<to><entry address='a@b'/><entry address='c@b'/><entry address='a@b'/></to>"), Code::invalid,
        "/message/to/entry[3]/@address");
    // xml:id is nothing that we know, once or twice.
    refuses(with_body("<subject xml:id='a'>s</subject>"), Code::invalid, "/message/subject/@id");
    refuses(with_body("<x:a xmlns:x='urn:x' xml:id='a'/><x:a xmlns:x='urn:x' xml:id='a'/>"), Code::invalid,
        "/message/a[2]");
}

TEST_CASE("what is not well-formed is named by the element in which it stands")
{
    const std::string in_text = "/message/body/part";
    refuses(with_body("", "a\x01"
                          "b"),
        Code::invalid, in_text);
    refuses(with_body("", "a&#1;b"), Code::invalid, in_text);
    refuses(with_body("", "a\xFF"
                          "b"),
        Code::invalid, in_text);
    refuses(with_body("", std::string("a\0b", 3)), Code::invalid, in_text);
    refuses(with_body("", "\xED\xA0\x80"), Code::invalid, in_text);
    refuses(with_body("<to><entry address='a@b.test' address='c@d.test'/></to>"), Code::invalid, "/message/to");
    refuses(with_body("<to><entry address='a@b.test'></to>"), Code::invalid, "/message/to/entry");
    refuses(with_body("", std::string(limits::text + 1, 'x')), Code::too_large, in_text);
    refuses("<?xml version='1.0' encoding='UTF-16'?>" + with_body(""), Code::invalid, "/");
}

TEST_CASE("a document that is cut off, or whose octets are changed, anywhere, is refused or read, and no more")
{
    const auto whole = with_body("<to><entry address='a@b.test' name='\xC3\xA4'/></to><subject>S</subject>");
    for (std::size_t at = 0; at < whole.size(); ++at) {
        CHECK_FALSE(read_publication(whole.substr(0, at)));
        for (const char other : {'\0', '<', '\xFF', '&'}) {
            auto changed = whole;
            changed[at] = other;
            if (const auto read = read_publication(changed)) CHECK(validate(write(*read)));
            else CHECK_FALSE(read.error().path.empty());
        }
    }
}

TEST_CASE("changes and filings that contradict themselves are refused")
{
    const std::string change = "<change xmlns='urn:email2:1'>";
    CHECK(read_change(change + "<detach/><inherit/></change>").error().path == "/change");
    CHECK(read_change(change + "<add address='a@b'/><remove address='a@B'/></change>").error().path ==
          "/change/remove/@address");
    CHECK(read_change(change + "<add address=''/></change>").error().path == "/change/add/@address");
    const std::string filing = "<reference xmlns='urn:email2:1'>";
    CHECK(read_filing(filing + "<flag add='a' remove='b'/></reference>").error().path == "/reference/flag");
    CHECK(read_filing(filing + "<flag/></reference>").error().path == "/reference/flag");
    CHECK(read_filing("<reference xmlns='urn:email2:1' folder=''/>").error().path == "/reference/@folder");
    CHECK(read_folder("<folder xmlns='urn:email2:1' name=''/>").error().path == "/folder/@name");
}

TEST_CASE("foreign elements stand by themselves, whatever they are put into")
{
    const auto request =
        read_publication(with_body("<x:a xmlns:x='urn:x' xmlns:y='urn:y' y:b='&lt;1&#10;'>t<y:c/><d/><e "
                                   "xmlns=''>&amp;</e><![CDATA[<]]></x:a>"
                                   "<f xmlns='urn:f' xml:lang='en'><g/></f>"));
    REQUIRE_MESSAGE(request, request.error().text);
    REQUIRE(request->foreign.size() == 2);
    CHECK(
        request->foreign[0] ==
        R"(<x:a xmlns:x="urn:x" xmlns:y="urn:y" y:b="&lt;1&#10;">t<y:c/><d xmlns="urn:email2:1"/><e xmlns="">&amp;</e>&lt;</x:a>)");
    CHECK(request->foreign[1] == R"(<f xmlns="urn:f" xml:lang="en"><g/></f>)");
    const auto again = read_publication(write(*request));
    REQUIRE(again);
    CHECK(again->foreign == request->foreign);
    const auto large = "<x:a xmlns:x='urn:x'>" + std::string(limits::foreign, 'x') + "</x:a>";
    refuses(with_body(large), Code::invalid, "/message/a");
}

TEST_CASE("the schema is shared by threads")
{
    std::vector<std::thread> threads;
    std::atomic<int> valid = 0;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 200; ++n)
                if (validate(with_body("")) && !validate(with_body("<z/>"))) ++valid;
        });
    for (auto& thread : threads) thread.join();
    CHECK(valid == 800);
}
