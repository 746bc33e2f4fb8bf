// mime_charset: a line that names a charset, then octets: whatever both are, text comes out.
#include "mime/charset.h"
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
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto end = bytes.find('\n');
    const auto label = bytes.substr(0, end);
    const auto octets = end == std::string_view::npos ? std::string_view{} : bytes.substr(end + 1);
    mime::Defects found;
    const auto text = mime::to_utf8(octets, label, &found);
    require(mime::is_utf8(text));
    require(text == mime::to_utf8(octets, label));  // nothing is left over from the last one
    require(mime::is_utf8(mime::guessed_utf8(octets)));
    if (mime::is_utf8(octets)) require(mime::to_utf8(octets, "utf-8") == octets);
    require(text.size() <= octets.size() * 8 + 16);
    return 0;
}
