// bounce_text: see bounce_text.h. RFC 5321 4.2, RFC 3463.

#include "gateway/mapping/bounce_text.h"

#include "email2/text.h"

#include <array>
#include <utility>

namespace gateway::mapping {
namespace {

bool is_local_character(char c)
{
    return email2::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) > 127 ||
           std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

bool is_domain_character(char c)
{
    return email2::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) > 127 || c == '-' || c == '.' || c == '_';
}

bool is_digit_at(std::string_view text, std::size_t at)
{
    return at < text.size() && email2::is_digit(text[at]);
}

// Digits at `at`, at most three; 0 when there are none.
std::size_t digits_at(std::string_view text, std::size_t at)
{
    std::size_t count = 0;
    while (count < 4 && is_digit_at(text, at + count)) ++count;
    return count > 3 ? 0 : count;
}

// What servers say, most telling first; all in lower case.
using Words = std::pair<std::string_view, std::string_view>;
constexpr std::array<Words, 54> known_words{{
    {"mailbox full", "5.2.2"},
    {"mailbox is full", "5.2.2"},
    {"quota", "5.2.2"},
    {"mailfolder is full", "5.2.2"},
    {"exceeded the local limit", "5.2.2"},
    {"insufficient disk", "5.2.2"},
    {"storage", "5.2.2"},
    {"not enough space", "5.2.2"},
    {"too large", "5.3.4"},
    {"size limit", "5.3.4"},
    {"message size", "5.3.4"},
    {"exceeds maximum", "5.3.4"},
    {"user unknown", "5.1.1"},
    {"unknown user", "5.1.1"},
    {"no such user", "5.1.1"},
    {"unknown recipient", "5.1.1"},
    {"recipient unknown", "5.1.1"},
    {"no mailbox here", "5.1.1"},
    {"not listed in", "5.1.1"},
    {"invalid address", "5.1.1"},
    {"invalid recipient", "5.1.1"},
    {"no such", "5.1.1"},
    {"does not exist", "5.1.1"},
    {"doesn't exist", "5.1.1"},
    {"doesn't have", "5.1.1"},
    {"not recognized", "5.1.1"},
    {"not found", "5.1.1"},
    {"no valid recipients", "5.1.1"},
    {"address is possibly incorrect", "5.1.1"},
    {"account not available", "5.2.1"},
    {"disabled", "5.2.1"},
    {"inactive", "5.2.1"},
    {"suspended", "5.2.1"},
    {"host unknown", "5.1.2"},
    {"unknown host", "5.1.2"},
    {"couldn't find any host", "5.1.2"},
    {"name or service", "5.1.2"},
    {"host or domain name not found", "5.1.2"},
    {"no mx", "5.1.2"},
    {"unrouteable", "5.1.2"},
    {"timed out", "4.4.1"},
    {"timeout", "4.4.1"},
    {"connection refused", "4.4.1"},
    {"unable to connect", "4.4.1"},
    {"too many hops", "5.4.6"},
    {"loop", "5.4.6"},
    {"spam", "5.7.1"},
    {"blocked", "5.7.1"},
    {"blacklist", "5.7.1"},
    {"denied", "5.7.1"},
    {"rejected", "5.7.1"},
    {"refused", "5.7.1"},
    {"not permitted", "5.7.1"},
    {"expired", "4.4.7"},
}};

}  // namespace

std::optional<Mention> next_address(std::string_view text, std::size_t from)
{
    for (auto at = text.find('@', from); at != std::string_view::npos; at = text.find('@', at + 1)) {
        auto begin = at, end = at + 1;
        while (begin > from && is_local_character(text[begin - 1])) --begin;
        while (
            begin < at && (text[begin] == '.' || text[begin] == '\'' || (text[begin] == '=' && text[begin + 1] != '?')))
            ++begin;
        while (end < text.size() && is_domain_character(text[end])) ++end;
        while (end > at + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
        const auto domain = text.substr(at + 1, end - at - 1);
        if (begin < at && domain.find('.') != std::string_view::npos && domain.front() != '.')
            return Mention{std::string(text.substr(begin, end - begin)), begin, end};
    }
    return std::nullopt;
}

std::string status_in(std::string_view text)
{
    for (std::size_t at = 0; at + 4 < text.size(); ++at) {
        if ((text[at] != '2' && text[at] != '4' && text[at] != '5') || text[at + 1] != '.') continue;
        if (at > 0 && (email2::is_digit(text[at - 1]) || text[at - 1] == '.')) continue;
        const auto subject = digits_at(text, at + 2);
        const auto dot = at + 2 + subject;
        if (subject == 0 || dot >= text.size() || text[dot] != '.') continue;
        const auto detail = digits_at(text, dot + 1);
        const auto end = dot + 1 + detail;
        if (detail == 0 || (end < text.size() && text[end] == '.' && is_digit_at(text, end + 1))) continue;
        return std::string(text.substr(at, end - at));
    }
    return {};
}

int reply_code_in(std::string_view text)
{
    for (std::size_t at = 0; at + 2 < text.size(); ++at) {
        if ((text[at] != '4' && text[at] != '5') || text[at + 1] > '5' || digits_at(text, at) != 3) continue;
        const bool begins = at == 0 || std::string_view(" \t\n:(<>\"").find(text[at - 1]) != std::string_view::npos;
        const bool ends =
            at + 3 == text.size() || std::string_view(" -\t\n),:\"").find(text[at + 3]) != std::string_view::npos;
        if (begins && ends) return (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
    }
    return 0;
}

std::string status_of_words(std::string_view lower_case)
{
    for (const auto& [words, status] : known_words)
        if (lower_case.find(words) != std::string_view::npos) return std::string(status);
    return {};
}

std::string best_status(std::string_view text)
{
    auto code = status_in(text);
    if (!code.empty() && !code.ends_with(".0.0")) return code;
    const auto reply = reply_code_in(text);
    auto words = status_of_words(email2::ascii_lower(text));
    if (!words.empty()) {
        // The words tell what is wrong, the code whether it stays wrong.
        if (!code.empty()) words[0] = code[0];
        else if (reply != 0) words[0] = static_cast<char>('0' + reply / 100);
        return words;
    }
    if (!code.empty()) return code;
    return reply == 0 ? std::string{} : std::to_string(reply / 100) + ".0.0";
}

std::string_view trimmed(std::string_view text)
{
    const auto from = text.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t\r\n") + 1 - from);
}

std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string squeezed(std::string_view text, std::size_t most)
{
    std::string result;
    for (const char c : trimmed(text)) {
        if (result.size() >= most) break;
        const bool space = static_cast<unsigned char>(c) <= ' ';
        if (!space) result += c;
        else if (!result.ends_with(' ')) result += ' ';
    }
    return result;
}

}  // namespace gateway::mapping
