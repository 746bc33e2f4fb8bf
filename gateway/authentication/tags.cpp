// tags: lists of "name=value; …", RFC 6376 3.2.
#include "gateway/authentication/tags.h"

#include "gateway/authentication/limits.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace gateway::authentication {
namespace {

constexpr std::string_view spaces = " \t\r\n";

std::string_view trimmed(std::string_view text)
{
    const auto from = text.find_first_not_of(spaces);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(spaces) + 1 - from);
}

// tag-name = ALPHA *( ALPHA / DIGIT / "_" )
bool is_tag_name(std::string_view name)
{
    return !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
           std::all_of(name.begin(), name.end(),
               [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

// tval = 1*VALCHAR, VALCHAR = %x21-3A / %x3C-7E, with FWS between
bool is_tag_value(std::string_view value)
{
    return std::all_of(value.begin(), value.end(),
        [](char c) { return (c > ' ' && c < '\x7f') || spaces.find(c) != std::string_view::npos; });
}

}  // namespace

const Tag* Tags::find(std::string_view name) const
{
    const auto found = std::find_if(tags_.begin(), tags_.end(), [&](const Tag& tag) { return tag.name == name; });
    return found == tags_.end() ? nullptr : &*found;
}

std::string_view Tags::value(std::string_view name, std::string_view otherwise) const
{
    const auto* tag = find(name);
    return tag == nullptr ? otherwise : std::string_view(tag->value);
}

tl::expected<Tags, std::string> parse_tags(std::string_view text)
{
    std::vector<Tag> tags;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(';', at), text.size());
        const auto piece = text.substr(at, end - at);
        const auto start = at;
        at = end + 1;
        if (trimmed(piece).empty()) {
            if (at >= text.size()) break;  // behind the last semicolon
            return tl::unexpected(std::string("an empty tag"));
        }
        const auto equals = piece.find('=');
        if (equals == std::string_view::npos) return tl::unexpected(std::string("a tag without a value"));
        Tag tag;
        tag.name = trimmed(piece.substr(0, equals));
        tag.value = trimmed(piece.substr(equals + 1));
        tag.place = {start + equals + 1, piece.size() - equals - 1};
        if (!is_tag_name(tag.name) || !is_tag_value(tag.value))
            return tl::unexpected(std::string("a tag that cannot be read"));
        for (const auto& other : tags)
            if (other.name == tag.name) return tl::unexpected("the tag " + tag.name + " comes twice");
        if (tags.size() == limits::tags) return tl::unexpected(std::string("too many tags"));
        tags.push_back(std::move(tag));
    }
    return Tags(std::move(tags));
}

std::string without_spaces(std::string_view text)
{
    std::string result;
    std::copy_if(text.begin(), text.end(), std::back_inserter(result),
        [](char c) { return spaces.find(c) == std::string_view::npos; });
    return result;
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(separator, at), text.size());
        pieces.emplace_back(trimmed(text.substr(at, end - at)));
        at = end + 1;
    }
    return pieces;
}

std::optional<std::uint64_t> whole_number(std::string_view digits)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

}  // namespace gateway::authentication
