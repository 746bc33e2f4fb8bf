// grammar_test: command lines as RFC 5321 4.1.1 has them, and as clients send them.
#include "smtp/command.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace {

int code(std::string_view line)
{
    const auto command = smtp::parse_command(line);
    return command ? 250 : command.error().reply.code;
}

smtp::MailFrom mail(std::string_view line)
{
    return std::get<smtp::MailCommand>(smtp::parse_command(line).value()).from;
}

smtp::RcptTo rcpt(std::string_view line)
{
    return std::get<smtp::RcptCommand>(smtp::parse_command(line).value()).to;
}

}  // namespace

TEST_CASE("paths are read as RFC 5321 4.1.2 writes them, and kept as sent")
{
    struct {
        const char* path;
        const char* mailbox;
    } const good[] = {
        {"<>", ""},
        {"<Alice@One.Test>", "Alice@One.Test"},
        {"<a.b+c=d/e@x.test>", "a.b+c=d/e@x.test"},
        {"<\"alice\"@x.test>", "alice@x.test"},
        {"<\"a b\"@x.test>", "\"a b\"@x.test"},
        {"<\"a\\b\"@x.test>", "ab@x.test"},
        {"<\"a\\\"\\\\b\"@x.test>", "\"a\\\"\\\\b\"@x.test"},
        {"<\"a..b\"@x.test>", "\"a..b\"@x.test"},
        {"<\"\"@x.test>", "\"\"@x.test"},
        {"<\"a>b@c\"@x.test>", "\"a>b@c\"@x.test"},
        {"<@relay.test,@other.test:bob@x.test>", "bob@x.test"},
        {"<a@[192.0.2.1]>", "a@[192.0.2.1]"},
        {"<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"},
        {"<a@[x400:anything]>", "a@[x400:anything]"},
        {"<postMaster>", "postMaster"},
        {"<用户@例子.测试>", "用户@例子.测试"},
        {"<a@under_score.test>", "a@under_score.test"},
    };

    for (const auto& [path, mailbox] : good) {
        CAPTURE(path);
        CHECK(smtp::parse_path(path) == mailbox);
    }
    const char* const bad[] = {
        "",
        "a@b",
        "<a@b",
        "<a@b> ",
        "<a>",
        "<a@>",
        "<@b>",
        "<a b@c>",
        "<a@b c>",
        "<.a@b>",
        "<a.@b>",
        "<a..b@c>",
        "<a@b..c>",
        "<a@.b>",
        "<a@b.>",
        "<a@-b>",
        "<a@b->",
        "<a@b.-c>",
        "<\"a@b>",
        "<\"a\\\"@b>",
        "<a@[1.2.3]>",
        "<a@[IPv6:zz]>",
        "<a@[]>",
        "<a@[1.2.3.4>",
        "<@r a@b>",
        "<@r:>",
        "<a@b@c>",
        "<a@b<>",
        "<\xff@b>",
        "<\xc0\xaf@b>",
        "<a@\xed\xa0\x80>",
    };
    for (const auto* path : bad) {
        CAPTURE(path);
        CHECK(!smtp::parse_path(path));
    }
}

TEST_CASE("local parts and domains have limits")
{
    CHECK(smtp::parse_path("<" + std::string(256, 'a') + "@x.test>"));
    CHECK(!smtp::parse_path("<" + std::string(257, 'a') + "@x.test>"));
    CHECK(smtp::parse_path("<a@" + std::string(255, 'a') + ">"));
    CHECK(!smtp::parse_path("<a@" + std::string(256, 'a') + ">"));
}

TEST_CASE("MAIL takes its parameters")
{
    const auto from = mail("mail from:<a@b.test> SIZE=1234 body=8bitmime RET=HDRS "
                           "ENVID=QQ+2B314159 AUTH=e+3Dmc2@example.com");
    CHECK(from.reverse_path == "a@b.test");
    CHECK(from.size == 1234);
    CHECK(from.body == smtp::Body::eight_bit_mime);
    CHECK(from.ret == smtp::Ret::headers);
    CHECK(from.envid == "QQ+314159");
    CHECK(from.auth == "e=mc2@example.com");
    CHECK(mail("MAIL FROM:<ä@b.test> SMTPUTF8").smtputf8);
    CHECK(mail("MAIL FROM: <a@b.test> ").reverse_path == "a@b.test");
    CHECK(mail("MAIL FROM:<> SIZE=99999999999999999999").size == UINT64_MAX);
    CHECK(mail("MAIL FROM:<a@b> AUTH=<>").auth == "<>");
    for (const auto* tail :
        {"SIZE", "SIZE=", "SIZE=x", "SIZE=-1", "SIZE=999999999999999999999", "BODY=BINARYMIME", "BODY", "RET=NONE",
            "ENVID=", "ENVID=a+2", "ENVID=a+zz", "ENVID=a+0A", "SMTPUTF8=1", "SIZE=1 SIZE=2", "AUTH=", "ENVID=a=b"}) {
        CAPTURE(tail);
        CHECK(code(std::string("MAIL FROM:<a@b> ") + tail) == 501);
    }
    CHECK(code("MAIL FROM:<a@b> FOO=1") == 555);
    CHECK(code("MAIL FROM:<a@b> NOTIFY=NEVER") == 555);
    CHECK(code("MAIL FROM:<a@b>SIZE=1") == 501);
    CHECK(code("MAIL FROM:<ä@b.test>") == 553);
    CHECK(code("MAIL TO:<a@b>") == 501);
    CHECK(code("MAIL") == 501);
}

TEST_CASE("RCPT takes its parameters")
{
    const auto to = rcpt("RCPT TO:<c@d.test> NOTIFY=SUCCESS,delay ORCPT=rfc822;Carol+2Bx@d.test");
    CHECK(to.forward_path == "c@d.test");
    CHECK((to.notify.set && to.notify.success && to.notify.delay && !to.notify.failure));
    CHECK(to.orcpt == "rfc822;Carol+x@d.test");
    const auto never = rcpt("RCPT TO:<c@d.test> NOTIFY=NEVER").notify;
    CHECK((never.set && !never.success && !never.failure && !never.delay));
    for (const auto* tail : {"NOTIFY", "NOTIFY=", "NOTIFY=NEVER,DELAY", "NOTIFY=SUCCESS,", "NOTIFY=,SUCCESS",
             "NOTIFY=OFTEN", "ORCPT=", "ORCPT=rfc822", "ORCPT=;x", "ORCPT=rfc822;"}) {
        CAPTURE(tail);
        CHECK(code(std::string("RCPT TO:<c@d> ") + tail) == 501);
    }
    CHECK(code("RCPT TO:<c@d> SIZE=1") == 555);
    CHECK(code("RCPT TO:<>") == 501);
    CHECK(rcpt("RCPT TO:<Postmaster>").forward_path == "Postmaster");
}

TEST_CASE("the other commands take what they take")
{
    for (const auto* line : {"HELO x", "EHLO [192.0.2.1]", "data", "BDAT 0 LAST", "bdat 10", "RSET", "NOOP",
             "NOOP whatever", "QUIT", "QUIT ", "VRFY a", "EXPN b", "HELP", "HELP MAIL", "STARTTLS", "AUTH PLAIN",
             "auth plain AGE=", "AUTH LOGIN ="}) {
        CAPTURE(line);
        CHECK(code(line) == 250);
    }
    for (const auto* line : {"HELO", "EHLO ", "DATA now", "BDAT", "BDAT x", "BDAT 10 FIRST", "BDAT -1", "RSET x",
             "QUIT x", "VRFY", "STARTTLS x", "AUTH", "AUTH PLAIN a b"}) {
        CAPTURE(line);
        CHECK(code(line) == 501);
    }
    for (const auto* line : {"", " ", "FOO", "GET / HTTP/1.1", "MAILFROM:<a@b>", "MAIL\xff", "QU\x01IT", "DATA\x7f"}) {
        CAPTURE(line);
        CHECK(code(line) == 500);
    }
    CHECK(code(std::string("NOOP \0x", 7)) == 500);
}

TEST_CASE("xtext written is xtext read")
{
    CHECK(rc::check([](const std::string& text) {
        const bool plain = std::all_of(
            text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
        if (plain) RC_ASSERT(smtp::decode_xtext(smtp::encode_xtext(text)) == text);
    }));
}

TEST_CASE("any line at all gives a command or a refusal")
{
    CHECK(rc::check([](const std::string& line) {
        const auto command = smtp::parse_command(line);
        if (!command) RC_ASSERT(command.error().reply.code >= 500);
    }));
}
