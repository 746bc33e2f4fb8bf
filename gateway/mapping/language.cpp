// language: see language.h.

#include "gateway/mapping/language.h"

#include "email2/text.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/texts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

namespace gateway::mapping {
namespace {

struct Words {
    std::string_view language;
    std::array<std::string_view, 24> common;  // words that the other languages do not have
};

constexpr std::array<Words, 2> words_of_languages{{
    {"en", {"the", "and", "of", "to", "is", "that", "for", "with", "this", "are", "you", "have", "from", "we", "your",
               "please", "about", "be", "at", "not", "it", "can", "by", "thanks"}},
    {"de", {"der", "und", "die", "das", "ist", "nicht", "ich", "sie", "wir", "mit", "für", "ein", "eine", "auf", "den",
               "dem", "zu", "von", "auch", "noch", "bitte", "sind", "viele", "grüße"}},
}};

// A language is told by its words when it has several, and three times as many as any other.
constexpr std::size_t words_that_tell = 3;
constexpr std::size_t times_as_many = 3;

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) > 127;
}

template <class Each>
void for_each_word(std::string_view text, Each each)
{
    for (std::size_t at = 0; at < text.size();) {
        while (at < text.size() && !is_letter(text[at])) ++at;
        const auto from = at;
        while (at < text.size() && is_letter(text[at])) ++at;
        if (at > from) each(text.substr(from, at - from));
    }
}

// The index of the language that has this word, in any case, in its list.
std::optional<std::size_t> language_with(std::string_view word)
{
    constexpr std::size_t longest = 8;  // octets; none of the lists is longer
    static const auto by_word = [] {
        std::unordered_map<std::string_view, std::size_t> words;
        for (std::size_t i = 0; i < words_of_languages.size(); ++i)
            for (const auto common : words_of_languages[i].common) words.emplace(common, i);
        return words;
    }();
    if (word.size() > longest) return std::nullopt;
    std::array<char, longest> lower{};
    std::transform(word.begin(), word.end(), lower.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c; });
    const auto found = by_word.find(std::string_view(lower.data(), word.size()));
    return found == by_word.end() ? std::nullopt : std::optional(found->second);
}

// What a person wrote themselves: quoted lines are somebody else's words.
std::string own_words(std::string_view text)
{
    std::string own;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (!text.starts_with('>')) own.append(text.substr(0, end)).append("\n");
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return own;
}

const mime::Part* first_text(const mime::Part& part)
{
    if (part.parts.empty()) return part.type.type == "text" && part.disposition.kind != "attachment" ? &part : nullptr;
    for (const auto& each : part.parts)
        if (const auto* found = first_text(each)) return found;
    return nullptr;
}

}  // namespace

std::string language_of_text(std::string_view text)
{
    std::array<std::size_t, words_of_languages.size()> counts{};
    for_each_word(text.substr(0, limits::language_text), [&](std::string_view word) {
        if (const auto language = language_with(word)) ++counts[*language];
    });
    for (std::size_t i = 0; i < counts.size(); ++i) {
        std::size_t others = 0;
        for (std::size_t k = 0; k < counts.size(); ++k)
            if (k != i) others = std::max(others, counts[k]);
        if (counts[i] >= words_that_tell && counts[i] >= times_as_many * others)
            return std::string(words_of_languages[i].language);
    }
    return {};
}

std::string language_of_domain(std::string_view address)
{
    for (const std::string_view country : {".de", ".at", ".ch", ".li"})
        if (address.ends_with(country)) return "de";
    for (const std::string_view country : {".uk", ".us", ".au", ".nz", ".ie"})
        if (address.ends_with(country)) return "en";
    return {};
}

std::string language_of(const mime::Message& message, std::string_view bytes, std::string_view author)
{
    const auto named = mime::text_of(message.root, bytes, "content-language");
    const auto tag = email2::ascii_lower(std::string_view(named).substr(0, named.find_first_of("-_, ")));
    if (has_language(tag)) return tag;
    if (const auto* part = first_text(message.root); part != nullptr && part->body.length > 0) {
        // Decoding a long text whole would cost more than it tells.
        const auto text = part->body.length <= limits::language_text
                              ? mime::text(*part, bytes)
                              : std::string(part->body.of(bytes).substr(0, limits::language_text));
        if (auto language = language_of_text(own_words(text)); !language.empty()) return language;
    }
    return language_of_domain(author);
}

}  // namespace gateway::mapping
