// names: modified UTF-7, patterns, base64, sequence sets, response strings.
#include "imap/mailbox_name.h"
#include "imap/response/fetch.h"
#include "imap/sequence_set.h"
#include "imap/text.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace imap;

TEST_CASE("modified UTF-7 as in RFC 3501 5.1.3")
{
    CHECK(decode_mailbox("~peter/mail/&U,BTFw-/&ZeVnLIqe-") ==
          "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
    CHECK(encode_mailbox("~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e") ==
          "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
    CHECK(decode_mailbox("a&-b") == "a&b");
    CHECK(encode_mailbox("\xf0\x9f\x98\x80") == "&2D3eAA-");
    CHECK(decode_mailbox("&2D3eAA-") == "\xf0\x9f\x98\x80");
    CHECK(decode_mailbox("caf\xc3\xa9") == "caf\xc3\xa9");
    for (const auto* wrong : {"&", "&AO", "&A-", "&2D0-", "&3gA-", "\xff", "\xc0\x80"})
        CHECK_FALSE(decode_mailbox(wrong).has_value());
}

TEST_CASE("every name survives the wire")
{
    rc::check("decode undoes encode", [](const std::vector<std::uint16_t>& units) {
        std::string name;
        for (const auto unit : units) {  // any character of the first plane that is none of UTF-16's own
            if (unit >= 0xd800 && unit < 0xe000) continue;
            if (unit < 0x80) {
                name += static_cast<char>(unit);
            } else if (unit < 0x800) {
                name += {static_cast<char>(0xc0 | (unit >> 6)), static_cast<char>(0x80 | (unit & 63))};
            } else {
                name += {static_cast<char>(0xe0 | (unit >> 12)), static_cast<char>(0x80 | ((unit >> 6) & 63)),
                    static_cast<char>(0x80 | (unit & 63))};
            }
        }
        RC_ASSERT(decode_mailbox(encode_mailbox(name)) == name);
    });
}

TEST_CASE("patterns know both wildcards, and INBOX in any case")
{
    CHECK(matches_pattern("a/b/c", "*"));
    CHECK_FALSE(matches_pattern("a/b", "%"));
    CHECK(matches_pattern("a/b", "%/%"));
    CHECK(matches_pattern("a/b/c", "a*c"));
    CHECK_FALSE(matches_pattern("a/b/c", "a%c"));
    CHECK(matches_pattern("INBOX", "iNb%"));
    CHECK(matches_pattern("INBOX/x", "inbox/%"));
    CHECK_FALSE(matches_pattern("Sent", "sent"));
    CHECK(matches_pattern(std::string(900, 'a'), std::string(400, '*') + "a" + std::string(400, '%')));
}

TEST_CASE("names that no mailbox can have")
{
    CHECK(valid_mailbox("a/b c/\xc3\xa9"));
    for (const auto* name : {"", "/a", "a/", "a//b", "a\tb", "\xff"}) CHECK_FALSE(valid_mailbox(name));
    CHECK_FALSE(valid_mailbox(std::string(2000, 'a')));
}

TEST_CASE("sets name places in the view")
{
    const std::vector<MessageState> view{{3}, {5}, {9}};
    const auto at = [&](std::vector<SequenceSet::Range> ranges, Numbers numbers) {
        return positions({std::move(ranges)}, numbers, view);
    };
    using Places = std::vector<Position>;
    CHECK(at({{1, star}}, Numbers::sequence) == Places{0, 1, 2});
    CHECK(at({{3, 2}, {2, 2}}, Numbers::sequence) == Places{1, 2});
    CHECK(at({{4, 4}}, Numbers::sequence) == std::nullopt);
    CHECK(at({{4, 9}}, Numbers::uid) == Places{1, 2});
    CHECK(at({{100, star}}, Numbers::uid) == Places{2});
    CHECK(at({{star, star}}, Numbers::uid) == Places{2});
    CHECK(at({{1, 2}, {6, 8}}, Numbers::uid) == Places{});
    CHECK(positions({{{1, star}}}, Numbers::uid, {}) == Places{});
    CHECK(positions({{{1, star}}}, Numbers::sequence, {}) == std::nullopt);
}

TEST_CASE("sets are written in runs, in their order")
{
    CHECK(encode_set(std::vector<std::uint32_t>{1, 2, 3, 7}) == "1:3,7");
    CHECK(encode_set(std::vector<std::uint32_t>{9, 3, 4}) == "9,3:4");
    CHECK(encode_set({}) == "");
}

TEST_CASE("strings of responses are legal whatever is in them")
{
    const auto astring = [](std::string_view text) {
        std::string out;
        put_astring(out, text);
        return out;
    };
    CHECK(astring("INBOX") == "INBOX");
    CHECK(astring("") == "\"\"");
    CHECK(astring("nil") == "\"nil\"");
    CHECK(astring("a \"b\\") == "\"a \\\"b\\\\\"");
    CHECK(astring("a\r\nb") == "{4}\r\na\r\nb");
    std::string date;
    response::put_date_time(date, std::chrono::sys_days{std::chrono::year{2024} / 2 / 3} + std::chrono::seconds{14706});
    CHECK(date == "\" 3-Feb-2024 04:05:06 +0000\"");
}
