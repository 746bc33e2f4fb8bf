// error: the closed set of errors of email2's verbs. email2.md "Verbs".
#pragma once

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace email2 {

enum class Code { not_found, forbidden, conflict, over_quota, rate_limited, too_large, invalid, gone, unavailable };

struct Error {
    Code code = Code::invalid;
    std::string text;         // a sentence for a person
    std::string path;         // invalid: the offending element, "/message/to/entry[2]/@address"
    std::uint64_t floor = 0;  // gone, of events: those up to this number are no longer kept; continue after it
    std::chrono::seconds retry_after{0};  // rate_limited: when it may be tried again; 0: nobody can tell
    bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

// "not-found", as in the XML.
[[nodiscard]] std::string_view name_of(Code code);

}  // namespace email2
