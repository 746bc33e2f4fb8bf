// news: tells the client how the selected mailbox has changed, RFC 3501 5.2, 7.3, 7.4.1.
#include "imap/news.h"

#include "imap/response/flags.h"
#include "imap/response/vanished.h"
#include "imap/text.h"

namespace imap {

namespace {

void put_line(std::string& out, std::uint64_t number, std::string_view what)
{
    out += "* ";
    put_number(out, number);
    out += what;
}

}  // namespace

void put_flags_update(Conversation& conversation, Position place, const MessageState& state,
    std::span<const std::string> keywords, Numbers numbers)
{
    auto& out = conversation.out();
    put_line(out, place + 1, " FETCH (");
    if (conversation.condstore || numbers == Numbers::uid) {
        out += "UID ";
        put_number(out, state.uid);
        out += ' ';
    }
    if (conversation.condstore) {
        out += "MODSEQ (";
        put_number(out, state.modseq);
        out += ") ";
    }
    out += "FLAGS ";
    const bool recent = conversation.selected->recent(state);
    response::put_flags(out, state.flags, keywords, recent ? response::Recent::yes : response::Recent::no);
    out += ")\r\n";
}

void tell_new_keywords(Conversation& conversation, std::span<const std::string> keywords)
{
    auto& selected = *conversation.selected;
    if (keywords.size() <= selected.keywords_told) return;
    selected.keywords_told = keywords.size();
    response::put_defined_flags(conversation.out(), keywords, selected.mailbox->read_only());
}

void put_counts(Conversation& conversation)
{
    const auto& selected = *conversation.selected;
    const auto messages = selected.view.messages();
    const auto recent = std::ranges::lower_bound(messages, selected.mailbox->recent_from(), {}, &MessageState::uid);
    put_line(conversation.out(), messages.size(), " EXISTS\r\n");
    put_line(conversation.out(), static_cast<std::uint64_t>(messages.end() - recent), " RECENT\r\n");
}

Permit permit_of(const Conversation& conversation, News news)
{
    using namespace command::notify_event;
    Permit permit{news != News::flags, news == News::all || conversation.brought_mail};
    if (!conversation.notify) return permit;
    const auto* wanted = conversation.notify->selected();
    const auto events = wanted == nullptr ? 0U : wanted->events;
    permit.expunges = permit.expunges && (events & message_expunge) != 0;
    permit.arrivals = conversation.brought_mail || (permit.arrivals && (events & message_new) != 0);
    permit.flags = (events & flag_change) != 0;
    return permit;
}

void tell_news(Conversation& conversation, News news)
{
    if (news != News::none) (void)tell_news(conversation, permit_of(conversation, news));
}

std::optional<Position> tell_news(Conversation& conversation, Permit permit)
{
    if (!conversation.selected) return std::nullopt;
    auto& selected = *conversation.selected;
    const auto before = selected.view.messages().size();
    const auto changes = selected.view.advance(selected.mailbox->snapshot(), permit, conversation.own);
    if (conversation.qresync) {
        response::put_vanished(conversation.out(), ranges_of(changes.gone), response::Vanished::now);
    } else {
        for (const auto number : changes.expunged) put_line(conversation.out(), number, " EXPUNGE\r\n");
    }
    if (!changes.changed.empty()) {
        const auto keywords = conversation.mailboxes->keywords();
        tell_new_keywords(conversation, keywords);
        const auto messages = selected.view.messages();
        for (const auto place : changes.changed) {
            put_flags_update(conversation, place, messages[place], keywords, Numbers::sequence);
        }
    }
    if (!changes.arrived) return std::nullopt;
    put_counts(conversation);
    return static_cast<Position>(before - changes.expunged.size());
}

void tell_told(Conversation& conversation, Reply& reply)
{
    if (!conversation.qresync || !conversation.selected || reply.kind == Reply::Kind::bad) return;
    const auto& selected = *conversation.selected;
    const auto told = selected.view.told();
    if (conversation.own.gone.empty() && told == selected.mailbox->snapshot()->highest_modseq) return;
    auto code = fmt::format("HIGHESTMODSEQ {}", told);
    if (reply.code.empty()) {
        reply.code = std::move(code);
    } else {
        put_reply(conversation.out(), "*", ok("Told so far", std::move(code)));
    }
}

void tell_told(Conversation& conversation)
{
    auto reply = ok("Told so far");
    tell_told(conversation, reply);
    if (!reply.code.empty()) put_reply(conversation.out(), "*", reply);
}

}  // namespace imap
