// diff_text: a word diff as a person reads it: the changed lines, a little of what stands around
// them, nothing else. A paragraph that was moved is marked with arrows: ↓ in front of its first words where it stood,
// ↑ in front of it where it stands now (the other way round when it moved up).

#include "gateway/mapping/html.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/word_diff.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace gateway::mapping {
namespace {

constexpr std::string_view white_space = " \t\r\n";
constexpr std::string_view ellipsis = "…";

enum class Moved { not_at_all, down, up };  // from here, to here: where to look for the other end

struct Line {
    std::vector<Span> pieces;
    bool changed = false;
    Moved moved = Moved::not_at_all;
};

// Cuts spans into lines. White space alone never counts as a change: of it, only what the new text
// has is shown.
class Lines {
public:
    void add(Change change, std::string_view text)
    {
        while (!text.empty()) {
            const auto end = text.find('\n');
            piece(change, text.substr(0, end));
            if (end == std::string_view::npos) return;
            lines_.emplace_back();
            text.remove_prefix(end + 1);
        }
    }

    std::vector<Line> take() { return std::move(lines_); }

private:
    void piece(Change change, std::string_view text)
    {
        if (is_blank(text)) {
            append(Change::same, text);
            return;
        }
        const auto first = text.find_first_not_of(white_space);
        const auto end = text.find_last_not_of(white_space) + 1;
        append(Change::same, text.substr(0, first));
        append(change, text.substr(first, end - first));
        append(Change::same, text.substr(end));
    }

    void append(Change change, std::string_view text)
    {
        if (text.empty()) return;
        auto& line = lines_.back();
        line.changed = line.changed || change != Change::same;
        if (line.pieces.empty() || line.pieces.back().change != change) line.pieces.push_back({change, {}});
        line.pieces.back().text += text;
    }

    std::vector<Line> lines_{1};
};

// Removed text that gives way to other text ends where that begins: on its line, or on a line of
// its own when it had several.
std::vector<Line> lines_of(const std::vector<Span>& spans)
{
    Lines lines;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const auto& span = spans[i];
        const auto replaced =
            span.change == Change::removed && i + 1 < spans.size() && spans[i + 1].change == Change::inserted;
        if (!replaced) {
            if (span.change != Change::removed || !is_blank(span.text)) lines.add(span.change, span.text);
            continue;
        }
        if (is_blank(span.text)) continue;
        const auto end = span.text.find_last_not_of(white_space) + 1;
        const auto kept = std::string_view(span.text).substr(0, end);
        lines.add(Change::removed, kept);
        if (!is_blank(spans[i + 1].text))
            lines.add(Change::same, kept.find('\n') == std::string_view::npos ? " " : "\n");
    }
    return lines.take();
}

// The text of a line that is removed, or inserted, as a whole; "" for all others.
std::string whole_change(const Line& line, Change change)
{
    std::string text;
    for (const auto& piece : line.pieces) {
        if (piece.change == change) text += piece.text;
        else if (!is_blank(piece.text)) return {};
    }
    return text;
}

std::size_t words_in(std::string_view text)
{
    std::size_t words = 0;
    for (std::size_t at = text.find_first_not_of(white_space); at != std::string_view::npos; ++words) {
        at = text.find_first_of(white_space, at);
        at = text.find_first_not_of(white_space, at);
    }
    return words;
}

// A paragraph that stands elsewhere now was moved: nobody should have to find out that both are the same.
void mark_moved(std::vector<Line>& lines)
{
    std::unordered_map<std::string, std::size_t> removed;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        auto text = whole_change(lines[i], Change::removed);
        if (words_in(text) >= limits::moved_words) removed.emplace(std::move(text), i);
    }
    for (std::size_t i = 0; i < lines.size() && !removed.empty(); ++i) {
        const auto from = removed.find(whole_change(lines[i], Change::inserted));
        if (from == removed.end()) continue;
        const bool down = from->second < i;
        lines[from->second].moved = down ? Moved::down : Moved::up;
        lines[i].moved = down ? Moved::up : Moved::down;
        removed.erase(from);
    }
}

std::string_view first_words(std::string_view text, std::size_t words)
{
    std::size_t at = 0;
    for (; words > 0 && at != std::string_view::npos; --words)
        at = text.find_first_of(white_space, text.find_first_not_of(white_space, at));
    return text.substr(0, at);
}

std::string_view last_words(std::string_view text, std::size_t words)
{
    auto at = text.size();
    for (; words > 0 && at != std::string_view::npos && at != 0; --words) {
        const auto end = text.find_last_not_of(white_space, at - 1);
        if (end == std::string_view::npos) return text;
        at = text.find_last_of(white_space, end);
    }
    return at == std::string_view::npos || at == 0 ? text : text.substr(at);
}

// Unchanged text within a line, cut to what stands next to a change.
std::string shortened(std::string_view text, bool after_change, bool before_change)
{
    const auto words = limits::diff_context_words;
    const auto head = first_words(text, words), tail = last_words(text, words);
    if (after_change && before_change) {
        if (head.size() + tail.size() + 40 >= text.size()) return std::string(text);
        return std::string(head) + " " + std::string(ellipsis) + std::string(tail);
    }
    if (before_change)
        return tail.size() + 40 >= text.size() ? std::string(text) : std::string(ellipsis) + std::string(tail);
    return head.size() + 40 >= text.size() ? std::string(text) : std::string(head) + " " + std::string(ellipsis);
}

constexpr std::string_view arrow(Moved moved)
{
    return moved == Moved::down ? "↓ " : "↑ ";
}

// Where a paragraph stood its first words are enough; where it stands now it is given whole.
Line with_arrow(Line line)
{
    for (auto& piece : line.pieces) {
        if (piece.change == Change::same) continue;
        if (piece.change == Change::removed) {
            const auto head = first_words(piece.text, limits::moved_words);
            if (head.size() < piece.text.size()) piece.text = std::string(head) + " " + std::string(ellipsis);
        }
        piece.text.insert(0, arrow(line.moved));
        return line;
    }
    return line;
}

Line shortened(Line line)
{
    if (line.moved != Moved::not_at_all) return with_arrow(std::move(line));
    for (std::size_t i = 0; i < line.pieces.size(); ++i) {
        auto& piece = line.pieces[i];
        if (piece.change == Change::same)
            piece.text = shortened(piece.text, i > 0 || !line.changed, i + 1 < line.pieces.size());
    }
    return line;
}

// The changed lines with their surroundings; a line of one "…" stands for what is left out.
std::vector<Line> worth_showing(std::vector<Line> lines)
{
    std::vector<bool> shown(lines.size(), false);
    const auto around = limits::diff_context_lines;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!lines[i].changed) continue;
        const auto from = i > around ? i - around : 0;
        for (auto at = from; at < std::min(lines.size(), i + around + 1); ++at) shown[at] = true;
    }
    std::vector<Line> result;
    bool gap = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!shown[i]) {
            gap = gap || !lines[i].pieces.empty();
            continue;
        }
        if (std::exchange(gap, false)) result.push_back({{{Change::same, std::string(ellipsis)}}, false});
        result.push_back(shortened(std::move(lines[i])));
    }
    if (gap && !result.empty()) result.push_back({{{Change::same, std::string(ellipsis)}}, false});
    while (!result.empty() && result.back().pieces.empty()) result.pop_back();
    const auto first =
        std::find_if(result.begin(), result.end(), [](const Line& line) { return !line.pieces.empty(); });
    result.erase(result.begin(), first);
    return result;
}

using Marks = std::array<std::pair<std::string_view, std::string_view>, 3>;  // by Change

template <class Escape>
std::string written(const std::vector<Span>& spans, const Marks& marks, std::string_view line_end, Escape escape)
{
    std::string text;
    auto lines = lines_of(spans);
    mark_moved(lines);
    for (const auto& shown : worth_showing(std::move(lines))) {
        const auto line = text.size();  // where it begins
        for (const auto& piece : shown.pieces) {
            const auto& [open, close] = marks[static_cast<std::size_t>(piece.change)];
            const auto at = text.size() == line ? At::line_start : At::within_line;
            text.append(open).append(escape(piece.text, at)).append(close);
        }
        while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
        text += line_end;
    }
    return text;
}

}  // namespace

std::string as_text(const std::vector<Span>& spans)
{
    constexpr Marks marks{{{"", ""}, {"{+", "+}"}, {"[-", "-]"}}};
    return written(spans, marks, "\n", [](std::string_view text, At) { return text; });
}

std::string as_html(const std::vector<Span>& spans)
{
    // The colour of the words belongs to that behind them, or they cannot be read where others are light on dark.
    constexpr Marks marks{{{"", ""}, {"<ins style=\"background:#d8f5d8;color:#000\">", "</ins>"},
        {"<del style=\"background:#fbdada;color:#000\">", "</del>"}}};
    return written(spans, marks, "<br>\n", spaced_html);
}

}  // namespace gateway::mapping
