// address: address lists as people and programs write them, RFC 5322 3.4 and 4.4, RFC 6532; total
// and tolerant.
#include "mime/ascii.h"
#include "mime/charset.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/limits.h"
#include "mime/utf8.h"

#include <algorithm>

namespace mime {

namespace {

enum class Kind { atom, quoted, comment, literal, special, end };

struct Token {
    Kind kind = Kind::end;
    std::string text;          // unquoted; a special: the character
    bool after_space = false;  // white space or a comment stood before it
};

constexpr bool is_special(char c)
{
    return c == '<' || c == '>' || c == '@' || c == ',' || c == ';' || c == ':';
}

// Cuts the value into tokens. Quotes, comments and domain literals that never end are taken as
// plain characters.
class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    Token next()
    {
        Token token;
        while (at_ < text_.size() && (is_space(text_[at_]) || is_control(text_[at_]))) {
            ++at_;
            token.after_space = true;
        }
        if (at_ == text_.size()) return token;
        const char c = text_[at_];
        if (c == '"' && enclosed('"', '"', quote_ends_, token.text)) {
            token.kind = Kind::quoted;
        } else if (c == '(' && enclosed('(', ')', comment_ends_, token.text)) {
            token.kind = Kind::comment;
        } else if (c == '[' && enclosed('[', ']', literal_ends_, token.text)) {
            token.kind = Kind::literal;
            token.text = '[' + token.text + ']';
        } else if (is_special(c)) {
            token.kind = Kind::special;
            token.text = c;
            ++at_;
        } else {
            token.kind = Kind::atom;
            token.text = atom();
        }
        return token;
    }

private:
    // `ends` turns false once an end was looked for in vain, so that nobody looks again.
    bool enclosed(char open, char close, bool& ends, std::string& content)
    {
        int depth = 0;
        for (std::size_t i = at_; ends && i < text_.size(); ++i) {
            const char c = text_[i];
            const bool escaped = c == '\\' && i + 1 < text_.size();
            if (!escaped && c == close && depth > 0 && --depth == 0) {
                at_ = i + 1;
                return true;
            }
            const bool opens = !escaped && c == open;
            if (opens) ++depth;
            if (opens && depth == 1) continue;
            if (escaped) ++i;
            const char kept = text_[i];
            if (kept != '\r' && kept != '\n') content += is_control(kept) ? ' ' : kept;
        }
        ends = false;
        content.clear();
        return false;
    }

    std::string atom()
    {
        const std::size_t begin = at_;
        // Encoders that leave commas and the like unencoded are common.
        if (text_.substr(at_).starts_with("=?")) {
            if (const auto word = encoded_word(text_, at_)) {
                const std::string_view whole = text_.substr(at_, word->length);
                if (std::none_of(whole.begin(), whole.end(), is_space)) at_ += word->length;
            }
        }
        if (at_ == begin) ++at_;
        while (at_ < text_.size() && !ends_atom(text_[at_])) ++at_;
        std::string result;
        for (const char c : text_.substr(begin, at_ - begin))
            if (c != '"') result += c;
        return result;
    }

    [[nodiscard]] bool ends_atom(char c) const
    {
        return is_space(c) || is_control(c) || is_special(c) || (c == '"' && quote_ends_) ||
               (c == '(' && comment_ends_) || (c == '[' && literal_ends_);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool quote_ends_ = true;
    bool comment_ends_ = true;
    bool literal_ends_ = true;
};

void strip_controls(std::string& text)
{
    std::erase_if(text, [](char c) { return is_control(c); });
}

class Parser {
public:
    explicit Parser(std::string_view text) : lexer_(text) {}

    std::vector<Address> run()
    {
        for (token_ = lexer_.next(); token_.kind != Kind::end && found_.size() < Limits{}.addresses;
            token_ = lexer_.next()) {
            if (token_.kind == Kind::special) special(token_.text.front());
            else element_.push_back(std::move(token_));
        }
        finish_element();
        return std::move(found_);
    }

private:
    void special(char c)
    {
        switch (c) {
        case ',': finish_element(); break;
        case ';':  // ends a group; outside of one it is Outlook's comma
            finish_element();
            group_.clear();
            break;
        case ':':
            group_ = phrase(0, element_.size());
            element_.clear();
            break;
        case '<': angle(); break;
        case '>': break;  // closes nothing
        default: element_.push_back(std::move(token_));
        }
    }

    // Up to ">", or up to a comma when that is missing. What stood before is the name.
    void angle()
    {
        const std::string name = phrase(0, element_.size());
        element_.clear();
        std::vector<Token> inside;
        for (token_ = lexer_.next(); token_.kind != Kind::end; token_ = lexer_.next()) {
            const char c = token_.kind == Kind::special ? token_.text.front() : ' ';
            const bool route = !inside.empty() && inside.front().text == "@";
            if (c == '>' || (c == ',' && !route) || c == ';') break;
            if (c == ':') {  // a source route, RFC 5322 4.4, or "mailto:"
                inside.clear();
                continue;
            }
            if (token_.kind != Kind::comment && c != '<') inside.push_back(std::move(token_));
        }
        add(name, inside);
        if (token_.kind == Kind::special && token_.text == ";") group_.clear();
        closed_ = !(token_.kind == Kind::special && token_.text != ">");
    }

    // An element without angle brackets: "a@b", "a@b (Name)", "Name a@b", or a bare local part.
    void finish_element()
    {
        std::vector<Token> element = std::move(element_);
        element_.clear();
        if (closed_ && !holds_at(element)) {  // what follows "<a@b>" up to the comma is nobody's
            closed_ = false;
            return;
        }
        closed_ = false;
        std::string name;
        std::erase_if(element, [&](Token& token) {
            if (token.kind == Kind::comment) name = decode_text(token.text);
            return token.kind == Kind::comment;
        });
        if (element.empty()) return;
        const auto at = std::find_if(element.rbegin(), element.rend(), is_at);
        if (at == element.rend()) {
            if (element.size() == 1) add(name, element);
            return;
        }
        std::size_t begin = static_cast<std::size_t>(element.rend() - at) - 1;
        if (begin > 0) --begin;
        while (begin > 0 && !element[begin].after_space) --begin;
        std::size_t end = static_cast<std::size_t>(element.rend() - at);
        if (end < element.size()) ++end;
        while (end < element.size() && !element[end].after_space) ++end;
        element_.assign(element.begin(), element.begin() + static_cast<std::ptrdiff_t>(begin));
        if (!element_.empty()) name = phrase(0, element_.size());
        element_.clear();
        add(name,
            {element.begin() + static_cast<std::ptrdiff_t>(begin), element.begin() + static_cast<std::ptrdiff_t>(end)});
    }

    static bool is_at(const Token& token) { return token.kind == Kind::special && token.text == "@"; }

    static bool holds_at(const std::vector<Token>& tokens) { return std::any_of(tokens.begin(), tokens.end(), is_at); }

    // The last "@" divides; further ones belong to the local part.
    void add(const std::string& name, const std::vector<Token>& spec)
    {
        Address address{name, {}, {}, group_};
        const auto at = std::find_if(spec.rbegin(), spec.rend(), is_at);
        const std::size_t divide = at == spec.rend() ? spec.size() : static_cast<std::size_t>(spec.rend() - at) - 1;
        for (std::size_t i = 0; i < divide; ++i) address.local_part += spec[i].text;
        for (std::size_t i = divide + 1; i < spec.size(); ++i)
            if (spec[i].kind == Kind::atom || spec[i].kind == Kind::literal) address.domain += spec[i].text;
        address.local_part = guessed_utf8(address.local_part);
        address.domain = guessed_utf8(address.domain);
        strip_controls(address.local_part);
        strip_controls(address.domain);
        std::erase(address.domain, ' ');
        if (!address.local_part.empty()) found_.push_back(std::move(address));
    }

    // Words of a display name. Comments in it are none of it, unless there is nothing else.
    [[nodiscard]] std::string phrase(std::size_t begin, std::size_t end) const
    {
        std::string words;
        std::string comment;
        for (std::size_t i = begin; i < end; ++i) {
            const Token& token = element_[i];
            if (token.kind == Kind::comment) {
                comment = token.text;
                continue;
            }
            if (!words.empty() && token.after_space) words += ' ';
            words += token.text;
        }
        return std::string(trimmed(decode_text(words.empty() ? comment : words)));
    }

    Lexer lexer_;
    Token token_;
    std::vector<Token> element_;
    std::string group_;
    bool closed_ = false;  // an address in angle brackets was just read
    std::vector<Address> found_;
};

bool is_atom_text(char c)
{
    return is_eight_bit(c) || is_alpha(c) || is_digit(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text)
{
    if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos)
        return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_atom_text(c); });
}

std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

// A display name as atoms, as a quoted string, or as encoded words. `column` becomes where it ends.
std::string encode_phrase(std::string_view name, std::size_t& column)
{
    std::string out;
    const bool plain = is_ascii(name) && name.find("=?") == std::string_view::npos && name.size() <= 60;
    if (!plain) {
        append_encoded_words(out, name, column);
        return out;
    }
    const bool atoms = name.find("  ") == std::string_view::npos &&
                       std::all_of(name.begin(), name.end(), [](char c) { return c == ' ' || is_atom_text(c); });
    out = atoms ? std::string(name) : quoted(name);
    column += out.size();
    return out;
}

}  // namespace

std::string Address::spec() const
{
    std::string local = local_part;
    std::string host = domain;
    strip_controls(local);
    // What would end the address, and so make two of it where it is written.
    const bool literal = host.starts_with('[');
    std::erase_if(host, [&](char c) {
        return is_control(c) ||
               (c == ':' ? !literal : std::string_view(" <>,;@()\"\\").find(c) != std::string_view::npos);
    });
    std::string result = is_dot_atom(local) ? local : quoted(local);
    if (!host.empty()) result += '@' + host;
    return result;
}

std::vector<Address> parse_addresses(std::string_view raw)
{
    return Parser(raw).run();
}

std::string encode_address(const Address& address)
{
    const std::string spec = address.spec();
    std::string name = repaired_utf8(address.display_name);
    for (char& c : name)
        if (is_control(c)) c = ' ';
    name = trimmed(name);
    if (name.empty()) return spec;
    std::size_t column = 1;  // the name of the field is the caller's, who folds between addresses
    std::string out = encode_phrase(name, column);
    out += column + spec.size() + 3 > 76 ? "\r\n <" : " <";
    return out + spec + '>';
}

}  // namespace mime
