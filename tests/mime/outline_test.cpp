// outline_test: the packed part tree.
#include "mime/outline.h"
#include "tests/mime/support.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mime;

namespace {

Outline any_outline(int depth)
{
    const auto any = rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 100000), rc::gen::arbitrary<std::uint64_t>());
    Outline outline{{*any, *any}, {*any, *any}, *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>(), {}};
    const int count = depth > 0 ? *rc::gen::inRange(0, 4) : 0;
    for (int i = 0; i < count; ++i) outline.parts.push_back(any_outline(depth - 1));
    return outline;
}

}  // namespace

TEST_CASE("an outline mirrors the message and packs into a few octets a part")
{
    std::string mail = "Content-Type: multipart/mixed; boundary=x\r\n\r\n";
    for (int i = 0; i < 10; ++i) mail += "--x\r\nContent-Type: text/plain\r\n\r\n" + std::string(300, 'a') + "\r\n";
    mail += "--x\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\nc\r\n--x--\r\n";
    const Message message = parse(mail);
    const Outline made = outline(message);
    CHECK(made.multipart);
    CHECK_FALSE(made.message);
    REQUIRE(made.parts.size() == 11);
    CHECK(made.parts[3].body == message.root.parts[3].body);
    CHECK(made.parts[10].message);
    CHECK(made.parts[10].parts.at(0).header.of(mail) == "A: b\r\n\r\n");
    const std::string packed = pack(made);
    CHECK(packed.size() <= 12 * 8);
    CHECK(unpack(packed) == made);
}

TEST_CASE("unpacking undoes packing for any outline")
{
    CHECK(rc::check([] {
        const Outline outline = any_outline(3);
        RC_ASSERT(unpack(pack(outline)) == outline);
    }));
}

TEST_CASE("what is no packed outline is refused")
{
    CHECK_FALSE(unpack(""));
    CHECK_FALSE(unpack("x"));
    const std::string packed = pack(outline(parse("A: b\r\n\r\nc")));
    for (std::size_t i = 0; i < packed.size(); ++i) CHECK_FALSE(unpack(std::string_view(packed).substr(0, i)));
    CHECK_FALSE(unpack(packed + "x"));
    std::string deep(1, '\x01');
    for (int i = 0; i < 100000; ++i) deep += std::string("\x08\x00\x00\x00\x01", 5);
    CHECK_FALSE(unpack(deep));
    CHECK(rc::check([] { (void)unpack("\x01" + *rc::gen::container<std::string>(rc::gen::arbitrary<char>())); }));
}
