// mime_compose: any values as a mail of our own; it must be one well-formed mail with exactly these
// parts.
#include "mime/compose.h"

#include <cstdlib>

namespace {

void require(bool holds)
{
    if (!holds) std::abort();
}

// Cuts the input at 0xFF.
std::string take(std::string_view& data)
{
    const std::size_t end = std::min(data.find('\xFF'), data.size());
    std::string piece(data.substr(0, end));
    data.remove_prefix(std::min(end + 1, data.size()));
    return piece;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    std::string_view data(reinterpret_cast<const char*>(bytes), size);
    const std::string seed = take(data);
    mime::Fields fields = {{"Subject", take(data)}, {"X-" + take(data), take(data)}};
    mime::Composed text;
    text.type.parameters = {{"format", take(data)}, {take(data), take(data)}};
    text.content = take(data);
    mime::Composed file;
    file.type = {"application", take(data), {}};
    file.disposition = take(data);
    file.filename = take(data);
    file.content_id = take(data);
    file.content = take(data);
    mime::Composed whole;
    whole.type = {"multipart", take(data), {}};
    whole.parts = {text, file};
    const std::string mail = mime::compose(fields, whole, seed);
    const mime::Message message = mime::parse(mail);
    require(message.root.parts.size() == 2);
    require(message.root.fields.size() >= 3 && message.root.fields.size() <= 5);
    require(mime::decoded(message.root.parts[1], mail) == file.content);
    require(mime::compose(fields, whole, seed) == mail);
    return 0;
}
