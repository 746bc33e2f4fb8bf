// mime_encoded_word: any octets as the text of a header, read and written.
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/utf8.h"

#include <cstdlib>

namespace {

void require(bool holds)
{
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view raw(reinterpret_cast<const char*>(data), size);
    const auto text = mime::decode_text(raw);
    require(mime::is_utf8(text));
    require(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    if (const auto word = mime::encoded_word(raw, 0)) require(word->length > 0 && word->length <= raw.size());
    std::string words;
    std::size_t column = 10;
    mime::append_encoded_words(words, text, column);
    require(mime::is_ascii(words));
    if (text.size() < 20'000) require(mime::decode_text(words) == text);
    return 0;
}
