// basic_body: BODY from BODYSTRUCTURE, RFC 3501 7.4.2: the same without extension data.
#include "imap/describe.h"
#include "imap/text.h"
#include "mime/ascii.h"
#include "mime/limits.h"

namespace imap {

namespace {

// Copies what belongs to BODY from a well-formed BODYSTRUCTURE; remembers that it met something
// else.
class Stripper {
public:
    explicit Stripper(std::string_view in) : in_{in} {}

    void body(std::size_t depth)
    {
        if (depth > 2 * mime::Limits{}.depth) ok_ = false;
        if (!expect('(')) return;
        if (peek() == '(') {
            while (ok_ && peek() == '(') body(depth + 1);
            space();
            value(true);  // media-subtype
        } else {
            single(depth);
        }
        while (ok_ && peek() == ' ') {
            ++at_;
            value(false);
        }
        expect(')');
    }

    [[nodiscard]] bool complete() const { return ok_ && at_ == in_.size(); }

    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void single(std::size_t depth)
    {
        const auto type = value(true);
        space();
        const auto subtype = value(true);
        for (int field = 0; field < 5; ++field) {  // parameters, id, description, encoding, octets
            space();
            value(true);
        }
        if (mime::equal_ignoring_case(type, "\"text\"")) {
            space();
            value(true);
        } else if (mime::equal_ignoring_case(type, "\"message\"") && mime::equal_ignoring_case(subtype, "\"rfc822\"")) {
            space();
            value(true);
            space();
            body(depth + 1);
            space();
            value(true);
        }
    }

    // One atom, quoted string or parenthesised list.
    std::string_view value(bool keep)
    {
        const auto begin = at_;
        int depth = 0;
        do {
            if (peek() == '"') {
                quoted();
            } else if (peek() == '(') {
                ++depth;
                ++at_;
            } else if (peek() == ')') {
                --depth;
                ++at_;
            } else if (depth > 0 && peek() == ' ') {
                ++at_;
            } else {
                atom();
            }
        } while (ok_ && depth > 0);
        const auto text = in_.substr(begin, at_ - begin);
        if (keep) out_ += text;
        return text;
    }

    void quoted()
    {
        for (++at_; at_ < in_.size() && in_[at_] != '"'; ++at_) {
            if (in_[at_] == '\\') ++at_;
        }
        if (at_ >= in_.size()) {
            ok_ = false;
        } else {
            ++at_;
        }
    }

    void atom()
    {
        const auto begin = at_;
        while (at_ < in_.size() && std::string_view{" ()\""}.find(in_[at_]) == std::string_view::npos) ++at_;
        if (at_ == begin) ok_ = false;
    }

    void space() { expect(' '); }

    bool expect(char c)
    {
        if (ok_ && peek() == c) {
            out_ += c;
            ++at_;
        } else {
            ok_ = false;
        }
        return ok_;
    }

    [[nodiscard]] char peek() const { return at_ < in_.size() ? in_[at_] : '\0'; }

    std::string_view in_;
    std::size_t at_ = 0;
    std::string out_;
    bool ok_ = true;
};

}  // namespace

std::string basic_body(std::string_view body_structure)
{
    Stripper stripper{body_structure};
    stripper.body(0);
    return stripper.complete() ? stripper.take() : std::string{body_structure};
}

}  // namespace imap
