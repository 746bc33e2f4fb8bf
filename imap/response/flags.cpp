// flags: flags and keywords in responses, RFC 3501 7.2.6, 7.4.2.
#include "imap/response/flags.h"

#include <array>

namespace imap::response {

namespace {

constexpr std::array<std::string_view, 5> system{"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"};

void put_names(std::string& out, Flags flags, std::span<const std::string> keywords)
{
    const auto begin = out.size();
    const auto put = [&](std::string_view name) {
        if (out.size() != begin) out += ' ';
        out += name;
    };
    for (std::size_t i = 0; i < system.size(); ++i) {
        if ((flags >> i) & 1) put(system[i]);
    }
    for (std::size_t i = 0; i < keywords.size() && i + first_keyword < 64; ++i) {
        if ((flags >> (i + first_keyword)) & 1) put(keywords[i]);
    }
}

}  // namespace

void put_flags(std::string& out, Flags flags, std::span<const std::string> keywords, Recent recent)
{
    out += '(';
    const auto begin = out.size();
    put_names(out, flags, keywords);
    if (recent == Recent::yes) out += out.size() == begin ? "\\Recent" : " \\Recent";
    out += ')';
}

void put_defined_flags(std::string& out, std::span<const std::string> keywords, bool read_only)
{
    constexpr auto all = ~Flags{0};
    out += "* FLAGS ";
    put_flags(out, all, keywords);
    out += "\r\n* OK [PERMANENTFLAGS (";
    if (!read_only) {
        put_names(out, all, keywords);
        out += " \\*";
    }
    out += read_only ? ")] Read-only mailbox.\r\n" : ")] Flags permitted.\r\n";
}

}  // namespace imap::response
