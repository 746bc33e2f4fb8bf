// message: a mail as a tree of parts with exact byte offsets, RFC 5322, RFC 2045-2046.
//
// Total: every sequence of octets is some mail; what is wrong with it is noted as a defect. Holds ranges,
// never views: whoever needs octets passes the same bytes in again.
#pragma once

#include "mime/defect.h"
#include "mime/limits.h"
#include "mime/range.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mime {

struct Field {
    Range whole;  // from the name to the line end that closes the field
    Range name;
    Range value;  // raw: folded, encoded, without the leading white space and the last line end
};

using Parameters =
    std::vector<std::pair<std::string, std::string>>;  // names in lower case, values in UTF-8 (RFC 2231 undone)

struct ContentType {
    std::string type = "text";  // lower case
    std::string subtype = "plain";
    Parameters parameters;

    // The parameter's value, or "" when there is none. `name` in lower case.
    [[nodiscard]] std::string_view parameter(std::string_view name) const;
    [[nodiscard]] bool is(std::string_view type_, std::string_view subtype_) const
    {
        return type == type_ && subtype == subtype_;
    }
};

struct Disposition {
    std::string kind;  // lower case; "" when there is no such field
    Parameters parameters;
};

enum class TransferEncoding { seven_bit, eight_bit, binary, quoted_printable, base64, unknown };

struct Part {
    std::vector<Field> fields;
    Range header;  // the fields and the empty line that ends them
    Range body;    // without the line end that belongs to the following boundary
    ContentType type;
    Disposition disposition;
    TransferEncoding encoding = TransferEncoding::seven_bit;
    std::string filename;     // UTF-8: of Content-Disposition, else the name of Content-Type, else ""
    std::uint32_t lines = 0;  // line ends in the body
    std::vector<Part> parts;  // a multipart's parts; of a message/rfc822 or message/global: the one message within

    [[nodiscard]] bool multipart() const { return type.type == "multipart" && !parts.empty(); }
    [[nodiscard]] bool enclosed_message() const { return type.type == "message" && !parts.empty(); }
};

struct Message {
    Part root;
    Defects defects;  // of the structure; those of contents are found when they are decoded
};

// Reads the whole mail in one pass. Line ends may be CRLF, LF or mixed. Never fails.
[[nodiscard]] Message parse(std::string_view bytes, const Limits& limits = {});

// The first field of that name (any case), or nullptr.
[[nodiscard]] const Field* find(const Part& part, std::string_view bytes, std::string_view name);
// The raw value of the first field of that name, or nullopt.
[[nodiscard]] std::optional<std::string_view> raw(const Part& part, std::string_view bytes, std::string_view name);
// The value unfolded, RFC 2047 and raw 8-bit undone, as UTF-8; "" when absent.
[[nodiscard]] std::string text_of(const Part& part, std::string_view bytes, std::string_view name);

// The part's content with its transfer encoding undone: octets. Bad encoding: what could be read. What is wrong with it
// is added to `found`.
[[nodiscard]] std::string decoded(const Part& part, std::string_view bytes, Defects* found = nullptr);
// The part's content as Unicode text (UTF-8, LF line ends), its charset undone; unknown charset: windows-1252.
[[nodiscard]] std::string text(const Part& part, std::string_view bytes, Defects* found = nullptr);

}  // namespace mime
