// range: where something lies in the bytes of a mail.
#pragma once

#include <cstdint>
#include <string_view>

namespace mime {

// Octets [offset, offset + length) of the mail that was parsed. Never a view: the bytes are passed in again.
struct Range {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    [[nodiscard]] std::uint64_t end() const { return offset + length; }
    // The octets themselves; empty where the range does not lie within `bytes`.
    [[nodiscard]] std::string_view of(std::string_view bytes) const
    {
        return end() <= bytes.size() ? bytes.substr(offset, length) : std::string_view{};
    }
    bool operator==(const Range&) const = default;
};

}  // namespace mime
