// offsets_test: where each part begins and ends, beside what MimeKit's authors wrote down, with
// line ends of Unix and of DOS.
//
// Zawinski's torture mails themselves may not be passed on and are not in the corpus: there are
// only the offsets of all their parts. So mails are built that have their parts exactly there, and
// are parsed. Where jwz.mbox.txt lies beside the offsets, the mails themselves are compared as
// well. Mails of such structures whose offsets Dovecot says: tests/scenario/run_structures.py.
#include "mime/ascii.h"
#include "tests/mime/corpus.h"
#include "tests/mime/support.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace mime;
using namespace mime_test;

namespace {

using boost::json::object;

struct Form {
    std::string_view name, line_end;
};

constexpr Form forms[] = {{"unix", "\n"}, {"dos", "\r\n"}};

std::uint64_t number(const boost::json::value& value)
{
    return value.to_number<std::uint64_t>();
}

// Where we and MimeKit differ about a part; offsets are of the mbox, `base` is where the mail
// begins in it.
void compare(const boost::json::object& theirs, const Part& ours, std::uint64_t base, const std::string& path,
    std::vector<std::string>& out)
{
    const auto check = [&](const char* what, std::uint64_t a, std::uint64_t b) {
        if (a != b) out.push_back(path + ' ' + what + ' ' + std::to_string(a) + " we " + std::to_string(b));
    };
    const auto& their_type = theirs.at("mimeType").as_string();
    const std::string type = ours.type.type + '/' + ours.type.subtype;
    if (lowered(their_type) != type) out.push_back(path + ' ' + std::string(their_type) + " we " + type);
    check("begin", number(theirs.at("beginOffset")), base + ours.header.offset);
    check("body", number(theirs.at("headersEndOffset")), base + ours.body.offset);
    check("end", number(theirs.at("endOffset")), base + ours.body.end());
    check("octets", number(theirs.at("octets")), ours.body.length);
    if (theirs.contains("children")) {
        const auto& children = theirs.at("children").as_array();
        check("parts", children.size(), ours.parts.size());
        for (std::size_t i = 0; i < std::min(children.size(), ours.parts.size()); ++i)
            compare(children[i].as_object(), ours.parts[i], base, path + '.' + std::to_string(i + 1), out);
    } else if (type == "message/external-body") {
        // MimeKit opens it. What is in it is the header of something elsewhere, RFC 2046 5.2.3: no
        // message, and no part of IMAP's BODYSTRUCTURE (RFC 9051 7.5.2).
        check("enclosed", 0, ours.parts.size());
    } else if (theirs.contains("message")) {
        check("enclosed", 1, ours.parts.size());
        if (!ours.parts.empty())
            compare(theirs.at("message").as_object().at("body").as_object(), ours.parts[0], base, path + ".m", out);
    }
}

std::string with_line_ends(const std::string& text, std::string_view line_end)
{
    std::string out;
    for (const char c : text)
        if (c == '\n') out += line_end;
        else if (c != '\r') out += c;
    return out;
}

boost::json::array offsets(const fs::path& mboxes, const std::string& name, const Form& form)
{
    return boost::json::parse(read(mboxes / (name + '.' + std::string(form.name) + "-offsets.json"))).as_array();
}

// -- mails made of offsets -----------------------------------------------------------------------

// Writes what a part must hold to lie where it is told to lie; all else is filled.
class Builder {
public:
    Builder(std::string_view line_end, std::uint64_t begin, std::uint64_t end)
        : line_end_(line_end), base_(begin), mail_(end - begin, 'x')
    {
    }

    std::string run(const object& body)
    {
        part(body, false);
        return std::move(mail_);
    }

private:
    void put(std::uint64_t at, std::string_view text) { mail_.replace(at - base_, text.size(), text); }

    // Lines of text; the last one may lack its end.
    void fill(std::uint64_t at, std::uint64_t end)
    {
        constexpr std::uint64_t width = 60;
        for (at += width; at + line_end_.size() <= end; at += width + line_end_.size()) put(at, line_end_);
    }

    // Whole lines.
    void fill_lines(std::uint64_t at, std::uint64_t end)
    {
        if (at == end) return;
        fill(at, end - line_end_.size());
        put(end - line_end_.size(), line_end_);
    }

    void part(const object& described, bool digest)
    {
        const auto begin = number(described.at("beginOffset")), body = number(described.at("headersEndOffset")),
                   end = number(described.at("endOffset"));
        const std::string type(described.at("mimeType").as_string());
        const auto* children = described.if_contains("children");
        const bool parts = children != nullptr && !children->as_array().empty();
        const std::string boundary = parts ? boundary_of(children->as_array(), body, end) : "";
        const bool is_default = lowered(type) == (digest ? "message/rfc822" : "text/plain");
        std::string value = is_default && !parts ? "" : "Content-Type: " + type;
        if (parts) value += "; boundary=" + boundary;
        if (lowered(type) == "message/rfc822" && !described.contains("message"))
            value += std::string(line_end_) + "Content-Transfer-Encoding: base64";  // so that nobody opens it
        header(begin, body, value);
        if (parts) multipart(children->as_array(), boundary, body, end, lowered(type) == "multipart/digest");
        else if (const auto* message = described.if_contains("message"))
            part(message->as_object().at("body").as_object(), false);
        else fill(body, end);
    }

    void header(std::uint64_t at, std::uint64_t end, std::string_view field)
    {
        const auto line = line_end_.size();
        if (end - at > line) {
            REQUIRE(end - at >= field.size() + 2 * line);
            put(at, field.empty() ? "F:" : field);
            at += std::max<std::size_t>(field.size(), 2);
            const auto rest = end - at - 2 * line;
            if (!field.empty() && rest >= line + 2) {  // a field that fills it
                put(at, std::string(line_end_) + "F:");
            } else {
                put(at, std::string(rest, ' '));
            }
            put(end - 2 * line, line_end_);
        }
        put(end - line, line_end_);
    }

    // Its length is what is left of the shortest room before a part, and of that at the end.
    std::string boundary_of(const boost::json::array& children, std::uint64_t from, std::uint64_t end)
    {
        auto least = number(children[0].at("beginOffset")) - from - line_end_.size();
        for (std::size_t i = 1; i < children.size(); ++i)
            least = std::min(least,
                number(children[i].at("beginOffset")) - number(children[i - 1].at("endOffset")) - 2 * line_end_.size());
        const auto behind = end - number(children.back().at("endOffset"));
        if (behind >= line_end_.size() + 5) least = std::min(least, behind - line_end_.size() - 2);
        REQUIRE(least >= 3);
        auto name = std::string(1, static_cast<char>('a' + boundaries_++ % 26));
        name.resize(std::min<std::uint64_t>(least - 2, 70), '=');
        return name;
    }

    void multipart(const boost::json::array& children, const std::string& boundary, std::uint64_t at, std::uint64_t end,
        bool digest)
    {
        const auto mark = "--" + boundary;
        for (std::size_t i = 0; i < children.size(); ++i) {
            const auto& child = children[i].as_object();
            const auto begin = number(child.at("beginOffset"));
            const auto line = begin - line_end_.size() - mark.size();
            if (i > 0) {
                put(at, line_end_);
                at += line_end_.size();
            }
            fill_lines(at, line);
            put(line, mark);
            put(begin - line_end_.size(), line_end_);
            part(child, digest);
            at = number(child.at("endOffset"));
        }
        const auto closing = std::string(line_end_) + mark + "--";
        if (end - at < closing.size()) return;  // it never ends
        put(at, closing);
        at += closing.size();
        if (end - at < line_end_.size()) return;
        put(at, line_end_);
        fill(at + line_end_.size(), end);
    }

    std::string_view line_end_;
    std::uint64_t base_;
    std::string mail_;
    std::size_t boundaries_ = 0;
};

// What differs over all mails of a list of offsets; `bytes` gives each mail.
template <class Bytes>
std::vector<std::string> differences(const boost::json::array& mails, const std::string& name, Bytes bytes)
{
    std::vector<std::string> found;
    for (std::size_t i = 0; i < mails.size(); ++i) {
        const auto& mail = mails[i].as_object();
        const auto begin = number(mail.at("beginOffset")), end = number(mail.at("endOffset"));
        const auto& body = mail.at("body").as_object();
        compare(body, parse(bytes(body, begin, end)).root, begin, name + ' ' + std::to_string(i + 1), found);
    }
    return found;
}

using Differences = std::vector<std::string>;

std::string lines(const Differences& differ)
{
    std::string all;
    for (const auto& each : differ) all += each + '\n';
    return all;
}

}  // namespace

TEST_CASE("MimeKit sees the same offsets")
{
    const auto folder = corpus();
    if (!folder) return;
    const auto mboxes = *folder / "mimekit" / "mbox";
    for (const std::string name : {"content-length", "issue1189", "jwz"}) {
        const auto path = mboxes / (name + ".mbox.txt");
        if (!fs::exists(path)) {
            MESSAGE(name << ": the corpus has only the offsets, not the mails");
            continue;
        }
        for (const auto& form : forms) {
            const auto mbox = with_line_ends(read(path), form.line_end);
            const auto mails = offsets(mboxes, name, form);
            const auto differ = differences(mails, name,
                [&](const object&, std::uint64_t begin, std::uint64_t end) { return mbox.substr(begin, end - begin); });
            // MimeKit gives the empty line of a part without a body to the boundary; here (and in
            // Dovecot) it ends the header.
            if (name == "issue1189") {
                REQUIRE(differ.size() == 2);
                CHECK(differ[0].starts_with("issue1189 2.2 body "));
                CHECK(differ[1].starts_with("issue1189 2.2 end "));
            } else CHECK(lines(differ) == "");
            MESSAGE(name << ", " << std::string(form.name) << ": " << mails.size() << " mails");
        }
    }
}

TEST_CASE("mails that are built to Zawinski's offsets are found to have them")
{
    const auto folder = corpus();
    if (!folder) return;
    for (const auto& form : forms) {
        const auto mails = offsets(*folder / "mimekit" / "mbox", "jwz", form);
        CHECK(mails.size() == 152);  // both files list so many; the mbox is said to hold 153
        const auto differ = differences(mails, "jwz", [&](const object& body, std::uint64_t begin, std::uint64_t end) {
            return Builder(form.line_end, begin, end).run(body);
        });
        CHECK(lines(differ) == "");
    }
}
