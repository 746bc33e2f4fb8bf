// spf_record: an SPF record as a list of terms, RFC 7208 4.5, 4.6, 12.
#include "gateway/authentication/spf_record.h"

#include "email2/text.h"
#include "gateway/authentication/limits.h"
#include "gateway/authentication/spf_macro.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace gateway::authentication {
namespace {

constexpr std::string_view version = "v=spf1";
constexpr std::array<std::pair<std::string_view, Mechanism>, 8> mechanisms{{
    {"all", Mechanism::all},
    {"include", Mechanism::include},
    {"a", Mechanism::a},
    {"mx", Mechanism::mx},
    {"ptr", Mechanism::ptr},
    {"ip4", Mechanism::ip4},
    {"ip6", Mechanism::ip6},
    {"exists", Mechanism::exists},
}};

bool is_alnum(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}
bool is_alpha(char c)
{
    return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

// toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
bool is_toplabel(std::string_view label)
{
    if (label.empty() || !is_alnum(label.front()) || !is_alnum(label.back())) return false;
    return std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; }) &&
           std::any_of(label.begin(), label.end(), [](char c) { return is_alpha(c) || c == '-'; });
}

// domain-spec = macro-string domain-end; domain-end = ( "." toplabel [ "." ] ) / macro-expand
bool is_domain_spec(std::string_view text)
{
    if (!is_macro_string(text, MacroPlace::domain_spec)) return false;
    const auto percent = text.rfind('%');
    if (percent != std::string_view::npos) {  // does the last macro end the whole?
        const auto end = text.substr(percent).starts_with("%{") ? text.find('}', percent) : percent + 1;
        if (end + 1 == text.size()) return true;
        if (percent > 0 && text[percent - 1] == '%' && percent + 1 == text.size()) return true;  // "%%"
    }
    if (text.ends_with('.')) text.remove_suffix(1);
    const auto dot = text.rfind('.');
    return dot != std::string_view::npos && is_toplabel(text.substr(dot + 1));
}

// "/" ( "0" / %x31-39 0*2DIGIT ), at most `most`; the slash is gone already.
std::optional<int> prefix_length(std::string_view digits, int most)
{
    if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    if (digits.front() == '0' && digits.size() > 1) return std::nullopt;
    int number = 0;
    for (const char c : digits) number = number * 10 + (c - '0');
    return number <= most ? std::optional(number) : std::nullopt;
}

// Takes dual-cidr-length = [ "/" ip4 ] [ "//" ip6 ] off the end. False when what stands there is none.
bool take_lengths(std::string_view& text, Directive& directive)
{
    const auto digits_from = [&] { return text.find_last_not_of("0123456789"); };
    auto slash = digits_from();
    if (slash == std::string_view::npos || text[slash] != '/') return true;
    if (slash > 0 && text[slash - 1] == '/') {
        const auto six = prefix_length(text.substr(slash + 1), 128);
        if (!six) return false;
        directive.bits6 = *six;
        text = text.substr(0, slash - 1);
        slash = digits_from();
        if (slash == std::string_view::npos || text[slash] != '/') return true;
    }
    const auto four = prefix_length(text.substr(slash + 1), 32);
    if (!four) return false;
    directive.bits4 = *four;
    text = text.substr(0, slash);
    return true;
}

bool read_network(std::string_view value, Directive& directive)
{
    const bool four = directive.mechanism == Mechanism::ip4;
    const auto slash = value.find('/');
    if (slash != std::string_view::npos) {
        const auto bits = prefix_length(value.substr(slash + 1), four ? 32 : 128);
        if (!bits) return false;
        (four ? directive.bits4 : directive.bits6) = *bits;
        value = value.substr(0, slash);
    }
    if (value.find('%') != std::string_view::npos) return false;  // a zone is for a machine, not for the world
    boost::system::error_code wrong;
    directive.network = boost::asio::ip::make_address(std::string(value), wrong);
    return !wrong && directive.network.is_v4() == four;
}

// Whether the value of a mechanism ("" when it has none, else with its ':' or '/') fits it.
bool read_value(std::string_view value, Directive& directive)
{
    switch (directive.mechanism) {
    case Mechanism::all: return value.empty();
    case Mechanism::ip4:
    case Mechanism::ip6: return value.starts_with(':') && read_network(value.substr(1), directive);
    case Mechanism::include:
    case Mechanism::exists:
        if (!value.starts_with(':') || !is_domain_spec(value.substr(1))) return false;
        directive.domain = value.substr(1);
        return true;
    case Mechanism::a:
    case Mechanism::mx:
        if (!take_lengths(value, directive)) return false;
        break;
    case Mechanism::ptr: break;
    }
    if (value.empty()) return true;
    if (!value.starts_with(':') || !is_domain_spec(value.substr(1))) return false;
    directive.domain = value.substr(1);
    return true;
}

Result take_qualifier(std::string_view& term)
{
    constexpr std::array<std::pair<char, Result>, 4> qualifiers{
        {{'+', Result::pass}, {'-', Result::fail}, {'~', Result::softfail}, {'?', Result::neutral}}};
    for (const auto& [sign, result] : qualifiers)
        if (term.starts_with(sign)) {
            term.remove_prefix(1);
            return result;
        }
    return Result::pass;
}

// directive = [ qualifier ] mechanism
bool read_directive(std::string_view term, SpfRecord& record)
{
    Directive directive;
    directive.qualifier = take_qualifier(term);
    const auto name = email2::ascii_lower(term.substr(0, term.find_first_of(":/")));
    const auto found =
        std::find_if(mechanisms.begin(), mechanisms.end(), [&](const auto& known) { return known.first == name; });
    if (found == mechanisms.end()) return false;
    directive.mechanism = found->second;
    if (!read_value(term.substr(name.size()), directive)) return false;
    record.directives.push_back(std::move(directive));
    return true;
}

// modifier = name "=" macro-string, name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
bool is_modifier(std::string_view term)
{
    const auto end = std::find_if_not(
        term.begin(), term.end(), [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
    return !term.empty() && is_alpha(term.front()) && end != term.end() && *end == '=';
}

bool read_modifier(std::string_view term, SpfRecord& record)
{
    const auto equals = term.find('=');
    const auto name = email2::ascii_lower(term.substr(0, equals));
    const auto value = term.substr(equals + 1);
    if (name != "redirect" && name != "exp") return is_macro_string(value, MacroPlace::domain_spec);
    auto& place = name == "exp" ? record.explanation : record.redirect;
    if (!place.empty() || !is_domain_spec(value)) return false;  // RFC 7208 6: each once at most
    place = value;
    return true;
}

}  // namespace

bool is_spf_record(std::string_view text)
{
    if (email2::ascii_lower(text.substr(0, version.size())) != version) return false;
    return text.size() == version.size() || text[version.size()] == ' ';
}

tl::expected<SpfRecord, std::string> parse_spf(std::string_view text)
{
    if (!is_spf_record(text)) return tl::unexpected(std::string("no SPF record"));
    if (text.size() > limits::record) return tl::unexpected(std::string("the record is too long"));
    text.remove_prefix(version.size());
    SpfRecord record;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const auto term = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (term.empty()) continue;
        if (!(is_modifier(term) ? read_modifier(term, record) : read_directive(term, record)))
            return tl::unexpected("the term \"" + std::string(term.substr(0, 80)) + "\" cannot be read");
    }
    return record;
}

}  // namespace gateway::authentication
