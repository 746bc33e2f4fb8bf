#include "gateway/boxes/mbox.h"

#include "gateway/boxes/line_ends.h"
#include "gateway/boxes/mbox_date.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <strings.h>

namespace gateway::boxes {

namespace {

constexpr std::size_t piece = 64 * 1024;         // octets of one line that are held at a time
constexpr std::size_t longest_header = 1 << 20;  // octets in which Content-Length and Status are looked for
constexpr std::string_view mark = "X-Email2-Export: mboxrd";
// The first mail in mailboxes that c-client has written: no mail.
constexpr std::string_view internal_data = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";

struct Field {
    std::size_t at = 0, end = 0;  // with its line end
    std::string value;
};

std::string_view without_line_end(std::string_view line)
{
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

// The last field of that name in the header; fields that are folded are not looked for.
std::optional<Field> last_field(std::string_view raw, std::string_view name)
{
    std::optional<Field> found;
    for (std::size_t at = 0; at < std::min(raw.size(), longest_header);) {
        const auto end = std::min(raw.find('\n', at), raw.size() - 1) + 1;
        const auto line = without_line_end(raw.substr(at, end - at));
        if (line.empty()) break;
        if (line.size() > name.size() && line[name.size()] == ':' &&
            ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
            auto value = line.substr(name.size() + 1);
            value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
            found = Field{at, end, std::string(value)};
        }
        at = end;
    }
    return found;
}

std::optional<Field> take_field(std::string& raw, std::string_view name)
{
    auto found = last_field(raw, name);
    if (found) raw.erase(found->at, found->end - found->at);
    return found;
}

void read_flags(Mail& mail, std::string_view status, std::string_view x_status, std::string_view keywords)
{
    if (status.find('R') != status.npos) mail.flags |= seen;
    for (const auto& [letter, flag] :
        {std::pair('A', answered), std::pair('F', flagged), std::pair('D', deleted), std::pair('T', draft)})
        if (x_status.find(letter) != x_status.npos) mail.flags |= flag;
    for (std::size_t at = 0; at < keywords.size();) {
        const auto end = std::min(keywords.find(' ', at), keywords.size());
        if (end > at) mail.keywords.emplace_back(keywords.substr(at, end - at));
        at = end + 1;
    }
}

// One '>' less before "From ": of every quoted line, or only of those with a single one.
std::string unquoted(std::string_view raw, Dialect dialect)
{
    if (dialect == Dialect::mboxcl2 || raw.find(">From ") == raw.npos) return std::string(raw);
    std::string out;
    out.reserve(raw.size());
    for (std::size_t at = 0; at < raw.size();) {
        const auto end = std::min(raw.find('\n', at), raw.size() - 1) + 1;
        auto line = raw.substr(at, end - at);
        const auto depth = std::min(line.find_first_not_of('>'), line.size());
        const bool quoted =
            depth > 0 && line.substr(depth).starts_with("From ") && (depth == 1 || dialect == Dialect::mboxrd);
        out += quoted ? line.substr(1) : line;
        at = end;
    }
    return out;
}

// Our own mail: the fields at its beginning are taken away, and its octets are what they were.
void read_own(Mail& mail, std::string raw)
{
    const auto line = [&raw] {
        const auto end = std::min(raw.find('\n'), raw.size() - 1) + 1;
        std::string text(without_line_end(std::string_view(raw).substr(0, end)));
        raw.erase(0, end);
        return text;
    };
    const auto value = [&line] {
        const auto text = line();
        const auto colon = text.find(':');
        return colon == text.npos ? std::string() : text.substr(colon + 1);
    };
    const auto how = line();
    const auto status = value(), x_status = value(), keywords = value();
    read_flags(mail, status, x_status, keywords);
    raw = unquoted(raw, Dialect::mboxrd);
    if (how.find("; open") != how.npos && raw.ends_with('\n')) raw.pop_back();
    mail.bytes = how.find("; exact") != how.npos ? std::move(raw) : to_crlf(raw);
}

}  // namespace

MboxSource::MboxSource(std::string path, std::uint64_t largest, Dialect dialect)
    : path_(std::move(path)), largest_(largest), dialect_(dialect), file_(std::fopen(path_.c_str(), "rb"), &std::fclose)
{
    if (!file_ || std::fseek(file_.get(), 0, SEEK_END) != 0)
        throw Unreadable(fmt::format("{}: {}", path_, std::strerror(errno)));
    size_ = static_cast<std::uint64_t>(std::ftell(file_.get()));
    std::setvbuf(file_.get(), nullptr, _IOFBF, 1 << 20);
    seek(0);
    Line first;
    single_ = size_ > 0 && !(read_line(first) && first.text.starts_with("From "));
    seek(0);
    if (dialect_ != Dialect::automatic) return;
    dialect_ = Dialect::mboxcl2;
    std::string raw;
    bool too_large = false;
    if (single_ || !read_by_length(raw, too_large)) dialect_ = Dialect::mboxrd;
    seek(0);
}

void MboxSource::seek(std::uint64_t at)
{
    if (std::fseek(file_.get(), static_cast<long>(at), SEEK_SET) != 0)
        throw Unreadable(fmt::format("{}: {}", path_, std::strerror(errno)));
    at_ = at;
}

bool MboxSource::read_line(Line& line)
{
    const bool begins = line.ends;
    line.text.clear();
    line.ends = false;
    while (line.text.size() < piece) {
        const int c = ::getc_unlocked(file_.get());
        if (c == EOF) break;
        line.text += static_cast<char>(c);
        if (c != '\n') continue;
        line.ends = true;
        break;
    }
    if (line.text.empty() && std::ferror(file_.get())) throw Unreadable(path_ + ": cannot be read");
    line.begins = begins;
    at_ += line.text.size();
    return !line.text.empty();
}

bool MboxSource::begins_mail(const Line& line, bool after_empty) const
{
    return !single_ && after_empty && line.begins && line.text.starts_with("From ") &&
           date_of_from_line(without_line_end(line.text));
}

// Up to the next mail's beginning; the empty line before it is the file's.
void MboxSource::read_by_lines(std::string& raw, bool& too_large)
{
    bool after_empty = false;
    std::string empty;  // held back: the mail's only when another line follows
    for (Line line; read_line(line);) {
        if (begins_mail(line, after_empty)) {
            seek(at_ - line.text.size());
            return;
        }
        after_empty = line.begins && line.ends && without_line_end(line.text).empty();
        too_large |= raw.size() + line.text.size() > largest_ + longest_header;
        if (!too_large) raw += empty;
        empty.clear();
        if (after_empty && !single_) empty = line.text;
        else if (!too_large) raw += line.text;
    }
}

bool MboxSource::boundary_at(std::uint64_t at)
{
    const auto back = at_;
    seek(at);
    Line line;
    bool more = read_line(line);
    while (more && without_line_end(line.text).empty()) more = read_line(line);
    const bool found = !more || (line.text.starts_with("From ") && date_of_from_line(without_line_end(line.text)));
    seek(back);
    return found;
}

// By Content-Length, when it leads to where a mail begins, or to the end; else nothing is read.
bool MboxSource::read_by_length(std::string& raw, bool& too_large)
{
    const auto start = at_;
    Line line;
    if (!read_line(line)) return false;
    if (!line.text.starts_with("From ")) seek(start);
    std::string header;
    while (header.size() < longest_header && read_line(line)) {
        header += line.text;
        if (line.begins && without_line_end(line.text).empty()) break;
    }
    const auto field = header.starts_with(mark) ? std::nullopt : last_field(header, "Content-Length");
    const auto length = field ? std::strtoull(field->value.c_str(), nullptr, 10) : 0;
    if (!field || length > size_ - at_ || !boundary_at(at_ + length)) {
        seek(start);
        return false;
    }
    raw = header.substr(0, field->at) + header.substr(field->end);
    too_large = raw.size() + length > largest_ + longest_header;
    const auto end = at_ + length;
    if (!too_large) {
        const auto before = raw.size();
        raw.resize(before + length);
        if (std::fread(raw.data() + before, 1, length, file_.get()) != length) throw Unreadable(path_ + ": ends early");
    }
    seek(end);
    for (Line empty; read_line(empty);)
        if (!without_line_end(empty.text).empty()) {
            seek(at_ - empty.text.size());
            break;
        }
    return true;
}

void MboxSource::read_one(Mail& mail)
{
    mail = {};
    mail.label = fmt::format("{}, octet {}", path_, at_);
    Line first;
    if (!single_) {
        read_line(first);
        mail.delivered = date_of_from_line(without_line_end(first.text));
        while (!first.ends && read_line(first)) {
        }
    }
    std::string raw;
    bool too_large = false;
    const bool by_length =
        (dialect_ == Dialect::mboxcl || dialect_ == Dialect::mboxcl2) && read_by_length(raw, too_large);
    if (!by_length) read_by_lines(raw, too_large);
    if (too_large) {
        mail.problem = "larger than limits.message_size";
        return;
    }
    if (raw.starts_with(mark)) {
        read_own(mail, std::move(raw));
        return;
    }
    const auto status = take_field(raw, "Status"), x_status = take_field(raw, "X-Status"),
               keywords = take_field(raw, "X-Keywords");
    const auto text = [](const std::optional<Field>& field) {
        return field ? std::string_view(field->value) : std::string_view();
    };
    read_flags(mail, text(status), text(x_status), text(keywords));
    mail.bytes = to_crlf(unquoted(raw, by_length || dialect_ != Dialect::mboxcl2 ? dialect_ : Dialect::mboxrd));
}

bool MboxSource::next(Mail& mail)
{
    while (at_ < size_) {
        const bool first = at_ == 0;
        read_one(mail);
        if (first && mail.bytes.find(internal_data) < longest_header) continue;
        if (mail.problem.empty() && mail.bytes.empty()) mail.problem = "empty";
        if (mail.problem.empty() && mail.bytes.size() > largest_) mail.problem = "larger than limits.message_size";
        return true;
    }
    return false;
}

std::string MboxSource::position() const
{
    return fmt::format("{} of {}", at_, size_);
}

// A file that only grew goes on where it was left.
bool MboxSource::resume(const std::string& position)
{
    char* end = nullptr;
    const auto at = std::strtoull(position.c_str(), &end, 10);
    if (single_ || end == position.c_str() || at > size_) return false;
    seek(at);
    Line line;
    const bool fits = at == size_ || (read_line(line) && line.text.starts_with("From ") &&
                                         date_of_from_line(without_line_end(line.text)));
    seek(fits ? at : 0);
    return fits;
}

std::string mbox_entry(const Mail& mail, std::string_view sender)
{
    const bool exact = !survives_lf(mail.bytes);
    const auto text = exact ? mail.bytes : to_lf(mail.bytes);
    const bool open = !text.ends_with('\n');
    auto out = from_line(sender, mail.delivered.value_or(Time{}));
    out += fmt::format("{}{}{}\nStatus: {}O\nX-Status: ", mark, exact ? "; exact" : "", open ? "; open" : "",
        mail.flags & seen ? "R" : "");
    for (const auto& [letter, flag] :
        {std::pair('A', answered), std::pair('F', flagged), std::pair('D', deleted), std::pair('T', draft)})
        if (mail.flags & flag) out += letter;
    out += "\nX-Keywords:";
    for (const auto& keyword : mail.keywords) out += " " + keyword;
    out += '\n';
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
        const auto line = std::string_view(text).substr(at, end - at);
        if (line.substr(std::min(line.find_first_not_of('>'), line.size())).starts_with("From ")) out += '>';
        out += line;
        at = end;
    }
    if (open) out += '\n';
    return out += '\n';
}

}  // namespace gateway::boxes
