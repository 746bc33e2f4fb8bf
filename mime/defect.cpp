// defect: see defect.h.
#include "mime/defect.h"

#include <algorithm>
#include <array>

namespace mime {

namespace {

constexpr std::array<std::string_view, defect_kinds> names = {"no-header", "malformed-field", "bare-cr", "bare-lf",
    "nul", "eight-bit-header", "missing-boundary", "unclosed-multipart", "too-deep", "too-many-parts",
    "too-many-fields", "bad-content-type", "bad-encoded-word", "bad-base64", "bad-quoted-printable", "unknown-charset",
    "undecodable-text", "bad-address", "bad-date", "bad-tnef", "unknown-transfer-encoding"};

}  // namespace

void note(Defects* defects, Defect defect)
{
    if (defects && std::find(defects->begin(), defects->end(), defect) == defects->end()) defects->push_back(defect);
}

std::string_view name_of(Defect defect)
{
    return names[static_cast<std::size_t>(defect)];
}

}  // namespace mime
