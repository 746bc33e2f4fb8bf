// search: the SEARCH and ESEARCH responses, RFC 3501 7.2.5, RFC 4731, RFC 7162 3.1.5.
#pragma once

#include "imap/command.h"

#include <span>
#include <string>
#include <string_view>

namespace imap::response {

struct Found {
    std::span<const std::uint32_t> numbers;  // as the command counts, ascending
    std::span<const ModSeq> modseqs;         // of the same messages; empty when not asked about
};

void put_search(std::string& out, const Found& found);
// `wanted` of command::search_return.
void put_esearch(std::string& out, std::string_view tag, Numbers numbers, unsigned wanted, const Found& found);

}  // namespace imap::response
