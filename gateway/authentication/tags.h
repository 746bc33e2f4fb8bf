// tags: lists of "name=value; …", the form of DKIM's and ARC's fields and of DKIM's and DMARC's records, RFC 6376 3.2.
// Pure.
#pragma once

#include "mime/range.h"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::authentication {

struct Tag {
    std::string name;   // as written: names are case-sensitive
    std::string value;  // without the white space around it; folds inside are kept
    mime::Range place;  // in the text: from behind '=' to before ';'
};

class Tags {
public:
    explicit Tags(std::vector<Tag> tags) : tags_(std::move(tags)) {}

    [[nodiscard]] const std::vector<Tag>& all() const { return tags_; }
    [[nodiscard]] const Tag* find(std::string_view name) const;
    [[nodiscard]] std::string_view value(std::string_view name, std::string_view otherwise = "") const;

private:
    std::vector<Tag> tags_;
};

// What is wrong with it, for people: no '=', a name that is none, one that comes twice, octets that may not be.
[[nodiscard]] tl::expected<Tags, std::string> parse_tags(std::string_view text);

[[nodiscard]] std::string without_spaces(std::string_view text);                      // no SP, HTAB, CR, LF
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);  // spaces around each piece gone
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view digits);

}  // namespace gateway::authentication
