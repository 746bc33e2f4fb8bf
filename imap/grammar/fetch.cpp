// fetch: arguments of FETCH, RFC 3501 6.4.5 and 9 (fetch-att, section), RFC 7162, RFC 8474.
#include "imap/grammar/common.h"
#include "imap/grammar/grammar.h"
#include "imap/limits.h"
#include "imap/text.h"
#include "mime/ascii.h"

#include <algorithm>
#include <array>

namespace imap::grammar {

namespace {

using namespace command::fetch_item;
using command::Fetch;
using command::Section;

struct Item {
    std::string_view name;
    unsigned bits;
};

constexpr unsigned fast = flags | internal_date | command::fetch_item::size;
constexpr std::array<Item, 13> items{{{"UID", uid}, {"FLAGS", flags}, {"INTERNALDATE", internal_date},
    {"RFC822.SIZE", command::fetch_item::size}, {"MODSEQ", modseq}, {"ENVELOPE", envelope}, {"BODY", body},
    {"BODYSTRUCTURE", body_structure}, {"EMAILID", email_id}, {"THREADID", thread_id}, {"FAST", fast},
    {"ALL", fast | envelope}, {"FULL", fast | envelope | body}}};

// The names that RFC 822 gave to sections; .PEEK of the first is older still, and Outlook sends it.
struct OldSection {
    std::string_view name, label;
    Section::Kind kind;
    bool peek;
};

constexpr std::array<OldSection, 4> old_sections{
    {{"RFC822", "RFC822", Section::Kind::whole, false}, {"RFC822.PEEK", "RFC822", Section::Kind::whole, true},
        {"RFC822.HEADER", "RFC822.HEADER", Section::Kind::header, true},
        {"RFC822.TEXT", "RFC822.TEXT", Section::Kind::text, false}}};

// header-list = "(" header-fld-name *(SP header-fld-name) ")"
void header_list(Cursor& in, Section& out)
{
    in.space();
    in.expect('(');
    do {
        out.fields.push_back(in.astring());
        if (out.fields.size() > header_names) in.fail("Too many header names");
    } while (in.take(' '));
    in.expect(')');
}

// section-text = section-msgtext / "MIME"
// section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
void section_text(Cursor& in, Section& out)
{
    const auto name = in.word();
    if (name == "HEADER") {
        out.kind = Section::Kind::header;
    } else if (name == "TEXT") {
        out.kind = Section::Kind::text;
    } else if (name == "MIME" && !out.path.empty()) {
        out.kind = Section::Kind::mime;
    } else if (name == "HEADER.FIELDS" || name == "HEADER.FIELDS.NOT") {
        out.kind = name.ends_with("NOT") ? Section::Kind::fields_not : Section::Kind::fields;
        header_list(in, out);
    } else {
        in.fail("Unknown section");
    }
}

// section-spec = section-msgtext / (section-part ["." section-text])
void section_spec(Cursor& in, Section& out)
{
    while (in.digit_next()) {
        out.path.push_back(in.nz_number());
        if (out.path.size() > section_path) in.fail("Section too deep");
        if (!in.take('.')) return;
    }
    section_text(in, out);
}

void put_section(std::string& label, const Section& section)
{
    for (const auto number : section.path) {
        if (label.back() != '[') label += '.';
        put_number(label, number);
    }
    static constexpr std::array<std::string_view, 6> names{
        "", "HEADER", "TEXT", "MIME", "HEADER.FIELDS", "HEADER.FIELDS.NOT"};
    const auto name = names[static_cast<std::size_t>(section.kind)];
    if (!name.empty() && !section.path.empty()) label += '.';
    label += name;
    if (section.fields.empty()) return;
    char before = '(';
    label += ' ';
    for (const auto& field : section.fields) {
        label += before;
        put_astring(label, field);
        before = ' ';
    }
    label += ')';
}

// "<" number "." nz-number ">"
void partial(Cursor& in, Section& out)
{
    if (!in.take('<')) return;
    const auto offset = in.number64();
    in.expect('.');
    const auto length = in.number64();
    if (length == 0) in.fail("Nothing asked for");
    in.expect('>');
    out.partial.emplace(offset, length);
    out.label += '<';
    put_number(out.label, offset);
    out.label += '>';
}

// "BODY" [".PEEK"] section ["<" number "." nz-number ">"], from the "[" on
void section(Cursor& in, bool peek, Fetch& out)
{
    Section found;
    found.peek = peek;
    in.expect('[');
    if (!in.at(']')) section_spec(in, found);
    in.expect(']');
    found.label = "BODY[";
    put_section(found.label, found);
    found.label += ']';
    partial(in, found);
    if (out.sections.size() >= fetch_sections) in.fail("Too many sections");
    out.sections.push_back(std::move(found));
}

enum class Macros { allowed, forbidden };

void fetch_att(Cursor& in, Fetch& out, Macros macros)
{
    const auto name = mime::uppered(in.until("[]()<>"));
    if (in.failed()) return;
    if (in.at('[')) {
        if (name != "BODY" && name != "BODY.PEEK") in.fail("Unknown section");
        return section(in, name == "BODY.PEEK", out);
    }
    const auto old = std::ranges::find(old_sections, name, &OldSection::name);
    if (old != old_sections.end()) {
        Section found;
        found.kind = old->kind;
        found.peek = old->peek;
        found.label = old->label;
        out.sections.push_back(std::move(found));
        if (out.sections.size() > fetch_sections) in.fail("Too many sections");
        return;
    }
    const auto item = std::ranges::find(items, name, &Item::name);
    const bool macro = name == "FAST" || name == "ALL" || name == "FULL";
    if (item == items.end() || (macro && macros == Macros::forbidden)) return in.fail("Unknown item of FETCH");
    out.items |= item->bits;
}

// fetch-modifiers = SP "(" "CHANGEDSINCE" SP mod-sequence-value [SP "VANISHED"] ")" ; RFC 7162, in any order. 0, which
// iOS sends, means all. VANISHED is for UID FETCH, and with CHANGEDSINCE only.
void modifiers(Cursor& in, Fetch& out)
{
    if (!in.take(' ')) return;
    in.expect('(');
    do {
        const auto name = in.word();
        if (name == "CHANGEDSINCE") {
            in.space();
            out.changed_since = in.number64();
            out.items |= modseq;
        } else if (name == "VANISHED" && out.numbers == Numbers::uid) {
            out.vanished = true;
        } else {
            in.fail("Unknown modifier of FETCH");
        }
    } while (in.take(' '));
    if (out.vanished && !out.changed_since) in.fail("VANISHED needs CHANGEDSINCE");
    in.expect(')');
}

// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP
// fetch-att) ")")
//         [fetch-modifiers]
Command any_fetch(Cursor& in, Numbers numbers)
{
    Fetch out{numbers};
    in.space();
    out.set = sequence_set(in);
    in.space();
    if (in.at('(')) {
        fetch_items(in, out);
    } else {
        fetch_att(in, out, Macros::allowed);
    }
    modifiers(in, out);
    if (numbers == Numbers::uid) out.items |= uid;
    return out;
}

}  // namespace

void fetch_items(Cursor& in, Fetch& out)
{
    in.expect('(');
    do {
        fetch_att(in, out, Macros::forbidden);
    } while (in.take(' '));
    in.expect(')');
}

Command fetch(Cursor& in)
{
    return any_fetch(in, Numbers::sequence);
}

Command uid_fetch(Cursor& in)
{
    return any_fetch(in, Numbers::uid);
}

}  // namespace imap::grammar
