// tnef_writer: TNEF as Outlook writes it, for tests: MS-OXTNEF 2.1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mime_test {

inline std::string little_end(std::uint64_t number, int size)
{
    std::string out;
    for (; size > 0; --size, number >>= 8) out += static_cast<char>(number & 0xFF);
    return out;
}

inline std::string u16(std::uint16_t number)
{
    return little_end(number, 2);
}

inline std::string u32(std::uint32_t number)
{
    return little_end(number, 4);
}

inline std::string counted(std::string_view value)  // its length, and filled up to a multiple of four
{
    return u32(static_cast<std::uint32_t>(value.size())) + std::string(value) +
           std::string((4 - value.size() % 4) % 4, '\0');
}

inline std::string utf16(std::u16string_view text)
{
    std::string out;
    for (const char16_t c : text) out += u16(c);
    return out + u16(0);
}

inline std::string unicode(std::uint16_t id, std::u16string_view text)
{
    return u16(0x001F) + u16(id) + u32(1) + counted(utf16(text));
}

inline std::string string8(std::uint16_t id, std::string_view text)
{
    return u16(0x001E) + u16(id) + u32(1) + counted(std::string(text) + '\0');
}

inline std::string binary(std::uint16_t id, std::string_view octets)
{
    return u16(0x0102) + u16(id) + u32(1) + counted(octets);
}

inline std::string object(std::uint16_t id, std::string_view octets)
{
    return u16(0x000D) + u16(id) + u32(1) + counted(std::string(16, 'i') + std::string(octets));
}

// The beginning of a property with a name of its own; its value follows.
inline std::string named(std::uint16_t type, std::u16string_view name)
{
    return u16(type) + u16(0x8001) + std::string(16, 'g') + u32(1) + counted(utf16(name));
}

inline std::string named(std::uint16_t type, std::uint32_t number)
{
    return u16(type) + u16(0x8002) + std::string(16, 'g') + u32(0) + u32(number);
}

class TnefWriter {
public:
    TnefWriter() : octets_(u32(0x223E9F78) + u16(1)) {}

    static std::string framed(std::uint8_t level, std::uint16_t id, std::string_view value)
    {
        std::uint32_t sum = 0;
        for (const char c : value) sum += static_cast<unsigned char>(c);
        return std::string(1, static_cast<char>(level)) + u16(id) + u16(6) +
               u32(static_cast<std::uint32_t>(value.size())) + std::string(value) +
               u16(static_cast<std::uint16_t>(sum & 0xFFFF));
    }

    TnefWriter& attribute(std::uint8_t level, std::uint16_t id, std::string_view value)
    {
        octets_ += framed(level, id, value);
        return *this;
    }

    TnefWriter& properties(std::uint8_t level, std::uint16_t id, const std::vector<std::string>& list)
    {
        auto value = u32(static_cast<std::uint32_t>(list.size()));
        for (const auto& property : list) value += property;
        return attribute(level, id, value);
    }

    [[nodiscard]] const std::string& octets() const { return octets_; }

private:
    std::string octets_;
};

}  // namespace mime_test
