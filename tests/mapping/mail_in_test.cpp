// mail_in_test: mapping.md "Mail in", row by row.

#include "email2/address.h"
#include "email2/xml.h"
#include "gateway/mapping/address_forms.h"
#include "gateway/mapping/flowed.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/mapping/sha256.h"
#include "mime/flowed.h"
#include "samples.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace gateway::mapping;

namespace {

struct Mail {
    std::string bytes;
    mime::Message message = mime::parse(bytes);
    MailFacts facts = read_facts(message, bytes);
};

std::optional<std::string> normalise(const mime::Address& address)
{
    return email2::normalise(address.spec(), [](std::string_view domain) { return domain == "one.test"; });
}

using Addresses = std::set<std::string>;

ListQuestion answer_to_all()
{
    // carol wrote to alice and bob; alice answers to all.
    return {.originator = "alice@one.test",
        .envelope = {"bob@one.test", "carol@legacy.test"},
        .header = {"bob@one.test", "carol@legacy.test"},
        .parents = {{.shown = {{"carol@legacy.test", "alice@one.test", "bob@one.test"}}, .not_counted = {}}}};
}

}  // namespace

TEST_CASE("what goes to the log has no tokens in it")
{
    const std::string token = "abcdefghijklmnopqrstuvwxyz234567";
    CHECK(without_tokens("550 <b-" + token + "@one.test>: who? A-ABCDEFGHIJKLMNOPQRSTUVWXYZ234567@one.test") ==
          "550 <b-*@one.test>: who? A-*@one.test");
    CHECK(without_tokens("b-" + token.substr(1) + "@one.test a-b") == "b-" + token.substr(1) + "@one.test a-b");
    CHECK(without_tokens("") == "");
}

TEST_CASE("facts are read tolerantly")
{
    const Mail mail{"Received: one\r\nReceived: two\r\nFrom: =?utf-8?q?J=C3=B6rg?= <joerg@legacy.test>\r\nTo: "
                    "A <alice@one.test>, bob@one.test\r\nCc: c@d.test\r\nBcc: e@f.test\r\n"
                    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: first@legacy.test\r\nMessage-ID: "
                    "<second@legacy.test>\r\n"
                    "In-Reply-To: Your message of \"Mon\" <a@x.test> <b@x.test>\r\nReferences: <r1@x.test>\r\n "
                    "<r2@x.test>\r\nDate: Mon, 23 Nov 2026 06:48:00 +0100\r\n"
                    "Auto-Submitted: Auto-Generated (vacation); x=y\r\nX-Email2-Delivered:  Bob@two.test "
                    "\r\nX-Email2-Delivered: by=One.test; to=\"a;b\"@two.test\r\n" +
                    loop_mark({"one.test", "news@one.test", "bob@two.test"}) +
                    "X-Email2-Delivered: by=\r\n\r\nbody\r\n"};
    const auto& facts = mail.facts;
    CHECK(facts.received == 2);
    CHECK(facts.from.front().display_name == "Jörg");
    CHECK(facts.to.size() == 2);
    CHECK(facts.cc.front().spec() == "c@d.test");
    CHECK(facts.bcc.front().spec() == "e@f.test");
    CHECK(facts.subject == "Grüße");
    CHECK((facts.message_id == "first@legacy.test" || facts.message_id == "second@legacy.test"));
    CHECK(facts.in_reply_to == std::vector<std::string>{"a@x.test", "b@x.test"});
    CHECK(facts.references == std::vector<std::string>{"r1@x.test", "r2@x.test"});
    REQUIRE(facts.date);
    CHECK(email2::Time(*facts.date) == samples::at(-60));
    CHECK(facts.auto_submitted == "auto-generated");
    CHECK(facts.loop_marks == std::vector<LoopMark>{{"", "", "bob@two.test"}, {"one.test", "", "\"a;b\"@two.test"},
                                  {"one.test", "news@one.test", "bob@two.test"}, {"", "", "by="}});
    CHECK(Mail{"Auto-Submitted: no\r\n\r\n"}.facts.auto_submitted.empty());
    CHECK(Mail{"Message-ID: <" + std::string(2000, 'x') + "@y.test>\r\n\r\n"}.facts.message_id.empty());
    CHECK(Mail{""}.facts.message_id.empty());
}

TEST_CASE("which parents: In-Reply-To in order, then the last of References, no one twice")
{
    CHECK(parent_ids({.in_reply_to = {"a", "b"}, .references = {"x", "b"}}) == std::vector<std::string>{"a", "b"});
    CHECK(parent_ids({.in_reply_to = {"a"}, .references = {"x", "y"}}) == std::vector<std::string>{"a", "y"});
    CHECK(parent_ids({.references = {"x", "y"}}) == std::vector<std::string>{"y"});
    CHECK(parent_ids({}).empty());
}

TEST_CASE("legacy verbs: the ids that a mail wants to replace or to take back are told")
{
    const Mail mail{"Supersedes: <a@x.test>\r\nChat-Edit: <b@x.test>\r\nChat-Delete: <c@x.test>\r\n\r\n"};
    CHECK(mail.facts.edits == std::vector<std::string>{"a@x.test", "b@x.test"});
    CHECK(mail.facts.withdraws == std::vector<std::string>{"c@x.test"});
}

TEST_CASE("which parents: all forms of our own Message-IDs are recognised")
{
    const auto id = samples::minutes.str();
    CHECK(own_message_id(id) == samples::minutes);
    CHECK(own_message_id("0192F0C1-7A3B-7C11-8D22-3E4F50617283@ONE.test") == samples::minutes);
    CHECK(own_message_id(samples::minutes.guid + ".e17@one.test") == samples::minutes);
    for (const std::string_view other : {"x@one.test", "", "@", ".e1@one.test",
             "0192f0c1-7a3b-7c11-8d22-3e4f50617283.e@one.test", "0192f0c1-7a3b-7c11-8d22-3e4f50617283.x1@one.test",
             "0192f0c1-7a3b-7c11-8d22-3e4f50617283.e1x@one.test", "0192f0c1-7a3b-7c11-8d22-3e4f50617283.e1"})
        CHECK_FALSE(own_message_id(other));
}

TEST_CASE("own list or inherited: an answer to all of a list that a rendition has shown inherits it")
{
    CHECK(inherits(answer_to_all()));
}

TEST_CASE("own list or inherited: one more, one fewer, or another person makes an own list")
{
    auto more = answer_to_all();
    more.envelope.insert("dave@legacy.test");
    CHECK_FALSE(inherits(more));
    auto fewer = answer_to_all();
    fewer.envelope = fewer.header = {"carol@legacy.test"};
    CHECK_FALSE(inherits(fewer));
    auto none = answer_to_all();
    none.parents.clear();
    CHECK_FALSE(inherits(none));
}

TEST_CASE("own list or inherited: people in the header alone count as recipients")
{
    auto question = answer_to_all();
    question.envelope = {"carol@legacy.test"};
    CHECK(inherits(question));
}

TEST_CASE("own list or inherited: any rendition of any parent will do")
{
    auto question = answer_to_all();
    question.parents.insert(question.parents.begin(), {.shown = {{"x@y.test"}}, .not_counted = {}});
    question.parents[1].shown.insert(
        question.parents[1].shown.begin(), Addresses{"carol@legacy.test", "alice@one.test"});
    CHECK(inherits(question));
}

TEST_CASE("own list or inherited: blind people and those who left or were removed do not count")
{
    auto question = answer_to_all();
    question.parents[0].not_counted = {"bob@one.test"};
    CHECK(inherits(question));
    question.envelope = question.header = {"carol@legacy.test"};
    CHECK(inherits(question));
    question.envelope.insert("erin@one.test");
    question.parents[0].not_counted.insert("erin@one.test");
    CHECK(inherits(question));
}

TEST_CASE("own list or inherited: an answer by a blind person carries its own list")
{
    auto question = answer_to_all();
    question.originator = "erin@one.test";
    question.envelope.insert("alice@one.test");
    question.parents[0].not_counted = {"erin@one.test"};
    CHECK_FALSE(inherits(question));
}

TEST_CASE("own list or inherited: what went to the message's or list's address inherits")
{
    CHECK(inherits({.originator = "alice@one.test", .to_message_address = true}));
}

TEST_CASE("who receives it: To, Cc, blind; header alone is elsewhere; nobody twice")
{
    const Mail mail{"To: \"Bob B.\" <BOB@one.test>, carol@Legacy.test, broken\r\nCc: bob@one.test, "
                    "Dave <dave@legacy.test>, alice@one.test\r\n\r\n"};
    const auto people =
        addressees(mail.facts, "alice@one.test", {"bob@one.test", "dave@legacy.test", "erin@one.test"}, normalise);
    REQUIRE(people.size() == 4);
    CHECK(people[0].address == "bob@one.test");
    CHECK(people[0].name == "Bob B.");
    CHECK(people[0].role == email2::Role::to);
    CHECK(people[0].in_envelope);
    CHECK(people[1].address == "carol@legacy.test");
    CHECK_FALSE(people[1].in_envelope);
    CHECK(people[2].address == "dave@legacy.test");
    CHECK(people[2].role == email2::Role::cc);
    CHECK(people[3].address == "erin@one.test");
    CHECK(people[3].role == email2::Role::blind);
    CHECK(addressees(mail.facts, "alice@one.test", {"alice@one.test"}, normalise).back().address == "alice@one.test");
}

TEST_CASE("Bcc and Resent-Bcc are cut from submitted bytes, and the rest stays")
{
    const Mail mail{"From: a@one.test\r\nBCC: x@y.test,\r\n z@y.test\r\nDate: Mon, 23 Nov 2026 06:48:00 "
                    "+0000\r\nResent-Bcc: q@y.test\r\nMessage-ID: <m@one.test>\r\n\r\nBcc: stays\r\n"};
    CHECK(as_submitted(mail.message, mail.bytes, mail.facts, samples::minutes, samples::at(0), "a@one.test") ==
          "From: a@one.test\r\nDate: Mon, 23 Nov 2026 06:48:00 +0000\r\nMessage-ID: "
          "<m@one.test>\r\n\r\nBcc: stays\r\n");
}

TEST_CASE("Date, Message-ID and From are added in front when they are missing")
{
    const auto kept = [](const Mail& mail) {
        return as_submitted(mail.message, mail.bytes, mail.facts, samples::minutes, samples::at(0), "a@one.test");
    };
    const Mail mail{"From: a@one.test\r\n\r\nhello\r\n"};
    const std::string added =
        "Date: Mon, 23 Nov 2026 06:48:00 +0000\r\nMessage-ID: <" + samples::minutes.str() + ">\r\n";
    CHECK(kept(mail) == added + mail.bytes);
    const Mail unusable{"Date: Mon, 23 Nov 2026 06:48:00 +0000\r\nFrom: the boss\r\nMessage-ID: \r\n\r\nhello\r\n"};
    CHECK(kept(unusable) == "Message-ID: <" + samples::minutes.str() +
                                ">\r\nFrom: a@one.test\r\nDate: Mon, 23 Nov 2026 06:48:00 +0000\r\n\r\nhello\r\n");
}

TEST_CASE("below the trace a mail is the same whichever way it took")
{
    const std::string mail =
        "DKIM-Signature: v=1;\r\n b=x\r\nReceived: from a by b\r\nFrom: a@x.test\r\n\r\nReceived: no\r\n";
    CHECK(below_trace(mail) == mail);
    CHECK(below_trace("Return-Path: <>\r\nreceived: from c\r\n\tby d;\r\n now\r\nDelivered-To: x@y.test\r\n" + mail) ==
          mail);
    for (const std::string_view odd :
        {"", "\r\n", "Received", "Received:", "Received: x\r\n ", "Received: x\r\n y", "x\r\nReceived: y\r\n"})
        CHECK(odd.ends_with(below_trace(odd)));
}

TEST_CASE("a submitted edit goes by the message's first Message-ID, without the Supersedes that would name itself")
{
    const Mail mail{"From: a@one.test\r\nBcc: x@y.test\r\nDate: Mon, 23 Nov 2026 06:48:00 +0000\r\n"
                    "Message-ID: <two@one.test>\r\nSupersedes:\r\n <one@one.test>\r\n\r\nSupersedes: stays\r\n"};
    CHECK(as_edit(mail.message, mail.bytes, "one@one.test", samples::at(0)) ==
          "Message-ID: <one@one.test>\r\nFrom: a@one.test\r\nDate: Mon, 23 Nov 2026 06:48:00 +0000\r\n\r\n"
          "Supersedes: stays\r\n");
}

TEST_CASE("the content is the tree of parts: text in Unicode, everything else by SHA-256")
{
    const Mail mail{"Subject: =?iso-8859-1?q?Pl=E4ne?=\r\nContent-Type: multipart/mixed; "
                    "boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"
                    "--c\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
                    "quoted-printable\r\n\r\nSch=F6n\r\nso\r\n--c\r\nContent-Type: "
                    "text/html\r\n\r\n<b>x</b>\r\n--c--\r\n"
                    "--b\r\nContent-Type: image/png; name=old.png\r\nContent-Disposition: form-data; "
                    "filename*=utf-8''Gr%C3%BCn.png\r\nContent-ID: <cid@x.test>\r\nContent-Transfer-Encoding: "
                    "base64\r\n\r\nAAEC\r\n"
                    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\n--b--\r\n"};
    const auto content = content_of(mail.message, mail.bytes);
    CHECK(content.subject == "Pläne");
    REQUIRE(content.body.parts.size() == 3);
    const auto& alternative = content.body.parts[0];
    CHECK(alternative.type == "multipart/alternative");
    CHECK(alternative.parts[0].text == "Schön\nso");
    CHECK(alternative.parts[1].type == "text/html");
    const auto& image = content.body.parts[1];
    CHECK(image.type == "image/png");
    CHECK(image.name == "Grün.png");
    CHECK(image.disposition == "attachment");
    CHECK(image.content_id == "cid@x.test");
    CHECK(image.size == 3);
    CHECK(image.sha256 == sha256_hex(std::string_view("\0\1\2", 3)));
    const auto& inner = content.body.parts[2];
    CHECK(inner.type == "message/rfc822");
    CHECK(inner.sha256 == sha256_hex("Subject: inner\r\n\r\ninner text"));
}

TEST_CASE("format=flowed text comes in as paragraphs")
{
    CHECK(unflowed("one \ntwo\nthree\n", false) == "one two\nthree\n");
    CHECK(unflowed("one \ntwo\n", true) == "onetwo\n");
    CHECK(unflowed("> quoted \n> on\n>> deeper \nplain\n", false) == "> quoted on\n>> deeper \nplain\n");
    CHECK(unflowed(" From here\n  two\n -- \n-- \nme\n", false) == "From here\n two\n-- \n-- \nme\n");
    CHECK(unflowed("", false).empty());
    const Mail mail{"Content-Type: text/plain; format=flowed\r\n\r\nsoft \r\nbreak\r\n"};
    CHECK(content_of(mail.message, mail.bytes).body.text == "soft break\n");
}

TEST_CASE("flowing and unflowing gives the text back wherever it is done")
{
    CHECK(rc::check("worth_flowing is only said of texts that come back", [] {
        const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
            "word ", "  ", "\n", ">", "-- ", "From ", "a longer run of words that goes on and on ", "ü "));
        std::string text;
        for (const auto& word : words) text += word;
        if (worth_flowing(text)) RC_ASSERT(unflowed(mime::to_flowed(text), false) == text);
    }));
    CHECK(worth_flowing("A paragraph that is longer than seventy-eight characters has to be "
                        "broken, of course, somewhere.\n\n> quote\n"));
    CHECK_FALSE(worth_flowing("short\n"));
}

TEST_CASE("base64 in lines is what it was when a line length is told")
{
    CHECK(encode_base64_lines("", 76).empty());
    CHECK(encode_base64_lines("abcd", 4) == "YWJj\r\nZA==");
    CHECK(rc::check("encoded, found and encoded again", [] {
        const auto octets = *rc::gen::arbitrary<std::string>();
        const auto length = *rc::gen::inRange<std::uint32_t>(1, 30) * 4;
        const auto encoded = encode_base64_lines(octets, length);
        const std::string bytes = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
                                  "application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                                  encoded + "\r\n--b--\r\n";
        std::string given;
        const auto found = attachments(
            mime::parse(bytes), bytes, 0, [&](const Attachment&, std::string_view decoded) { given = decoded; });
        RC_ASSERT(found.size() == 1U);
        RC_ASSERT(given == octets);
        RC_ASSERT(found[0].size == octets.size());
        RC_ASSERT(found[0].line_length != 0U);
        RC_ASSERT(encode_base64_lines(octets, found[0].line_length) == std::string(found[0].encoded.of(bytes)));
    }));
}

TEST_CASE("base64 that is written in another way is told to be so")
{
    for (const std::string_view encoded : {"AAEC\nAAEC", "AAEC\r\n", "AAEC\r\nAA", "AA EC", "AAE=\r\nAAEC",
             "AAECAA\r\nECAAEC", "AAEC\r\nAAECAAEC", "AAF="}) {
        const std::string bytes =
            "Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + std::string(encoded);
        const auto found = attachments(mime::parse(bytes), bytes, 0, [](const Attachment&, std::string_view) {});
        REQUIRE(found.size() == 1);
        CHECK_MESSAGE(found[0].line_length == 0, std::string(encoded));
    }
}

TEST_CASE("attachments are found from a size on, and text is none")
{
    const Mail mail{"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext that is long "
                    "enough\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: "
                    "base64\r\n\r\nAAEC\r\n"
                    "--b\r\nContent-Type: application/x\r\n\r\n0123456789\r\n--b--\r\n"};
    const auto ignore = [](const Attachment&, std::string_view) {};
    CHECK(attachments(mail.message, mail.bytes, 0, ignore).size() == 2);
    const auto large = attachments(mail.message, mail.bytes, 10, ignore);
    REQUIRE(large.size() == 1);
    CHECK(large[0].sha256 == sha256_hex("0123456789"));
    CHECK(large[0].line_length == 0);
}

TEST_CASE("what RCPT may name: each form of address means one thing")
{
    const auto guid = samples::minutes.guid;
    CHECK(std::get<ToPerson>(meaning_of("alice+lists@one.test")).address == "alice@one.test");
    CHECK(std::get<ToMessage>(meaning_of(guid + "@one.test")).action == Action::answer);
    CHECK(std::get<ToMessage>(meaning_of(guid + "@one.test")).name == samples::minutes);
    const std::vector<std::pair<std::string, Action>> actions{{"leave", Action::leave}, {"rejoin", Action::rejoin},
        {"edit", Action::edit}, {"withdraw", Action::withdraw}, {"undelete", Action::undelete}, {"add", Action::add}};
    for (const auto& [word, action] : actions)
        CHECK(std::get<ToMessage>(meaning_of(guid + "+" + word + "@one.test")).action == action);
    CHECK(std::holds_alternative<ToPerson>(meaning_of(guid + "+leav@one.test")));
    CHECK(std::get<ToAlias>(meaning_of("announce+subscribe@one.test")).alias == "announce@one.test");
    CHECK(std::get<ToAlias>(meaning_of("announce+unsubscribe@one.test")).action == Action::unsubscribe);
    const std::string token = "abcdefghijklmnopqrstuvwxyz234567";
    CHECK(std::get<ToToken>(meaning_of("a-" + token + "@one.test")).token == token);
    CHECK(std::get<ToBounce>(meaning_of("B-ABCDEFGHIJKLMNOPQRSTUVWXYZ234567@one.test")).token == token);
    CHECK(std::holds_alternative<ToPerson>(meaning_of("a-" + token.substr(1) + "@one.test")));
    CHECK(std::holds_alternative<ToPerson>(meaning_of("a-" + token.substr(1) + "1@one.test")));
    CHECK(std::get<ToRole>(meaning_of("Postmaster@one.test")).role == "postmaster");
    CHECK(std::get<ToRole>(meaning_of("abuse@one.test")).role == "abuse");
}

TEST_CASE("none of these forms can be an account's name")
{
    const std::string token = "abcdefghijklmnopqrstuvwxyz234567";
    for (const auto& name : {samples::minutes.guid, "a-" + token, "b-" + token, std::string("postmaster"),
             std::string("Abuse"), std::string("mailer-daemon"), std::string("a+b"), std::string()})
        CHECK_MESSAGE(reserved_local_part(name), name);
    for (const auto* name : {"alice", "a-token", "b-", "postmaster2"}) CHECK_FALSE(reserved_local_part(name));
}

TEST_CASE("a token is 32 characters of lower-case base32, and its own form")
{
    CHECK(token_of(std::string(20, '\0')) == std::string(32, 'a'));
    CHECK(token_of(std::string(20, '\xff')) == std::string(32, '7'));
    CHECK(token_of("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67") ==
          "aerukz4jvpg66ajdivtytk6n54asgrlh");
    CHECK(rc::check("every token is recognised", [] {
        const auto octets = *rc::gen::container<std::string>(20, rc::gen::arbitrary<char>());
        const auto token = token_of(octets);
        RC_ASSERT(token.size() == 32U);
        RC_ASSERT(std::get<ToToken>(meaning_of("a-" + token + "@one.test")).token == token);
        RC_ASSERT(reserved_local_part("b-" + token));
    }));
}

TEST_CASE("every mail of the corpus maps to a document that the schema accepts")
{
    const auto corpus = samples::corpus();
    if (corpus.empty()) {
        MESSAGE("no corpus here");
        return;
    }
    std::size_t mails = 0;
    for (const auto& path : samples::files_below(corpus, "")) {
        const Mail mail{samples::read_file(path)};
        email2::Message document{
            .id = samples::minutes, .thread = samples::minutes, .from = samples::alice, .created = samples::at(0)};
        document.content = content_of(mail.message, mail.bytes);
        const auto read = email2::read_message(email2::write(document));
        CHECK_MESSAGE(read.has_value(), path << ": " << (read ? "" : read.error().text + " " + read.error().path));
        ++mails;
    }
    MESSAGE(mails << " mails");
}
