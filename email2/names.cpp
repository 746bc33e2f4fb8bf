// names: the words of the XML for the model's enumerations, and its times.
#include "email2/names.h"

#include "email2/text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace email2 {
namespace {

// In the order of each enumeration.
template <class Enum>
constexpr std::array<std::string_view, 0> words{};
template <>
constexpr std::array words<Class>{std::string_view{"native"}, std::string_view{"remote"}, std::string_view{"smtp"}};
template <>
constexpr std::array words<Role>{std::string_view{"to"}, std::string_view{"cc"}, std::string_view{"blind"}};
template <>
constexpr std::array words<Membership>{std::string_view{"in"}, std::string_view{"left"}, std::string_view{"removed"}};
template <>
constexpr std::array<std::string_view, 7> words<DeliveryState>{
    "pending", "delivered", "read", "deferred", "failed", "withheld", "elsewhere"};
template <>
constexpr std::array<std::string_view, 5> words<Proof>{"none", "account", "remote", "spf", "dkim"};
template <>
constexpr std::array<std::string_view, 3> words<State>{"present", "withdrawn", "archived"};
template <>
constexpr std::array<std::string_view, 3> words<Posting>{"members", "anyone", "owners"};
template <>
constexpr std::array<std::string_view, 13> words<EventKind>{"published", "edited", "redacted", "to-changed", "left",
    "rejoined", "withdrawn", "undeleted", "delivered", "failed", "moderated", "filed", "flagged"};
template <>
constexpr std::array<std::string_view, 9> words<Code>{
    "not-found", "forbidden", "conflict", "over-quota", "rate-limited", "too-large", "invalid", "gone", "unavailable"};

template <class Enum>
std::string_view word(Enum value)
{
    return words<Enum>.at(static_cast<std::size_t>(value));
}

// Digits at `at`, exactly `count` of them, within [least, most].
std::optional<int> number(std::string_view text, std::size_t at, std::size_t count, int least, int most)
{
    int value = 0;
    if (text.size() < at + count) return std::nullopt;
    for (const char c : text.substr(at, count)) {
        if (!is_digit(c)) return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value < least || value > most ? std::nullopt : std::optional{value};
}

// ".123456" at the front of `rest`, which is cut: milliseconds.
std::optional<int> take_fraction(std::string_view& rest)
{
    if (rest.empty() || rest.front() != '.') return 0;
    rest.remove_prefix(1);
    const auto end = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (end == 0) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < 3; ++i) value = value * 10 + (i < end ? rest[i] - '0' : 0);
    rest.remove_prefix(end);
    return value;
}

std::optional<std::chrono::minutes> offset(std::string_view rest)
{
    if (rest == "Z") return std::chrono::minutes{0};
    if (rest.size() != 6 || rest[3] != ':' || (rest[0] != '+' && rest[0] != '-')) return std::nullopt;
    const auto hours = number(rest, 1, 2, 0, 14);
    const auto minutes = number(rest, 4, 2, 0, 59);
    if (!hours || !minutes) return std::nullopt;
    const std::chrono::minutes size{*hours * 60 + *minutes};
    return rest[0] == '-' ? -size : size;
}

}  // namespace

std::string_view name_of(Class value)
{
    return word(value);
}

std::string_view name_of(Role value)
{
    return word(value);
}

std::string_view name_of(Membership value)
{
    return word(value);
}

std::string_view name_of(DeliveryState value)
{
    return word(value);
}

std::string_view name_of(Proof value)
{
    return word(value);
}

std::string_view name_of(State value)
{
    return word(value);
}

std::string_view name_of(Posting value)
{
    return word(value);
}

std::string_view name_of(EventKind value)
{
    return word(value);
}

std::string_view name_of(Code value)
{
    return word(value);
}

template <class Enum>
std::optional<Enum> value_of(std::string_view name)
{
    const auto& all = words<Enum>;
    const auto found = std::find(all.begin(), all.end(), name);
    if (found == all.end()) return std::nullopt;
    return static_cast<Enum>(found - all.begin());
}

template std::optional<Class> value_of(std::string_view);
template std::optional<Role> value_of(std::string_view);
template std::optional<Membership> value_of(std::string_view);
template std::optional<DeliveryState> value_of(std::string_view);
template std::optional<Proof> value_of(std::string_view);
template std::optional<State> value_of(std::string_view);
template std::optional<Posting> value_of(std::string_view);
template std::optional<EventKind> value_of(std::string_view);
template std::optional<Code> value_of(std::string_view);

std::string format_time(Time time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
        clock.minutes().count(), clock.seconds().count());
    if (const auto milliseconds = clock.subseconds().count()) text += fmt::format(".{:03}", milliseconds);
    return text + "Z";
}

std::optional<Time> parse_time(std::string_view text)
{
    // "2026-11-23T06:48:00", then a fraction, then the offset.
    constexpr std::size_t fixed = 19;
    if (text.size() <= fixed || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':')
        return std::nullopt;
    const auto year = number(text, 0, 4, 1, 9999);
    const auto month = number(text, 5, 2, 1, 12);
    const auto day = number(text, 8, 2, 1, 31);
    const auto hour = number(text, 11, 2, 0, 23);
    const auto minute = number(text, 14, 2, 0, 59);
    const auto second = number(text, 17, 2, 0, 60);
    auto rest = text.substr(fixed);
    const auto milliseconds = take_fraction(rest);
    const auto from_utc = offset(rest);
    if (!year || !month || !day || !hour || !minute || !second || !milliseconds || !from_utc) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
        std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second} + std::chrono::milliseconds{*milliseconds} - *from_utc;
}

}  // namespace email2
