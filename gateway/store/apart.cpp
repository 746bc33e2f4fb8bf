#include "gateway/store/apart.h"

#include "gateway/store/attachments.h"
#include "gateway/store/rendition.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace gateway::store {

namespace {

constexpr std::uint64_t worth_it = 64 * 1024;  // octets; rendition.cpp keeps smaller ones within the mail
constexpr std::uint32_t composed_line = 76;    // as mime::compose writes base64

// 45 random octets: one whole line of base64 that nothing else in the mail can hold.
std::string stand_in()
{
    std::array<unsigned char, 45> octets{};
    if (RAND_bytes(octets.data(), octets.size()) != 1) throw std::runtime_error("no random numbers");
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

void collect_messages(const email2::Part& part, std::set<std::string>& digests)
{
    if (part.type.starts_with("message/") && !part.sha256.empty()) digests.insert(part.sha256);
    for (const auto& child : part.parts) collect_messages(child, digests);
}

}  // namespace

Apart::Apart(Session& session, std::int32_t author, const email2::Part& body) : session_(session), author_(author)
{
    collect_messages(body, whole_);
}

std::uint64_t encoded_length(std::uint64_t octets, std::uint32_t line_length)
{
    const auto characters = (octets + 2) / 3 * 4;
    return characters == 0 ? 0 : characters + (characters - 1) / line_length * 2;
}

std::string Apart::octets(const std::string& sha256_hex)
{
    const auto found = find_attachment(session_, author_, sha256_hex);
    if (!found) throw std::runtime_error("an attachment went while a message with it was made");
    if (!found->stored || found->size < worth_it || whole_.contains(sha256_hex))
        return read_attachment(session_, *found);
    auto octets = stand_in();
    Standing standing;
    standing.base64 = mapping::encode_base64_lines(octets, composed_line);
    standing.attachment.sha256 = sha256_hex;
    standing.attachment.size = found->size;
    standing.attachment.line_length = composed_line;
    standing_.push_back(std::move(standing));
    return octets;
}

Apart::Composed Apart::take(std::string composed)
{
    Composed out;
    out.text = composed.size();
    if (standing_.empty()) {
        out.bytes.append(composed);
        return out;
    }
    out.bytes = mime::Spool(SIZE_MAX);  // the text alone is in it
    std::vector<std::pair<std::size_t, Standing*>> places;
    for (auto& standing : standing_) {
        const auto at = composed.find(standing.base64);
        if (at == std::string::npos)
            throw std::logic_error("an attachment that stays apart is not where it was composed");
        places.emplace_back(at, &standing);
    }
    std::sort(places.begin(), places.end());
    std::size_t from = 0;
    std::uint64_t at = 0;
    for (const auto& [place, standing] : places) {
        out.bytes.append(std::string_view(composed).substr(from, place - from));
        at += place - from;
        standing->attachment.encoded = {at, encoded_length(standing->attachment.size, composed_line)};
        out.bytes.leave(standing->attachment.encoded.length);
        at += standing->attachment.encoded.length;
        out.elsewhere.push_back(standing->attachment);
        from = place + standing->base64.size();
    }
    out.bytes.append(std::string_view(composed).substr(from));
    return out;
}

}  // namespace gateway::store
