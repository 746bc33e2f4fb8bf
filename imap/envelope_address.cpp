// envelope_address: address fields as ENVELOPE shows them, RFC 3501 7.4.2 and RFC 5322 3.4.
#include "imap/envelope_address.h"

#include "imap/text.h"
#include "mime/limits.h"

#include <optional>
#include <utility>

namespace imap {

namespace {

constexpr int comment_depth = 100;

// Reads a field value token by token; every step consumes or the value is at its end.
class Reader {
public:
    explicit Reader(std::string_view text) : text_{text} {}

    [[nodiscard]] bool done() const { return at_ >= text_.size(); }

    [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }

    void step() { ++at_; }

    // Skips white space and comments; the last comment is kept, as it may be the name of `jane@x
    // (Jane)`.
    bool skip_cfws()
    {
        const auto before = at_;
        while (!done()) {
            if (is_space(peek())) {
                step();
            } else if (peek() == '(') {
                comment_ = comment();
            } else {
                break;
            }
        }
        return at_ != before;
    }

    std::string quoted_string()
    {
        std::string out;
        for (step(); !done() && peek() != '"'; step()) {
            if (peek() == '\\' && at_ + 1 < text_.size()) step();
            out += peek();
        }
        if (!done()) step();
        return out;
    }

    std::string domain_literal()
    {
        std::string out;
        while (!done() && peek() != ']') out += text_[at_++];
        if (!done()) out += text_[at_++];
        return out;
    }

    std::string atom()
    {
        const auto begin = at_;
        while (!done() && !is_space(peek()) && std::string_view{"()<>,;:@\"["}.find(peek()) == std::string_view::npos)
            step();
        if (at_ == begin && !done()) step();  // a stray special: its own atom, so that the loop goes on
        return std::string{text_.substr(begin, at_ - begin)};
    }

    std::string take_comment() { return std::exchange(comment_, {}); }

private:
    static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

    std::string comment()
    {
        std::string out;
        int depth = 0;
        for (; !done(); step()) {
            const char c = peek();
            if (c == '\\' && at_ + 1 < text_.size()) {
                step();
                out += peek();
                continue;
            }
            if (c == '(' && depth++ == 0) continue;
            if (c == ')' && --depth == 0) {
                step();
                break;
            }
            if (depth > comment_depth) break;
            out += c;
        }
        return out;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string comment_;
};

struct Spec {
    std::string route, local, domain;
};

void put_or_nil(std::string& out, const std::string& text)
{
    if (text.empty()) {
        out += "NIL";
    } else {
        put_header_text(out, std::string_view{text});
    }
}

void put_address(std::string& out, const std::string& name, const Spec& spec)
{
    out += '(';
    put_or_nil(out, name);
    out += ' ';
    put_or_nil(out, spec.route);
    out += ' ';
    // NIL here would mean a group, so what is missing is said.
    put_header_text(out, std::string_view{spec.local.empty() ? "MISSING_MAILBOX" : spec.local});
    out += ' ';
    put_header_text(out, std::string_view{spec.domain.empty() ? "MISSING_DOMAIN" : spec.domain});
    out += ')';
}

std::string domain(Reader& in)
{
    std::string out;
    for (in.skip_cfws(); !in.done(); in.skip_cfws()) {
        if (in.peek() == '[') {
            out += in.domain_literal();
        } else if (std::string_view{">,;:<@("}.find(in.peek()) != std::string_view::npos) {
            break;
        } else {
            out += in.atom();
        }
    }
    return out;
}

// angle-addr = [CFWS] "<" [obs-route] addr-spec ">" [CFWS]
Spec angle_address(Reader& in)
{
    Spec spec;
    in.step();
    in.skip_cfws();
    while (!in.done() && (in.peek() == '@' || (in.peek() == ',' && !spec.route.empty()))) {  // obs-route
        spec.route += in.peek();
        in.step();
        if (spec.route.back() == '@') spec.route += domain(in);
    }
    if (!spec.route.empty() && in.peek() == ':') in.step();
    for (in.skip_cfws(); !in.done() && in.peek() != '>' && in.peek() != '@' && in.peek() != ','; in.skip_cfws()) {
        spec.local += in.peek() == '"' ? in.quoted_string() : in.atom();
    }
    if (in.peek() == '@') {
        in.step();
        spec.domain = domain(in);
    }
    while (!in.done() && in.peek() != '>' && in.peek() != ',') in.step();
    if (in.peek() == '>') in.step();
    return spec;
}

// One address, group start or group end; false when nothing stood there. Appends to `out`.
class List {
public:
    explicit List(std::string_view raw) : in_{raw} {}

    std::string read()
    {
        for (std::size_t count = 0; !in_.done() && count < mime::Limits{}.addresses; ++count) next();
        if (in_group_) out_ += "(NIL NIL NIL NIL)";
        return out_.empty() ? "NIL" : "(" + out_ + ")";
    }

private:
    void next()
    {
        (void)in_.take_comment();
        in_.skip_cfws();
        std::string words;  // a phrase, or the local part of a bare address
        while (!in_.done()) {
            const char c = in_.peek();
            if (c == '<') {
                put_address(out_, words, angle_address(in_));
                return;
            }
            if (c == '@') return bare(words);
            if (c == ',' || c == ';' || c == ':') return special(c, words);
            const std::string word = c == '"' ? in_.quoted_string() : in_.atom();
            if (!words.empty() && spaced_) words += ' ';
            words += word;
            spaced_ = in_.skip_cfws();
        }
        if (!words.empty()) put_address(out_, name(), {"", words, ""});
    }

    void bare(const std::string& local)
    {
        in_.step();
        Spec spec{"", local, domain(in_)};
        const std::string comment = in_.take_comment();
        if (in_.peek() == '<') {  // `jane@x <jane@x>`: the address is in the brackets
            put_address(out_, local + "@" + spec.domain, angle_address(in_));
        } else {
            put_address(out_, comment, spec);
        }
    }

    void special(char c, const std::string& words)
    {
        in_.step();
        if (c == ':') {
            if (in_group_) out_ += "(NIL NIL NIL NIL)";
            out_ += "(NIL NIL ";
            put_header_text(out_, std::string_view{words});
            out_ += " NIL)";
            in_group_ = true;
            return;
        }
        if (!words.empty()) put_address(out_, name(), {"", words, ""});
        if (c == ';' && in_group_) {
            out_ += "(NIL NIL NIL NIL)";
            in_group_ = false;
        }
    }

    std::string name() { return in_.take_comment(); }

    Reader in_;
    std::string out_;
    bool in_group_ = false;
    bool spaced_ = false;
};

}  // namespace

std::string envelope_addresses(std::string_view raw)
{
    return List{raw.substr(0, mime::Limits{}.field_value)}.read();
}

}  // namespace imap
