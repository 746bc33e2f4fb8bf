// thread_index: see thread_index.h.

#include "gateway/mapping/thread_index.h"

#include "email2/text.h"
#include "mime/transfer_encoding.h"

#include <array>
#include <cstdint>

namespace gateway::mapping {
namespace {

constexpr std::uint64_t filetime_of_unix_epoch = 116'444'736'000'000'000;  // 100 ns since 1601
constexpr std::size_t header_octets = 22, block_octets = 5;
constexpr std::size_t longest = 900;  // characters: some hundred answers deep, and one line of a header
constexpr std::uint64_t ticks_per_millisecond = 10'000;

// The sixteen octets of a guid in its canonical form; what is no digit counts as none.
std::string octets_of(std::string_view guid)
{
    std::string octets;
    unsigned value = 0;
    int digits = 0;
    for (const char c : guid) {
        const auto at = std::string_view("0123456789abcdef").find(c);
        if (at == std::string_view::npos) continue;
        value = value << 4 | static_cast<unsigned>(at);
        if (++digits % 2 == 0) octets += static_cast<char>(value & 0xff);
    }
    octets.resize(16);
    return octets;
}

// A UUIDv7 begins with the milliseconds since 1970 (RFC 9562 5.7).
std::uint64_t filetime_of(const std::string& guid_octets)
{
    std::uint64_t milliseconds = 0;
    for (std::size_t i = 0; i < 6; ++i) milliseconds = milliseconds << 8 | static_cast<unsigned char>(guid_octets[i]);
    return filetime_of_unix_epoch + milliseconds * ticks_per_millisecond;
}

std::string big_endian(std::uint64_t value, int octets)
{
    std::string result;
    for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8) result += static_cast<char>(value >> shift & 0xff);
    return result;
}

// An answer's block: how much later it is, in steps of 26 ms or (beyond 1.7 years) 0.8 s, and what tells it from others
// of that moment.
std::string child_block(std::uint64_t root_time, const std::string& message)
{
    const auto time = filetime_of(message);
    const auto later = time > root_time ? time - root_time : 0;
    const bool far = later >> 49 != 0;
    const auto delta = (far ? later >> 23 : later >> 18) & 0x7fff'ffff;
    return big_endian((far ? 0x8000'0000U : 0U) | delta, 4) + message.back();
}

}  // namespace

std::string thread_index(const email2::Name& first)
{
    const auto guid = octets_of(first.guid);
    return mime::encode_base64(big_endian(filetime_of(guid) >> 16, 6) + guid);
}

std::string thread_index(std::string_view parent, const email2::Name& answer)
{
    if (parent.size() > longest || !mime::is_base64(parent)) return {};
    const auto index = mime::decode_base64(parent);
    if (index.size() < header_octets || (index.size() - header_octets) % block_octets != 0) return {};
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < 6; ++i) time = time << 8 | static_cast<unsigned char>(index[i]);
    return mime::encode_base64(index + child_block(time << 16, octets_of(answer.guid)));
}

std::string_view thread_topic(std::string_view subject)
{
    constexpr std::array<std::string_view, 6> marks{"re:", "aw:", "fwd:", "fw:", "wg:", "antw:"};
    for (bool cut = true; cut;) {
        cut = false;
        while (subject.starts_with(' ')) subject.remove_prefix(1);
        for (const auto mark : marks) {
            if (email2::ascii_lower(subject.substr(0, mark.size())) != mark) continue;
            subject.remove_prefix(mark.size());
            cut = true;
        }
    }
    return subject;
}

}  // namespace gateway::mapping
