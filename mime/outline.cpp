// outline: packing the part tree into variable-length numbers.
//
// Packed: a version octet, then each part depth first: flags, where the header begins (counted from
// the end of what was written last), its length, the gap to the body (when flagged), the body's
// length, the number of parts (when flagged).
#include "mime/outline.h"

#include <cstdint>

namespace mime {

namespace {

constexpr char version = 1;
constexpr std::size_t deepest = 1000;  // levels read back; parse() makes at most Limits::depth

enum Flag : std::uint8_t { is_multipart = 1, is_message = 2, has_gap = 4, has_parts = 8, all_flags = 15 };

void put(std::string& out, std::uint64_t number)
{
    for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
    out += static_cast<char>(number);
}

// Differences go both ways and wrap: small in either direction is short.
std::uint64_t zigzag(std::uint64_t difference)
{
    return (difference << 1) ^ (difference >> 63 ? ~std::uint64_t{0} : 0);
}

std::uint64_t unzigzag(std::uint64_t number)
{
    return (number >> 1) ^ (number & 1 ? ~std::uint64_t{0} : 0);
}

void put(std::string& out, const Outline& outline, std::uint64_t& last)
{
    const bool gap = outline.body.offset != outline.header.end();
    out += static_cast<char>((outline.multipart ? is_multipart : 0) | (outline.message ? is_message : 0) |
                             (gap ? has_gap : 0) | (outline.parts.empty() ? 0 : has_parts));
    put(out, zigzag(outline.header.offset - last));
    put(out, outline.header.length);
    if (gap) put(out, zigzag(outline.body.offset - outline.header.end()));
    put(out, outline.body.length);
    last = outline.body.offset;
    if (outline.parts.empty()) return;
    put(out, outline.parts.size());
    for (const Outline& part : outline.parts) {
        put(out, part, last);
        last = part.body.end();
    }
}

// Remembers that something was wrong; reads zeros from then on.
class Unpacker {
public:
    explicit Unpacker(std::string_view packed) : packed_(packed) {}

    std::optional<Outline> run()
    {
        if (octet() != version) return std::nullopt;
        std::uint64_t last = 0;
        Outline outline = part(last, 0);
        if (bad_ || at_ != packed_.size()) return std::nullopt;
        return outline;
    }

private:
    std::uint8_t octet()
    {
        if (at_ == packed_.size()) bad_ = true;
        return bad_ ? 0 : static_cast<std::uint8_t>(packed_[at_++]);
    }

    std::uint64_t number()
    {
        std::uint64_t result = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t next = octet();
            result |= static_cast<std::uint64_t>(next & 0x7F) << shift;
            if (next < 0x80) return result;
        }
        bad_ = true;
        return 0;
    }

    Outline part(std::uint64_t& last, std::size_t depth)
    {
        Outline result;
        const std::uint8_t flags = octet();
        if (flags > all_flags || depth > deepest) bad_ = true;
        result.multipart = (flags & is_multipart) != 0;
        result.message = (flags & is_message) != 0;
        result.header.offset = last + unzigzag(number());
        result.header.length = number();
        result.body.offset = result.header.end() + ((flags & has_gap) != 0 ? unzigzag(number()) : 0);
        result.body.length = number();
        last = result.body.offset;
        const std::uint64_t count = (flags & has_parts) != 0 ? number() : 0;
        if (((flags & has_parts) != 0 && count == 0) || count > packed_.size() - at_) bad_ = true;
        for (std::uint64_t i = 0; i < count && !bad_; ++i) {
            result.parts.push_back(part(last, depth + 1));
            last = result.parts.back().body.end();
        }
        return result;
    }

    std::string_view packed_;
    std::size_t at_ = 0;
    bool bad_ = false;
};

Outline outline(const Part& part)
{
    Outline result{part.header, part.body, part.multipart(), part.enclosed_message(), {}};
    result.parts.reserve(part.parts.size());
    for (const Part& child : part.parts) result.parts.push_back(outline(child));
    return result;
}

}  // namespace

Outline outline(const Message& message)
{
    return outline(message.root);
}

std::string pack(const Outline& outline)
{
    std::string out(1, version);
    std::uint64_t last = 0;
    put(out, outline, last);
    return out;
}

std::optional<Outline> unpack(std::string_view packed)
{
    return Unpacker(packed).run();
}

}  // namespace mime
