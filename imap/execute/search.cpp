// search: SEARCH, RFC 3501 6.4.4, with ESEARCH (RFC 4731) and MODSEQ (RFC 7162 3.1.5).
//
// Flags and numbers are looked up in the view; what is in the mails is asked of the mailbox, after
// everything that makes the candidates fewer.
#include "imap/response/search.h"

#include "imap/execute/execute.h"
#include "imap/text.h"
#include "mime/ascii.h"
#include "mime/utf8.h"

#include <algorithm>

namespace imap {

namespace {

using command::Search;
using command::SearchKey;
using Kind = SearchKey::Kind;
using Places = std::vector<Position>;  // ascending

bool mentions_modseq(const SearchKey& key)
{
    return key.kind == Kind::modseq || std::ranges::any_of(key.keys, mentions_modseq);
}

// What a key looks for goes to the store as text: it must be some.
bool readable(const SearchKey& key)
{
    return mime::is_utf8(key.content.value) && mime::is_utf8(key.content.field) &&
           std::ranges::all_of(key.keys, readable);
}

// How dear a key is: 0 in memory, 1 a look at what is stored beside the mail, 2 its text.
constexpr int dearest = 2;

int cost(const SearchKey& key)
{
    int most = 0;
    if (key.kind == Kind::content) {
        using Content = ContentKey::Kind;
        const auto kind = key.content.kind;
        return kind == Content::text || kind == Content::body || kind == Content::header ? 2 : 1;
    }
    for (const auto& inner : key.keys) most = std::max(most, cost(inner));
    return most;
}

Places without(const Places& from, const Places& what)
{
    Places out;
    std::ranges::set_difference(from, what, std::back_inserter(out));
    return out;
}

class Searching {
public:
    explicit Searching(Conversation& conversation)
        : selected_{*conversation.selected}
        , messages_{selected_.view.messages()}
        , keywords_{conversation.mailboxes->keywords()}
    {
    }

    // Those of `among` that match.
    Async<Places> matching(const SearchKey& key, Places among)
    {
        if (among.empty()) co_return among;
        switch (key.kind) {
        case Kind::all_of: co_return co_await all_of(key, std::move(among));
        case Kind::either: co_return co_await either(key, std::move(among));
        case Kind::none_of: {
            const auto found = co_await matching(key.keys.front(), among);
            co_return without(among, found);
        }
        case Kind::content: co_return co_await content(key.content, std::move(among));
        case Kind::numbers: co_return numbered(key.set, Numbers::sequence, among);
        case Kind::uids: co_return numbered(key.set, Numbers::uid, among);
        default: break;
        }
        std::erase_if(among, [&](Position place) { return !matches(key, messages_[place]); });
        co_return among;
    }

    [[nodiscard]] Places everything() const
    {
        Places out(messages_.size());
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<Position>(i);
        return out;
    }

private:
    [[nodiscard]] bool matches(const SearchKey& key, const MessageState& message) const
    {
        switch (key.kind) {
        case Kind::flag: return (message.flags & key.flag) != 0;
        case Kind::no_flag: return (message.flags & key.flag) == 0;
        case Kind::keyword: return (message.flags & keyword(key.keyword)) != 0;
        case Kind::no_keyword: return (message.flags & keyword(key.keyword)) == 0;
        case Kind::recent: return selected_.recent(message);
        case Kind::old: return !selected_.recent(message);
        case Kind::modseq: return message.modseq >= key.modseq;
        default: return true;
        }
    }

    // 0 for a keyword that nobody has: no message matches.
    [[nodiscard]] Flags keyword(std::string_view name) const
    {
        for (std::size_t i = 0; i < keywords_.size() && i + first_keyword < 64; ++i) {
            if (mime::equal_ignoring_case(keywords_[i], name)) return Flags{1} << (i + first_keyword);
        }
        return 0;
    }

    [[nodiscard]] Places numbered(const SequenceSet& set, Numbers numbers, const Places& among) const
    {
        Places out;
        SequenceSet there;  // a number beyond the view matches nothing
        const auto size = static_cast<std::uint32_t>(messages_.size());
        for (auto range : set.ranges) {
            if (numbers == Numbers::sequence) {
                range = {range.first == star ? size : range.first, range.last == star ? size : range.last};
                if (std::min(range.first, range.last) > size) continue;
                range = {std::min(range.first, size), std::min(range.last, size)};
            }
            there.ranges.push_back(range);
        }
        const auto named = positions(there, numbers, messages_).value_or(Places{});
        std::ranges::set_intersection(among, named, std::back_inserter(out));
        return out;
    }

    Async<Places> all_of(const SearchKey& key, Places among)
    {
        for (int price = 0; price <= dearest; ++price) {
            for (const auto& inner : key.keys) {
                if (cost(inner) == price) among = co_await matching(inner, std::move(among));
            }
        }
        co_return among;
    }

    Async<Places> either(const SearchKey& key, Places among)
    {
        const bool swap = cost(key.keys[1]) < cost(key.keys[0]);
        const auto first = co_await matching(key.keys[swap ? 1 : 0], among);
        const auto second = co_await matching(key.keys[swap ? 0 : 1], without(among, first));
        Places out;
        std::ranges::set_union(first, second, std::back_inserter(out));
        co_return out;
    }

    Async<Places> content(const ContentKey& key, Places among)
    {
        std::vector<Uid> uids;
        uids.reserve(among.size());
        for (const auto place : among) uids.push_back(messages_[place].uid);
        const auto found = co_await selected_.mailbox->matching(key, std::move(uids));
        std::erase_if(among, [&](Position place) { return !std::ranges::binary_search(found, messages_[place].uid); });
        co_return among;
    }

    Selected& selected_;
    std::span<const MessageState> messages_;
    std::vector<std::string> keywords_;
};

}  // namespace

Async<Reply> execute(Conversation& conversation, const Search& command)
{
    if (!command.charset.empty() && command.charset != "UTF-8" && command.charset != "US-ASCII") {
        co_return no("Charset not known", "BADCHARSET (US-ASCII UTF-8)");
    }
    if (!readable(command.key)) co_return no("Search text is not UTF-8", "BADCHARSET (US-ASCII UTF-8)");
    const bool modseq = mentions_modseq(command.key);
    if (modseq) conversation.condstore = true;
    Searching searching{conversation};
    const auto places = co_await searching.matching(command.key, searching.everything());

    const auto messages = conversation.selected->view.messages();
    std::vector<std::uint32_t> numbers;
    std::vector<ModSeq> modseqs;
    numbers.reserve(places.size());
    for (const auto place : places) {
        numbers.push_back(command.numbers == Numbers::uid ? messages[place].uid : place + 1);
        if (modseq) modseqs.push_back(messages[place].modseq);
    }
    if (command.wanted) {
        response::put_esearch(
            conversation.out(), conversation.tag, command.numbers, *command.wanted, {numbers, modseqs});
    } else {
        response::put_search(conversation.out(), {numbers, modseqs});
    }
    co_return ok("Search completed");
}

}  // namespace imap
