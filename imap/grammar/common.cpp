// common: rules that several commands share, RFC 3501 9.
#include "imap/grammar/common.h"

#include "imap/limits.h"
#include "imap/text.h"
#include "mime/ascii.h"

#include <algorithm>
#include <array>

namespace imap::grammar {

namespace {

// seq-number = nz-number / "*"
std::uint32_t sequence_number(Cursor& in)
{
    return in.take('*') ? star : in.nz_number();
}

void flag(Cursor& in, FlagList& list)
{
    static constexpr std::array<std::pair<std::string_view, Flags>, 6> system{{{"ANSWERED", answered},
        {"FLAGGED", flagged}, {"DELETED", deleted}, {"SEEN", seen}, {"DRAFT", draft}, {"RECENT", 0}}};
    if (!in.take('\\')) {
        const auto keyword = in.atom();
        if (keyword.size() > flag_length) in.fail("Keyword too long");
        if (!in.failed()) list.keywords.emplace_back(keyword);
        if (list.keywords.size() > flags_in_list) in.fail("Too many keywords");
        return;
    }
    const auto name = in.word();
    const auto known = std::ranges::find(system, name, &std::pair<std::string_view, Flags>::first);
    if (known == system.end()) {
        in.fail("Unknown system flag");
    } else {
        list.flags |= known->second;
    }
}

int two_digits(Cursor& in)
{
    int value = 0;
    for (int i = 0; i < 2; ++i) {
        char digit = '0';
        while (digit <= '9' && !in.take(digit)) ++digit;
        if (digit > '9') in.fail("Expected two digits");
        value = value * 10 + (digit - '0');
    }
    return in.failed() ? 0 : value;
}

unsigned month(Cursor& in)
{
    static constexpr std::array<std::string_view, 12> names{
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    const auto name = mime::uppered(in.until("-\""));
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) in.fail("Unknown month");
    return in.failed() ? 1 : static_cast<unsigned>(found - names.begin()) + 1;
}

// date-text = date-day "-" date-month "-" date-year
std::chrono::sys_days date_text(Cursor& in)
{
    const auto day = in.number();
    in.expect('-');
    const auto in_year = month(in);
    in.expect('-');
    const auto year = in.number();
    if (year > 9999) in.fail("Bad year");
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(in.failed() ? 1970 : year)},
        std::chrono::month{in_year}, std::chrono::day{day}};
    if (!in.failed() && !date.ok()) in.fail("No such day");
    return in.failed() ? std::chrono::sys_days{} : std::chrono::sys_days{date};
}

// zone = ("+" / "-") 4DIGIT
std::chrono::minutes zone(Cursor& in)
{
    const bool west = in.take('-');
    if (!west) in.expect('+');
    const int hours = two_digits(in);
    const int minutes = two_digits(in);
    return std::chrono::minutes{(west ? -1 : 1) * (hours * 60 + minutes)};
}

}  // namespace

// sequence-set = (seq-number / seq-range) *("," sequence-set)
// seq-range    = seq-number ":" seq-number
SequenceSet sequence_set(Cursor& in)
{
    SequenceSet set;
    do {
        const auto first = sequence_number(in);
        set.ranges.push_back({first, in.take(':') ? sequence_number(in) : first});
    } while (in.take(','));
    return set;
}

// known-uids = sequence-set ; "*" is not allowed. RFC 7162 7; known-sequence-set and known-uid-set likewise
SequenceSet known_set(Cursor& in)
{
    auto set = sequence_set(in);
    const auto has_star = [](SequenceSet::Range range) { return range.first == star || range.last == star; };
    if (std::ranges::any_of(set.ranges, has_star)) in.fail("* is not allowed here");
    return set;
}

FlagList flag_list(Cursor& in)
{
    FlagList list;
    in.expect('(');
    if (in.take(')')) return list;
    do {
        flag(in, list);
    } while (in.take(' '));
    in.expect(')');
    return list;
}

// store-att-flags = … (flag-list / (flag *(SP flag)))
FlagList store_flags(Cursor& in)
{
    if (in.at('(')) return flag_list(in);
    FlagList list;
    do {
        flag(in, list);
    } while (in.take(' '));
    return list;
}

// date = date-text / DQUOTE date-text DQUOTE
std::chrono::sys_days date(Cursor& in)
{
    const bool quoted = in.take('"');
    const auto day = date_text(in);
    if (quoted) in.expect('"');
    return day;
}

// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
std::chrono::sys_seconds date_time(Cursor& in)
{
    in.expect('"');
    in.take(' ');  // date-day-fixed = (SP DIGIT) / 2DIGIT
    const auto day = date_text(in);
    in.space();
    const int hours = two_digits(in);
    in.expect(':');
    const int minutes = two_digits(in);
    in.expect(':');
    const int seconds = two_digits(in);
    in.space();
    const auto offset = zone(in);
    in.expect('"');
    if (hours > 23 || minutes > 59 || seconds > 60) in.fail("No such time");
    return day + std::chrono::hours{hours} + std::chrono::minutes{minutes} + std::chrono::seconds{seconds} - offset;
}

unsigned status_items(Cursor& in)
{
    using namespace command::status_item;
    static constexpr std::array<std::pair<std::string_view, unsigned>, 10> names{
        {{"MESSAGES", messages}, {"RECENT", recent}, {"UIDNEXT", uid_next}, {"UIDVALIDITY", uid_validity},
            {"UNSEEN", unseen}, {"HIGHESTMODSEQ", highest_modseq}, {"SIZE", size}, {"MAILBOXID", mailbox_id},
            {"DELETED", command::status_item::deleted}, {"DELETED-STORAGE", deleted_storage}}};
    unsigned items = 0;
    in.expect('(');
    do {
        const auto name = in.word();
        const auto known = std::ranges::find(names, name, &std::pair<std::string_view, unsigned>::first);
        if (known == names.end()) {
            in.fail("Unknown status item");
        } else {
            items |= known->second;
        }
    } while (in.take(' '));
    in.expect(')');
    return items;
}

SpecialUse use_attribute(Cursor& in)
{
    static constexpr std::array<std::pair<std::string_view, SpecialUse>, 5> names{
        {{"SENT", SpecialUse::sent}, {"DRAFTS", SpecialUse::drafts}, {"TRASH", SpecialUse::trash},
            {"JUNK", SpecialUse::junk}, {"ARCHIVE", SpecialUse::archive}}};
    in.expect('\\');
    const auto name = in.word();
    const auto known = std::ranges::find(names, name, &std::pair<std::string_view, SpecialUse>::first);
    // \All and \Flagged would be views that we do not have: no such mailbox, but no syntax error
    // either.
    return known == names.end() ? SpecialUse::none : known->second;
}

}  // namespace imap::grammar
