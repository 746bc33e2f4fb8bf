// support: what several tests of mime share.
#pragma once

#include "mime/message.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace mime_test {

inline bool has(const mime::Message& message, mime::Defect defect)
{
    return std::find(message.defects.begin(), message.defects.end(), defect) != message.defects.end();
}

// "multipart/mixed(text/plain,message/rfc822[text/plain])"
inline std::string shape(const mime::Part& part)
{
    std::string out = part.type.type + "/" + part.type.subtype;
    if (part.parts.empty()) return out;
    const bool message = part.enclosed_message();
    out += message ? '[' : '(';
    for (std::size_t i = 0; i < part.parts.size(); ++i) out += (i > 0 ? "," : "") + shape(part.parts[i]);
    return out + (message ? ']' : ')');
}

// Why the part's ranges are wrong: not within the mail, not within `outer`, not in order, lines
// miscounted. "" when right.
inline std::string range_fault(const mime::Part& part, std::string_view bytes, mime::Range outer)
{
    const auto within = [](mime::Range inner, mime::Range around) {
        return inner.offset >= around.offset && inner.end() <= around.end();
    };
    if (!within(part.header, outer) && part.header.end() > bytes.size()) return "header outside";
    if (part.body.end() > bytes.size() || part.header.end() > bytes.size()) return "beyond the end";
    if (part.body.offset != part.header.end()) return "body does not follow the header";
    for (const mime::Field& field : part.fields)
        if (!within(field.whole, part.header) || !within(field.name, field.whole) || !within(field.value, field.whole))
            return "field outside";
    const std::string_view body = part.body.of(bytes);
    if (part.lines != static_cast<std::uint32_t>(std::count(body.begin(), body.end(), '\n'))) return "lines miscounted";
    std::uint64_t last = part.body.offset;
    for (const mime::Part& child : part.parts) {
        if (child.header.offset < last || !within(child.header, part.body)) return "child's header outside";
        if (!within(child.body, part.body)) return "child's body outside";
        last = child.body.end();
        if (std::string fault = range_fault(child, bytes, part.body); !fault.empty()) return fault;
    }
    return "";
}

inline std::string range_fault(const mime::Message& message, std::string_view bytes)
{
    if (message.root.body.end() != bytes.size()) return "the body does not end with the mail";
    return range_fault(message.root, bytes, {0, bytes.size()});
}

inline void check_ranges(const mime::Message& message, std::string_view bytes)
{
    CHECK(range_fault(message, bytes) == "");
}

}  // namespace mime_test
