#include "gateway/boxes/mbox_date.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace gateway::boxes {

namespace {

constexpr std::size_t longest_line = 1000;  // octets; a longer line is no beginning of a mail
constexpr std::array<std::string_view, 12> months{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> number(std::string_view text)
{
    int value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return text.empty() || error != std::errc{} || stop != text.data() + text.size() || value < 0
               ? std::nullopt
               : std::optional(value);
}

std::vector<std::string_view> words(std::string_view line)
{
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at < line.size();) {
        const auto end = std::min(line.find_first_of(" \t", at), line.size());
        if (end > at) out.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

// "06:01" or "06:01:07"
std::optional<std::chrono::seconds> clock(std::string_view word)
{
    if (word.size() != 5 && word.size() != 8) return std::nullopt;
    if (word[2] != ':' || (word.size() == 8 && word[5] != ':')) return std::nullopt;
    const auto hour = number(word.substr(0, 2)), minute = number(word.substr(3, 2));
    const auto second = word.size() == 8 ? number(word.substr(6, 2)) : std::optional(0);
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

// "+0100"
std::optional<std::chrono::minutes> zone(std::string_view word)
{
    if (word.size() != 5 || (word[0] != '+' && word[0] != '-')) return std::nullopt;
    const auto hours = number(word.substr(1, 2)), minutes = number(word.substr(3, 2));
    if (!hours || !minutes) return std::nullopt;
    const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return word[0] == '-' ? -offset : offset;
}

// Month, day, clock, and then a year and perhaps zones in any order.
std::optional<Time> date_at(const std::vector<std::string_view>& word, std::size_t month)
{
    const auto name = std::find(months.begin(), months.end(), word[month]);
    const auto day = number(word[month + 1]);
    const auto time = clock(word[month + 2]);
    if (name == months.end() || !day || !time) return std::nullopt;
    std::optional<int> year;
    std::chrono::minutes offset{0};
    for (auto i = month + 3; i < word.size(); ++i) {
        if (const auto z = zone(word[i])) offset = *z;
        else if (const auto y = number(word[i]); y && word[i].size() == 4) year = *y;
    }
    if (!year) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(name - months.begin()) + 1),
        std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date) + *time - offset;
}

}  // namespace

std::optional<Time> date_of_from_line(std::string_view line)
{
    if (!line.starts_with("From ") || line.size() > longest_line) return std::nullopt;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto word = words(line.substr(5));
    for (std::size_t i = 0; i + 3 < word.size(); ++i)
        if (const auto date = date_at(word, i)) return date;
    return std::nullopt;
}

std::string from_line(std::string_view sender, Time delivered)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(delivered);
    return fmt::format("From {} {:%a %b %e %H:%M:%S %Y}\n", sender.empty() ? "MAILER-DAEMON" : sender,
        fmt::gmtime(static_cast<std::time_t>(seconds.time_since_epoch().count())));
}

}  // namespace gateway::boxes
