// mime_tnef: any octets as TNEF, and as rich text, compressed or not.
#include "mime/rtf.h"
#include "mime/tnef.h"
#include "mime/utf8.h"

#include <cstdlib>

namespace {

void require(bool holds)
{
    if (!holds) std::abort();
}

void rich_text(std::string_view rtf)
{
    const auto read = mime::read_rtf(rtf);
    require(mime::is_utf8(read.text) && mime::is_utf8(read.html));
    require(read.text.size() <= rtf.size() * 8 + 16);
}

void tnef(std::string_view octets, int depth)
{
    const auto read = mime::read_tnef(octets);
    if (!read) return;
    require(mime::is_utf8(read->subject) && mime::is_utf8(read->text) && mime::is_utf8(read->html) &&
            mime::is_utf8(read->message_class));
    for (const auto& file : read->files) {
        require(file.content.end() <= octets.size());
        require(mime::is_utf8(file.name) && mime::is_utf8(file.content_id));
        require(file.name.find_first_of("/\\\r\n") == std::string::npos);
        if (depth < 4) tnef(file.content.of(octets), depth + 1);
    }
    if (const auto rtf = mime::decompressed_rtf(read->rtf.of(octets))) rich_text(*rtf);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    tnef(octets, 0);
    tnef(std::string("\x78\x9f\x3e\x22\0\0", 6) + std::string(octets), 0);
    rich_text(octets);
    if (const auto rtf = mime::decompressed_rtf(octets)) rich_text(*rtf);
    return 0;
}
