// tnef: MS-OXTNEF 2.1 (attributes), 2.1.3.4 (properties); names of properties as in MS-OXPROPS.
#include "mime/tnef.h"

#include "mime/ascii.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/limits.h"
#include "mime/rtf.h"
#include "mime/utf8.h"

#include <algorithm>
#include <cstdint>

namespace mime {

namespace {

constexpr std::uint32_t signature = 0x223E9F78;

enum Attribute : std::uint16_t {
    att_subject = 0x8004,
    att_message_class = 0x8008,
    att_body = 0x800C,
    att_attach_data = 0x800F,
    att_attach_title = 0x8010,
    att_attach_transport_filename = 0x9001,
    att_attach_rend_data = 0x9002,  // begins an attachment
    att_msg_props = 0x9003,
    att_attachment = 0x9005,
    att_oem_codepage = 0x9007,
};

enum PropertyId : std::uint16_t {
    pid_message_class = 0x001A,
    pid_subject = 0x0037,
    pid_body = 0x1000,
    pid_rtf_compressed = 0x1009,
    pid_html = 0x1013,
    pid_internet_codepage = 0x3FDE,
    pid_display_name = 0x3001,
    pid_attach_data = 0x3701,
    pid_attach_filename = 0x3704,
    pid_attach_long_filename = 0x3707,
    pid_attach_mime_tag = 0x370E,
    pid_attach_content_id = 0x3712,
};

enum PropertyType : std::uint16_t {
    type_object = 0x000D,
    type_string8 = 0x001E,
    type_unicode = 0x001F,
    type_guid = 0x0048,
    type_binary = 0x0102,
    multiple_values = 0x1000,
};

// Reads numbers, little end first. Past the end: zeros, and `ended` sticks.
class Cursor {
public:
    explicit Cursor(std::string_view octets) : octets_(octets) {}

    [[nodiscard]] std::uint32_t number(std::size_t size)
    {
        const auto octets = take(size);
        std::uint32_t result = 0;
        for (std::size_t i = octets.size(); i-- > 0;) result = result << 8 | static_cast<unsigned char>(octets[i]);
        return result;
    }

    std::string_view take(std::size_t size)
    {
        if (size > octets_.size() - at_) {
            ended_ = true;
            at_ = octets_.size();
            return {};
        }
        at_ += size;
        return octets_.substr(at_ - size, size);
    }

    // A value and what fills it up to a multiple of four.
    std::string_view padded(std::size_t size)
    {
        const auto value = take(size);
        if (!done()) take(std::min<std::size_t>((4 - size % 4) % 4, octets_.size() - at_));
        return value;
    }

    [[nodiscard]] bool done() const { return at_ == octets_.size(); }

    [[nodiscard]] bool ended() const { return ended_; }

private:
    std::string_view octets_;
    std::size_t at_ = 0;
    bool ended_ = false;
};

struct Property {
    std::uint16_t id = 0;
    std::uint16_t type = 0;  // of one value
    std::string_view value;  // the first of several
};

// Octets of a value of fixed length; 0: it says itself how long it is. Types that nobody knows end
// the reading: what follows cannot be found.
std::optional<std::size_t> fixed_length(std::uint16_t type)
{
    switch (type) {
    case type_object:
    case type_string8:
    case type_unicode:
    case type_binary: return 0;
    case 0x0002:
    case 0x0003:
    case 0x0004:
    case 0x000A:
    case 0x000B: return 4;
    case 0x0005:
    case 0x0006:
    case 0x0007:
    case 0x0014:
    case 0x0040: return 8;
    case type_guid: return 16;
    default: return std::nullopt;
    }
}

void skip_name(Cursor& in)
{
    in.take(16);  // GUID of the set
    if (in.number(4) == 0) in.take(4);
    else in.padded(in.number(4));
}

// Each property of a list: MS-OXTNEF 2.1.3.4. False when it could not be read to its end.
template <class Each>
bool each_property(std::string_view octets, Each each)
{
    Cursor in(octets);
    const std::uint32_t count = in.number(4);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (in.ended() || i == Limits{}.tnef_properties) return false;
        Property property;
        const auto type = static_cast<std::uint16_t>(in.number(2));
        property.id = static_cast<std::uint16_t>(in.number(2));
        property.type = static_cast<std::uint16_t>(type & ~multiple_values);
        if (property.id >= 0x8000) skip_name(in);
        if (property.type <= 0x0001) {  // unspecified, null: without a value
            each(property);
            continue;
        }
        const auto length = fixed_length(property.type);
        if (!length) return false;
        const std::uint32_t values = *length == 0 || (type & multiple_values) != 0 ? in.number(4) : 1;
        for (std::uint32_t v = 0; v < values && !in.ended(); ++v) {
            const auto value = in.padded(*length == 0 ? in.number(4) : *length);
            if (v == 0) property.value = value;
        }
        if (!in.ended()) each(property);
    }
    return !in.ended();
}

std::string_view until_nul(std::string_view text)
{
    return text.substr(0, text.find('\0'));
}

std::string with_lf(std::string text)
{
    text.resize(text.find_last_not_of('\0') + 1);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
    return out;
}

// A name that a stranger gave: no folders, no controls.
std::string file_name(std::string_view name)
{
    const auto slash = name.find_last_of("/\\");
    std::string result(name.substr(slash == std::string_view::npos ? 0 : slash + 1));
    for (char& c : result)
        if (is_control(c)) c = ' ';
    return std::string(trimmed(result));
}

std::string media_type(std::string_view text)
{
    const std::string lower = lowered(until_nul(text));
    const auto slash = lower.find('/');
    const auto token = [](std::string_view word) {
        return !word.empty() && word.size() <= 127 && std::all_of(word.begin(), word.end(), is_token);
    };
    const std::string_view all = lower;
    const bool valid = slash != std::string::npos && token(all.substr(0, slash)) && token(all.substr(slash + 1));
    return valid ? lower : "";
}

class Reader {
public:
    explicit Reader(std::string_view octets) : octets_(octets) {}

    Tnef run()
    {
        Cursor in(octets_);
        in.take(6);  // signature and key
        std::size_t count = 0;
        while (!in.done()) {
            const std::uint32_t level = in.number(1);
            if (level != 1 && level != 2) break;  // what mailers append is no TNEF
            if (++count > Limits{}.tnef_attributes) break;
            const auto attribute = static_cast<std::uint16_t>(in.number(4) & 0xFFFF);
            const auto value = in.take(in.number(4));
            const auto sum = in.number(2);
            if (in.ended()) break;
            if (sum != sum_of(value)) tnef_.damaged = true;
            read(attribute, value);
        }
        if (!in.done() || in.ended()) tnef_.damaged = true;
        finish();
        return std::move(tnef_);
    }

private:
    static std::uint32_t sum_of(std::string_view octets)
    {
        std::uint32_t sum = 0;
        for (const char c : octets) sum += static_cast<unsigned char>(c);
        return sum & 0xFFFF;
    }

    void read(std::uint16_t attribute, std::string_view value)
    {
        switch (attribute) {
        case att_oem_codepage: codepage_ = Cursor(value).number(std::min<std::size_t>(value.size(), 4)); break;
        case att_message_class: tnef_.message_class = text(until_nul(value)); break;
        case att_subject: tnef_.subject = text(until_nul(value)); break;
        case att_body: tnef_.text = with_lf(text(until_nul(value))); break;
        case att_msg_props: properties(value, &Reader::of_message); break;
        case att_attach_rend_data: begin_file(); break;
        case att_attach_title: candidate(1, text(until_nul(value))); break;
        case att_attach_transport_filename: candidate(2, text(until_nul(value))); break;
        case att_attach_data: content(value); break;
        case att_attachment: properties(value, &Reader::of_file); break;
        default: break;
        }
    }

    void properties(std::string_view list, void (Reader::*each)(const Property&))
    {
        if (!each_property(list, [&](const Property& property) { (this->*each)(property); })) tnef_.damaged = true;
    }

    void of_message(const Property& property)
    {
        switch (property.id) {
        case pid_message_class: tnef_.message_class = text(property); break;
        case pid_subject: tnef_.subject = text(property); break;
        case pid_body: tnef_.text = with_lf(text(property)); break;
        case pid_html: html_ = property; break;
        case pid_rtf_compressed:
            if (!property.value.empty()) tnef_.rtf = range_of(property.value);
            break;
        case pid_internet_codepage:
            internet_codepage_ = Cursor(property.value).number(std::min<std::size_t>(property.value.size(), 4));
            break;
        default: break;
        }
    }

    void of_file(const Property& property)
    {
        switch (property.id) {
        case pid_attach_long_filename: candidate(4, text(property)); break;
        case pid_attach_filename: candidate(3, text(property)); break;
        case pid_display_name: candidate(0, text(property)); break;
        case pid_attach_mime_tag: file().type = media_type(text(property)); break;
        case pid_attach_content_id: file().content_id = std::string(trimmed(text(property))); break;
        case pid_attach_data: data(property); break;
        default: break;
        }
    }

    // An object is 16 octets that name its kind and then the object: a message is TNEF again.
    void data(const Property& property)
    {
        auto value = property.value;
        if (property.type == type_object && value.size() >= 16) value.remove_prefix(16);
        content(value);
        if (Cursor(value).number(std::min<std::size_t>(value.size(), 4)) == signature)
            file().type = "application/ms-tnef";
    }

    [[nodiscard]] Range range_of(std::string_view value) const
    {
        return {static_cast<std::uint64_t>(value.data() - octets_.data()), value.size()};
    }

    void content(std::string_view value)
    {
        if (!value.empty()) file().content = range_of(value);
    }

    void begin_file()
    {
        rank_ = -1;
        if (tnef_.files.size() < Limits{}.tnef_files) tnef_.files.emplace_back();
        else tnef_.damaged = spare_ = true;
    }

    // The one that is being read; what stands before any, or after too many, goes nowhere.
    TnefFile& file() { return tnef_.files.empty() || spare_ ? nowhere_ : tnef_.files.back(); }

    // The name that ranks highest is the best one.
    void candidate(int rank, std::string_view name)
    {
        const auto usable = file_name(name);
        if (rank < rank_ || usable.empty()) return;
        rank_ = rank;
        file().name = usable;
    }

    [[nodiscard]] std::string text(std::string_view octets) const { return in_codepage(octets, codepage_); }

    [[nodiscard]] std::string text(const Property& property) const
    {
        if (property.type == type_unicode) {
            auto result = to_utf8(property.value, "utf-16le");
            result.resize(until_nul(result).size());
            return result;
        }
        return property.type == type_string8 ? text(until_nul(property.value)) : std::string{};
    }

    static std::string in_codepage(std::string_view octets, std::uint32_t codepage)
    {
        if (codepage == 65001) return to_utf8(octets, "utf-8");
        return codepage == 0 ? guessed_utf8(octets) : to_utf8(octets, charset_of_codepage(codepage));
    }

    // What depends on properties that may come later.
    void finish()
    {
        if (html_.type == type_binary)
            tnef_.html =
                with_lf(in_codepage(until_nul(html_.value), internet_codepage_ != 0 ? internet_codepage_ : codepage_));
        else tnef_.html = with_lf(text(html_));
        std::erase_if(tnef_.files, [](const TnefFile& each) { return each.content.length == 0 && each.name.empty(); });
    }

    std::string_view octets_;
    Tnef tnef_;
    Property html_;
    std::uint32_t codepage_ = 0;
    std::uint32_t internet_codepage_ = 0;
    int rank_ = -1;
    TnefFile nowhere_;
    bool spare_ = false;  // more files than are kept: this one is not
};

}  // namespace

std::optional<Tnef> read_tnef(std::string_view octets)
{
    if (octets.size() < 6 || Cursor(octets).number(4) != signature) return std::nullopt;
    return Reader(octets).run();
}

}  // namespace mime
