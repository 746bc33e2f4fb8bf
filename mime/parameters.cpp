// parameters: the values of Content-Type and Content-Disposition, RFC 2045 5.1, 2183, 2231.
#include "mime/parameters.h"

#include "mime/ascii.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/utf8.h"

#include <algorithm>
#include <span>

namespace mime {

namespace {

// One "name=value" as it stands: `name*1*=value` has index 1 and is extended (RFC 2231 3 and 4).
struct Piece {
    std::string name;
    int index = 0;
    bool extended = false;
    std::string value;
    std::size_t order = 0;  // among all pieces: of two that say the same, the first counts
};

// Reads the pieces of a field's value from left to right.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    [[nodiscard]] bool done() const { return at_ >= text_.size(); }

    void skip_space()
    {
        while (!done()) {
            if (is_space(peek())) ++at_;
            else if (peek() != '(' || !skip_comment()) return;
        }
    }

    bool skip(char c)
    {
        skip_space();
        if (done() || peek() != c) return false;
        ++at_;
        return true;
    }

    void skip_past(char c)
    {
        const std::size_t found = text_.find(c, at_);
        at_ = found == std::string_view::npos ? text_.size() : found + 1;
    }

    std::string_view token()
    {
        skip_space();
        const std::size_t begin = at_;
        while (!done() && (is_token(peek()) || is_eight_bit(peek()))) ++at_;
        return text_.substr(begin, at_ - begin);
    }

    // A quoted string, or whatever stands up to the next semicolon.
    std::string value()
    {
        skip_space();
        return !done() && peek() == '"' ? quoted() : unquoted();
    }

private:
    [[nodiscard]] char peek() const { return text_[at_]; }

    // RFC 5322 3.2.2. A comment that never ends is none: its parenthesis is passed over.
    bool skip_comment()
    {
        int depth = 0;
        for (std::size_t i = at_; i < text_.size() && !open_comment_; ++i) {
            if (text_[i] == '\\') ++i;
            else if (text_[i] == '(') ++depth;
            else if (text_[i] == ')' && --depth == 0) {
                at_ = i + 1;
                return true;
            }
        }
        open_comment_ = true;
        ++at_;
        return true;
    }

    std::string quoted()
    {
        std::string out;
        for (++at_; !done() && peek() != '"'; ++at_) {
            if (peek() == '\r' || peek() == '\n') continue;
            // "C:\path" is seen more often than a needed escape of a letter.
            const bool escape =
                peek() == '\\' && at_ + 1 < text_.size() && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\');
            if (escape) ++at_;
            out += peek();
        }
        if (!done()) ++at_;
        return out;
    }

    std::string unquoted()
    {
        const std::size_t begin = at_;
        while (!done() && peek() != ';' && !next_piece_begins(begin)) ++at_;
        return std::string(trimmed(text_.substr(begin, at_ - begin)));
    }

    // White space and then a comment, or "name=": the semicolon between two parameters was
    // forgotten.
    [[nodiscard]] bool next_piece_begins(std::size_t begin)
    {
        if (at_ == begin || !is_space(text_[at_ - 1])) return false;
        if (peek() == '(') return true;
        if (at_ < known_no_piece_) return false;
        std::size_t i = at_;
        while (i < text_.size() && is_token(text_[i])) ++i;
        known_no_piece_ = i;
        return i > at_ && i < text_.size() && text_[i] == '=';
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t known_no_piece_ = 0;
    bool open_comment_ = false;
};

// name, name*, name*0, name*0*
Piece named(std::string_view raw)
{
    Piece piece;
    if (raw.ends_with('*')) {
        piece.extended = true;
        raw.remove_suffix(1);
    }
    const std::size_t star = raw.rfind('*');
    if (star != std::string_view::npos && star + 1 < raw.size() && raw.size() - star <= 5) {
        const std::string_view digits = raw.substr(star + 1);
        if (std::all_of(digits.begin(), digits.end(), is_digit)) {
            for (const char c : digits) piece.index = piece.index * 10 + (c - '0');
            raw = raw.substr(0, star);
        }
    }
    piece.name = lowered(raw);
    return piece;
}

std::vector<Piece> read_pieces(Reader& reader, std::size_t limit)
{
    std::vector<Piece> pieces;
    while (!reader.done() && pieces.size() < limit) {
        if (reader.skip(';')) continue;
        const std::string_view name = reader.token();
        if (name.empty() || !reader.skip('=')) {
            if (name.empty()) reader.skip_past(';');
            continue;
        }
        Piece piece = named(name);
        piece.value = reader.value();
        piece.order = pieces.size();
        pieces.push_back(std::move(piece));
    }
    return pieces;
}

std::string percent_decoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        out += low >= 0 ? static_cast<char>(high << 4 | low) : text[i];
        if (low >= 0) i += 2;
    }
    return out;
}

// The charset in front of charset'language'value, taken off the value.
std::string take_charset(std::string& value)
{
    const std::size_t first = value.find('\'');
    const std::size_t second = first == std::string::npos ? first : value.find('\'', first + 1);
    if (second == std::string::npos) return "";
    std::string charset = value.substr(0, first);
    value.erase(0, second + 1);
    return charset;
}

// RFC 2047 in a parameter is forbidden there (RFC 2047 5) and common; a boundary must stay as it
// is.
bool may_hold_encoded_words(const Piece& piece)
{
    return (piece.name == "name" || piece.name == "filename") && piece.value.find("=?") != std::string::npos;
}

// The pieces of one name, in order of their index.
std::string joined(std::span<Piece> pieces)
{
    const std::string charset = pieces.front().extended ? take_charset(pieces.front().value) : "";
    if (pieces.size() == 1 && !pieces.front().extended && may_hold_encoded_words(pieces.front()))
        return decode_text(pieces.front().value);
    std::string octets;
    for (Piece& piece : pieces) octets += piece.extended ? percent_decoded(piece.value) : std::move(piece.value);
    return charset.empty() ? guessed_utf8(octets) : to_utf8(octets, charset);
}

Parameters joined_all(std::vector<Piece> pieces)
{
    Parameters parameters;
    parameters.reserve(pieces.size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].name.empty()) continue;  // taken into an earlier one
        const std::string name = pieces[i].name;
        std::vector<Piece> same;
        for (std::size_t j = i; j < pieces.size(); ++j)
            if (pieces[j].name == name) {
                same.push_back(std::move(pieces[j]));
                pieces[j].name.clear();
            }
        // Where both forms are given, the extended one is meant for us (RFC 2231 5, RFC 6266 4.3).
        std::sort(same.begin(), same.end(), [](const Piece& a, const Piece& b) {
            if (a.index != b.index) return a.index < b.index;
            return a.extended != b.extended ? a.extended : a.order < b.order;
        });
        same.erase(
            std::unique(same.begin(), same.end(), [](const Piece& a, const Piece& b) { return a.index == b.index; }),
            same.end());
        parameters.emplace_back(name, joined(same));
    }
    return parameters;
}

Parameters read_parameters(Reader& reader, std::size_t limit)
{
    std::vector<Piece> pieces = read_pieces(reader, limit);
    const bool simple =
        std::all_of(pieces.begin(), pieces.end(), [](const Piece& p) { return !p.extended && p.index == 0; });
    if (simple && pieces.size() == 1) {
        Parameters parameters;
        parameters.emplace_back(std::move(pieces[0].name), joined(std::span(pieces)));
        return parameters;
    }
    return joined_all(std::move(pieces));
}

}  // namespace

ContentType parse_content_type(std::string_view raw, std::size_t limit, bool& valid)
{
    Reader reader(raw);
    ContentType result;
    const std::string type = lowered(reader.token());
    const std::string subtype = reader.skip('/') ? lowered(reader.token()) : "";
    valid = !type.empty() && !subtype.empty();
    if (valid) {
        result.type = type;
        result.subtype = subtype;
    } else if (type == "multipart") {
        result.type = type;
        result.subtype = "mixed";
    }
    result.parameters = read_parameters(reader, limit);
    return result;
}

Disposition parse_disposition(std::string_view raw, std::size_t limit)
{
    Reader reader(raw);
    Disposition result;
    result.kind = lowered(reader.token());
    // "filename=x" without a kind: RFC 2183 2.8 takes what is unknown as an attachment.
    if (reader.skip('=')) {
        reader = Reader(raw);
        result.kind.clear();
    }
    if (result.kind.empty()) result.kind = "attachment";
    result.parameters = read_parameters(reader, limit);
    return result;
}

TransferEncoding parse_transfer_encoding(std::string_view raw)
{
    const std::string name = lowered(Reader(raw).token());
    if (name.empty() || name == "7bit" || name == "7-bit") return TransferEncoding::seven_bit;
    if (name == "8bit" || name == "8-bit") return TransferEncoding::eight_bit;
    if (name == "binary") return TransferEncoding::binary;
    if (name == "quoted-printable") return TransferEncoding::quoted_printable;
    if (name == "base64") return TransferEncoding::base64;
    return TransferEncoding::unknown;
}

}  // namespace mime
