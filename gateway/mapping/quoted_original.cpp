// quoted_original: where an edit by mail repeats what it replaces.
#include "gateway/mapping/quoted_original.h"

#include "gateway/mapping/bounce_text.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/word_diff.h"

#include <algorithm>
#include <vector>

namespace gateway::mapping {
namespace {

using Lines = std::vector<std::string_view>;

std::string joined(const Lines& lines, std::size_t from, std::size_t to)
{
    std::string text;
    for (auto i = from; i < to; ++i) text.append(lines[i]).append("\n");
    return text;
}

// Clients leave the signature out of what they quote.
std::string_view without_signature(std::string_view text)
{
    const auto at = text.rfind("\n-- ");
    return at == std::string_view::npos ? text : text.substr(0, at);
}

bool is_all_of(std::string_view quoted, std::string_view original)
{
    return !is_blank(quoted) && (!words_differ(quoted, original) || !words_differ(quoted, without_signature(original)));
}

std::size_t without_blank_end(const Lines& lines, std::size_t end)
{
    while (end > 0 && is_blank(lines[end - 1])) --end;
    return end;
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// "On Monday, Alice wrote:", in any language, of up to three lines; where it begins, `end` when there is none.
std::size_t introduction(const Lines& lines, std::size_t end)
{
    if (end == 0 || !lines[end - 1].ends_with(':')) return end;
    auto start = end - 1;
    while (start > 0 && end - start < 3 && !is_blank(lines[start - 1])) --start;
    return start == 0 || is_blank(lines[start - 1]) ? start : end - 1;
}

std::optional<std::size_t> before_marks(const Lines& lines, std::string_view original)
{
    auto start = lines.size();
    std::string quoted;
    while (start > 0 && (lines[start - 1].starts_with('>') || is_blank(lines[start - 1]))) --start;
    for (auto i = start; i < lines.size(); ++i)
        quoted.append(lines[i].starts_with('>') ? lines[i].substr(1) : lines[i]).append("\n");
    if (!is_all_of(quoted, original)) return std::nullopt;
    return introduction(lines, without_blank_end(lines, start));
}

bool is_field(std::string_view line)
{
    const auto colon = line.find(": ");
    return colon != std::string_view::npos && colon > 0 && colon <= 20 && !line.starts_with(' ');
}

bool is_rule(std::string_view line)
{
    return line.starts_with("-----") || line.starts_with("_____");
}

// "From: …", "Sent: …", "To: …", "Subject: …" under a rule.
std::optional<std::size_t> before_fields(const Lines& lines, std::string_view original)
{
    std::size_t tried = 0;
    for (std::size_t i = 0; i + 1 < lines.size() && tried < limits::quotes_tried; ++i) {
        if (!is_field(lines[i])) continue;
        auto end = i;
        while (end < lines.size() && is_field(lines[end])) ++end;
        if (end - i >= 3 && ++tried > 0 && is_all_of(joined(lines, end, lines.size()), original))
            return without_blank_end(lines, i > 0 && is_rule(lines[i - 1]) ? i - 1 : i);
        i = end - 1;
    }
    return std::nullopt;
}

bool names_a_day(std::string_view line)
{
    if (!line.ends_with(':')) return false;
    std::size_t digits = 0, most = 0;
    for (const char c : line) most = std::max(most, digits = is_digit(c) ? digits + 1 : 0);
    return most >= 4;
}

std::optional<std::size_t> before_blockquote(const Lines& lines, std::string_view original)
{
    std::size_t tried = 0;
    for (std::size_t i = 0; i < lines.size() && tried < limits::quotes_tried; ++i)
        if (names_a_day(lines[i]) && ++tried > 0 && is_all_of(joined(lines, i + 1, lines.size()), original))
            return introduction(lines, i + 1);
    return std::nullopt;
}

}  // namespace

std::optional<std::string> before_quote(std::string_view text, std::string_view original)
{
    const auto lines = lines_of(text);
    auto end = before_marks(lines, original);
    if (!end) end = before_fields(lines, original);
    if (!end) end = before_blockquote(lines, original);
    if (!end) return std::nullopt;
    return joined(lines, 0, without_blank_end(lines, *end));
}

}  // namespace gateway::mapping
