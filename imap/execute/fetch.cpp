// fetch: FETCH, RFC 3501 6.4.5, RFC 7162 3.1.4 and 3.2.6, RFC 8474.
//
// Descriptions come in batches; small mails are read whole, several at once; large ones go through
// in pieces, so that none is ever whole in memory.
#include "imap/response/fetch.h"

#include "imap/execute/execute.h"
#include "imap/news.h"
#include "imap/response/vanished.h"
#include "imap/resync.h"
#include "imap/section.h"
#include "imap/text.h"

namespace imap {

namespace {

using namespace command::fetch_item;
using command::Fetch;
using command::Section;

unsigned needs_of(const Fetch& command)
{
    constexpr auto bit = [](Needs need) { return static_cast<unsigned>(need); };
    unsigned needs = 0;
    if ((command.items & (internal_date | command::fetch_item::size)) != 0) needs |= bit(Needs::size_and_date);
    if ((command.items & (envelope | body | body_structure)) != 0) needs |= bit(Needs::description);
    if ((command.items & (email_id | thread_id)) != 0) needs |= bit(Needs::ids);
    if (!command.sections.empty()) needs |= bit(Needs::size_and_date);
    const auto simple = [](const Section& section) {
        return section.path.empty() && section.kind == Section::Kind::whole;
    };
    if (!std::ranges::all_of(command.sections, simple)) needs |= bit(Needs::outline);
    return needs;
}

// What of a mail is in memory: octets [offset, offset + bytes.size()).
struct Window {
    std::uint64_t offset = 0;
    std::string_view bytes;

    [[nodiscard]] bool covers(mime::Range range) const
    {
        return range.offset >= offset && range.end() <= offset + bytes.size();
    }

    [[nodiscard]] std::string_view of(mime::Range range) const
    {
        return bytes.substr(range.offset - offset, range.length);
    }
};

struct Message {
    response::FetchLine line;
    Metadata metadata;
    std::vector<Extent> extents;  // one for each section

    // The smallest range that has all that is wanted.
    [[nodiscard]] mime::Range span() const
    {
        std::uint64_t begin = metadata.size, end = 0;
        for (const auto& extent : extents) {
            if (!extent.exists || extent.range.length == 0) continue;
            begin = std::min(begin, extent.range.offset);
            end = std::max(end, extent.range.end());
        }
        return end > begin ? mime::Range{begin, end - begin} : mime::Range{};
    }
};

void put_literal_head(std::string& out, std::uint64_t size)
{
    out += '{';
    put_number(out, size);
    out += "}\r\n";
}

class Fetching {
public:
    Fetching(Conversation& conversation, const Fetch& command)
        : conversation_{conversation}
        , command_{command}
        , mailbox_{*conversation.selected->mailbox}
        , needs_{needs_of(command)}
        , items_{command.items}
    {
        sets_seen_ =
            !mailbox_.read_only() && std::ranges::any_of(command.sections, [](const auto& s) { return !s.peek; });
        if (conversation.condstore && (items_ & flags) != 0) items_ |= modseq;
    }

    Async<Reply> run(std::vector<Position> places)
    {
        if (command_.vanished) co_await tell_vanished();
        if (command_.changed_since) keep_changed(places);
        keywords_ = conversation_.mailboxes->keywords();
        tell_new_keywords(conversation_, keywords_);
        for (std::size_t at = 0; at < places.size(); at += metadata_batch) {
            const auto end = std::min(at + metadata_batch, places.size());
            co_await batch(
                {places.begin() + static_cast<std::ptrdiff_t>(at), places.begin() + static_cast<std::ptrdiff_t>(end)});
        }
        conversation_.own.states = std::move(told_);
        if (!missed_) co_return ok("Fetch completed");
        const std::string text = "Some messages are no longer there";
        co_return command_.numbers == Numbers::uid ? ok(text, "EXPUNGEISSUED") : no(text, "EXPUNGEISSUED");
    }

private:
    Async<void> tell_vanished()
    {
        const auto expunged = co_await mailbox_.expunged_since(*command_.changed_since);
        const auto gone = vanished(expunged, command_.set, conversation_.selected->view.messages());
        response::put_vanished(conversation_.out(), gone, response::Vanished::earlier);
    }

    void keep_changed(std::vector<Position>& places)
    {
        const auto messages = conversation_.selected->view.messages();
        const auto now = mailbox_.snapshot();
        std::erase_if(
            places, [&](Position place) { return newest(messages[place], *now).modseq <= *command_.changed_since; });
    }

    // The messages' flags as they are now; with \Seen where this command sets it.
    Async<std::vector<MessageState>> states(const std::vector<Position>& places)
    {
        const auto& view = conversation_.selected->view;
        const auto now = mailbox_.snapshot();
        std::vector<MessageState> out;
        out.reserve(places.size());
        for (const auto place : places) {
            const auto& known = view.messages()[place];
            out.push_back(view.shows(now) ? known : newest(known, *now));
        }
        if (sets_seen_) co_await see(out);
        co_return out;
    }

    Async<void> see(std::vector<MessageState>& states)
    {
        std::vector<Uid> unseen;
        for (const auto& state : states) {
            if ((state.flags & seen) == 0) unseen.push_back(state.uid);
        }
        if (unseen.empty()) co_return;
        auto stored = co_await mailbox_.store(std::move(unseen), StoreMode::add, seen, {}, std::nullopt);
        if (!stored) co_return;  // the mail can be read without
        for (const auto& changed : stored->changed) {
            const auto state = std::ranges::find(states, changed.uid, &MessageState::uid);
            if (state == states.end()) continue;
            *state = changed;
            newly_seen_.push_back(changed.uid);
        }
        std::ranges::sort(newly_seen_);
    }

    Async<void> batch(std::vector<Position> places)
    {
        newly_seen_.clear();
        const auto current = co_await states(places);
        std::vector<Metadata> described;
        if (needs_ != 0) described = co_await mailbox_.metadata(conversation_.uids(places), needs_);
        std::vector<Message> messages;
        auto next = described.begin();
        for (std::size_t i = 0; i < places.size(); ++i) {
            Message message;
            message.line = {places[i], current[i], conversation_.selected->recent(current[i])};
            if (needs_ != 0) {
                while (next != described.end() && next->uid < current[i].uid) ++next;
                if (next == described.end() || next->uid != current[i].uid) {
                    missed_ = true;
                    continue;
                }
                message.metadata = std::move(*next);
            }
            if (command_.sections.empty()) {
                put_head(message);
                conversation_.out() += ")\r\n";
            } else {
                for (const auto& section : command_.sections) {
                    message.extents.push_back(locate(section, message.metadata.outline, message.metadata.size));
                }
                messages.push_back(std::move(message));
            }
            if (conversation_.out().size() >= output_batch) co_await conversation_.channel.flush();
        }
        co_await bodies(messages);
    }

    // "* 3 FETCH (…", up to the sections
    void put_head(Message& message)
    {
        auto items = items_;
        if (std::ranges::binary_search(newly_seen_, message.line.state.uid)) {
            items |= flags | (conversation_.condstore ? uid | modseq : 0U);
        }
        if (needs_ != 0) message.line.metadata = &message.metadata;
        if ((items & flags) != 0) told_.push_back(message.line.state);
        response::put_fetch(conversation_.out(), message.line, items, keywords_);
        first_section_ = items == 0;
    }

    Async<void> bodies(std::vector<Message>& messages)
    {
        for (std::size_t at = 0; at < messages.size();) {
            std::uint64_t sum = 0;
            auto end = at;
            while (end < messages.size() && messages[end].metadata.size <= small_mail &&
                   sum + messages[end].metadata.size <= body_batch) {
                sum += messages[end++].metadata.size;
            }
            if (end > at) {
                co_await small({messages.begin() + static_cast<std::ptrdiff_t>(at),
                    messages.begin() + static_cast<std::ptrdiff_t>(end)});
                at = end;
            } else {
                co_await large(messages[at++]);
            }
        }
    }

    Async<void> small(std::span<Message> messages)
    {
        std::vector<Uid> uids;
        for (const auto& message : messages) uids.push_back(message.line.state.uid);
        const auto bytes = co_await mailbox_.read(std::move(uids));
        for (std::size_t i = 0; i < messages.size(); ++i) {
            // "" may be an empty mail, which has nothing to be missed.
            if (i >= bytes.size() || bytes[i].size() != messages[i].metadata.size) {
                missed_ = true;
                continue;
            }
            put_whole(messages[i], {0, bytes[i]});
            if (conversation_.out().size() >= output_batch) co_await conversation_.channel.flush();
        }
    }

    // A header or a small part of a large mail is read in one piece; more goes through piece by
    // piece.
    Async<void> large(Message& message)
    {
        const auto span = message.span();
        const auto first =
            co_await mailbox_.read(message.line.state.uid, span.offset, std::min(span.length, body_piece));
        const Window window{span.offset, first};
        if (first.empty() && span.length > 0) {
            missed_ = true;
        } else if (window.covers(span)) {
            put_whole(message, window);
        } else {
            co_await stream(message, window);
        }
    }

    void put_whole(Message& message, Window window)
    {
        put_head(message);
        auto& out = conversation_.out();
        for (std::size_t i = 0; i < message.extents.size(); ++i) {
            put_label(i);
            const auto& extent = message.extents[i];
            if (!extent.exists) {
                out += "NIL";
            } else if (extent.picked) {
                put_picked(i, extent.range.length == 0 ? std::string_view{} : window.of(extent.range));
            } else {
                put_literal_head(out, extent.range.length);
                if (extent.range.length > 0) out += window.of(extent.range);
            }
        }
        out += ")\r\n";
    }

    Async<void> stream(Message& message, Window window)
    {
        Channel::Unfinished unfinished{conversation_.channel};
        put_head(message);
        auto& out = conversation_.out();
        const auto uid = message.line.state.uid;
        for (std::size_t i = 0; i < message.extents.size(); ++i) {
            put_label(i);
            const auto& extent = message.extents[i];
            if (!extent.exists) {
                out += "NIL";
            } else if (extent.picked) {
                const auto length = std::min(extent.range.length, body_batch);  // no honest header is longer
                put_picked(i, co_await mailbox_.read(uid, extent.range.offset, length));
            } else {
                put_literal_head(out, extent.range.length);
                co_await put_pieces(uid, extent.range, window);
            }
        }
        out += ")\r\n";
        unfinished.finished();
        co_await conversation_.channel.relieve();
    }

    Async<void> put_pieces(Uid uid, mime::Range range, Window window)
    {
        while (range.length > 0) {
            const mime::Range piece{range.offset, std::min(range.length, body_piece)};
            std::size_t got = piece.length;
            if (window.covers(piece)) {
                conversation_.out() += window.of(piece);
            } else {
                const auto bytes = co_await mailbox_.read(uid, piece.offset, piece.length);
                // Its length has been announced: nothing true can follow.
                if (bytes.empty()) throw std::runtime_error{"a mail went away while it was being sent"};
                conversation_.out() += bytes;
                got = bytes.size();
            }
            range = {range.offset + got, range.length - got};
            co_await conversation_.channel.relieve();
        }
    }

    void put_label(std::size_t section)
    {
        auto& out = conversation_.out();
        if (!std::exchange(first_section_, false)) out += ' ';
        out += command_.sections[section].label;
        out += ' ';
    }

    void put_picked(std::size_t section, std::string_view header)
    {
        const auto fields = pick_fields(command_.sections[section], header);
        put_literal_head(conversation_.out(), fields.size());
        conversation_.out() += fields;
    }

    Conversation& conversation_;
    const Fetch& command_;
    Mailbox& mailbox_;
    unsigned needs_;
    unsigned items_;
    bool sets_seen_ = false;
    bool missed_ = false;
    bool first_section_ = false;
    std::vector<std::string> keywords_;
    std::vector<Uid> newly_seen_;  // in this batch
    std::vector<MessageState> told_;
};

}  // namespace

Async<Reply> execute(Conversation& conversation, const Fetch& command)
{
    if (command.vanished && !conversation.qresync) co_return bad("QRESYNC is not enabled");
    auto places = conversation.positions(command.set, command.numbers);
    if (!places) co_return bad(std::string{bad_numbers});
    if ((command.items & modseq) != 0) conversation.condstore = true;  // RFC 7162 3.1
    Fetching fetching{conversation, command};
    co_return co_await fetching.run(std::move(*places));
}

}  // namespace imap
