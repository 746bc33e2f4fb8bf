// message: an HTTP request and its answer as values. RFC 9110, RFC 9112.
#include "gateway/http/message.h"

#include "email2/text.h"
#include "gateway/http/limits.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <ctime>

namespace gateway::http {
namespace {

int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

enum class Plus { plus, space };

std::optional<std::string> percent_decode(std::string_view text, Plus plus)
{
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
            c = static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else if (c == '+' && plus == Plus::space) {
            c = ' ';
        }
        if (c == '\0') return std::nullopt;
        result += c;
    }
    if (result.size() > limits::parameter || !email2::is_utf8(result)) return std::nullopt;
    return result;
}

bool read_path(std::string_view text, std::vector<std::string>& path)
{
    if (text.empty() || text.front() != '/') return false;
    text.remove_prefix(1);
    while (true) {
        const auto slash = text.find('/');
        auto segment = percent_decode(text.substr(0, slash), Plus::plus);
        if (!segment) return false;
        path.push_back(*std::move(segment));
        if (slash == std::string_view::npos) return true;
        text.remove_prefix(slash + 1);
    }
}

bool read_query(std::string_view text, std::map<std::string, std::string>& query)
{
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const auto pair = text.substr(0, end);
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = percent_decode(pair.substr(0, equals), Plus::space);
        auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), Plus::space);
        if (!name || !value) return false;
        if (!name->empty()) query.emplace(*std::move(name), *std::move(value));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
}

// Made once a second.
const std::string& http_date(std::time_t now)
{
    thread_local std::time_t second = 0;
    thread_local std::string text;
    if (second != now) text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
    second = now;
    return text;
}

// Calls each(item) for the items of a comma-separated list until one says true.
template <class Each>
bool any_item(std::string_view list, Each each)
{
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        auto item = list.substr(0, end);
        while (item.starts_with(' ') || item.starts_with('\t')) item.remove_prefix(1);
        while (item.ends_with(' ') || item.ends_with('\t')) item.remove_suffix(1);
        if (each(item)) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<Target> parse_target(std::string_view text)
{
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!text.starts_with(scheme)) continue;
        const auto slash = text.find('/', scheme.size());
        text = slash == std::string_view::npos ? "/" : text.substr(slash);
        break;
    }
    text = text.substr(0, text.find('#'));
    const auto question = text.find('?');
    Target target;
    if (!read_path(text.substr(0, question), target.path)) return std::nullopt;
    if (question != std::string_view::npos && !read_query(text.substr(question + 1), target.query)) return std::nullopt;
    return target;
}

std::optional<std::string> Request::find(std::string_view lower_name) const
{
    for (const auto& field : fields)
        if (field.name == lower_name) return field.value;
    return std::nullopt;
}

std::optional<std::string> Request::query(const std::string& name) const
{
    const auto found = target.query.find(name);
    if (found == target.query.end()) return std::nullopt;
    return found->second;
}

Response& Response::with(std::string name, std::string value) &
{
    fields.push_back({std::move(name), std::move(value)});
    return *this;
}

Response&& Response::with(std::string name, std::string value) &&
{
    return std::move(with(std::move(name), std::move(value)));
}

std::string_view reason(unsigned status)
{
    switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 429: return "Too Many Requests";
    case 426: return "Upgrade Required";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 507: return "Insufficient Storage";
    default: return "";
    }
}

std::string head_of(const Response& response, bool keep_alive)
{
    auto head = fmt::format(
        "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason(response.status), http_date(std::time(nullptr)));
    for (const auto& [name, value] : response.fields) {
        head += name + ": ";
        for (const char c : value)  // what came from outside never makes a line of its own
            head += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
        head += "\r\n";
    }
    const auto length = response.next ? response.length : response.body.size();
    // RFC 9110 8.6: none with 204 and 304.
    if (response.status != 204 && response.status != 304) head += fmt::format("Content-Length: {}\r\n", length);
    head += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
    return head;
}

Response text_response(unsigned status, std::string text)
{
    Response response{status, {}, std::move(text), 0, {}};
    response.with("Content-Type", "text/plain; charset=utf-8").with("Cache-Control", "no-store");
    return response;
}

Response html_response(unsigned status, std::string_view title, std::string_view inner_html, std::string_view language)
{
    Response response;
    response.status = status;
    response.body = fmt::format("<!DOCTYPE html>\n<html lang=\"{2}\"><head><meta charset=\"utf-8\">"
                                "<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" "
                                "content=\"noindex\">"
                                "<title>{0}</title>"
                                "<style>body{{font:1.1em/1.5 sans-serif;max-width:36em;margin:4em auto;padding:0 1em}}"
                                "button{{font:inherit;padding:.5em "
                                "1.5em}}</style></head>\n<body><h1>{0}</h1>\n{1}\n</body></html>\n",
        html_escape(title), inner_html, html_escape(language));
    response.with("Content-Type", "text/html; charset=utf-8")
        .with("Cache-Control", "no-store")
        .with("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                                         "frame-ancestors 'none'; base-uri 'none'")
        .with("Referrer-Policy", "no-referrer")
        .with("X-Content-Type-Options", "nosniff")
        .with("X-Frame-Options", "DENY");
    return response;
}

std::string percent_encoded(std::string_view segment)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    std::string out;
    for (const char c : segment) {
        if (plain.find(c) != std::string_view::npos) out += c;
        else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string html_escape(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        switch (c) {
        case '&': result += "&amp;"; break;
        case '<': result += "&lt;"; break;
        case '>': result += "&gt;"; break;
        case '"': result += "&quot;"; break;
        case '\'': result += "&#39;"; break;
        default: result += c;
        }
    }
    return result;
}

bool names_tag(std::string_view field, std::string_view tag)
{
    return any_item(field, [&](std::string_view item) {
        if (item == "*") return true;
        if (item.starts_with("W/")) item.remove_prefix(2);  // compared weakly
        return item == tag;
    });
}

bool has_word(std::string_view field, std::string_view lower_word)
{
    return any_item(field, [&](std::string_view item) { return email2::ascii_lower(item) == lower_word; });
}

std::pair<RangeKind, ByteRange> parse_range(std::string_view field, std::uint64_t size)
{
    const std::pair<RangeKind, ByteRange> whole{RangeKind::whole, {0, 0}};
    constexpr std::string_view unit = "bytes=";
    if (!field.starts_with(unit)) return whole;
    field.remove_prefix(unit.size());
    const auto dash = field.find('-');
    if (dash == std::string_view::npos || field.find(',') != std::string_view::npos) return whole;
    const auto first = number(field.substr(0, dash));
    const auto last = number(field.substr(dash + 1));
    const bool suffix = dash == 0;
    const bool open = dash + 1 == field.size();
    if ((!suffix && !first) || (!open && !last) || (suffix && open)) return whole;
    if (!suffix && !open && *last < *first) return whole;
    const bool nothing = suffix ? *last == 0 || size == 0 : *first >= size;
    if (nothing) return {RangeKind::unsatisfiable, {0, 0}};
    if (suffix) return {RangeKind::part, {size - std::min(*last, size), size - 1}};
    return {RangeKind::part, {*first, open ? size - 1 : std::min(*last, size - 1)}};
}

}  // namespace gateway::http
