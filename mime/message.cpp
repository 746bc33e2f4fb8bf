// message: reading fields and contents of a parsed part out of the mail's bytes.
#include "mime/message.h"

#include "mime/ascii.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/transfer_encoding.h"

#include <algorithm>
#include <cstring>

namespace mime {

std::string_view ContentType::parameter(std::string_view name) const
{
    for (const auto& [key, value] : parameters)
        if (key == name) return value;
    return {};
}

const Field* find(const Part& part, std::string_view bytes, std::string_view name)
{
    for (const Field& field : part.fields)
        if (equal_ignoring_case(field.name.of(bytes), name)) return &field;
    return nullptr;
}

std::optional<std::string_view> raw(const Part& part, std::string_view bytes, std::string_view name)
{
    const Field* field = find(part, bytes, name);
    if (!field) return std::nullopt;
    return field->value.of(bytes);
}

std::string text_of(const Part& part, std::string_view bytes, std::string_view name)
{
    const Field* field = find(part, bytes, name);
    return field ? decode_text(field->value.of(bytes)) : "";
}

std::string decoded(const Part& part, std::string_view bytes, Defects* found)
{
    const std::string_view body = part.body.of(bytes);
    switch (part.encoding) {
    case TransferEncoding::base64: return decode_base64(body, found);
    case TransferEncoding::quoted_printable: return decode_quoted_printable(body, found);
    default: return std::string(body);
    }
}

namespace {

// CRLF becomes LF, in place, a line at a time.
void make_lf(std::string& text)
{
    std::size_t to = std::min(text.find("\r\n"), text.size());
    for (std::size_t from = to; from < text.size();) {
        const std::size_t begin = from + 1;  // behind the CR
        from = std::min(text.find("\r\n", begin), text.size());
        std::memmove(text.data() + to, text.data() + begin, from - begin);
        to += from - begin;
    }
    text.resize(to);
}

}  // namespace

std::string text(const Part& part, std::string_view bytes, Defects* found)
{
    std::string result = to_utf8(decoded(part, bytes, found), part.type.parameter("charset"), found);
    make_lf(result);
    return result;
}

}  // namespace mime
