// rtf: the rich text that Outlook packs into TNEF: MS-OXRTFCP (compression), MS-OXRTFEX (HTML within), RTF 1.9.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mime {

// At most limits.rtf octets of it; nullopt when it is neither compressed nor plain as MS-OXRTFCP has it.
[[nodiscard]] std::optional<std::string> decompressed_rtf(std::string_view octets);

struct RtfText {
    std::string text;  // what stands in it for people, UTF-8, LF; "" when `html` has it
    std::string html;  // the HTML that was made into RTF, given back; UTF-8
};
// Groups that are no text (fonts, colours, pictures, unknown destinations) are passed over.
[[nodiscard]] RtfText read_rtf(std::string_view rtf);

// The charset of a Windows code page: "windows-1252".
[[nodiscard]] std::string charset_of_codepage(std::uint32_t codepage);

}  // namespace mime
