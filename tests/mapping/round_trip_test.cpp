// round_trip_test: mail → email2 → mail is the same bytes; email2 → mail → email2 is the same
// document but for the losses that are declared here. README.md "What does not survive the way
// there and back".

#include "email2/xml.h"
#include "gateway/mapping/mail_in.h"
#include "losses.h"
#include "samples.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

using namespace gateway::mapping;

using namespace losses;
using email2::Content;
using email2::Part;

namespace {

// -- any document --------------------------------------------------------------------------------

rc::Gen<std::string> any_text()
{
    const auto piece = rc::gen::element<std::string>("word ", "\n", "\r\n", "\t", " ", "ü", "€ ", "🙂", "=",
        "=?utf-8?q?x?=", "From ", "> ", "-- \n", ".", "\"", "\\", "<a@b.test>", ";", "\u0085", "\uFFFD", "--",
        "a sentence that goes on for a while and for another while until it is longer than any "
        "line of a mail should be ");
    return rc::gen::map(
        rc::gen::container<std::vector<std::string>>(piece), [](const std::vector<std::string>& pieces) {
            std::string all;
            for (const auto& each : pieces) all += each;
            return all;
        });
}

Part any_part(int depth)
{
    Part part;
    part.type = *rc::gen::element<std::string>("text/plain", "text/plain", "text/html", "text/calendar", "text/x-log",
        "TEXT/Plain", "image/png", "application/json", "pdf", "multipart/mixed", "multipart/alternative",
        "multipart/related", "multipart/signed", "multipart/report", "message/rfc822", "message/delivery-status");
    part.disposition = *rc::gen::element<std::string>("", "", "inline", "attachment", "form-data");
    if (*rc::gen::inRange(0, 3) == 0) part.name = *any_text();
    if (*rc::gen::inRange(0, 3) == 0)
        part.content_id = *rc::gen::element<std::string>("a@b.test", "a b", "<x>", "ü@b.test");
    const int kind = *rc::gen::inRange(0, depth > 0 ? 4 : 2);
    if (kind == 0) {
        part.text = *any_text();
    } else if (kind == 1) {
        const bool message = part.type.starts_with("message/");
        auto octets = message || part.type.starts_with("text/") || part.type.starts_with("TEXT/")
                          ? *any_text()
                          : *rc::gen::arbitrary<std::string>();
        if (message && *rc::gen::arbitrary<bool>()) octets = "Subject: in\r\n\r\n" + octets;
        const auto blob = samples::blob_part(part.type, "", std::move(octets));
        part.sha256 = blob.sha256;
        part.size = blob.size;
    } else {
        for (int i = *rc::gen::inRange(1, 4); i > 0; --i) part.parts.push_back(any_part(depth - 1));
    }
    return part;
}

std::string as_xml(const Content& content)
{
    email2::Publication publication;
    publication.content = content;
    return email2::write(publication);
}

// -- mail to email2 to mail ----------------------------------------------------------------------

// The mail as a store puts it together: attachments that lie apart are encoded again, the rest is
// as it was.
std::string put_together(const std::string& bytes)
{
    std::string out;
    std::uint64_t at = 0;
    (void)attachments(mime::parse(bytes), bytes, 1, [&](const Attachment& attachment, std::string_view octets) {
        if (attachment.line_length == 0) return;
        out.append(bytes, at, attachment.encoded.offset - at);
        out += encode_base64_lines(octets, attachment.line_length);
        at = attachment.encoded.end();
    });
    return out.append(bytes, at);
}

// SHA-256 in a document, in order.
void collect(const Part& part, std::vector<std::string>& found)
{
    if (!part.sha256.empty() && part.size > 0) found.push_back(part.sha256);
    for (const auto& each : part.parts) collect(each, found);
}

// "" when every attachment that the document names is one that the mail gives.
std::string missing_blobs(const std::string& bytes)
{
    const auto message = mime::parse(bytes);
    std::vector<std::string> named, given;
    collect(content_of(message, bytes).body, named);
    (void)attachments(message, bytes, 1, [&](const Attachment& attachment, std::string_view) {
        if (attachment.size > 0) given.push_back(attachment.sha256);
    });
    for (const auto& each : named)
        if (std::find(given.begin(), given.end(), each) == given.end()) return each;
    return "";
}

}  // namespace

TEST_CASE("each loss that is declared is one")
{
    for (const auto& loss : declared_losses()) {
        CHECK_MESSAGE(loss.before != loss.after, loss.what);
        CHECK_MESSAGE(as_xml(there_and_back(loss.before)) == as_xml(loss.after), loss.what);
        CHECK_MESSAGE(as_xml(declared(loss.before)) == as_xml(loss.after), loss.what);
    }
}

TEST_CASE("the mapping's README names each loss, and none that is not one")
{
    const auto readme = samples::read_file(SOURCE_FOLDER "/gateway/mapping/README.md");
    const auto list = readme.substr(std::min(readme.size(), readme.find("but for this;")));
    std::set<std::string> named, declared_ones;
    std::istringstream lines(list);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("- ")) named.insert(line.substr(2));
    for (const auto& loss : declared_losses()) declared_ones.insert(loss.what);
    CHECK(named == declared_ones);
}

TEST_CASE("email2 to mail to email2 loses nothing but what is declared, and nothing more on a second way")
{
    CHECK(rc::check([] {
        const Content content{.subject = *any_text(), .body = any_part(2)};
        const auto once = there_and_back(content);
        if (once != declared(content)) RC_FAIL("is " + as_xml(once) + "\nnot " + as_xml(declared(content)));
        RC_ASSERT(there_and_back(once) == once);
    }));
}

TEST_CASE("mail to email2 to mail is the same bytes, and each blob of the document is in the mail")
{
    CHECK(rc::check([] {
        const auto mail = as_mail({.subject = *any_text(), .body = any_part(2)});
        RC_ASSERT(put_together(mail) == mail);
        RC_ASSERT(missing_blobs(mail) == "");
    }));
    CHECK(rc::check([] {
        const auto octets = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        RC_ASSERT(put_together(octets) == octets);
    }));
}

TEST_CASE("every mail of the corpus is put together as it was, and each blob of its document is in it")
{
    const auto corpus = samples::corpus();
    if (corpus.empty()) {
        MESSAGE("no corpus here");
        return;
    }
    std::size_t mails = 0;
    for (const auto& path : samples::files_below(corpus, "")) {
        const auto bytes = samples::read_file(path);
        CHECK_MESSAGE(put_together(bytes) == bytes, path);
        CHECK_MESSAGE(missing_blobs(bytes) == "", path);
        ++mails;
    }
    MESSAGE(mails << " files");
}
