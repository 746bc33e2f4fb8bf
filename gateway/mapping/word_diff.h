// word_diff: what changed between two texts, in words, for a person to read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway::mapping {

enum class Change { same, inserted, removed };
struct Span {
    Change change = Change::same;
    std::string text;
    bool operator==(const Span&) const = default;
};

// Words with the white space after them, lines kept; where a script has no spaces, its words all the same. Joined in
// order, `same` and `removed` give `before`, `same` and `inserted` give `after`.
[[nodiscard]] std::vector<Span> word_diff(std::string_view before, std::string_view after);
// True when there is no word in it; U+00A0 and its like are white space here.
[[nodiscard]] bool is_blank(std::string_view text);
// True when the texts differ in more than white space.
[[nodiscard]] bool words_differ(std::string_view before, std::string_view after);
// Readable plain text: changed lines with [-removed-] and {+inserted+}, two lines around, "…" for what is left out.
[[nodiscard]] std::string as_text(const std::vector<Span>& spans);
// The same as HTML with <ins> and <del>.
[[nodiscard]] std::string as_html(const std::vector<Span>& spans);

}  // namespace gateway::mapping
