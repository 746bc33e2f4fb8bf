// message: an HTTP request and its answer as values. RFC 9110, RFC 9112.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::http {

struct Field {
    std::string name;  // lower case in requests
    std::string value;
};

struct Target {
    std::vector<std::string> path;  // segments, percent-decoded: "/v1/a%2Fb" is {"v1", "a/b"}
    std::map<std::string, std::string> query;
};

// A target in origin or absolute form, RFC 9112 3.2. nullopt when it is neither, when a percent
// encoding is broken, or when something decoded is not UTF-8, has a NUL, or is too long.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

struct Request {
    std::string method;
    Target target;
    std::vector<Field> fields;
    bool encrypted = false;
    bool loopback = false;
    std::string peer;

    [[nodiscard]] std::optional<std::string> find(std::string_view lower_name) const;  // the first
    [[nodiscard]] std::optional<std::string> query(const std::string& name) const;
};

struct Response {
    unsigned status = 200;
    std::vector<Field> fields;
    std::string body;
    // A long body instead: `length` octets, asked for piece by piece from `next(offset)`.
    std::uint64_t length = 0;
    std::function<boost::asio::awaitable<std::string>(std::uint64_t)> next;

    Response& with(std::string name, std::string value) &;
    Response&& with(std::string name, std::string value) &&;
};

[[nodiscard]] std::string_view reason(unsigned status);
// The status line and the header with Date, Content-Length and Connection.
[[nodiscard]] std::string head_of(const Response& response, bool keep_alive);

[[nodiscard]] Response text_response(unsigned status, std::string text);
// A page of ours: nothing loaded, framed, cached or referred from it.
[[nodiscard]] Response html_response(
    unsigned status, std::string_view title, std::string_view inner_html, std::string_view language = "en");
[[nodiscard]] std::string html_escape(std::string_view text);
// As a segment of a path, RFC 3986 2.1.
[[nodiscard]] std::string percent_encoded(std::string_view segment);

// RFC 9110 13.1.2: whether If-None-Match names this strong tag (with its quotes), or any.
[[nodiscard]] bool names_tag(std::string_view field, std::string_view tag);
// RFC 9110 7.8: whether a field like Connection or Upgrade has this word, in any case.
[[nodiscard]] bool has_word(std::string_view field, std::string_view lower_word);

// RFC 9110 14.2: the one range that a request asks for.
struct ByteRange {
    std::uint64_t first;
    std::uint64_t last;  // inclusive
};
enum class RangeKind { whole, part, unsatisfiable };
// Several ranges, other units and broken ones count as none: the whole.
[[nodiscard]] std::pair<RangeKind, ByteRange> parse_range(std::string_view field, std::uint64_t size);

}  // namespace gateway::http
