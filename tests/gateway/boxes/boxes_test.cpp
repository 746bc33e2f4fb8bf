// boxes_test: mbox and Maildir: what other programs write is read, and what is written is read back octet by octet.
#include "gateway/boxes/find.h"
#include "gateway/boxes/line_ends.h"
#include "gateway/boxes/maildir.h"
#include "gateway/boxes/mbox.h"
#include "gateway/boxes/mbox_date.h"
#include "gateway/boxes/sink.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace gateway::boxes;

namespace {

constexpr std::uint64_t largest = 10'000;

struct Folder {
    Folder()
    {
        std::string name = std::filesystem::temp_directory_path() / "e2-boxes-XXXXXX";
        path = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }

    std::string write(const std::string& name, const std::string& text) const
    {
        std::filesystem::create_directories((path / name).parent_path());
        std::ofstream(path / name, std::ios::binary) << text;
        return path / name;
    }

    std::filesystem::path path;
};

std::vector<Mail> all(Source& source)
{
    std::vector<Mail> mails;
    for (Mail mail; source.next(mail);) mails.push_back(mail);
    return mails;
}

std::vector<Mail> read(const std::string& text, Dialect dialect = Dialect::automatic)
{
    const Folder folder;
    MboxSource source(folder.write("box", text), largest, dialect);
    return all(source);
}

const std::string from = "From a@b.test Tue Nov 14 22:13:20 2023\n";

// Octets that matter to mbox and Maildir, in any order.
rc::Gen<std::string> nasty_mail()
{
    const auto piece = rc::gen::element<std::string>("From ", ">From ", ">>From ", "\n", "\r\n", "\r", "x",
        "Status: RO", "X-Email2-Export: mboxrd; exact", "Content-Length: 3", from, "\r\n\r\n", "a: b", " ",
        std::string("\0", 1), "\xff");
    return rc::gen::map(
        rc::gen::container<std::vector<std::string>>(piece), [](const std::vector<std::string>& pieces) {
            std::string out;
            for (const auto& each : pieces) out += each;
            return out;
        });
}

Mail random_mail()
{
    Mail mail;
    mail.bytes = *rc::gen::suchThat(nasty_mail(), [](const std::string& text) { return !text.empty(); });
    mail.flags = *rc::gen::inRange<std::int64_t>(0, 32);
    mail.delivered = Time(std::chrono::seconds(*rc::gen::inRange<std::int64_t>(1, 4'000'000'000)));
    mail.keywords =
        *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("$Forwarded", "work", "$Junk"));
    std::sort(mail.keywords.begin(), mail.keywords.end());
    mail.keywords.erase(std::unique(mail.keywords.begin(), mail.keywords.end()), mail.keywords.end());
    return mail;
}

void same(const Mail& got, const Mail& wanted)
{
    RC_ASSERT(got.bytes == wanted.bytes);
    RC_ASSERT(got.flags == wanted.flags);
    RC_ASSERT(got.delivered == wanted.delivered);
    auto keywords = got.keywords;
    std::sort(keywords.begin(), keywords.end());
    RC_ASSERT(keywords == wanted.keywords);
}

}  // namespace

TEST_CASE("the dates of lines that begin a mail, in the forms that are met")
{
    const auto at = [](const char* line) {
        return date_of_from_line(line).value_or(Time{}).time_since_epoch() / std::chrono::seconds(1);
    };
    CHECK(at("From a@b Tue Nov 14 22:13:20 2023") == 1'700'000'000);
    CHECK(at("From a@b Tue Nov 14 22:13:20 2023\r") == 1'700'000'000);
    CHECK(at("From a@b  Tue Nov 14 22:13 2023") == 1'699'999'980);
    CHECK(at("From a@b Tue Nov 14 23:13:20 +0100 2023") == 1'700'000'000);
    CHECK(at("From a@b Tue Nov 14 22:13:20 2023 +0000") == 1'700'000'000);
    CHECK(at("From a@b Tue Nov 14 22:13:20 UTC 2023") == 1'700'000'000);
    CHECK(at("From a at b.test Tue Nov 14 22:13:20 2023") == 1'700'000'000);
    CHECK(at("From 123@xxx Tue Nov 14 22:13:20 +0000 2023") == 1'700'000'000);
    for (const auto* none : {"From here to there", "From a@b Tue Nov 34 22:13:20 2023",
             "from a@b Tue Nov 14 22:13:20 2023", "From a Nov 14 25:00:00 2023", "From a Nov 14 2023", ""})
        CHECK_MESSAGE(!date_of_from_line(none), none);
    CHECK(from_line("a@b", Time(std::chrono::seconds(1'700'000'000))) == "From a@b Tue Nov 14 22:13:20 2023\n");
}

TEST_CASE("an mbox: mails, dates, flags and keywords; the empty line between them is the file's")
{
    const auto mails = read(from + "Subject: one\nStatus: RO\nX-Status: AF\nX-Keywords: work $Junk\n\nbody\n\n" + from +
                            "Subject: two\nStatus: O\n\nlast\n\n");
    REQUIRE(mails.size() == 2);
    CHECK(mails[0].bytes == "Subject: one\r\n\r\nbody\r\n");
    CHECK(mails[0].flags == (seen | answered | flagged));
    CHECK(mails[0].keywords == std::vector<std::string>{"work", "$Junk"});
    CHECK(mails[0].delivered->time_since_epoch() / std::chrono::seconds(1) == 1'700'000'000);
    CHECK(mails[1].bytes == "Subject: two\r\n\r\nlast\r\n");
    CHECK(mails[1].flags == 0);
}

TEST_CASE("quoted lines, by dialect")
{
    const auto text = from + "Subject: x\n\n>From one\n>>From two\n> From\n\n" + from + "Subject: y\n\n";
    const auto body = [&](Dialect dialect) { return read(text, dialect).at(0).bytes.substr(14); };
    CHECK(body(Dialect::automatic) == "From one\r\n>From two\r\n> From\r\n");
    CHECK(body(Dialect::mboxrd) == "From one\r\n>From two\r\n> From\r\n");
    CHECK(body(Dialect::mboxo) == "From one\r\n>>From two\r\n> From\r\n");
}

TEST_CASE("an mboxcl2 is known by the lengths that lead from mail to mail, and nothing is taken from its lines")
{
    const std::string body = "one\n\n" + from + "not a mail\n>From two\n";
    const auto text = from + "Subject: x\nContent-Length: " + std::to_string(body.size()) + "\n\n" + body + "\n" +
                      from + "Subject: y\nContent-Length: 2\n\ny\n\n";
    const auto mails = read(text);
    REQUIRE(mails.size() == 2);
    CHECK(mails[0].bytes == to_crlf("Subject: x\n\n" + body));
    CHECK(mails[1].bytes == "Subject: y\r\n\r\ny\r\n");
    // A length that leads nowhere counts for nothing.
    CHECK(read(from + "Content-Length: 4\n\nlonger than that\n\n" + from + "a: b\n\n").at(0).bytes ==
          "Content-Length: 4\r\n\r\nlonger than that\r\n");
}

TEST_CASE("broken mails of an mbox are told and the others are read")
{
    const auto mails = read(from + "\n" + from + "a: b\n\n" + std::string(12'000, 'x') + "\n\n" + from +
                            "no header at all, \xff\n\n" + from + "c: d\n\nFrom me to you\nend without a line end");
    REQUIRE(mails.size() == 4);
    CHECK(mails[0].problem == "empty");
    CHECK(mails[1].problem == "larger than limits.message_size");
    CHECK(mails[2].bytes == "no header at all, \xff\r\n");
    CHECK(mails[3].bytes == "c: d\r\n\r\nFrom me to you\r\nend without a line end");
    CHECK(read("").empty());
    CHECK(
        read(from +
             "From: Mail System Internal Data\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\ntext\n\n" +
             from + "a: b\n\n")
            .size() == 1);
    CHECK(read("Subject: one mail\n\n" + from + "within\n").at(0).bytes ==
          to_crlf("Subject: one mail\n\n" + from + "within\n"));
    CHECK(read("From a@b Tue Nov 14 22:13:20 2023\r\na: b\r\n\r\nx\r\n\r\n" + from + "c: d\n\n").at(0).bytes ==
          "a: b\r\n\r\nx\r\n");
}

TEST_CASE("reading goes on behind any mail, also when the file grew, and begins anew when it is another")
{
    const Folder folder;
    const auto path = folder.write("box", from + "a: 1\n\n" + from + "a: 2\n\n" + from + "a: 3\n\n");
    std::string position;
    {
        MboxSource source(path, largest);
        Mail mail;
        source.next(mail);
        position = source.position();
    }
    std::ofstream(path, std::ios::app) << from << "a: 4\n\n";
    MboxSource source(path, largest);
    CHECK(source.resume(position));
    CHECK(all(source).size() == 3);
    folder.write("box", from + "b: 1, longer than before\n\n" + from + "b: 2\n\n");
    MboxSource other(path, largest);
    CHECK(!other.resume(position));
    CHECK(all(other).size() == 2);
    CHECK_THROWS_AS(MboxSource(path + "none", largest), Unreadable);
}

TEST_CASE("any mail that is written to an mbox is read back as it was")
{
    CHECK(rc::check([] {
        std::vector<Mail> mails(*rc::gen::inRange<std::size_t>(1, 4));
        std::string text;
        for (auto& mail : mails) {
            mail = random_mail();
            text += mbox_entry(mail, "a@b.test");
        }
        const auto back = read(text);
        RC_ASSERT(back.size() == mails.size());
        for (std::size_t i = 0; i < mails.size(); ++i) same(back[i], mails[i]);
    }));
}

TEST_CASE("any mail that is written to a Maildir is read back as it was")
{
    CHECK(rc::check([] {
        const Folder folder;
        const auto sink = directory_sink(folder.path);
        for (const auto* part : {"cur", "new", "tmp"}) sink->directory(part);
        const auto mail = random_mail();
        KeywordLetters keywords;
        const auto file = maildir_file(mail, "R1U1.email2", keywords);
        sink->file(file.base + file.suffix, file.bytes, *mail.delivered);
        sink->file("dovecot-keywords", keywords.file(), {});
        MaildirSource source(folder.path, largest);
        const auto back = all(source);
        RC_ASSERT(back.size() == 1u);
        same(back[0], mail);
    }));
}

TEST_CASE("a Maildir: flags and keywords of the names, in the order of delivery; reading goes on behind any mail")
{
    const Folder folder;
    folder.write("cur/1700000002.b.host:2,FRSabz", "a: 2\n\n");
    folder.write("cur/1700000010.c.host,S=6,W=8:2,PT", "a: 3\n\n");
    folder.write("new/1700000001.a.host", "a: 1\r\n\r\n");
    folder.write("cur/1700000011.d", "");
    folder.write("tmp/1700000000.x", "a: never\n\n");
    folder.write("dovecot-keywords", "0 work\n1 $Junk\n");
    MaildirSource source(folder.path, largest);
    const auto mails = all(source);
    REQUIRE(mails.size() == 4);
    CHECK(mails[0].bytes == "a: 1\r\n\r\n");
    CHECK(mails[0].flags == 0);
    CHECK(mails[1].bytes == "a: 2\r\n\r\n");
    CHECK(mails[1].flags == (flagged | answered | seen));
    CHECK(mails[1].keywords == std::vector<std::string>{"work", "$Junk"});
    CHECK(mails[2].flags == deleted);
    CHECK(mails[2].keywords == std::vector<std::string>{"$Forwarded"});
    CHECK(mails[3].problem == "empty");
    CHECK(source.done() == source.total());
    MaildirSource again(folder.path, largest);
    CHECK(again.resume("1700000002.b.host"));
    CHECK(all(again).size() == 2);
    CHECK(!MaildirSource(folder.path, largest).resume("1700000002.other"));
}

TEST_CASE("names of folders become directories and come back")
{
    for (const std::string name : {"INBOX", "Work", "Work/2026", "Entw\xC3\xBCrfe", "a.b/c", "R&D", "INBOX/sub"})
        CHECK_MESSAGE(name_of_maildir_folder(maildir_folder(name)) == name, maildir_folder(name));
    CHECK(maildir_folder("a.b/c") == ".a&AC4-b.c");
    CHECK(maildir_folder("INBOX").empty());
}

TEST_CASE("what lies at a path: Maildir++, a tree of Maildirs, a tree of mbox files")
{
    const Folder folder;
    for (const auto* name :
        {"plus/cur/x", "plus/.Work.2026/cur/x", "plus/.Sent/cur/x", "tree/INBOX/cur/x", "tree/Work/2026/cur/x"})
        folder.write(name, "");
    folder.write("boxes/Sent.mbox", from + "a: b\n\n");
    folder.write("boxes/Work/2026.mbox", from + "a: b\n\n");
    folder.write("boxes/Old.sbd/2020", from + "a: b\n\n");
    folder.write("boxes/notes.txt", "no mail\n");
    const auto names = [&](const char* path, const char* into) {
        std::string out;
        for (const auto& found : find(folder.path / path, into)) out += (out.empty() ? "" : " ") + found.folder;
        return out;
    };
    CHECK(names("plus", "") == "INBOX Sent Work/2026");
    CHECK(names("plus", "Old") == "Old Old/Sent Old/Work/2026");
    CHECK(names("tree", "") == "INBOX Work/2026");
    CHECK(names("boxes", "") == "Old/2020 Sent Work/2026");
    CHECK(names("boxes/Sent.mbox", "") == "INBOX");
    CHECK(names("boxes/Sent.mbox", "Elsewhere") == "Elsewhere");
    CHECK_THROWS_AS((void)find(folder.path / "none", ""), Unreadable);
    CHECK_THROWS_AS((void)find(folder.path / "plus/cur", ""), Unreadable);
}

TEST_CASE("a tar has what was put into it, long names and other alphabets included")
{
    const Folder folder;
    const auto path = (folder.path / "all.tar").string();
    const auto long_name = std::string(90, 'd') + "/" + std::string(90, 'f');
    const auto sink = tar_sink(path);
    sink->directory(std::string(90, 'd'));
    sink->file("short.xml", "<a/>", Time(std::chrono::seconds(1'700'000'000)));
    sink->file(long_name, std::string(1000, 'x'), {});
    sink->file("Entw\xC3\xBCrfe", "", {});
    CHECK(!std::filesystem::exists(path));
    sink->finish();
    REQUIRE(std::system(("tar -xf " + path + " -C " + folder.path.string()).c_str()) == 0);
    CHECK(std::filesystem::file_size(folder.path / "short.xml") == 4);
    CHECK(std::filesystem::file_size(folder.path / long_name) == 1000);
    CHECK(std::filesystem::exists(folder.path / "Entw\xC3\xBCrfe"));
}
