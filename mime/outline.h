// outline: a mail's part tree reduced to offsets, packed small, so that a section is read without parsing the mail.
#pragma once

#include "mime/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mime {

struct Outline {
    Range header;
    Range body;
    bool multipart = false;
    bool message = false;  // message/rfc822: parts[0] is the message within
    std::vector<Outline> parts;
    bool operator==(const Outline&) const = default;
};

[[nodiscard]] Outline outline(const Message& message);
[[nodiscard]] std::string pack(const Outline& outline);                // a few octets a part
[[nodiscard]] std::optional<Outline> unpack(std::string_view packed);  // nullopt when it is no packed outline

}  // namespace mime
