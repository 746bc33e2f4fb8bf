// compose: writes mail, RFC 5322, 2045-2047, 2183, 2231.
//
// The mail is a tree of mimetic's entities, written by mimetic's operator<<. Ours are the texts of
// the values, because mimetic escapes, encodes and folds none of them safely, and the contents of
// the parts, which it is given ready encoded.
#include "mime/compose.h"

#include "mime/ascii.h"
#include "mime/flowed.h"
#include "mime/parameter_text.h"
#include "mime/transfer_encoding.h"
#include "mime/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mimetic/mimeentity.h>
#include <sstream>

namespace mime {

namespace {

constexpr std::size_t longest_line = 998;  // RFC 5322 2.1.1

struct Encoded {
    std::string_view name;  // of the Content-Transfer-Encoding
    std::string text;
};

// -- fields --------------------------------------------------------------------------------------

// A line end stays only where a line with something on it follows, indented: a fold. Every other
// CR, LF and NUL becomes a space.
std::string clean_value(std::string_view value)
{
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (c == '\r' && value.substr(i, 2) == "\r\n" && i + 2 < value.size() && is_blank(value[i + 2])) {
            const std::size_t content = value.find_first_not_of(" \t", i + 2);
            if (content != std::string_view::npos && value[content] != '\r' && value[content] != '\n' &&
                value[content] != '\0' && !trimmed(out).empty()) {
                out += "\r\n";
                ++i;
                continue;
            }
        }
        out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
    }
    return out;
}

std::string clean_name(std::string_view name)
{
    std::string out;
    for (const char c : name)
        if (c > 32 && c < 127 && c != ':') out += c;
    return out;
}

bool has_field(const Fields& fields, std::string_view name)
{
    return std::any_of(
        fields.begin(), fields.end(), [&](const auto& field) { return equal_ignoring_case(field.first, name); });
}

std::string token(std::string_view text, std::string_view otherwise)
{
    const bool good = !text.empty() && std::all_of(text.begin(), text.end(), is_token);
    return good ? lowered(text) : std::string(otherwise);
}

// -- contents ------------------------------------------------------------------------------------

bool is_text(const Composed& part)
{
    return equal_ignoring_case(part.type.type, "text");
}

bool is_message(const Composed& part)
{
    return equal_ignoring_case(part.type.type, "message");
}

std::string with_crlf(std::string_view text)
{
    std::string out;
    out.reserve(text.size() + text.size() / 32);
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        out += text.substr(at, end - at);
        if (end == text.size()) break;
        out += end > 0 && text[end - 1] == '\r' ? "\n" : "\r\n";
        at = end + 1;
    }
    return out;
}

// Whether a text goes as it is. Lines that begin with "From " do not: mbox files change them.
bool goes_as_seven_bit(std::string_view crlf_text)
{
    if (!is_ascii(crlf_text) || !has_plain_lines(crlf_text)) return false;
    return !crlf_text.starts_with("From ") && crlf_text.find("\nFrom ") == std::string_view::npos;
}

Encoded encode_text_part(const Composed& part)
{
    const bool flowed = equal_ignoring_case(part.type.parameter("format"), "flowed");
    std::string text = with_crlf(flowed ? to_flowed(part.content) : part.content);
    if (goes_as_seven_bit(text)) return {"7bit", std::move(text)};
    const auto escaped = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_eight_bit));
    // Quoted-printable stays readable for most Latin text; from a sixth of the octets on base64 is
    // also shorter.
    Encoded result{escaped * 4 > text.size() ? "base64" : "quoted-printable", {}};
    if (result.name == "base64") append_base64_lines(result.text, text);
    else append_quoted_printable(result.text, text);
    return result;
}

Encoded encode_content(const Composed& part)
{
    if (is_text(part)) return encode_text_part(part);
    // RFC 2046 5.2.1: never encoded, unless it would break the lines of the mail around it.
    if (is_message(part) && has_plain_lines(part.content))
        return {is_ascii(part.content) ? "7bit" : "8bit", part.content};
    Encoded result{"base64", {}};
    append_base64_lines(result.text, part.content);
    return result;
}

// -- parts ---------------------------------------------------------------------------------------

// Whether the text of a boundary stands anywhere below. Only contents that go unencoded can hold
// it: it begins with
// "=_", which neither base64 nor quoted-printable write (RFC 2045 6.7).
bool occurs(const Composed& part, std::string_view boundary)
{
    return part.content.find(boundary) != std::string::npos ||
           std::any_of(
               part.parts.begin(), part.parts.end(), [&](const Composed& child) { return occurs(child, boundary); });
}

bool holds_eight_bit(const Composed& part)
{
    if (part.as_it_stands) return !is_ascii(part.content);
    if (is_message(part) && !is_ascii(part.content) && has_plain_lines(part.content)) return true;
    return std::any_of(part.parts.begin(), part.parts.end(), holds_eight_bit);
}

std::uint64_t mixed(std::string_view text, std::uint64_t state)
{
    for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    state ^= state >> 33;
    state *= 0xFF51AFD7ED558CCDULL;
    return state ^ state >> 33;
}

// -- mimetic -------------------------------------------------------------------------------------

// An entity as mimetic keeps it, but written octet by octet: mimetic's own write() folds again what
// is folded, which can end the header early, and leaves out the body of a message/rfc822.
class Entity : public mimetic::MimeEntity {
public:
    Entity() = default;
    Entity(const Entity&) = delete;  // mimetic's copy would delete the parts twice
    Entity& operator=(const Entity&) = delete;

    void add_field(std::string_view name, std::string_view value)
    {
        const std::string clean = clean_name(name);
        if (!clean.empty()) header().emplace_back(clean, clean_value(value));
    }

    void add_part(std::unique_ptr<Entity> part)
    {
        body().parts().push_back(part.get());
        static_cast<void>(part.release());  // mimetic's destructor deletes it
    }

    void set_boundary(std::string boundary) { boundary_ = std::move(boundary); }

protected:
    std::ostream& write(std::ostream& out, const char* /*line_end*/) const override
    {
        for (const mimetic::Field& field : header()) out << field << mimetic::crlf;
        if (boundary_.empty()) return out << mimetic::crlf << body();
        for (const mimetic::MimeEntity* part : body().parts())
            out << mimetic::crlf << "--" << boundary_ << mimetic::crlf << *part;
        return out << mimetic::crlf << "--" << boundary_ << "--" << mimetic::crlf;
    }

private:
    std::string boundary_;  // empty: not a multipart
};

class Builder {
public:
    explicit Builder(std::string_view seed) : first_(mixed(seed, 0xCBF29CE484222325ULL)), second_(mixed(seed, first_))
    {
    }

    // Adds the fields and the body of `part` to `entity`.
    void build(Entity& entity, const Composed& part)
    {
        if (part.as_it_stands) {
            further_fields(entity, part);
            std::string body = part.content;
            entity.body().swap(body);
            return;
        }
        if (part.type.type == "multipart" || !part.parts.empty()) return multipart(entity, part);
        Encoded encoded = encode_content(part);
        entity.add_field("Content-Type", written(type_of(part)));
        entity.add_field("Content-Transfer-Encoding", encoded.name);
        further_fields(entity, part);
        entity.body().swap(encoded.text);
    }

private:
    void multipart(Entity& entity, const Composed& part)
    {
        std::string boundary = new_boundary(part);
        mimetic::ContentType type = type_of(part);
        type.paramList().emplace_back("boundary", boundary);
        entity.add_field("Content-Type", written(type));
        if (holds_eight_bit(part)) entity.add_field("Content-Transfer-Encoding", "8bit");
        further_fields(entity, part);
        entity.set_boundary(std::move(boundary));
        for (const Composed& child : part.parts) {
            auto child_entity = std::make_unique<Entity>();
            build(*child_entity, child);
            entity.add_part(std::move(child_entity));
        }
        // RFC 2046 5.1.1: one part at least
        if (part.parts.empty()) entity.add_part(std::make_unique<Entity>());
    }

    std::string new_boundary(const Composed& part)
    {
        for (;;) {
            const std::uint64_t number = ++boundaries_;
            std::string boundary = fmt::format("=_{:016x}{:08x}_{}", first_, second_ & 0xFFFFFFFF, number);
            if (!occurs(part, boundary)) return boundary;
        }
    }

    // Without a boundary.
    static mimetic::ContentType type_of(const Composed& part)
    {
        const bool multipart = part.type.type == "multipart";
        const bool leaf = !multipart && part.parts.empty();
        mimetic::ContentType type(leaf ? token(part.type.type, "application") : "multipart",
            leaf ? token(part.type.subtype, "octet-stream") : token(multipart ? part.type.subtype : "", "mixed"));
        if (is_text(part)) {
            // The content is UTF-8 by contract, whatever the caller's type says.
            const bool ascii = is_ascii(part.content) && !equal_ignoring_case(part.type.parameter("charset"), "utf-8");
            type.paramList().emplace_back("charset", ascii ? "us-ascii" : "utf-8");
        }
        for (const auto& [raw_name, value] : part.type.parameters) {
            const std::string name = parameter_name(raw_name);
            const bool ours = name == "boundary" || (name == "charset" && is_text(part));
            if (!ours && !name.empty()) type.paramList().emplace_back(name, value);
        }
        return type;
    }

    static void further_fields(Entity& entity, const Composed& part)
    {
        if (!part.disposition.empty() || !part.filename.empty()) {
            mimetic::ContentDisposition disposition;
            disposition.type(token(part.disposition, "attachment"));
            if (!part.filename.empty()) disposition.paramList().emplace_back("filename", part.filename);
            entity.add_field("Content-Disposition", written(disposition));
        }
        std::string id;
        for (const char c : part.content_id)
            if (c > 32 && c < 127 && c != '<' && c != '>') id += c;
        if (!id.empty()) entity.add_field("Content-ID", '<' + id + '>');
        for (const auto& [name, value] : part.fields) entity.add_field(name, value);
    }

    std::uint64_t first_;
    std::uint64_t second_;
    std::uint64_t boundaries_ = 0;
};

}  // namespace

bool has_plain_lines(std::string_view octets)
{
    if (octets.find('\0') != std::string_view::npos) return false;
    while (!octets.empty()) {
        const std::size_t end = octets.find('\n');
        std::string_view line = octets.substr(0, end);
        if (end != std::string_view::npos) {
            if (!line.ends_with('\r')) return false;
            line.remove_suffix(1);
        }
        if (line.size() > longest_line || line.find('\r') != std::string_view::npos) return false;
        octets.remove_prefix(end == std::string_view::npos ? octets.size() : end + 1);
    }
    return true;
}

std::string compose(const Fields& fields, const Composed& body, std::string_view seed)
{
    Entity mail;
    for (const auto& [name, value] : fields) mail.add_field(name, value);
    if (!has_field(fields, "MIME-Version")) mail.add_field("MIME-Version", "1.0");
    Builder(seed).build(mail, body);
    std::ostringstream out;
    out << static_cast<const mimetic::MimeEntity&>(mail);
    return std::move(out).str();
}

}  // namespace mime
