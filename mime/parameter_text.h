// parameter_text: the values of Content-Type and Content-Disposition, RFC 2045 5.1, 2183, 2231.
//
// In place of mimetic's str(), which knows neither quoted pairs nor RFC 2231 nor folding.
#pragma once

#include <mimetic/contentdisposition.h>
#include <mimetic/contenttype.h>
#include <string>
#include <string_view>

namespace mime {

// What of `raw` may stand as a parameter's name, in lower case; may be empty.
[[nodiscard]] std::string parameter_name(std::string_view raw);

// Folded by CRLF at 76 columns. Types are tokens already, parameter names come from
// parameter_name(); parameter values are UTF-8 of any content, whose controls become spaces.
[[nodiscard]] std::string written(const mimetic::ContentType& type);
[[nodiscard]] std::string written(const mimetic::ContentDisposition& disposition);

}  // namespace mime
