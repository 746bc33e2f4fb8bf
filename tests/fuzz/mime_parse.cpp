// mime_parse: any octets as a mail; every range must lie inside and every content be readable.
#include "mime/fold.h"
#include "mime/message.h"
#include "mime/outline.h"
#include "mime/utf8.h"

#include <cstdlib>

namespace {

void require(bool holds)
{
    if (!holds) std::abort();
}

void walk(const mime::Part& part, std::string_view bytes, std::uint64_t begin, std::uint64_t end)
{
    require(part.header.offset >= begin && part.header.end() <= end);
    require(part.body.offset == part.header.end() && part.body.end() <= end);
    for (const mime::Field& field : part.fields) {
        require(field.whole.offset >= part.header.offset && field.whole.end() <= part.header.end());
        require(field.value.offset >= field.whole.offset && field.value.end() <= field.whole.end());
    }
    require(mime::is_utf8(mime::text(part, bytes)));
    require(mime::is_utf8(part.filename));
    std::uint64_t last = part.body.offset;
    for (const mime::Part& child : part.parts) {
        walk(child, bytes, last, part.body.end());
        last = child.body.end();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const mime::Message message = mime::parse(bytes);
    walk(message.root, bytes, 0, bytes.size());
    require(mime::unpack(mime::pack(mime::outline(message))) == mime::outline(message));
    (void)mime::unpack(bytes);
    const mime::SearchText found = mime::search_text(message, bytes, 10'000);
    require(mime::is_utf8(found.text) && mime::is_utf8(found.preview) && mime::is_utf8(found.headers));
    require(mime::is_utf8(mime::html_to_text(mime::text(message.root, bytes))));
    return 0;
}
