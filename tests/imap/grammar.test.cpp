// grammar: commands as clients write them, and as they must not.
#include "imap/grammar/grammar.h"

#include "imap/command_table.h"
#include "transcript.h"

#include <doctest/doctest.h>

#include <sstream>

using namespace imap;

namespace {

template <class T>
T read(std::string_view text)
{
    const auto parsed = parse_command("a " + std::string{text});
    REQUIRE_MESSAGE(parsed.has_value(), text, ": ", parsed ? "" : parsed.error().text);
    REQUIRE_MESSAGE(std::holds_alternative<T>(parsed->command), text);
    return std::get<T>(parsed->command);
}

bool refused(std::string_view text)
{
    return !parse_command(text).has_value();
}

}  // namespace

TEST_CASE("commands and their names are read in any case")
{
    CHECK(parse_command("a1 noop")->row->name == "NOOP");
    CHECK(parse_command("a1 Uid Fetch 1 fast")->row->name == "UID FETCH");
    CHECK(read<command::Login>("login jane@x.example pass").user == "jane@x.example");
}

TEST_CASE("what no client may send is refused with the tag that was read")
{
    CHECK(parse_command("").error().tag == "*");
    CHECK(parse_command("a1").error().tag == "a1");
    CHECK(parse_command("a1 FROB").error().text == "Unknown command");
    for (const auto* text :
        {"a NOOP x", "a LOGIN a", "a FETCH 0 FLAGS", "a FETCH 1 (FLAGS", "a FETCH 1 BODY[1.]", "a FETCH 1 BODY[MIME]",
            "a FETCH 1 BODY[0]", "a FETCH 1 BODY[]<0.0>", "a STORE 1 FLAGS \\Bogus", "a SEARCH", "a SEARCH NOT",
            "a FETCH 1 (FAST UID)", "a APPEND INBOX", "a LIST \"\"", "a SELECT \"x", "a UID", "a UID NOOP",
            "a STORE 1 (FLAGS", "a FETCH 4294967296 UID", "a SELECT &AOk", "a FETCH 1 (BODY[HEADER.FIELDS ()])"}) {
        CHECK_MESSAGE(refused(text), text);
    }
}

TEST_CASE("strings come quoted, as literals and as atoms")
{
    CHECK(read<command::Login>("LOGIN \"a \\\"b\\\\\" {3}\r\nc d").user == "a \"b\\");
    CHECK(read<command::Login>("LOGIN \"a\" {3+}\r\nc d").password == "c d");
    CHECK(refused("a LOGIN a {4}\r\nabc"));
    CHECK(refused("a LOGIN a \"b\rc\""));
}

TEST_CASE("mailbox names come out in UTF-8 and INBOX in its own form")
{
    CHECK(read<command::Select>("SELECT inBox").mailbox == "INBOX");
    CHECK(read<command::Select>("SELECT \"inbox/x\"").mailbox == "INBOX/x");
    CHECK(read<command::Select>("EXAMINE Caf&AOk-").mailbox == "Caf\xc3\xa9");
    CHECK(read<command::Create>("CREATE a/b/").mailbox == "a/b");
    CHECK(read<command::Select>("SELECT x (CONDSTORE)").condstore);
}

TEST_CASE("FETCH items, macros and sections")
{
    using namespace command::fetch_item;
    const auto fetch = read<command::Fetch>("FETCH 2:4,7:* (FLAGS BODY[HEADER.FIELDS (DATE FROM)] "
                                            "BODY.PEEK[4.2.TEXT]<0.512> RFC822.SIZE)");
    CHECK(fetch.set.ranges == std::vector<SequenceSet::Range>{{2, 4}, {7, star}});
    CHECK(fetch.items == (flags | command::fetch_item::size));
    REQUIRE(fetch.sections.size() == 2);
    CHECK(fetch.sections[0].label == "BODY[HEADER.FIELDS (DATE FROM)]");
    CHECK_FALSE(fetch.sections[0].peek);
    CHECK(fetch.sections[1].path == std::vector<std::uint32_t>{4, 2});
    CHECK(fetch.sections[1].label == "BODY[4.2.TEXT]<0>");
    CHECK(fetch.sections[1].peek);
    CHECK(fetch.sections[1].partial == std::pair<std::uint64_t, std::uint64_t>{0, 512});
    CHECK(read<command::Fetch>("FETCH 1 FULL").items ==
          (flags | internal_date | command::fetch_item::size | envelope | body));
    CHECK(read<command::Fetch>("UID FETCH 1 (FLAGS) (CHANGEDSINCE 0)").changed_since == 0);
    CHECK(read<command::Fetch>("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 7 VANISHED)").vanished);
    CHECK(read<command::Fetch>("UID FETCH 1:* (FLAGS) (VANISHED CHANGEDSINCE 7)").changed_since == 7);
    const auto outlook = read<command::Fetch>("UID FETCH 1 (UID RFC822.SIZE RFC822.PEEK)");
    CHECK(outlook.sections[0].label == "RFC822");
    CHECK(outlook.sections[0].peek);
}

TEST_CASE("STORE takes flags with and without parentheses")
{
    const auto plain = read<command::Store>("UID STORE 5 +Flags \\Seen $label1");
    CHECK(plain.mode == StoreMode::add);
    CHECK(plain.flags == seen);
    CHECK(plain.keywords == std::vector<std::string>{"$label1"});
    const auto guarded = read<command::Store>("STORE 1 (UNCHANGEDSINCE 12) -FLAGS.SILENT (\\Recent \\Deleted)");
    CHECK(guarded.unchanged_since == 12);
    CHECK(guarded.silent);
    CHECK(guarded.flags == deleted);
}

TEST_CASE("SEARCH keys nest up to their limit")
{
    const auto search =
        read<command::Search>("SEARCH RETURN (MIN COUNT) CHARSET utf-8 OR (SEEN FROM x) NOT 1:3 SINCE 1-Feb-1994");
    CHECK(search.wanted == (command::search_return::min | command::search_return::count));
    CHECK(search.charset == "UTF-8");
    CHECK(search.key.kind == command::SearchKey::Kind::all_of);
    CHECK(search.key.keys.size() == 2);
    std::string deep = "a SEARCH ";
    for (int i = 0; i < 40; ++i) deep += "NOT ";
    CHECK_FALSE(refused(deep + "ALL"));
    for (int i = 0; i < 10000; ++i) deep += "NOT ";
    CHECK(refused(deep + "ALL"));
    CHECK(refused("a SEARCH " + std::string(100000, '(') + "ALL"));
}

TEST_CASE("LIST in its old, extended and shortest forms")
{
    const auto old = read<command::List>("LIST \"\" %");
    CHECK_FALSE(old.extended);
    const auto list =
        read<command::List>("list (subscribed) \"\" (a \"b*\") return (special-use status (messages unseen))");
    CHECK(list.patterns == std::vector<std::string>{"a", "b*"});
    CHECK(list.select == command::list_option::subscribed);
    CHECK(list.status == (command::status_item::messages | command::status_item::unseen));
    CHECK(refused("a LIST (RECURSIVEMATCH) \"\" *"));
}

TEST_CASE("APPEND has flags and a date before its literal")
{
    const auto append = read<command::Append>("APPEND \"Sent\" (\\Seen $x) \" 3-Feb-2024 04:05:06 +0130\" {512+}\r\n");
    CHECK(append.flags == seen);
    CHECK(append.size == 512);
    CHECK(*append.internal_date == std::chrono::sys_days{std::chrono::year{2024} / 2 / 3} + std::chrono::hours{2} +
                                       std::chrono::minutes{35} + std::chrono::seconds{6});
    CHECK(refused("a APPEND x \"31-Feb-2024 04:05:06 +0000\" {1}\r\n"));
}

TEST_CASE("REPLACE names one message, and the rest is as with APPEND")
{
    const auto replace = read<command::Replace>("UID REPLACE 12 \"&AOk-\" (\\Draft) {512}\r\n");
    CHECK(replace.numbers == Numbers::uid);
    CHECK(replace.message.ranges == std::vector<SequenceSet::Range>{{12, 12}});
    CHECK(replace.by.mailbox == "\xc3\xa9");
    CHECK(replace.by.flags == draft);
    CHECK(replace.by.size == 512);
    CHECK(read<command::Replace>("replace * x {1+}\r\n").message.ranges.front().first == star);
    for (const auto* text :
        {"a REPLACE 0 x {1}\r\n", "a REPLACE 1:2 x {1}\r\n", "a REPLACE 1,1 x {1}\r\n", "a REPLACE x {1}\r\n",
            "a REPLACE 1 {1}\r\n", "a REPLACE 1 x", "a REPLACE 1 x (\\Seen", "a UID APPEND x {1}\r\n"}) {
        CHECK_MESSAGE(refused(text), text);
    }
}

TEST_CASE("rights are letters that there are, of somebody who has a name")
{
    const auto set = read<command::SetAcl>("SETACL inbox \"J\xc3\xb6rg\" +lrcd");
    CHECK(set.mailbox == "INBOX");
    CHECK(set.identifier == "J\xc3\xb6rg");
    CHECK(set.rights == "+lrcd");
    CHECK(read<command::SetAcl>("setacl x anyone \"\"").rights.empty());
    CHECK(read<command::ListRights>("LISTRIGHTS &AOk- {3}\r\na b").identifier == "a b");
    for (const auto* text : {"a SETACL x y lrq", "a SETACL x y LR", "a SETACL x y l-r", "a SETACL x y",
             "a SETACL x \"\" l", "a DELETEACL x", "a LISTRIGHTS x \"\"", "a LISTRIGHTS x \"\xff\"",
             "a LISTRIGHTS x \"\x7f\"", "a GETACL", "a MYRIGHTS x y"}) {
        CHECK_MESSAGE(refused(text), text);
    }
}

TEST_CASE("the reader knows which literal is the mail")
{
    for (const auto* text : {"a APPEND x ", "a append x (\\Seen) ", "a REPLACE 3 x ",
             "a uid replace 7 {1}\r\nx \"17-Jul-1996 02:44:25 -0700\" "})
        CHECK_MESSAGE(grammar::mail_literal_follows(text), text);
    for (const auto* text : {"a APPEND ", "a REPLACE 3 ", "a REPLACE x ", "a UID APPEND x ", "a UID REPLACE ",
             "a REPLACE 1:2 x ", "a LOGIN x ", "a UID "})
        CHECK_FALSE_MESSAGE(grammar::mail_literal_follows(text), text);
}

TEST_CASE("every command that real clients were seen to send is read")
{
    std::istringstream lines{test::read_file(TEST_FOLDER "/client_commands.txt")};
    int commands = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        if (line.ends_with('}')) line += "\r\n";  // the mail itself is spooled
        const auto parsed = parse_command("a " + line);
        CHECK_MESSAGE(parsed.has_value(), line);
        ++commands;
    }
    CHECK(commands > 90);
}

TEST_CASE("what a client remembers of a mailbox is read, in each of its forms, and nothing like them")
{
    const auto resync = [](std::string_view text) {
        return *read<command::Select>("SELECT x (QRESYNC (" + std::string{text} + "))").resync;
    };
    const auto ranges = [](std::vector<SequenceSet::Range> all) { return SequenceSet{std::move(all)}; };
    CHECK(resync("67890007 20050715194045000").uid_validity == 67890007);
    CHECK(resync("67890007 20050715194045000").modseq == 20050715194045000);
    CHECK_FALSE(resync("1 2").known);
    CHECK(*resync("1 2 41,43:211").known == ranges({{41, 41}, {43, 211}}));
    CHECK(resync("1 2 1:9 (1,3:4 5,7:8)").uids == ranges({{5, 5}, {7, 8}}));
    CHECK_FALSE(resync("1 2 (1 1)").known);
    CHECK(resync("1 2 (1:2 3,5)").numbers == ranges({{1, 2}}));
    CHECK(read<command::Select>("EXAMINE x (CONDSTORE QRESYNC (1 2))").condstore);
    for (const auto* text : {"1", "0 1", "1 x", "1 2 *", "1 2 1:*", "1 2 1:9 3", "1 2 1:9 (1 1:2)", "1 2 1:9 (1)",
             "1 2 (2,1 1,2)", "1 2 (2:1 1:2)", "1 2 (1:* 1:2)", "1 2 (1,1 1,2)", "1 2 (1 1) 1:9", "1 2 ", "1 2 3 "}) {
        CHECK_MESSAGE(refused("a SELECT x (QRESYNC (" + std::string{text} + "))"), text);
    }
    CHECK(refused("a SELECT x (QRESYNC 1 2)"));
    CHECK(refused("a FETCH 1 (FLAGS) (CHANGEDSINCE 7 VANISHED)"));
    CHECK(refused("a UID FETCH 1 (FLAGS) (VANISHED)"));
}
