// date: date-times, RFC 5322 3.3 and 4.3, and what clocks and programs write in their place.
#include "mime/ascii.h"
#include "mime/header.h"

#include <fmt/format.h>

#include <array>

namespace mime {

namespace {

constexpr std::size_t longest_date = 256;  // octets looked at
constexpr std::array<std::string_view, 12> months = {
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Zone {
    std::string_view name;
    int minutes;
};

constexpr std::array<Zone, 19> zones = {{{"ut", 0}, {"gmt", 0}, {"utc", 0}, {"z", 0}, {"est", -300}, {"edt", -240},
    {"cst", -360}, {"cdt", -300}, {"mst", -420}, {"mdt", -360}, {"pst", -480}, {"pdt", -420}, {"wet", 0}, {"cet", 60},
    {"cest", 120}, {"met", 60}, {"eet", 120}, {"eest", 180}, {"bst", 60}}};

int month_of(std::string_view word)
{
    for (std::size_t i = 0; i < months.size() && word.size() >= 3; ++i)
        if (equal_ignoring_case(word.substr(0, 3), months[i])) return static_cast<int>(i) + 1;
    return 0;
}

// What has been recognised so far; -1 is not yet.
struct Reading {
    int year = -1, month = -1, day = -1;
    int hour = -1, minute = 0, second = 0;
    std::optional<int> zone;  // minutes east
};

int number(std::string_view digits)
{
    int value = 0;
    for (const char c : digits.substr(0, 9)) value = value * 10 + (c - '0');
    return value;
}

// RFC 5322 4.3: two digits below 50 are of this century, three count from 1900.
int full_year(std::string_view digits)
{
    const int year = number(digits);
    if (digits.size() <= 2) return year < 50 ? 2000 + year : 1900 + year;
    return digits.size() == 3 ? 1900 + year : year;
}

// Comments out, lower case.
std::string without_comments(std::string_view raw)
{
    std::string out;
    int depth = 0;
    for (const char c : raw.substr(0, longest_date)) {
        if (c == '(') ++depth;
        if (depth == 0) out += is_space(c) ? ' ' : lower(c);
        if (c == ')' && depth > 0) --depth;
    }
    return out;
}

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Reading run()
    {
        while (at_ < text_.size()) {
            if (is_digit(text_[at_])) digits();
            else if (is_alpha(text_[at_])) word();
            else if ((text_[at_] == '+' || text_[at_] == '-') && reading_.hour >= 0 && !reading_.zone) offset();
            else ++at_;
        }
        return reading_;
    }

private:
    std::string_view take(bool (*belongs)(char))
    {
        const std::size_t begin = at_;
        while (at_ < text_.size() && belongs(text_[at_])) ++at_;
        return text_.substr(begin, at_ - begin);
    }

    [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

    static bool digit(char c) { return is_digit(c); }

    static bool alpha(char c) { return is_alpha(c); }

    void digits()
    {
        const std::string_view text = take(digit);
        if (reading_.hour < 0 && (next_is(':') || (next_is('.') && reading_.year >= 0))) return time(text, text_[at_]);
        if (text.size() == 4 && reading_.year < 0 && reading_.day < 0 && next_is('-')) return iso_date(text);
        if (reading_.day < 0 && text.size() <= 2) reading_.day = number(text);
        else if (reading_.year < 0) reading_.year = full_year(text);
    }

    void time(std::string_view hour, char separator)
    {
        reading_.hour = number(hour);
        ++at_;
        reading_.minute = number(take(digit));
        if (!next_is(separator)) return;
        ++at_;
        reading_.second = number(take(digit));
        if (!next_is('.')) return;
        ++at_;
        take(digit);  // fractions are of no use
    }

    // RFC 3339 5.6: 2026-11-23T06:48:00Z
    void iso_date(std::string_view year)
    {
        reading_.year = number(year);
        ++at_;
        reading_.month = number(take(digit));
        if (next_is('-')) ++at_;
        reading_.day = number(take(digit));
    }

    void word()
    {
        const std::string_view text = take(alpha);
        if (reading_.month < 0 && month_of(text) > 0) {
            reading_.month = month_of(text);
            return;
        }
        if (reading_.hour < 0) return;
        if (text == "pm" && reading_.hour < 12) reading_.hour += 12;
        if (text == "am" && reading_.hour == 12) reading_.hour = 0;
        for (const Zone& zone : zones)
            if (text == zone.name && !reading_.zone && !followed_by_offset()) reading_.zone = zone.minutes;
    }

    // "GMT+0100" means the offset.
    [[nodiscard]] bool followed_by_offset() const { return next_is('+') || next_is('-'); }

    // +hhmm, +hh:mm, +hh, and -hmm as some write it
    void offset()
    {
        const int sign = text_[at_++] == '-' ? -1 : 1;
        const std::string_view first = take(digit);
        if (first.empty()) return;
        int minutes = 0;
        if (next_is(':')) {
            ++at_;
            minutes = number(first) * 60 + number(take(digit));
        } else {
            minutes = first.size() <= 2 ? number(first) * 60 : number(first) / 100 * 60 + number(first) % 100;
        }
        reading_.zone = minutes <= 24 * 60 ? sign * minutes : 0;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Reading reading_;
};

}  // namespace

std::optional<std::chrono::sys_seconds> parse_date(std::string_view raw)
{
    const std::string text = without_comments(raw);
    Reading r = Reader(text).run();
    if (r.year < 1 || r.year > 9999 || r.month < 1 || r.day < 1 || r.hour > 24 || r.minute > 59 || r.second > 60)
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(r.year),
        std::chrono::month(static_cast<unsigned>(r.month)), std::chrono::day(static_cast<unsigned>(r.day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(std::max(r.hour, 0)) + std::chrono::minutes(r.minute) +
           std::chrono::seconds(std::min(r.second, 59)) - std::chrono::minutes(r.zone.value_or(0));
}

std::string format_date(std::chrono::sys_seconds time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::string month(months[static_cast<unsigned>(date.month()) - 1]);
    month[0] = static_cast<char>(month[0] - 32);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days[std::chrono::weekday(day).c_encoding()],
        static_cast<unsigned>(date.day()), month, static_cast<int>(date.year()), clock.hours().count(),
        clock.minutes().count(), clock.seconds().count());
}

}  // namespace mime
