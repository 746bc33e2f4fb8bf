// address: the one form in which an address is compared and stored. mapping.md "Names in both
// worlds".
#include "email2/address.h"

#include "email2/limits.h"
#include "email2/text.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <idn2.h>

namespace email2 {
namespace {

bool is_label(std::string_view label)
{
    // Underscores are no host names, but domains with them do take mail.
    return !label.empty() && label.size() <= limits::label && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(),
               [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_'; });
}

bool is_domain_name(std::string_view domain)
{
    if (domain.size() > limits::domain) return false;
    while (true) {
        const auto dot = domain.find('.');
        if (!is_label(domain.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        domain.remove_prefix(dot + 1);
    }
}

// RFC 5321 4.1.3: "[192.0.2.1]", "[IPv6:2001:db8::1]"; other literals reach nobody.
bool is_literal(std::string_view domain)
{
    if (domain.size() < 4 || domain.size() > limits::domain) return false;
    if (domain.front() != '[' || domain.back() != ']') return false;
    auto inside = domain.substr(1, domain.size() - 2);
    const bool six = inside.substr(0, 5) == "ipv6:";
    if (six) inside.remove_prefix(5);
    return !inside.empty() && std::all_of(inside.begin(), inside.end(), [six](char c) {
        return is_digit(c) || c == '.' || (six && (is_hex_digit(c) || c == ':'));
    });
}

std::optional<std::string> to_a_labels(std::string_view domain)
{
    if (domain.find('\0') != std::string_view::npos) return std::nullopt;
    const std::string input(domain);
    char* output = nullptr;
    constexpr int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
    if (idn2_to_ascii_8z(input.c_str(), &output, flags) != IDN2_OK) return std::nullopt;
    std::string result(output);
    idn2_free(output);
    return ascii_lower(result);
}

bool is_unwanted(char32_t c)
{
    const auto category = u_charType(static_cast<UChar32>(c));
    // Bidirectional controls (format characters) make an address look like another one.
    const bool bidi = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F;
    return category == U_CONTROL_CHAR || category == U_SPACE_SEPARATOR || category == U_LINE_SEPARATOR ||
           category == U_PARAGRAPH_SEPARATOR || bidi || !is_xml_character(c) || c == 0xFFFD;
}

bool is_clean(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const auto c = next_character(text, at);
        if (!c || is_unwanted(*c)) return false;
    }
    return true;
}

bool is_atom(std::string_view text)
{
    return !text.empty() && text.find_first_of("()<>[]:;@\\,\"") == std::string_view::npos;
}

// RFC 5322 3.4.1: quoting is no part of the meaning, so "jane"@x is jane@x.
std::string unquote(std::string_view local)
{
    std::string inside;
    for (std::size_t i = 1; i + 1 < local.size(); ++i) {
        if (local[i] == '\\' && i + 2 < local.size()) ++i;
        inside += local[i];
    }
    return is_atom(inside) ? inside : std::string(local);
}

bool is_quoted(std::string_view local)
{
    if (local.size() < 2 || local.front() != '"' || local.back() != '"') return false;
    for (std::size_t i = 1; i + 1 < local.size(); ++i) {
        if (local[i] == '"') return false;
        if (local[i] == '\\' && ++i + 1 >= local.size()) return false;
    }
    return true;
}

std::optional<std::string> compose(std::string_view local, bool lower)
{
    if (is_ascii(local)) return lower ? ascii_lower(local) : std::string(local);
    auto text = icu::UnicodeString::fromUTF8({local.data(), static_cast<int32_t>(local.size())});
    if (lower) text.toLower(icu::Locale::getRoot());
    UErrorCode status = U_ZERO_ERROR;
    const auto* nfc = icu::Normalizer2::getNFCInstance(status);
    if (U_FAILURE(status)) return std::nullopt;
    const auto composed = nfc->normalize(text, status);
    if (U_FAILURE(status)) return std::nullopt;
    std::string result;
    composed.toUTF8String(result);
    return result;
}

std::optional<std::string> normalise_local(std::string_view local, bool lower)
{
    // Composing never makes UTF-8 shorter than a third, so nothing longer can come to fit.
    if (local.empty() || local.size() > 3 * limits::local_part || !is_clean(local)) return std::nullopt;
    std::string bare(local);
    if (is_quoted(local)) bare = unquote(local);
    else if (!is_atom(local)) return std::nullopt;
    auto result = compose(bare, lower);
    if (!result || result->size() > limits::local_part) return std::nullopt;
    return result;
}

}  // namespace

std::optional<std::string> normalise_domain(std::string_view domain)
{
    // A U-label of one character is at most 4 octets, its A-label may be longer, never shorter by
    // more.
    if (domain.empty() || domain.size() > 4 * limits::domain) return std::nullopt;
    if (is_ascii(domain)) {
        auto lower = ascii_lower(domain);
        if (is_domain_name(lower) || is_literal(lower)) return lower;
        return std::nullopt;
    }
    if (!is_utf8(domain)) return std::nullopt;
    auto labels = to_a_labels(domain);
    if (!labels || !is_domain_name(*labels)) return std::nullopt;
    return labels;
}

std::optional<std::string> normalise(std::string_view address, const IsLocal& is_local)
{
    if (address.find('@') == std::string_view::npos) return std::nullopt;
    const auto domain = normalise_domain(domain_of(address));
    if (!domain) return std::nullopt;
    const auto local = normalise_local(local_part(address), is_local && is_local(*domain));
    if (!local) return std::nullopt;
    return *local + "@" + *domain;
}

std::optional<std::string> normalise(std::string_view address, const Domains& local)
{
    return normalise(address, [&](std::string_view domain) { return local.contains(domain); });
}

bool is_address(std::string_view address)
{
    const auto normal = normalise(address, IsLocal{});
    return normal && *normal == address;
}

std::string base_address(std::string_view address)
{
    const auto local = local_part(address);
    const auto plus = local.find('+');
    const bool quoted = !local.empty() && local.front() == '"';
    if (plus == std::string_view::npos || plus == 0 || quoted) return std::string(address);
    return std::string(local.substr(0, plus)) + "@" + std::string(domain_of(address));
}

std::string_view local_part(std::string_view address)
{
    return address.substr(0, address.rfind('@'));
}

std::string_view domain_of(std::string_view address)
{
    const auto at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
}

}  // namespace email2
