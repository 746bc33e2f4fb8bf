// content_test: what a mail's document names can be fetched, however deep it lies in the mail, and
// what was wrong is told.
#include "../../mime/tnef_writer.h"
#include "village.h"

using namespace test;

namespace {

const email2::Part* find(const email2::Part& part, const std::string& name)
{
    if (part.name == name) return &part;
    for (const auto& each : part.parts)
        if (const auto* found = find(each, name)) return found;
    return nullptr;
}

}  // namespace

TEST_CASE("files in an enclosed message and in a winmail.dat can be fetched as blobs, and defects "
          "are told")
{
    using mime_test::TnefWriter;
    Village v;
    auto letter = v.letter("dora@legacy.test", "m@x", {to("alice@one.test")});
    const auto packed = TnefWriter()
                            .attribute(2, 0x9002, "")
                            .attribute(2, 0x8010, "deep.txt")
                            .attribute(2, 0x800F, "packed by Outlook")
                            .octets();
    REQUIRE(packed.find_first_of("\r\n") == std::string::npos);
    letter.bytes = mime::Spool();
    letter.bytes.append("From: dora@legacy.test\r\nMessage-ID: <m@x>\r\nContent-Type: multipart/mixed; "
                        "boundary=b\r\n\r\n"
                        "--b\r\nContent-Type: text/plain; charset=klingon-8\r\n\r\nq\xE4"
                        "pla\r\n"
                        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: image/png; "
                        "name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n"
                        "--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: "
                        "binary\r\n\r\n" +
                        packed + "\r\n--b--\r\n");
    const auto published = v.publish(std::move(letter));
    const auto message = v.verbs.get("alice@one.test", published.name, std::nullopt);
    REQUIRE(message);
    REQUIRE(message->origin);
    CHECK(message->origin->defects == std::vector<std::string>{"nul", "unknown-charset"});
    for (const auto& [name, octets] :
        {std::pair<std::string, std::string>{"a.png", std::string("\0\1\2", 3)}, {"deep.txt", "packed by Outlook"}}) {
        const auto* part = find(message->content.body, name);
        REQUIRE_MESSAGE(part != nullptr, name);
        const auto blob = v.verbs.get_blob("alice@one.test", part->sha256, 0, 1'000);
        REQUIRE_MESSAGE(blob, name);
        CHECK(blob->octets == octets);
        CHECK_FALSE(v.verbs.get_blob("bob@one.test", part->sha256, 0, 1'000));
    }
}
