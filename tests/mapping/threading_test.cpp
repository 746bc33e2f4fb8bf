// threading_test: Outlook's conversation fields, mailing lists in To, languages. mapping.md "Mail out".

#include "gateway/mapping/language.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/thread_index.h"
#include "mime/transfer_encoding.h"
#include "samples.h"

#include <doctest/doctest.h>

using namespace gateway::mapping;

namespace {

std::string octets(const std::string& index)
{
    return mime::decode_base64(index);
}

std::string field(const std::string& bytes, const char* name)
{
    return mime::text_of(mime::parse(bytes).root, bytes, name);
}

const email2::Name root{"0192ee00-0000-7000-8000-000000000001", "one.test"},
    answer{"0192ee10-1111-7000-8000-000000000002", "one.test"};

}  // namespace

TEST_CASE("a conversation's index begins with its time and guid, and grows by five octets an answer")
{
    const auto first = thread_index(root);
    CHECK(octets(first).size() == 22);
    CHECK(octets(first)[0] == 1);
    CHECK(
        octets(first).substr(6) == std::string("\x01\x92\xee\x00\x00\x00\x70\x00\x80\x00\x00\x00\x00\x00\x00\x01", 16));
    const auto second = thread_index(first, answer);
    CHECK(octets(second).size() == 27);
    CHECK(octets(second).starts_with(octets(first)));
    CHECK(octets(second)[22] >= 0);  // less than 1.7 years later
    CHECK(second == thread_index(first, answer));
    CHECK(octets(thread_index(second, root)).size() == 32);
}

TEST_CASE("the time in an index is that of the guid")
{
    // 0x0192f0c17a3b ms = 2024-11-03; FILETIME of it, its upper 48 bits.
    const auto index = octets(thread_index(samples::minutes));
    std::uint64_t filetime = 0;
    for (int i = 0; i < 6; ++i)
        filetime = filetime << 8 | static_cast<unsigned char>(index[static_cast<std::size_t>(i)]);
    const auto milliseconds = (filetime << 16) / 10'000 - 11'644'473'600'000ULL;
    CHECK(milliseconds <= 0x0192f0c17a3bULL);
    CHECK(0x0192f0c17a3bULL - milliseconds < 7);  // what the lower 16 bits held
}

TEST_CASE("an answer to what has no index, or a broken one, has none either")
{
    CHECK(thread_index("", answer) == "");
    CHECK(thread_index("AQ==", answer) == "");
    CHECK(thread_index("no base64!", answer) == "");
    CHECK(thread_index(std::string(5000, 'A'), answer) == "");
}

TEST_CASE("the topic is the subject without marks of answering")
{
    CHECK(thread_topic("Re: AW: re:  Minutes: part") == "Minutes: part");
    CHECK(thread_topic("Fwd:") == "");
    CHECK(thread_topic("Review") == "Review");
}

TEST_CASE("a rendition begins a conversation, or goes on with its parent's")
{
    auto rendering = samples::rendering({.subject = "Re: Minutes", .body = samples::text_part("x")});
    auto bytes = render(rendering, {}, samples::blob);
    CHECK(field(bytes, "thread-index") == thread_index(samples::minutes));
    CHECK(field(bytes, "thread-topic") == "Minutes");
    rendering.parent_message_ids = {"p@x.test"};
    CHECK(field(render(rendering, {}, samples::blob), "thread-index") == "");
    rendering.parent_thread_index = thread_index(root);
    bytes = render(rendering, {}, samples::blob);
    CHECK(field(bytes, "thread-index") == thread_index(thread_index(root), samples::minutes));
    const auto parsed = mime::parse(bytes);
    CHECK(read_facts(parsed, bytes).thread_index == field(bytes, "thread-index"));
}

TEST_CASE("a post to a mailing list shows its alias, and never a subscriber")
{
    auto rendering = samples::rendering({.subject = "News", .body = samples::text_part("x")});
    rendering.mailing_list = email2::Person{.address = "announce@one.test", .name = "Announcements"};
    const auto bytes = render(rendering, {}, samples::blob);
    CHECK(field(bytes, "to") == "Announcements <announce@one.test>");
    CHECK(field(bytes, "cc") == "");
    CHECK(bytes.find("bob@one.test") == std::string::npos);
    CHECK(shown(rendering, {}).empty());
}

TEST_CASE("a person's language is told by their mail: named, by its words, by the country of their domain")
{
    const auto language = [](const std::string& mail, const char* author) {
        return language_of(mime::parse(mail), mail, author);
    };
    CHECK(language("Content-Language: de-CH\r\n\r\nThe and of the is.\r\n", "a@x.test") == "de");
    CHECK(
        language(
            "Subject: x\r\n\r\nWir treffen uns am Montag, bitte bringt die Pläne mit und sagt es auch den anderen.\r\n",
            "a@x.test") == "de");
    CHECK(language("Subject: x\r\n\r\nWe meet on Monday, please bring the plans with you and tell the others.\r\n",
              "a@x.de") == "en");
    CHECK(language("Subject: x\r\n\r\nOk.\r\n\r\n> Wir treffen uns und das ist nicht die Zeit.\r\n", "a@x.test") == "");
    CHECK(language("Subject: x\r\n\r\nOk.\r\n", "a@x.at") == "de");
    CHECK(language("Content-Language: tlh\r\n\r\nOk.\r\n", "a@x.test") == "");
    CHECK(language("", "") == "");
}
