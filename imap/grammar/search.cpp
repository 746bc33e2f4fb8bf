// search: arguments of SEARCH, RFC 3501 6.4.4 and 9 (search-key), RFC 4731, RFC 7162, RFC 8474.
#include "imap/grammar/common.h"
#include "imap/grammar/grammar.h"
#include "imap/limits.h"
#include "imap/text.h"
#include "mime/ascii.h"

#include <algorithm>
#include <array>

namespace imap::grammar {

namespace {

using command::Search;
using command::SearchKey;
using Kind = SearchKey::Kind;

struct Count {
    std::size_t keys = 0;
};

struct FlagKey {
    std::string_view name;
    Kind kind;
    Flags flag;
};

constexpr std::array<FlagKey, 13> flag_keys{
    {{"ANSWERED", Kind::flag, answered}, {"DELETED", Kind::flag, deleted}, {"DRAFT", Kind::flag, draft},
        {"FLAGGED", Kind::flag, flagged}, {"SEEN", Kind::flag, seen}, {"UNANSWERED", Kind::no_flag, answered},
        {"UNDELETED", Kind::no_flag, deleted}, {"UNDRAFT", Kind::no_flag, draft}, {"UNFLAGGED", Kind::no_flag, flagged},
        {"UNSEEN", Kind::no_flag, seen}, {"ALL", Kind::all, 0}, {"RECENT", Kind::recent, 0}, {"OLD", Kind::old, 0}}};

enum class Argument { text, day, number };

struct ContentName {
    std::string_view name;
    ContentKey::Kind kind;
    Argument argument;
};

constexpr std::array<ContentName, 17> content_names{{{"BCC", ContentKey::Kind::bcc, Argument::text},
    {"BODY", ContentKey::Kind::body, Argument::text}, {"CC", ContentKey::Kind::cc, Argument::text},
    {"FROM", ContentKey::Kind::from, Argument::text}, {"SUBJECT", ContentKey::Kind::subject, Argument::text},
    {"TEXT", ContentKey::Kind::text, Argument::text}, {"TO", ContentKey::Kind::to, Argument::text},
    {"BEFORE", ContentKey::Kind::before, Argument::day}, {"ON", ContentKey::Kind::on, Argument::day},
    {"SINCE", ContentKey::Kind::since, Argument::day}, {"SENTBEFORE", ContentKey::Kind::sent_before, Argument::day},
    {"SENTON", ContentKey::Kind::sent_on, Argument::day}, {"SENTSINCE", ContentKey::Kind::sent_since, Argument::day},
    {"LARGER", ContentKey::Kind::larger, Argument::number}, {"SMALLER", ContentKey::Kind::smaller, Argument::number},
    {"EMAILID", ContentKey::Kind::email_id, Argument::text},
    {"THREADID", ContentKey::Kind::thread_id, Argument::text}}};

SearchKey key(Cursor& in, Count& count, std::size_t depth);

// search-key *(SP search-key), all of which must hold
SearchKey conjunction(Cursor& in, Count& count, std::size_t depth)
{
    SearchKey out{Kind::all_of};
    do {
        out.keys.push_back(key(in, count, depth));
    } while (in.take(' '));
    if (out.keys.size() == 1) {
        SearchKey only = std::move(out.keys.front());
        return only;
    }
    return out;
}

SearchKey content(Cursor& in, ContentKey::Kind kind, Argument argument)
{
    SearchKey out{Kind::content};
    out.content.kind = kind;
    in.space();
    switch (argument) {
    case Argument::text: out.content.value = in.astring(); break;
    case Argument::day: out.content.day = date(in); break;
    case Argument::number: out.content.size = in.number64(); break;
    }
    return out;
}

// "HEADER" SP header-fld-name SP astring
SearchKey header(Cursor& in)
{
    SearchKey out{Kind::content};
    out.content.kind = ContentKey::Kind::header;
    in.space();
    out.content.field = in.astring();
    in.space();
    out.content.value = in.astring();
    return out;
}

// "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer ; RFC 7162. Entries all have
// the one MODSEQ.
SearchKey modseq(Cursor& in)
{
    SearchKey out{Kind::modseq};
    in.space();
    if (in.at('"')) {
        (void)in.string();
        in.space();
        const auto type = in.word();
        if (type != "PRIV" && type != "SHARED" && type != "ALL") in.fail("Unknown entry type");
        in.space();
    }
    out.modseq = in.number64();
    return out;
}

SearchKey keyword(Cursor& in, Kind kind)
{
    SearchKey out{kind};
    in.space();
    out.keyword = std::string{in.atom()};
    return out;
}

// "NEW" is RECENT UNSEEN
SearchKey new_messages()
{
    SearchKey out{Kind::all_of}, unseen{Kind::no_flag};
    unseen.flag = seen;
    out.keys.push_back(SearchKey{Kind::recent});
    out.keys.push_back(std::move(unseen));
    return out;
}

SearchKey inner(Cursor& in, Count& count, std::size_t depth)
{
    in.space();
    return key(in, count, depth + 1);
}

SearchKey named(Cursor& in, const std::string& name, Count& count, std::size_t depth)
{
    if (const auto found = std::ranges::find(flag_keys, name, &FlagKey::name); found != flag_keys.end()) {
        SearchKey out{found->kind};
        out.flag = found->flag;
        return out;
    }
    if (const auto found = std::ranges::find(content_names, name, &ContentName::name); found != content_names.end()) {
        return content(in, found->kind, found->argument);
    }
    SearchKey out;
    if (name == "HEADER") return header(in);
    if (name == "MODSEQ") return modseq(in);
    if (name == "KEYWORD") return keyword(in, Kind::keyword);
    if (name == "UNKEYWORD") return keyword(in, Kind::no_keyword);
    if (name == "NEW") return new_messages();
    if (name == "UID") {
        out.kind = Kind::uids;
        in.space();
        out.set = sequence_set(in);
    } else if (name == "NOT") {
        out.kind = Kind::none_of;
        out.keys.push_back(inner(in, count, depth));
    } else if (name == "OR") {
        out.kind = Kind::either;
        out.keys.push_back(inner(in, count, depth));
        out.keys.push_back(inner(in, count, depth));
    } else {
        in.fail("Unknown search key");
    }
    return out;
}

SearchKey key(Cursor& in, Count& count, std::size_t depth)
{
    if (depth > search_depth) in.fail("Search nested too deep");
    if (++count.keys > search_keys) in.fail("Too many search keys");
    if (in.failed()) return {};
    if (in.take('(')) {
        auto out = conjunction(in, count, depth + 1);
        in.expect(')');
        return out;
    }
    if (in.digit_next() || in.at('*')) {
        SearchKey out{Kind::numbers};
        out.set = sequence_set(in);
        return out;
    }
    return named(in, in.word(), count, depth);
}

// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
unsigned return_options(Cursor& in)
{
    using namespace command::search_return;
    unsigned options = 0;
    in.space();
    in.expect('(');
    if (in.take(')')) return all;
    do {
        const auto name = in.word();
        if (name == "MIN") {
            options |= min;
        } else if (name == "MAX") {
            options |= max;
        } else if (name == "ALL") {
            options |= all;
        } else if (name == "COUNT") {
            options |= command::search_return::count;
        } else {
            in.fail("Unknown return option of SEARCH");
        }
    } while (in.take(' '));
    in.expect(')');
    return options;
}

// search = "SEARCH" [search-return-opts] [SP "CHARSET" SP charset] 1*(SP search-key)
Command any_search(Cursor& in, Numbers numbers)
{
    Search out{numbers};
    Count count;
    in.space();
    if (in.take_word("RETURN")) {
        out.wanted = return_options(in);
        in.space();
    }
    if (in.take_word("CHARSET")) {
        in.space();
        out.charset = mime::uppered(in.astring());
        in.space();
    }
    out.key = conjunction(in, count, 0);
    return out;
}

}  // namespace

Command search(Cursor& in)
{
    return any_search(in, Numbers::sequence);
}

Command uid_search(Cursor& in)
{
    return any_search(in, Numbers::uid);
}

}  // namespace imap::grammar
