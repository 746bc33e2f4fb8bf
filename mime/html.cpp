// html: HTML as readable text, by a scanner that looks at each octet once.
//
// Not by gumbo: 200,000 nested elements (1 MB) keep it busy for more than 20 seconds, and mail is
// written by strangers. Text needs no tree: only which tags break lines, which hide what is in
// them, and where a link leads.
#include "mime/ascii.h"
#include "mime/entity.h"
#include "mime/fold.h"

#include <algorithm>
#include <array>

namespace mime {

namespace {

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

// How a tag breaks the text.
enum class Break { none, space, line, paragraph };

Break break_of(std::string_view tag)
{
    static constexpr std::array<std::string_view, 12> paragraphs = {
        "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "table"};
    static constexpr std::array<std::string_view, 22> lines = {"div", "br", "tr", "li", "dt", "dd", "hr", "pre", "body",
        "section", "article", "header", "footer", "form", "address", "aside", "tbody", "thead", "figure", "figcaption",
        "main", "center"};
    if (tag == "td" || tag == "th" || tag == "option") return Break::space;
    if (is_one_of(tag, paragraphs)) return Break::paragraph;
    return is_one_of(tag, lines) ? Break::line : Break::none;
}

bool hides_content(std::string_view tag)
{
    static constexpr std::array<std::string_view, 7> hiding = {
        "script", "style", "title", "template", "noscript", "textarea", "iframe"};
    return is_one_of(tag, hiding);
}

// The text as it grows: breaks and spaces are remembered, and written only in front of something.
class Output {
public:
    explicit Output(std::size_t expected) { out_.reserve(expected); }

    void text(std::string_view utf8, bool preformatted)
    {
        for (std::size_t at = 0; at < utf8.size();) {
            std::size_t end = at;
            while (end < utf8.size() && !is_space(utf8[end]) && utf8[end] != '\0') ++end;
            if (end > at) {
                flush();
                out_.append(utf8, at, end - at);
            }
            for (at = end; at < utf8.size() && (is_space(utf8[at]) || utf8[at] == '\0'); ++at)
                white(utf8[at], preformatted);
        }
    }

    void raise(Break wanted)
    {
        if (wanted == Break::space) spaces_ = std::max<std::size_t>(spaces_, 1);
        if (wanted == Break::line) lines_ = std::max<std::size_t>(lines_, 1);
        if (wanted == Break::paragraph) lines_ = std::max<std::size_t>(lines_, 2);
    }

    // Lines that were asked for one by one (<br>, preformatted text) add up, to one empty line.
    void line(std::size_t count)
    {
        lines_ = std::min<std::size_t>(lines_ + count, 2);
        spaces_ = indent_ = 0;
    }

    void item()
    {
        raise(Break::line);
        flush();
        out_ += "- ";
    }

    [[nodiscard]] std::size_t size() const { return out_.size(); }

    [[nodiscard]] std::string_view since(std::size_t at) const
    {
        return std::string_view(out_).substr(std::min(at, out_.size()));
    }

    std::string take()
    {
        if (!out_.empty()) out_ += '\n';
        return std::move(out_);
    }

private:
    void white(char c, bool preformatted)
    {
        if (!preformatted) spaces_ = std::max<std::size_t>(spaces_, 1);
        else if (c == '\n') line(1);
        else if (c != '\r') ++(lines_ > 0 ? indent_ : spaces_);
    }

    void flush()
    {
        if (out_.empty()) lines_ = 0;
        if (lines_ > 0) {
            out_.append(lines_, '\n');
            out_.append(std::min<std::size_t>(indent_, 40), ' ');
        } else if (spaces_ > 0 && !out_.empty() && out_.back() != ' ') {
            out_.append(std::min<std::size_t>(spaces_, 8), ' ');
        }
        lines_ = spaces_ = indent_ = 0;
    }

    std::string out_;
    std::size_t lines_ = 0;   // line ends wanted before the next character
    std::size_t spaces_ = 0;  // likewise
    std::size_t indent_ = 0;  // spaces of preformatted text that follow those line ends
};

struct Tag {
    std::string name;  // lower case
    bool closing = false;
    std::string href;
    std::string alt;
};

class Scanner {
public:
    explicit Scanner(std::string_view html) : html_(html), out_(html.size() / 2) {}

    std::string run()
    {
        while (at_ < html_.size()) {
            if (html_[at_] == '<') markup();
            else characters();
        }
        return out_.take();
    }

private:
    void characters()
    {
        const std::size_t end = std::min(html_.find('<', at_), html_.size());
        out_.text(without_entities(html_.substr(at_, end - at_)), preformatted_ > 0);
        at_ = end;
    }

    void markup()
    {
        const std::string_view rest = html_.substr(at_);
        if (rest.starts_with("<!--")) return skip_past("-->", 4);
        if (rest.starts_with("<!") || rest.starts_with("<?")) return skip_past(">", 2);
        const std::size_t name = rest.starts_with("</") ? 2 : 1;
        if (rest.size() <= name || !is_alpha(rest[name])) {  // "a < b"
            out_.text("<", false);
            ++at_;
            return;
        }
        tag();
    }

    // What has no end hides the rest, as in browsers.
    void skip_past(std::string_view end, std::size_t from)
    {
        const std::size_t found = html_.find(end, at_ + from);
        at_ = found == std::string_view::npos ? html_.size() : found + end.size();
    }

    void tag()
    {
        Tag tag;
        ++at_;
        if (html_[at_] == '/') {
            tag.closing = true;
            ++at_;
        }
        while (at_ < html_.size() &&
               (is_alpha(html_[at_]) || is_digit(html_[at_]) || html_[at_] == '-' || html_[at_] == ':'))
            tag.name += lower(html_[at_++]);
        attributes(tag);
        apply(tag);
    }

    void attributes(Tag& tag)
    {
        while (at_ < html_.size() && html_[at_] != '>') {
            const std::size_t begin = at_;
            while (at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '=' && html_[at_] != '>') ++at_;
            const std::string_view name = html_.substr(begin, at_ - begin);
            skip_space();
            if (at_ < html_.size() && html_[at_] == '=') {
                ++at_;
                const std::string_view value = attribute_value();
                if (equal_ignoring_case(name, "href")) tag.href = without_entities(value);
                if (equal_ignoring_case(name, "alt")) tag.alt = without_entities(value);
            }
            skip_space();
        }
        if (at_ < html_.size()) ++at_;
    }

    std::string_view attribute_value()
    {
        skip_space();
        if (at_ == html_.size()) return {};
        const char quote = html_[at_];
        if (quote == '"' || quote == '\'') {
            const std::size_t begin = ++at_;
            const std::size_t end = std::min(html_.find(quote, begin), html_.size());
            at_ = std::min(end + 1, html_.size());
            return html_.substr(begin, end - begin);
        }
        const std::size_t begin = at_;
        while (at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '>') ++at_;
        return html_.substr(begin, at_ - begin);
    }

    void skip_space()
    {
        while (at_ < html_.size() && is_space(html_[at_])) ++at_;
    }

    void apply(const Tag& tag)
    {
        if (!tag.closing && hides_content(tag.name)) return skip_element(tag.name);
        if (tag.name == "a") return tag.closing ? end_link() : begin_link(tag.href);
        if (tag.name == "pre") preformatted_ = tag.closing ? std::max(preformatted_ - 1, 0) : preformatted_ + 1;
        if (tag.name == "br") return out_.line(1);
        if (tag.name == "li" && !tag.closing) return out_.item();
        if (tag.name == "img" && !tag.alt.empty()) return out_.text(tag.alt, false);
        out_.raise(break_of(tag.name));
    }

    // <script> and the like hold text, not markup, up to their end tag.
    void skip_element(const std::string& name)
    {
        while (at_ < html_.size()) {
            skip_past("</", 0);
            if (equal_ignoring_case(html_.substr(at_, name.size()), name)) return skip_past(">", 0);
        }
    }

    void begin_link(const std::string& href)
    {
        end_link();
        link_ = trimmed(href);
        link_begin_ = out_.size();
    }

    // "text <target>", unless the text is the target, or nobody outside could follow it.
    void end_link()
    {
        const std::string target = std::move(link_);
        link_.clear();
        const bool outside = target.starts_with("http:") || target.starts_with("https:") ||
                             target.starts_with("mailto:") || target.starts_with("ftp:");
        if (!outside) return;
        const std::string_view shown = trimmed(out_.since(link_begin_));
        const std::string_view bare = std::string_view(target).substr(target.starts_with("mailto:") ? 7 : 0);
        if (shown == bare || shown == target) return;
        if (!shown.empty()) out_.raise(Break::space);
        out_.text('<' + std::string(bare) + '>', false);
    }

    std::string_view html_;
    std::size_t at_ = 0;
    Output out_;
    int preformatted_ = 0;
    std::string link_;
    std::size_t link_begin_ = 0;
};

}  // namespace

std::string html_to_text(std::string_view html)
{
    return Scanner(html).run();
}

}  // namespace mime
