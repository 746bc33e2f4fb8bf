// extensions: what EHLO offers, RFC 5321 4.1.1.1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace smtp {

// What decides on the rows.
struct Offer {
    std::uint64_t size = 0;  // RFC 1870; 0: no limit
    bool starttls = false;
    std::vector<std::string> mechanisms;  // of AUTH
};

// The text of the 250 to EHLO: the greeting line and one row for each extension, separated by LF.
[[nodiscard]] std::string ehlo_text(std::string_view hostname, const Offer& offer);

// What a server offered us.
struct Offered {
    bool esmtp = false;
    bool pipelining = false, eight_bit_mime = false, smtputf8 = false, dsn = false, starttls = false, chunking = false;
    bool size = false;
    std::uint64_t size_limit = 0;         // 0: none named
    std::vector<std::string> mechanisms;  // upper case
};

// Reads the text of a 250 to EHLO; what is not understood is ignored.
[[nodiscard]] Offered read_ehlo(std::string_view text);

}  // namespace smtp
