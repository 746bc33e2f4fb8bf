// encoded_word: the words of RFC 2047 one by one, for those who read or write phrases.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mime {

struct EncodedWord {
    std::string_view charset;  // without RFC 2231's language
    std::string octets;        // in that charset
    std::size_t length = 0;    // of the whole word, "=?" to "?="
};

// The encoded word that begins at `at`; nullopt when there is none or it cannot be decoded.
[[nodiscard]] std::optional<EncodedWord> encoded_word(std::string_view text, std::size_t at);

// Appends `utf8` as encoded words of at most 75 characters, none of them ending within a character,
// on lines of at most 76. `column` is where the first word begins, and becomes where the last one
// ends.
void append_encoded_words(std::string& out, std::string_view utf8, std::size_t& column);

}  // namespace mime
