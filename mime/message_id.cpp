// message_id: the ids in Message-ID, In-Reply-To and References, RFC 5322 3.6.4, and what is found
// there instead.
#include "mime/ascii.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/limits.h"

#include <unordered_set>

namespace mime {

namespace {

// Ids may be folded within; white space and controls belong to none.
std::string squeezed(std::string_view text)
{
    std::string out;
    for (const char c : text)
        if (!is_space(c) && !is_control(c)) out += c;
    return guessed_utf8(out);
}

bool ends_bare_id(char c)
{
    return is_space(c) || c == ',' || c == ';' || c == '<' || c == '>' || c == '(' || c == '"';
}

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::vector<std::string> run()
    {
        while (at_ < text_.size()) {
            if (text_[at_] == '<') bracketed();
            else if (text_[at_] == '(') skip_to(')', comment_ends_);
            else if (text_[at_] == '"') skip_to('"', quote_ends_);
            else if (ends_bare_id(text_[at_])) ++at_;
            else bare();
        }
        return std::move(found_);
    }

private:
    // Up to ">"; another "<" before it begins a new id, the bracket was forgotten.
    void bracketed()
    {
        const std::size_t begin = ++at_;
        while (at_ < text_.size() && text_[at_] != '>' && text_[at_] != '<') ++at_;
        const std::string_view content = text_.substr(begin, at_ - begin);
        const bool closed = at_ < text_.size() && text_[at_] == '>';
        keep(closed ? content : content.substr(0, content.find_first_of(" \t\r\n,")));
        if (closed) ++at_;
    }

    // In-Reply-To of old mail is prose with an id in it: only what holds an "@" is taken.
    void bare()
    {
        const std::size_t begin = at_;
        while (at_ < text_.size() && !ends_bare_id(text_[at_])) ++at_;
        const std::string_view word = text_.substr(begin, at_ - begin);
        if (word.find('@') != std::string_view::npos) keep(word);
    }

    void skip_to(char end, bool& ends)
    {
        const std::size_t found = ends ? text_.find(end, at_ + 1) : std::string_view::npos;
        ends = found != std::string_view::npos;
        at_ = ends ? found + 1 : at_ + 1;
    }

    void keep(std::string_view id)
    {
        std::string cleaned = squeezed(id);
        if (!cleaned.empty() && seen_.insert(cleaned).second) found_.push_back(std::move(cleaned));
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool comment_ends_ = true;
    bool quote_ends_ = true;
    std::unordered_set<std::string> seen_;
    std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> parse_message_ids(std::string_view raw)
{
    return Reader(raw.substr(0, Limits{}.field_value)).run();
}

}  // namespace mime
