// fetch: the FETCH response without sections, RFC 3501 7.4.2.
#include "imap/response/fetch.h"

#include "imap/describe.h"
#include "imap/response/flags.h"
#include "imap/text.h"

namespace imap::response {

namespace {

using namespace command::fetch_item;

void put_two(std::string& out, unsigned value, char pad)
{
    out += value < 10 ? pad : static_cast<char>('0' + value / 10);
    out += static_cast<char>('0' + value % 10);
}

void put_id(std::string& out, const std::string& id)
{
    if (id.empty()) {
        out += "NIL";
    } else {
        out += '(' + id + ')';
    }
}

void put_described(std::string& out, const Metadata& metadata, unsigned items)
{
    if ((items & internal_date) != 0) {
        out += " INTERNALDATE ";
        put_date_time(out, metadata.internal_date);
    }
    if ((items & command::fetch_item::size) != 0) {
        out += " RFC822.SIZE ";
        put_number(out, metadata.size);
    }
    if ((items & command::fetch_item::envelope) != 0) {
        out += " ENVELOPE ";
        out += metadata.envelope;
    }
    if ((items & body) != 0) {
        out += " BODY ";
        out += basic_body(metadata.body_structure);
    }
    if ((items & command::fetch_item::body_structure) != 0) {
        out += " BODYSTRUCTURE ";
        out += metadata.body_structure;
    }
    if ((items & email_id) != 0) {
        out += " EMAILID ";
        put_id(out, metadata.email_id);
    }
    if ((items & thread_id) != 0) {
        out += " THREADID ";
        put_id(out, metadata.thread_id);
    }
}

}  // namespace

void put_date_time(std::string& out, std::chrono::sys_seconds time)
{
    static constexpr std::array<std::string_view, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto midnight = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day day{midnight};
    const std::chrono::hh_mm_ss clock{time - midnight};
    const auto year = static_cast<unsigned>(std::clamp(static_cast<int>(day.year()), 0, 9999));
    out += '"';
    put_two(out, static_cast<unsigned>(day.day()), ' ');
    out += '-';
    out += months[static_cast<unsigned>(day.month()) - 1];
    out += '-';
    put_two(out, year / 100, '0');
    put_two(out, year % 100, '0');
    out += ' ';
    put_two(out, static_cast<unsigned>(clock.hours().count()), '0');
    out += ':';
    put_two(out, static_cast<unsigned>(clock.minutes().count()), '0');
    out += ':';
    put_two(out, static_cast<unsigned>(clock.seconds().count()), '0');
    out += " +0000\"";
}

void put_fetch(std::string& out, const FetchLine& line, unsigned items, std::span<const std::string> keywords)
{
    out += "* ";
    put_number(out, line.place + 1);
    out += " FETCH (";
    const auto begin = out.size();
    if ((items & uid) != 0) {
        out += " UID ";
        put_number(out, line.state.uid);
    }
    if ((items & flags) != 0) {
        out += " FLAGS ";
        put_flags(out, line.state.flags, keywords, line.recent ? Recent::yes : Recent::no);
    }
    if ((items & modseq) != 0) {
        out += " MODSEQ (";
        put_number(out, line.state.modseq);
        out += ')';
    }
    if (line.metadata != nullptr) put_described(out, *line.metadata, items);
    if (out.size() > begin) out.erase(begin, 1);  // the first item's space
}

}  // namespace imap::response
