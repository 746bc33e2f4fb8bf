// canonical: the octets that are hashed, RFC 6376 3.4.
#include "gateway/authentication/canonical.h"

#include "email2/text.h"

#include <algorithm>
#include <array>

namespace gateway::authentication {
namespace {

bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// Hashes what it is given, up to a number of octets; small pieces are gathered first.
class Limited {
public:
    Limited(Hash hash, std::optional<std::uint64_t> most) : digest_(hash), left_(most.value_or(UINT64_MAX)) {}

    void put(std::string_view octets)
    {
        total_ += octets.size();
        octets = octets.substr(0, std::min<std::uint64_t>(octets.size(), left_));
        left_ -= octets.size();
        if (octets.size() > buffer_.size() - used_) flush();
        if (octets.size() > buffer_.size()) {
            digest_.update(octets);
            return;
        }
        std::copy(octets.begin(), octets.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
        used_ += octets.size();
    }

    [[nodiscard]] std::uint64_t total() const { return total_; }

    std::string finish()
    {
        flush();
        return digest_.finish();
    }

private:
    void flush()
    {
        digest_.update({buffer_.data(), used_});
        used_ = 0;
    }

    Digest digest_;
    std::uint64_t left_, total_ = 0;
    std::array<char, 8192> buffer_;
    std::size_t used_ = 0;
};

// The body, octet runs in, canonical octets out. What a line end or a blank means is known only when something follows.
class CanonicalBody {
public:
    CanonicalBody(Canonical form, Limited& out) : relaxed_(form == Canonical::relaxed), out_(out) {}

    void update(std::string_view piece)
    {
        while (!piece.empty()) {
            const auto run = static_cast<std::size_t>(
                std::find_if(piece.begin(), piece.end(), [this](char c) { return is_special(c); }) - piece.begin());
            if (run > 0) ordinary(piece.substr(0, run));
            else special(piece.front());
            piece.remove_prefix(std::max<std::size_t>(run, 1));
        }
    }

    void finish()
    {
        if (cr_) ordinary("");
        if (!relaxed_ || out_.total() > 0) out_.put("\r\n");
    }

private:
    [[nodiscard]] bool is_special(char c) const { return c == '\r' || c == '\n' || (relaxed_ && is_blank(c)); }

    void ordinary(std::string_view octets)
    {
        const bool bare = std::exchange(cr_, false);
        for (; line_ends_ > 0; --line_ends_) out_.put("\r\n");
        if (std::exchange(blank_, false)) out_.put(" ");
        if (bare) out_.put("\r");
        out_.put(octets);
    }

    void special(char c)
    {
        if (c == '\n' && cr_) {
            cr_ = blank_ = false;
            ++line_ends_;
            return;
        }
        if (cr_) ordinary("");
        if (c == '\r') cr_ = true;
        else if (c == '\n') ordinary("\n");
        else blank_ = true;
    }

    bool relaxed_;
    Limited& out_;
    std::uint64_t line_ends_ = 0;
    bool cr_ = false, blank_ = false;
};

}  // namespace

std::string canonical_field(std::string_view whole, Canonical form)
{
    if (form == Canonical::simple) return std::string(whole);
    const auto colon = std::min(whole.find(':'), whole.size());
    auto field = email2::ascii_lower(whole.substr(0, colon));
    field.resize(field.find_last_not_of(" \t\r\n") + 1);
    field += ':';
    bool blank = false;
    const auto start = field.size();
    for (const char c : whole.substr(std::min(colon + 1, whole.size()))) {
        if (is_blank(c)) blank = true;
        if (is_blank(c) || c == '\r' || c == '\n') continue;  // unfolded: only the blanks of a fold count
        if (std::exchange(blank, false) && field.size() > start) field += ' ';
        field += c;
    }
    return field;
}

BodyHash hash_body(const MailText& mail, Canonical form, Hash hash, std::optional<std::uint64_t> most)
{
    Limited out(hash, most);
    CanonicalBody body(form, out);
    for (const auto piece : mail.body()) body.update(piece);
    body.finish();
    return {out.finish(), out.total()};
}

}  // namespace gateway::authentication
