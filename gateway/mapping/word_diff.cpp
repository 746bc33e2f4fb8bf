// word_diff: the shortest edit from one text to another, word by word (Myers, "An O(ND) Difference
// Algorithm", 1986).
//
// Words are compared without the white space after them, so re-wrapping is no change. Bounded:
// texts that differ too much are compared by lines first, then by words within the changed lines,
// and in the end given as removed and inserted whole.

#include "gateway/mapping/word_diff.h"

#include "gateway/mapping/inner_words.h"
#include "gateway/mapping/limits.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

namespace gateway::mapping {
namespace {

// Octets of the white space that stands there, 0 when there is none. What stands between words without being seen
// (U+200B, U+FEFF) counts; editors put U+00A0 for any second space.
std::size_t space_at(std::string_view text, std::size_t at)
{
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return 1;
    if (c < 0xc2) return 0;
    const auto rest = text.substr(at, 3);
    if (rest.starts_with("\u00a0")) return 2;
    constexpr std::array<std::string_view, 4> others{"\u202f", "\u205f", "\u3000", "\ufeff"};
    if (std::find(others.begin(), others.end(), rest) != others.end()) return 3;
    return rest >= "\u2000" && rest <= "\u200b" ? 3 : 0;
}

std::size_t end_of_word(std::string_view text, std::size_t at)
{
    while (at < text.size() && space_at(text, at) == 0) ++at;
    return at;
}

std::size_t end_of_space(std::string_view text, std::size_t at)
{
    for (std::size_t more = 0; at < text.size() && (more = space_at(text, at)) != 0;) at += more;
    return at;
}

struct Token {
    std::string_view word;  // may be empty: white space at the very beginning
    std::string_view gap;   // the white space after it
};

using Tokens = std::vector<Token>;
using Ids = std::vector<std::uint32_t>;

Tokens tokens_of(std::string_view text)
{
    Tokens tokens;
    const bool segmented = text.size() <= limits::segmented_text;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto word = at, gap = end_of_word(text, at);
        at = end_of_space(text, gap);
        const auto whole = text.substr(word, gap - word);
        std::size_t start = 0;
        if (segmented)
            for (const auto end : inner_words(whole)) {
                tokens.push_back({whole.substr(start, end - start), {}});
                start = end;
            }
        tokens.push_back({whole.substr(start), text.substr(gap, at - gap)});
    }
    return tokens;
}

// Equal strings get equal numbers, so that the search compares integers.
class Interner {
public:
    std::uint32_t operator()(std::string_view text)
    {
        return ids_.try_emplace(text, static_cast<std::uint32_t>(ids_.size())).first->second;
    }

private:
    std::unordered_map<std::string_view, std::uint32_t> ids_;
};

struct Pair {  // token `before` of the one text is token `after` of the other
    std::size_t before, after;
};

using Pairs = std::vector<Pair>;
using Slice = std::span<const std::uint32_t>;

// One diagonal's furthest reach after d edits, for every d: what the way back is read from.
class Search {
public:
    Search(Slice before, Slice after) : before_(before), after_(after) {}

    // The common words of a shortest edit of at most `edits`; nullopt when there is none so short.
    std::optional<Pairs> run(std::size_t edits)
    {
        const auto most = static_cast<std::ptrdiff_t>(std::min(edits, before_.size() + after_.size()));
        std::vector<std::int32_t> reach(static_cast<std::size_t>(2 * most + 3), 0);
        const auto zero = most + 1;
        for (std::ptrdiff_t d = 0; d <= most; ++d) {
            for (auto k = -d; k <= d; k += 2) {
                const auto down = k == -d || (k != d && reach[zero + k - 1] < reach[zero + k + 1]);
                auto x = static_cast<std::ptrdiff_t>(down ? reach[zero + k + 1] : reach[zero + k - 1] + 1);
                while (in_reach(x, x - k) && before_[x] == after_[x - k]) ++x;
                reach[zero + k] = static_cast<std::int32_t>(x);
                if (x >= std::ssize(before_) && x - k >= std::ssize(after_)) return way_back(d, k);
            }
            history_.emplace_back(reach.begin() + (zero - d), reach.begin() + (zero + d + 1));
        }
        return std::nullopt;
    }

private:
    bool in_reach(std::ptrdiff_t x, std::ptrdiff_t y) const
    {
        return y >= 0 && x < std::ssize(before_) && y < std::ssize(after_);
    }

    std::ptrdiff_t reached(std::ptrdiff_t d, std::ptrdiff_t k) const
    {
        return k < -d || k > d ? -1 : history_[d][k + d];
    }

    Pairs way_back(std::ptrdiff_t d, std::ptrdiff_t k) const
    {
        Pairs pairs;
        auto x = std::ssize(before_), y = std::ssize(after_);
        for (; d > 0; --d) {
            const auto down = k == -d || (k != d && reached(d - 1, k - 1) < reached(d - 1, k + 1));
            const auto previous_k = down ? k + 1 : k - 1;
            const auto previous_x = reached(d - 1, previous_k);
            const auto start = down ? previous_x : previous_x + 1;
            for (; x > start; --x, --y)
                pairs.push_back({static_cast<std::size_t>(x - 1), static_cast<std::size_t>(y - 1)});
            k = previous_k;
            x = previous_x;
            y = previous_x - previous_k;
        }
        for (; x > 0; --x, --y) pairs.push_back({static_cast<std::size_t>(x - 1), static_cast<std::size_t>(y - 1)});
        std::reverse(pairs.begin(), pairs.end());
        return pairs;
    }

    Slice before_, after_;
    std::vector<std::vector<std::int32_t>>
        history_;  // [d]: reach of the diagonals -d … d (every second one is current)
};

// Common beginnings and ends cost nothing and are most of an edited text.
std::optional<Pairs> common(Slice before, Slice after, std::size_t edits)
{
    std::size_t head = 0, tail = 0;
    const auto shorter = std::min(before.size(), after.size());
    while (head < shorter && before[head] == after[head]) ++head;
    while (tail < shorter - head && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
    const auto middle =
        Search(before.subspan(head, before.size() - head - tail), after.subspan(head, after.size() - head - tail))
            .run(edits);
    if (!middle) return std::nullopt;
    Pairs pairs;
    for (std::size_t i = 0; i < head; ++i) pairs.push_back({i, i});
    for (const auto& pair : *middle) pairs.push_back({pair.before + head, pair.after + head});
    for (auto i = tail; i > 0; --i) pairs.push_back({before.size() - i, after.size() - i});
    return pairs;
}

struct Text {  // one of the two texts, cut for both searches
    Tokens tokens;
    Ids words;
    Ids lines;
    std::vector<std::size_t> line_starts;  // index of each line's first token; one more at the end
};

Text text_of(std::string_view bytes, Interner& words, Interner& lines)
{
    Text text{.tokens = tokens_of(bytes)};
    const auto& tokens = text.tokens;
    for (std::size_t i = 0, start = 0; i < tokens.size(); ++i) {
        text.words.push_back(words(tokens[i].word));
        if (i + 1 < tokens.size() && tokens[i].gap.find('\n') == std::string_view::npos) continue;
        const auto* begin = tokens[start].word.data();
        const auto* end = tokens[i].word.data() + tokens[i].word.size();
        text.line_starts.push_back(start);
        text.lines.push_back(lines({begin, static_cast<std::size_t>(end - begin)}));
        start = i + 1;
    }
    text.line_starts.push_back(tokens.size());
    return text;
}

void append_shifted(Pairs& pairs, const Pairs& more, std::size_t before, std::size_t after)
{
    for (const auto& pair : more) pairs.push_back({pair.before + before, pair.after + after});
}

// Lines first, then words within each changed group of lines.
Pairs by_lines(const Text& before, const Text& after)
{
    const auto lines = common(before.lines, after.lines, limits::diff_line_edits).value_or(Pairs{});
    Pairs pairs;
    std::size_t x = 0, y = 0;  // tokens done
    const auto changed = [&](std::size_t to_x, std::size_t to_y) {
        const auto in = common(Slice(before.words).subspan(x, to_x - x), Slice(after.words).subspan(y, to_y - y),
            limits::diff_edits_in_lines);
        if (in) append_shifted(pairs, *in, x, y);
    };
    for (const auto& line : lines) {
        const auto start_x = before.line_starts[line.before], start_y = after.line_starts[line.after];
        changed(start_x, start_y);
        x = before.line_starts[line.before + 1];
        y = after.line_starts[line.after + 1];
        for (std::size_t i = 0; i < x - start_x; ++i) pairs.push_back({start_x + i, start_y + i});
    }
    changed(before.tokens.size(), after.tokens.size());
    return pairs;
}

// A few common words between larger changes ("the", "a") only tear a rewritten sentence apart: they
// become part of the change.
Pairs without_confetti(const Pairs& pairs, std::size_t before_size, std::size_t after_size)
{
    struct Run {
        std::size_t first, count;  // in pairs
        std::size_t change;        // words of the change before it, the larger side
    };

    std::vector<Run> runs;
    std::size_t x = 0, y = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const auto change = std::max(pairs[i].before - x, pairs[i].after - y);
        if (change != 0 || runs.empty()) runs.push_back({i, 0, change});
        ++runs.back().count;
        x = pairs[i].before + 1;
        y = pairs[i].after + 1;
    }
    const auto last_change = std::max(before_size - x, after_size - y);
    Pairs kept;
    std::size_t merged = 0;  // words of changes and dropped runs just before
    for (std::size_t r = 0; r < runs.size(); ++r) {
        const auto in_front = merged + runs[r].change;
        const auto behind = r + 1 < runs.size() ? runs[r + 1].change : last_change;
        if (runs[r].count <= in_front && runs[r].count <= behind && runs[r].count <= 3 && in_front > 1 && behind > 1) {
            merged = in_front + runs[r].count;
            continue;
        }
        merged = 0;
        kept.insert(kept.end(), pairs.begin() + runs[r].first, pairs.begin() + runs[r].first + runs[r].count);
    }
    return kept;
}

// Of the places that a removed or an inserted stretch could have, the one that begins a line reads best: "The first …
// The" between "The" and "second" becomes a whole paragraph.
class Alignment {
public:
    Alignment(const Text& before, const Text& after, Pairs& pairs) : before_(before), after_(after), pairs_(pairs) {}

    void run()
    {
        for (std::size_t i = 1; i <= pairs_.size(); ++i) {
            const auto end = i < pairs_.size() ? pairs_[i] : Pair{before_.tokens.size(), after_.tokens.size()};
            const auto removed = end.before - pairs_[i - 1].before - 1, inserted = end.after - pairs_[i - 1].after - 1;
            if (removed > 0 && inserted == 0) slide(i, before_, &Pair::before, removed);
            if (inserted > 0 && removed == 0) slide(i, after_, &Pair::after, inserted);
        }
    }

private:
    static bool begins_line(const Text& text, std::size_t token)
    {
        return token == 0 || text.tokens[token - 1].gap.find('\n') != std::string_view::npos;
    }

    // The stretch of `length` tokens in front of pair `next`, on the side of the text that has it.
    void slide(std::size_t next, const Text& text, std::size_t Pair::* side, std::size_t length)
    {
        const auto start = pairs_[next - 1].*side + 1;
        std::size_t steps = 0;
        while (!begins_line(text, start - steps)) {
            const auto pair = next - 1 - steps;
            const bool in_run = pair < next && pairs_[pair].*side == start - 1 - steps;
            if (!in_run || steps == limits::diff_slide ||
                text.words[start - 1 - steps] != text.words[start + length - 1 - steps])
                return;
            ++steps;
            const bool more = steps < next && pairs_[next - 1 - steps].before + 1 == pairs_[next - steps].before &&
                              pairs_[next - 1 - steps].after + 1 == pairs_[next - steps].after;
            if (!more && !begins_line(text, start - steps)) return;
        }
        for (std::size_t i = 0; i < steps; ++i) pairs_[next - 1 - i].*side += length;
    }

    const Text &before_, &after_;
    Pairs& pairs_;
};

// Puts spans together; what was removed comes before what was put in its place.
class Writer {
public:
    void same(std::string_view text)
    {
        if (text.empty()) return;
        flush();
        if (spans_.empty() || spans_.back().change != Change::same) spans_.push_back({Change::same, {}});
        spans_.back().text += text;
    }

    void change(std::string_view removed, std::string_view inserted)
    {
        removed_ += removed;
        inserted_ += inserted;
    }

    std::vector<Span> take()
    {
        flush();
        return std::move(spans_);
    }

private:
    void flush()
    {
        if (!removed_.empty()) spans_.push_back({Change::removed, std::exchange(removed_, {})});
        if (!inserted_.empty()) spans_.push_back({Change::inserted, std::exchange(inserted_, {})});
    }

    std::vector<Span> spans_;
    std::string removed_, inserted_;
};

std::string_view stretch(const Tokens& tokens, std::size_t from, std::size_t to)
{
    if (from == to) return {};
    const auto* begin = tokens[from].word.data();
    const auto& last = tokens[to - 1];
    return {begin, static_cast<std::size_t>(last.word.data() + last.word.size() + last.gap.size() - begin)};
}

std::vector<Span> spans_of(const Tokens& before, const Tokens& after, const Pairs& pairs)
{
    Writer writer;
    std::size_t x = 0, y = 0;
    for (const auto& pair : pairs) {
        writer.change(stretch(before, x, pair.before), stretch(after, y, pair.after));
        const auto& old_token = before[pair.before];
        const auto& new_token = after[pair.after];
        writer.same(new_token.word);
        if (old_token.gap == new_token.gap) writer.same(new_token.gap);
        else writer.change(old_token.gap, new_token.gap);
        x = pair.before + 1;
        y = pair.after + 1;
    }
    writer.change(stretch(before, x, before.size()), stretch(after, y, after.size()));
    return writer.take();
}

}  // namespace

std::vector<Span> word_diff(std::string_view before, std::string_view after)
{
    Interner words, lines;
    const auto old_text = text_of(before, words, lines);
    const auto new_text = text_of(after, words, lines);
    auto pairs = common(old_text.words, new_text.words, limits::diff_edits);
    if (!pairs) pairs = by_lines(old_text, new_text);
    Alignment(old_text, new_text, *pairs).run();
    return spans_of(
        old_text.tokens, new_text.tokens, without_confetti(*pairs, old_text.tokens.size(), new_text.tokens.size()));
}

bool is_blank(std::string_view text)
{
    return end_of_space(text, 0) == text.size();
}

bool words_differ(std::string_view before, std::string_view after)
{
    std::size_t x = 0, y = 0;
    const auto next = [](std::string_view text, std::size_t& at) {
        const auto from = end_of_space(text, at);
        at = end_of_word(text, from);
        return text.substr(from, at - from);
    };
    for (;;) {
        const auto old_word = next(before, x);
        if (old_word != next(after, y)) return true;
        if (old_word.empty()) return false;
    }
}

}  // namespace gateway::mapping
