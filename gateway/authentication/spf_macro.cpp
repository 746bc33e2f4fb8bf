// spf_macro: macro strings of SPF, RFC 7208 7.
#include "gateway/authentication/spf_macro.h"

#include "email2/address.h"
#include "email2/text.h"
#include "gateway/dns/resolver.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace gateway::authentication {
namespace {

// macro-expand = "%{" macro-letter transformers *delimiter "}"
struct Macro {
    char letter = 0;       // lower case
    bool escaped = false;  // written in upper case
    std::size_t keep = 0;  // labels; 0: all
    bool reverse = false;
    std::string delimiters = ".";
};

// Takes "%{…}" off the front; nullopt when it is none.
std::optional<Macro> take_macro(std::string_view& text, MacroPlace place)
{
    const auto end = text.find('}');
    if (!text.starts_with("%{") || end == std::string_view::npos || end < 3) return std::nullopt;
    auto inner = text.substr(2, end - 2);
    text.remove_prefix(end + 1);
    Macro macro;
    macro.letter = static_cast<char>(std::tolower(static_cast<unsigned char>(inner.front())));
    macro.escaped = macro.letter != inner.front();
    const std::string_view letters = place == MacroPlace::explanation ? "slodiphcrtv" : "slodiphv";
    if (letters.find(macro.letter) == std::string_view::npos) return std::nullopt;
    inner.remove_prefix(1);
    const auto digits = std::min(inner.find_first_not_of("0123456789"), inner.size());
    if (digits > 0) {
        for (const char c : inner.substr(0, std::min<std::size_t>(digits, 4)))
            macro.keep = macro.keep * 10 + static_cast<std::size_t>(c - '0');
        if (macro.keep == 0) return std::nullopt;  // RFC 7208 7.1: must be non-zero
        inner.remove_prefix(digits);
    }
    if (!inner.empty() && (inner.front() == 'r' || inner.front() == 'R')) {
        macro.reverse = true;
        inner.remove_prefix(1);
    }
    if (inner.find_first_not_of(".-+,/_=") != std::string_view::npos) return std::nullopt;
    if (!inner.empty()) macro.delimiters = inner;
    return macro;
}

// "192.0.2.1" as it is; an IPv6 address as 32 nibbles with dots between, in capitals as the suite has them.
std::string dotted(const boost::asio::ip::address& client)
{
    if (client.is_v4()) return client.to_string();
    auto nibbles = dns::reverse_name(client.to_string());
    nibbles.resize(63);
    std::reverse(nibbles.begin(), nibbles.end());
    for (auto& c : nibbles) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return nibbles;
}

std::string value_of(char letter, const MacroValues& values)
{
    switch (letter) {
    case 's': return values.sender;
    case 'l': return std::string(email2::local_part(values.sender));
    case 'o': return std::string(email2::domain_of(values.sender));
    case 'd': return values.domain;
    case 'i': return dotted(values.client);
    case 'p': return values.validated;
    case 'v': return values.client.is_v4() ? "in-addr" : "ip6";
    case 'h': return values.helo;
    case 'c': return values.client.to_string();
    case 'r': return values.receiver;
    default: return std::to_string(values.now.time_since_epoch().count());
    }
}

std::string transformed(const std::string& value, const Macro& macro)
{
    std::vector<std::string> labels(1);
    for (const char c : value) {
        if (macro.delimiters.find(c) == std::string::npos) labels.back() += c;
        else labels.emplace_back();
    }
    if (macro.reverse) std::reverse(labels.begin(), labels.end());
    if (macro.keep > 0 && macro.keep < labels.size())
        labels.erase(labels.begin(), labels.end() - static_cast<std::ptrdiff_t>(macro.keep));
    std::string joined;
    for (const auto& label : labels) joined += (&label == labels.data() ? "" : ".") + label;
    return joined;
}

// RFC 3986 2.3: all but unreserved characters as %XX.
std::string url_escaped(const std::string& text)
{
    constexpr char digits[] = "0123456789ABCDEF";
    std::string escaped;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (std::isalnum(octet) != 0 || c == '-' || c == '.' || c == '_' || c == '~') escaped += c;
        else escaped += {'%', digits[octet >> 4U], digits[octet & 15U]};
    }
    return escaped;
}

// macro-literal = %x21-24 / %x26-7E; explanations may have spaces besides.
bool is_literal(char c, MacroPlace place)
{
    return (c > ' ' && c < '\x7f' && c != '%') || (c == ' ' && place == MacroPlace::explanation);
}

}  // namespace

bool is_macro_string(std::string_view text, MacroPlace place)
{
    return expand_macros(text, {}, place).has_value();
}

bool asks_for_name(std::string_view text)
{
    return email2::ascii_lower(text).find("%{p") != std::string::npos;
}

std::optional<std::string> expand_macros(std::string_view text, const MacroValues& values, MacroPlace place)
{
    std::string expanded;
    while (!text.empty()) {
        if (text.front() != '%') {
            if (!is_literal(text.front(), place)) return std::nullopt;
            expanded += text.front();
            text.remove_prefix(1);
        } else if (text.starts_with("%%") || text.starts_with("%_") || text.starts_with("%-")) {
            expanded += text[1] == '%' ? "%" : text[1] == '_' ? " " : "%20";
            text.remove_prefix(2);
        } else {
            const auto macro = take_macro(text, place);
            if (!macro) return std::nullopt;
            const auto value = transformed(value_of(macro->letter, values), *macro);
            expanded += macro->escaped ? url_escaped(value) : value;
        }
    }
    return expanded;
}

}  // namespace gateway::authentication
