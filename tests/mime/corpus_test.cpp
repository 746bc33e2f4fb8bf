// corpus_test: mail of the wild, and what other parsers make of it.
//
// The corpus is not part of the sources: it lies where E2_CORPUS says, or beside them. Without it,
// only the samples are read.
#include "mime/ascii.h"
#include "mime/fold.h"
#include "mime/header.h"
#include "mime/outline.h"
#include "mime/utf8.h"
#include "tests/mime/corpus.h"
#include "tests/mime/support.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

using namespace mime;
using namespace mime_test;
namespace fs = std::filesystem;

namespace {

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
    if (!is_utf8(found.text) || !is_utf8(found.preview) || !is_utf8(found.headers)) return "search text is not UTF-8";
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
        for (const Part& child : part.parts) out += events_of(child, "body-part");
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
        if (tag == "message" || tag == "/message" || tag == "multipart" || tag == "/multipart" || tag == "body-part" ||
            tag == "/body-part" || tag == "body")
            out += tag + ' ';
    }
    return out;
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
        if (ours == theirs) ++agree;
        else differ.insert(path.stem().string());
    }
    CHECK(differ == opinions);
    MESSAGE(agree << " mails agree with mime4j");
}
