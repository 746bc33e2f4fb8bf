// search: the SEARCH and ESEARCH responses, RFC 3501 7.2.5, RFC 4731, RFC 7162 3.1.5.
#include "imap/response/search.h"

#include "imap/text.h"

namespace imap::response {

namespace {

// RFC 7162 3.1.5: of all messages found; when only MIN or MAX or both are wanted, of just these.
ModSeq highest(unsigned wanted, std::span<const ModSeq> modseqs)
{
    using namespace command::search_return;
    if ((wanted & (all | count)) != 0) return std::ranges::max(modseqs);
    ModSeq out = 0;
    if ((wanted & min) != 0) out = modseqs.front();
    if ((wanted & max) != 0) out = std::max(out, modseqs.back());
    return out;
}

void put(std::string& out, std::string_view label, std::uint64_t value)
{
    out += label;
    put_number(out, value);
}

}  // namespace

void put_search(std::string& out, const Found& found)
{
    out += "* SEARCH";
    for (const auto number : found.numbers) put(out, " ", number);
    if (!found.modseqs.empty()) {
        put(out, " (MODSEQ ", std::ranges::max(found.modseqs));
        out += ')';
    }
    out += "\r\n";
}

void put_esearch(std::string& out, std::string_view tag, Numbers numbers, unsigned wanted, const Found& found)
{
    using namespace command::search_return;
    out += "* ESEARCH (TAG ";
    put_quoted(out, tag);
    out += ')';
    if (numbers == Numbers::uid) out += " UID";
    if (!found.numbers.empty()) {
        if ((wanted & min) != 0) put(out, " MIN ", found.numbers.front());
        if ((wanted & max) != 0) put(out, " MAX ", found.numbers.back());
        if ((wanted & all) != 0) out += " ALL " + encode_set(found.numbers);
    }
    if ((wanted & count) != 0) put(out, " COUNT ", found.numbers.size());
    if (!found.modseqs.empty()) put(out, " MODSEQ ", highest(wanted, found.modseqs));
    out += "\r\n";
}

}  // namespace imap::response
