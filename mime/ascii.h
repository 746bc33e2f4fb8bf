// ascii: the few character tests that header grammar needs, without locale.
#pragma once

#include <string>
#include <string_view>

namespace mime {

constexpr char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

constexpr bool is_space(char c)
{
    return is_blank(c) || c == '\r' || c == '\n';
}

constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

constexpr bool is_alpha(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

constexpr bool is_control(char c)
{
    return (c >= 0 && c < 32) || c == 127;
}

constexpr bool is_eight_bit(char c)
{
    return (static_cast<unsigned char>(c) & 0x80) != 0;
}

// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c)
{
    if (is_digit(c)) return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

// Without white space (line ends included) at both ends.
constexpr std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

inline std::string lowered(std::string_view text)
{
    std::string result(text);
    for (char& c : result) c = lower(c);
    return result;
}

inline std::string uppered(std::string_view text)
{
    std::string result(text);
    for (char& c : result)
        if (is_alpha(c)) c = static_cast<char>(c & ~32);
    return result;
}

// A token of RFC 2045 5.1: what may stand unquoted as a parameter's value.
constexpr bool is_token(char c)
{
    return c > 32 && c < 127 && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

}  // namespace mime
