// bounce_text: what reports on deliveries say in words and codes: addresses, reply codes, RFC 3463
// status codes, known phrases.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::mapping {

// An address somewhere in a text.
struct Mention {
    std::string address;
    std::size_t begin = 0, end = 0;  // octets of the text
};

// The next one at or after `from`; nullopt when there is none.
[[nodiscard]] std::optional<Mention> next_address(std::string_view text, std::size_t from);

// The first RFC 3463 status ("5.1.1", class 2, 4 or 5) in a text, or "". Never a piece of an IP
// address.
[[nodiscard]] std::string status_in(std::string_view text);
// The first SMTP reply code 4xx or 5xx that stands as a word; 0 when there is none.
[[nodiscard]] int reply_code_in(std::string_view text);
// The status of what a text says in words ("user unknown": "5.1.1"), or "".
[[nodiscard]] std::string status_of_words(std::string_view lower_case);
// The best of the above: a code with detail, else words, else the reply code's class, else "".
[[nodiscard]] std::string best_status(std::string_view text);

[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);
// White space runs as one space, at most `most` octets.
[[nodiscard]] std::string squeezed(std::string_view text, std::size_t most);

}  // namespace gateway::mapping
