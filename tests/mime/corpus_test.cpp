// corpus_test: mail of the wild, and what other parsers make of it.
//
// The corpus is not part of the sources: it lies where E2_CORPUS says, or beside them. Without it,
// only the samples are read.
#include "mime/ascii.h"
#include "mime/fold.h"
#include "mime/header.h"
#include "mime/outline.h"
#include "mime/utf8.h"
#include "tests/mime/support.h"

#include <boost/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace mime;
using namespace mime_test;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<fs::path> corpus()
{
    const char* set = std::getenv("E2_CORPUS");
    const fs::path path =
        set ? fs::path(set) : fs::path(SOURCE_FOLDER) / ".." / "shared" / "corpus";
    if (fs::is_directory(path)) return path;
    static const bool said =
        std::puts("mime: no corpus (E2_CORPUS), only the samples are read") >= 0;
    (void)said;
    return std::nullopt;
}

std::vector<fs::path> files_below(const fs::path& folder)
{
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

// "" when all that is made of the mail is sound.
std::string fault_of(const std::string& mail)
{
    const Message message = parse(mail);
    if (std::string fault = range_fault(message, mail); !fault.empty()) return fault;
    if (unpack(pack(outline(message))) != outline(message)) return "outline";
    const SearchText found = search_text(message, mail);
    if (!is_utf8(found.text) || !is_utf8(found.preview) || !is_utf8(found.headers))
        return "search text is not UTF-8";
    if (found.text.find('\0') != std::string::npos) return "NUL in the search text";
    for (const Field& field : message.root.fields) {
        const std::string_view value = field.value.of(mail);
        if (!is_utf8(decode_text(value))) return "text is not UTF-8";
        for (const Address& address : parse_addresses(value))
            if (!is_utf8(address.spec())) return "address is not UTF-8";
    }
    return "";
}

// -- the event stream of mime4j ------------------------------------------------------------------

// "message 11 multipart body-part 2 body ...": how elements nest, with the number of fields of each
// header.
std::string events_of(const Part& part, const std::string& name)
{
    std::string out = name + ' ' + std::to_string(part.fields.size()) + ' ';
    if (part.type.type == "multipart") {  // a boundary that never comes leaves one without parts
        out += "multipart ";
        for (const Part& child : part.parts)
            out += events_of(child, "body-part");
        out += "/multipart ";
    } else if (part.enclosed_message()) {
        out += events_of(part.parts[0], "message");
    } else {
        out += "body ";
    }
    return out + '/' + name + ' ';
}

std::string events_of_xml(const std::string& xml)
{
    std::string out;
    std::size_t fields = 0;
    for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
        const std::string tag = xml.substr(at + 1, xml.find_first_of("> ", at) - at - 1);
        if (tag == "header") fields = 0;
        if (tag == "field") ++fields;
        if (tag == "/header") out += std::to_string(fields) + ' ';
        if (tag == "message" || tag == "/message" || tag == "multipart" || tag == "/multipart" ||
            tag == "body-part" || tag == "/body-part" || tag == "body")
            out += tag + ' ';
    }
    return out;
}

// -- the offsets of MimeKit ----------------------------------------------------------------------

std::uint64_t number(const boost::json::value& value)
{
    return value.to_number<std::uint64_t>();
}

// Where we and MimeKit differ about a part; offsets are of the mbox, `base` is where the mail
// begins in it.
void compare(
    const boost::json::object& theirs,
    const Part& ours,
    std::uint64_t base,
    const std::string& path,
    std::vector<std::string>& out
)
{
    const auto check = [&](const char* what, std::uint64_t a, std::uint64_t b) {
        if (a != b)
            out.push_back(path + ' ' + what + ' ' + std::to_string(a) + " we " + std::to_string(b));
    };
    const auto& their_type = theirs.at("mimeType").as_string();
    const std::string type = ours.type.type + '/' + ours.type.subtype;
    if (lowered(their_type) != type)
        out.push_back(path + ' ' + std::string(their_type) + " we " + type);
    check("begin", number(theirs.at("beginOffset")), base + ours.header.offset);
    check("body", number(theirs.at("headersEndOffset")), base + ours.body.offset);
    check("end", number(theirs.at("endOffset")), base + ours.body.end());
    check("octets", number(theirs.at("octets")), ours.body.length);
    if (theirs.contains("children")) {
        const auto& children = theirs.at("children").as_array();
        check("parts", children.size(), ours.parts.size());
        for (std::size_t i = 0; i < std::min(children.size(), ours.parts.size()); ++i)
            compare(
                children[i].as_object(),
                ours.parts[i],
                base,
                path + '.' + std::to_string(i + 1),
                out
            );
    } else if (theirs.contains("message")) {
        check("enclosed", 1, ours.parts.size());
        if (!ours.parts.empty())
            compare(
                theirs.at("message").as_object().at("body").as_object(),
                ours.parts[0],
                base,
                path + ".m",
                out
            );
    }
}

// How many mails of the mbox agree in every offset; what differs is added to `differences`.
std::size_t
agreeing(const fs::path& folder, const std::string& name, std::vector<std::string>& differences)
{
    const std::string mbox = read(folder / (name + ".mbox.txt"));
    const auto expected =
        boost::json::parse(read(folder / (name + ".unix-offsets.json"))).as_array();
    std::size_t agree = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto& mail = expected[i].as_object();
        const std::uint64_t begin = number(mail.at("beginOffset"));
        const std::string bytes = mbox.substr(begin, number(mail.at("endOffset")) - begin);
        std::vector<std::string> found;
        compare(
            mail.at("body").as_object(),
            parse(bytes).root,
            begin,
            name + ' ' + std::to_string(i + 1),
            found
        );
        agree += found.empty() ? 1 : 0;
        differences.insert(differences.end(), found.begin(), found.end());
    }
    return agree;
}

}  // namespace

TEST_CASE("every sample parses with all ranges inside")
{
    for (const fs::path& path : files_below(fs::path(TEST_FOLDER) / "samples"))
        CHECK_MESSAGE(fault_of(read(path)) == "", path.string());
}

TEST_CASE("every mail of the corpus parses with all ranges inside")
{
    const auto folder = corpus();
    if (!folder) return;
    std::size_t mails = 0;
    for (const fs::path& path : files_below(*folder)) {
        const std::string mail = read(path);
        CHECK_MESSAGE(fault_of(mail) == "", path.string());
        ++mails;
    }
    MESSAGE(mails << " files read");
}

TEST_CASE("mime4j sees the same structure, but for what is a matter of opinion")
{
    const auto folder = corpus();
    if (!folder) return;
    const std::set<std::string> opinions = {
        // An encoded message/rfc822 (RFC 2046 5.2.1 forbids it) is not opened: its offsets would be
        // of no octets here.
        "multi-2gifs-base64",
        "bad-newlines-multiple-parts-base64",
        "base64encoded-rfc822message-nested",
        "base64encoded-rfc822message",
        // A line without a colon is passed over, not taken as the beginning of the body.
        "malformedHeaderStartsBody-nocrlfcrlf",
        // White space at the end of a boundary does not distinguish: it is lost on the way.
        "very-long-boundary",
        "very-very-long-boundary",
        "weird-boundary",
    };
    std::size_t agree = 0;
    std::set<std::string> differ;
    for (const fs::path& path : files_below(*folder / "mime4j-testmsgs")) {
        fs::path xml = path;
        xml.replace_extension(".xml");
        if (path.extension() != ".msg" || !fs::exists(xml)) continue;
        const std::string ours = events_of(parse(read(path)).root, "message");
        const std::string theirs = events_of_xml(read(xml));
        if (ours == theirs)
            ++agree;
        else
            differ.insert(path.stem().string());
    }
    CHECK(differ == opinions);
    MESSAGE(agree << " mails agree with mime4j");
}

TEST_CASE("MimeKit sees the same offsets")
{
    const auto folder = corpus();
    if (!folder) return;
    for (const std::string name : {"content-length", "issue1189", "jwz"}) {
        const fs::path mboxes = *folder / "mimekit" / "mbox";
        if (!fs::exists(mboxes / (name + ".mbox.txt"))) {
            MESSAGE(name << ": the corpus has only the offsets, not the mails");
            continue;
        }
        std::vector<std::string> differences;
        const std::size_t agree = agreeing(mboxes, name, differences);
        MESSAGE(name << ": " << agree << " mails agree with MimeKit");
        // MimeKit gives the empty line of a part without a body to the boundary; here (and in
        // Dovecot) it ends the header.
        if (name == "issue1189")
            CHECK(
                differences ==
                std::vector<std::string>{
                    "issue1189 2.2 body 6411 we 6412", "issue1189 2.2 end 6411 we 6412"}
            );
        else
            CHECK(differences == std::vector<std::string>{});
    }
}
