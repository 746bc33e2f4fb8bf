// parse_test: trees, ranges and defects of the mail scanner.
#include "tests/mime/support.h"

#include <doctest/doctest.h>

using namespace mime;
using namespace mime_test;

namespace {

std::string shape_of(std::string_view mail)
{
    return shape(parse(mail).root);
}

}  // namespace

TEST_CASE("a plain mail has its fields, header and body where they are")
{
    const std::string mail = "Subject: a\r\n folded\r\nTo:b@c\r\n\r\nHello\r\nthere\r\n";
    const Message message = parse(mail);
    const Part& root = message.root;
    CHECK(root.header == Range{0, 31});
    CHECK(root.body.of(mail) == "Hello\r\nthere\r\n");
    CHECK(root.lines == 2);
    REQUIRE(root.fields.size() == 2);
    CHECK(root.fields[0].whole.of(mail) == "Subject: a\r\n folded\r\n");
    CHECK(root.fields[0].name.of(mail) == "Subject");
    CHECK(root.fields[0].value.of(mail) == "a\r\n folded");
    CHECK(root.fields[1].value.of(mail) == "b@c");
    CHECK(message.defects.empty());
    CHECK(text_of(root, mail, "SUBJECT") == "a folded");
    CHECK(text_of(root, mail, "cc").empty());
    CHECK_FALSE(raw(root, mail, "cc").has_value());
    check_ranges(message, mail);
}

TEST_CASE("headers of every kind of brokenness end where the empty line is")
{
    struct Row {
        std::string mail;
        std::size_t fields;
        std::string body;
        std::optional<Defect> defect;
    };

    const std::vector<Row> rows = {
        {"", 0, "", Defect::no_header},
        {"\r\nbody", 0, "body", Defect::no_header},
        {"\nbody", 0, "body", Defect::bare_lf},
        {"A: b", 1, "", std::nullopt},
        {"A: b\r\n", 1, "", std::nullopt},
        {"A: b\n\nbody\n", 1, "body\n", Defect::bare_lf},
        {"A: b\r\n\nmixed\r\n", 1, "mixed\r\n", Defect::bare_lf},
        {"A: b\r\nno colon here\r\nC: d\r\n\r\nx", 2, "x", Defect::malformed_field},
        {"A: b\r\nno colon\r\n and its fold\r\nC: d\r\n\r\nx", 2, "x", Defect::malformed_field},
        {" starts with space\r\nA: b\r\n\r\nx", 1, "x", Defect::malformed_field},
        {": no name\r\nA: b\r\n\r\nx", 1, "x", Defect::malformed_field},
        {"two words: x\r\nA: b\r\n\r\nx", 1, "x", Defect::malformed_field},
        {"A \t: b\r\n\r\nx", 1, "x", std::nullopt},
        {"From a@b Mon Jan  1 00:00:00 2026\nA: b\n\nx", 1, "x", Defect::bare_lf},
        {">From a@b Mon Jan  1 00:00:00 2026\nA: b\n\nx", 1, "x", std::nullopt},
        {"A: b\r\n \r\n\t\r\nC: d\r\n\r\nx", 2, "x", std::nullopt},
        {std::string("A: b\0c\r\n\r\nx", 11), 1, "x", Defect::nul},
        {"A: b\rc\r\n\r\nx", 1, "x", Defect::bare_cr},
        {"A: \xE4\r\n\r\nx", 1, "x", Defect::eight_bit_header},
    };
    for (const Row& row : rows) {
        CAPTURE(row.mail);
        const Message message = parse(row.mail);
        CHECK(message.root.fields.size() == row.fields);
        CHECK(message.root.body.of(row.mail) == row.body);
        if (row.defect) CHECK(has(message, *row.defect));
        check_ranges(message, row.mail);
    }
}

TEST_CASE("a multipart's parts end before the line end of the next boundary")
{
    const std::string mail = "Content-Type: multipart/mixed; boundary=x\r\n\r\npreamble\r\n--x\r\n\r\none\r\n--x\r\n"
                             "Content-Type: text/html\r\n\r\n<p>two\r\n\r\n--x--\r\nepilogue\r\n";
    const Message message = parse(mail);
    const Part& root = message.root;
    REQUIRE(root.parts.size() == 2);
    CHECK(root.body.of(mail).starts_with("preamble\r\n--x"));
    CHECK(root.body.of(mail).ends_with("--x--\r\nepilogue\r\n"));
    CHECK(root.parts[0].header.of(mail) == "\r\n");
    CHECK(root.parts[0].body.of(mail) == "one");
    CHECK(root.parts[0].lines == 0);
    CHECK(root.parts[1].header.of(mail) == "Content-Type: text/html\r\n\r\n");
    CHECK(root.parts[1].body.of(mail) == "<p>two\r\n");
    CHECK(root.parts[1].lines == 1);
    CHECK(root.lines == 11);
    CHECK(message.defects.empty());
    check_ranges(message, mail);
}

TEST_CASE("boundaries match whole lines only and the innermost open one")
{
    const std::string top = "Content-Type: multipart/mixed; boundary=x\n\n";
    CHECK(shape_of(top + "--x\n\n--xy\n--x--y\n --x\n--x--\n") == "multipart/mixed(text/plain)");
    CHECK(shape_of(top + "--x  \t\n\na\n--x-- \n--x\n\nb\n") == "multipart/mixed(text/plain)");
    CHECK(shape_of(top + "--x\n--x\n--x--") == "multipart/mixed(text/plain,text/plain)");
    CHECK(shape_of(top + "--x\nA: b\n--x\n\n--x--\n") == "multipart/mixed(text/plain,text/plain)");
    CHECK(shape_of(top + "--x what follows\n\na\n--x-- this too\n--x\n") == "multipart/mixed(text/plain)");
    CHECK(shape_of(top + "--x\n\na\n--x --\n--x\n") == "multipart/mixed(text/plain)");
    CHECK(shape_of(
              "Content-Type: multipart/mixed; boundary=\"a b\"\n\n--a b\nContent-Type: "
              "multipart/mixed; "
              "boundary=a\n\n--a\n\n--a b\n\n--a b--\n") == "multipart/mixed(multipart/mixed(text/plain),text/plain)");
    const std::string inner = top + "--x\nContent-Type: multipart/alternative; boundary=y\n\n";
    CHECK(shape_of(inner + "--y\n\na\n--x\n\nb\n--x--\n") ==
          "multipart/mixed(multipart/alternative(text/plain),text/plain)");
    CHECK(shape_of(inner + "--y\n\na\n--y--\n--y\n\n--x\n\n--x--") ==
          "multipart/mixed(multipart/alternative(text/plain),text/plain)");
    const std::string reused = top + "--x\nContent-Type: multipart/alternative; "
                                     "boundary=x\n\n--x\n\na\n--x--\n--x\n\nb\n--x--\n";
    CHECK(shape_of(reused) == "multipart/mixed(multipart/alternative(text/plain),text/plain)");
    const std::string suffix = "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/related; "
                               "boundary=\"x--\"\n\n--x--\n\nin\n--x----\n--x--\n";
    CHECK(shape_of(suffix) == "multipart/mixed(multipart/related(text/plain))");
}

TEST_CASE("missing and unclosed boundaries are noted and nothing is lost")
{
    const std::string none = "Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\na\r\n";
    CHECK(shape_of(none) == "multipart/mixed");
    CHECK(has(parse(none), Defect::missing_boundary));
    const std::string never = "Content-Type: multipart/mixed; boundary=x\r\n\r\nbody\r\n";
    CHECK(has(parse(never), Defect::missing_boundary));
    const std::string open = "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n";
    const Message message = parse(open);
    CHECK(has(message, Defect::unclosed_multipart));
    CHECK(message.root.parts.at(0).body.of(open) == "a\r\n");
    CHECK(message.root.parts.at(0).lines == 1);
}

TEST_CASE("enclosed messages are opened when their encoding is identity")
{
    const std::string inner = "Subject: in\r\n\r\nhello\r\n";
    const std::string mail = "Content-Type: message/rfc822\r\n\r\n" + inner;
    const Message message = parse(mail);
    REQUIRE(message.root.enclosed_message());
    const Part& enclosed = message.root.parts[0];
    CHECK(enclosed.header.of(mail) == "Subject: in\r\n\r\n");
    CHECK(enclosed.body.of(mail) == "hello\r\n");
    CHECK(message.root.lines == 3);
    CHECK(shape_of("Content-Type: message/global\nContent-Transfer-Encoding: 8bit\n\nA: b\n\n") ==
          "message/global[text/plain]");
    CHECK(shape_of("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nA: b\n\n") == "message/rfc822");
    CHECK(shape_of("Content-Type: message/delivery-status\n\nA: b\n\n") == "message/delivery-status");
    const std::string digest = "Content-Type: multipart/digest; boundary=x\n\n--x\n\nA: "
                               "b\n\nc\n--x\nContent-Type: text/plain\n\nd\n--x--\n";
    CHECK(shape_of(digest) == "multipart/digest(message/rfc822[text/plain],text/plain)");
}

TEST_CASE("an enclosed message's header never reaches beyond the part that holds it")
{
    const std::string top = "Content-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n\r\n";
    for (const char* inner : {"A: b", "A: b\r\n", "", "\r\n", "A: b\r\n\r\n", "A: b\r\n\r\nbody"}) {
        CAPTURE(inner);
        const std::string mail = top + inner + "\r\n--x--\r\n";
        const Message message = parse(mail);
        REQUIRE(message.root.parts.size() == 1);
        CHECK(message.root.parts[0].body.of(mail) == inner);
        check_ranges(message, mail);
    }
    const std::string nothing = top + "--x--\r\n";
    check_ranges(parse(nothing), nothing);
}

TEST_CASE("limits bound depth, parts and fields, and say so")
{
    Limits limits;
    limits.depth = 3;
    limits.parts = 4;
    limits.fields = 2;
    const std::string fields = "A: 1\nB: 2\n b\nC: 3\n c\n\nbody";
    const Message few = parse(fields, limits);
    CHECK(few.root.fields.size() == 2);
    CHECK(few.root.fields[1].whole.of(fields) == "B: 2\n b\n");
    CHECK(has(few, Defect::too_many_fields));
    CHECK_FALSE(has(few, Defect::malformed_field));
    std::string many = "Content-Type: multipart/mixed; boundary=x\n\n";
    for (int i = 0; i < 10; ++i) many += "--x\n\npart\n";
    many += "--x--\n";
    const Message parts = parse(many, limits);
    CHECK(parts.root.parts.size() == 3);
    CHECK(has(parts, Defect::too_many_parts));
    check_ranges(parts, many);
    std::string deep;
    for (int i = 0; i < 10; ++i) deep += "Content-Type: message/rfc822\n\n";
    const Message nested = parse(deep, limits);
    CHECK(shape(nested.root) == "message/rfc822[message/rfc822[message/rfc822]]");
    CHECK(has(nested, Defect::too_deep));
}
