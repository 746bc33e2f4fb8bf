// parse: the octets of a mail become its tree of parts, RFC 5322 2.1, RFC 2046 5.1 and 5.2.1.
//
// One pass over the lines with a stack of what is open: time is linear in the mail, depth is
// bounded by the limits.
#include "mime/ascii.h"
#include "mime/charset.h"
#include "mime/message.h"
#include "mime/parameters.h"
#include "mime/utf8.h"

#include <algorithm>
#include <cstring>

namespace mime {

namespace {

enum class Phase {
    header,     // its fields are being read
    content,    // a leaf's body, or the body around an enclosed message
    multipart,  // preamble or parts: its boundary counts
    epilogue,   // its closing boundary was seen
};

struct Open {
    Part* part;  // owned by the tree; stays put, as only the innermost part gets new children
    Phase phase = Phase::header;
    std::string boundary;
    std::uint64_t first_line = 0;  // lines of the mail that end before the body
    bool digest = false;           // stands in a multipart/digest: RFC 2046 5.1.5
};

class Scanner {
public:
    Scanner(std::string_view bytes, const Limits& limits) : bytes_(bytes), limits_(limits) {}

    Message run()
    {
        open_.push_back({&message_.root});
        message_.root.fields.reserve(24);
        if (bytes_.find('\0') != std::string_view::npos) note(Defect::nul);
        while (at_ < bytes_.size()) read_line();
        close_above(0, bytes_.size());
        close(open_.front(), bytes_.size(), bytes_.size(), lines_);
        if (message_.root.fields.empty()) note(Defect::no_header);
        for (std::size_t i = 0; i < seen_.size(); ++i)
            if (seen_[i]) message_.defects.push_back(static_cast<Defect>(i));
        return std::move(message_);
    }

private:
    void note(Defect defect) { seen_[static_cast<std::size_t>(defect)] = true; }

    [[nodiscard]] bool noted(Defect defect) const { return seen_[static_cast<std::size_t>(defect)]; }

    void read_line()
    {
        const char* begin = bytes_.data() + at_;
        const auto* end = static_cast<const char*>(std::memchr(begin, '\n', bytes_.size() - at_));
        const std::size_t length = end ? static_cast<std::size_t>(end - begin) : bytes_.size() - at_;
        const bool has_cr = end && length > 0 && begin[length - 1] == '\r';
        const std::string_view line(begin, has_cr ? length - 1 : length);
        next_ = at_ + length + (end ? 1 : 0);
        if (end && !has_cr) note(Defect::bare_lf);
        if (!noted(Defect::bare_cr) && !line.empty() && std::memchr(begin, '\r', line.size())) note(Defect::bare_cr);
        const bool boundary = line.starts_with("--") && boundaries_ > 0 && at_boundary(line.substr(2));
        if (!boundary && open_.back().phase == Phase::header) header_line(line);
        if (end) ++lines_;
        at_ = next_;
    }

    // -- header ----------------------------------------------------------------------------------

    void header_line(std::string_view line)
    {
        Part& part = *open_.back().part;
        if (line.empty()) {
            end_header(next_);
        } else if (is_blank(line.front()) && at_ > part.header.offset) {
            if (keeping_field_) part.fields.back().whole.length = next_ - part.fields.back().whole.offset;
        } else {
            keeping_field_ = begin_field(part, line);
        }
        // RFC 6532 lets UTF-8 stand in a header, and nothing else beyond ASCII.
        if (!noted(Defect::eight_bit_header) && !is_utf8(line)) note(Defect::eight_bit_header);
    }

    // Whether a field begins here that is kept; its lines are added by header_line, its value by
    // end_header.
    bool begin_field(Part& part, std::string_view line)
    {
        const bool first = at_ == part.header.offset;
        if (first && (line.starts_with("From ") || line.starts_with(">From "))) return false;  // mbox
        const std::size_t colon = line.find(':');
        std::string_view name = line.substr(0, colon);
        while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
        const bool well_named = std::all_of(name.begin(), name.end(), [](char c) { return c > 32 && c < 127; });
        if (colon == std::string_view::npos || name.empty() || !well_named) {
            note(Defect::malformed_field);
            return false;
        }
        if (part.fields.size() >= limits_.fields) {
            note(Defect::too_many_fields);
            return false;
        }
        part.fields.push_back({{at_, next_ - at_}, {at_, name.size()}, {at_ + colon + 1, 0}});
        return true;
    }

    void finish_value(Field& field) const
    {
        std::uint64_t begin = field.value.offset;
        std::uint64_t end = field.whole.end();
        if (end > begin && bytes_[end - 1] == '\n') --end;
        if (end > begin && bytes_[end - 1] == '\r') --end;
        while (begin < end && is_space(bytes_[begin])) ++begin;
        field.value = {begin, end - begin};
    }

    void end_header(std::uint64_t end)
    {
        Open& top = open_.back();
        Part& part = *top.part;
        part.header.length = end - part.header.offset;
        part.body.offset = end;
        top.first_line = lines_ + 1;
        top.phase = Phase::content;
        interpret(part, top.digest);
        open_content();
    }

    // What the fields say about the part. The first of several counts.
    void interpret(Part& part, bool digest)
    {
        bool typed = false;
        bool encoded = false;
        bool disposed = false;
        for (Field& field : part.fields) {
            finish_value(field);
            const std::string_view name = field.name.of(bytes_);
            if (name.size() < 8 || name[7] != '-') continue;  // "content-"
            const std::string_view value = field.value.of(bytes_).substr(0, limits_.field_value);
            if (!typed && equal_ignoring_case(name, "content-type")) {
                typed = true;
                bool valid = true;
                part.type = parse_content_type(value, limits_.parameters, valid);
                if (!valid) note(Defect::bad_content_type);
            } else if (!encoded && equal_ignoring_case(name, "content-transfer-encoding")) {
                encoded = true;
                part.encoding = parse_transfer_encoding(value);
                if (part.encoding == TransferEncoding::unknown) note(Defect::unknown_transfer_encoding);
            } else if (!disposed && equal_ignoring_case(name, "content-disposition")) {
                disposed = true;
                part.disposition = parse_disposition(value, limits_.parameters);
            }
        }
        if (digest && !typed) part.type = {"message", "rfc822", {}};
        name_file(part);
        if (part.type.type != "text") return;
        const std::string_view charset = part.type.parameter("charset");
        if (!charset.empty() && !known_charset(charset)) note(Defect::unknown_charset);
    }

    static void name_file(Part& part)
    {
        for (const auto& [name, value] : part.disposition.parameters)
            if (name == "filename") part.filename = value;
        if (part.filename.empty()) part.filename = part.type.parameter("name");
        for (char& c : part.filename)
            if (is_control(c)) c = ' ';
    }

    // -- bodies ----------------------------------------------------------------------------------

    [[nodiscard]] bool identity(const Part& part) const
    {
        return part.encoding == TransferEncoding::seven_bit || part.encoding == TransferEncoding::eight_bit ||
               part.encoding == TransferEncoding::binary;
    }

    // After a header: a multipart's boundary begins to count, an enclosed message's header begins.
    void open_content()
    {
        Open& top = open_.back();
        const ContentType& type = top.part->type;
        const bool multipart = type.type == "multipart";
        const bool message = (type.is("message", "rfc822") || type.is("message", "global")) && identity(*top.part);
        if (!multipart && !message) return;
        if (open_.size() >= limits_.depth) return note(Defect::too_deep);
        if (message) {
            if (may_add_part()) add_part(next_);
            return;
        }
        top.boundary = type.parameter("boundary");
        while (!top.boundary.empty() && is_blank(top.boundary.back())) top.boundary.pop_back();
        if (top.boundary.empty()) return note(Defect::missing_boundary);
        top.phase = Phase::multipart;
        ++boundaries_;
    }

    bool may_add_part()
    {
        if (parts_ < limits_.parts) return true;
        note(Defect::too_many_parts);
        return false;
    }

    void add_part(std::uint64_t begin)
    {
        ++parts_;
        const Open& parent = open_.back();
        const bool digest = parent.part->type.is("multipart", "digest");
        Part& part = parent.part->parts.emplace_back();
        part.header = part.body = {begin, 0};
        open_.push_back({&part, Phase::header, {}, 0, digest});
        keeping_field_ = false;
    }

    enum class Mark { none, opening, closing };

    // What a line (without its two dashes and trailing white space) is to a boundary. RFC
    // 2046 5.1.1 lets anything follow a boundary; `loose` takes what is set apart by white space,
    // so that "x" is never "xy".
    static Mark mark(std::string_view line, std::string_view boundary, bool loose)
    {
        if (!line.starts_with(boundary)) return Mark::none;
        line.remove_prefix(boundary.size());
        if (line.empty()) return Mark::opening;
        const std::string_view rest = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
        if (rest == "--") return Mark::closing;
        if (!loose) return Mark::none;
        if (is_blank(line.front())) return Mark::opening;
        return line.starts_with("--") && is_blank(line[2]) ? Mark::closing : Mark::none;
    }

    // Whether the line is a boundary of an open multipart. The innermost one is meant, an exact one
    // before a loose one.
    bool at_boundary(std::string_view line)
    {
        while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
        const bool spaced = line.find_first_of(" \t") != std::string_view::npos;
        return at_boundary(line, false) || (spaced && at_boundary(line, true));
    }

    bool at_boundary(std::string_view line, bool loose)
    {
        for (std::size_t i = open_.size(); i-- > 0;) {
            if (open_[i].phase != Phase::multipart) continue;
            const Mark found = mark(line, open_[i].boundary, loose);
            if (found == Mark::none) continue;
            close_above(i, at_);
            if (found == Mark::closing) {
                open_[i].phase = Phase::epilogue;
                --boundaries_;
            } else if (may_add_part()) {
                add_part(next_);
            }
            return true;
        }
        return false;
    }

    // Closes all parts within open_[index] before the octet `end`, which begins a boundary line or
    // ends the mail.
    void close_above(std::size_t index, std::uint64_t end)
    {
        if (open_.size() <= index + 1) return;
        // The line end before a boundary belongs to it (RFC 2046 5.1.1), unless it ended the part's
        // own header.
        std::uint64_t body_end = end;
        std::uint64_t lines = lines_;
        Open& outer = open_[index + 1];
        const std::uint64_t begin = outer.phase == Phase::header ? end : outer.part->body.offset;
        if (end < bytes_.size() && begin < end) {
            body_end -= end - begin >= 2 && bytes_[end - 2] == '\r' ? 2 : 1;
            --lines;
        }
        while (open_.size() > index + 1) {
            close(open_.back(), open_.size() == index + 2 ? end : body_end, body_end, lines);
            open_.pop_back();
        }
    }

    // `header_end`: how far the header may reach; the parts within another one lie in its body.
    void close(Open& open, std::uint64_t header_end, std::uint64_t body_end, std::uint64_t lines)
    {
        Part& part = *open.part;
        if (open.phase == Phase::header) {
            part.header.length = std::max(at_, part.header.offset) - part.header.offset;
            part.body.offset = part.header.end();
            open.first_line = lines;
            interpret(part, open.digest);
        }
        clamp(part, header_end);
        part.body.offset = std::min(part.body.offset, header_end);
        part.body.length = body_end > part.body.offset ? body_end - part.body.offset : 0;
        const std::uint64_t count = part.body.length > 0 && lines > open.first_line ? lines - open.first_line : 0;
        part.lines = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
        if (open.phase == Phase::multipart) {
            note(part.parts.empty() ? Defect::missing_boundary : Defect::unclosed_multipart);
            --boundaries_;
        }
    }

    static void clamp(Range& range, std::uint64_t end)
    {
        range.offset = std::min(range.offset, end);
        range.length = std::min(range.length, end - range.offset);
    }

    static void clamp(Part& part, std::uint64_t end)
    {
        clamp(part.header, end);
        for (auto field = part.fields.rbegin(); field != part.fields.rend() && field->whole.end() > end; ++field) {
            clamp(field->whole, end);
            clamp(field->name, end);
            clamp(field->value, end);
        }
    }

    std::string_view bytes_;
    const Limits& limits_;
    Message message_;
    std::vector<Open> open_;
    std::size_t at_ = 0;       // where the line begins
    std::size_t next_ = 0;     // where the next one begins
    std::uint64_t lines_ = 0;  // line ends before at_
    std::size_t parts_ = 1;
    std::size_t boundaries_ = 0;  // open parts whose boundary counts
    bool keeping_field_ = false;  // the last field is kept, so are its continuation lines
    std::array<bool, defect_kinds> seen_{};
};

}  // namespace

Message parse(std::string_view bytes, const Limits& limits)
{
    return Scanner(bytes, limits).run();
}

}  // namespace mime
