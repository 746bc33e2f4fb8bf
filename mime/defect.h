// defect: what can be wrong with a mail that is read all the same.
#pragma once

#include <string_view>
#include <vector>

namespace mime {

enum class Defect {
    no_header,
    malformed_field,
    bare_cr,
    bare_lf,
    nul,
    eight_bit_header,
    missing_boundary,
    unclosed_multipart,
    too_deep,
    too_many_parts,
    too_many_fields,
    bad_content_type,
    bad_encoded_word,
    bad_base64,
    bad_quoted_printable,
    unknown_charset,
    undecodable_text,
    bad_address,
    bad_date,
    bad_tnef,
    unknown_transfer_encoding,
};
inline constexpr std::size_t defect_kinds = static_cast<std::size_t>(Defect::unknown_transfer_encoding) + 1;

using Defects = std::vector<Defect>;  // each kind once
// Adds it unless it is there; nullptr: nobody asks.
void note(Defects* defects, Defect defect);
// "unknown-charset"
[[nodiscard]] std::string_view name_of(Defect defect);

}  // namespace mime
