// store: STORE, RFC 3501 6.4.6, with UNCHANGEDSINCE of RFC 7162 3.1.3.
#include "imap/execute/execute.h"
#include "imap/news.h"

namespace imap {

namespace {

// "[MODIFIED 7,9]": in the numbers that the command used.
std::string modified(const Conversation& conversation, const Stored& stored, Numbers numbers)
{
    if (stored.modified.empty()) return {};
    if (numbers == Numbers::uid) return "MODIFIED " + encode_set(stored.modified);
    std::vector<std::uint32_t> sequence;
    const auto messages = conversation.selected->view.messages();
    for (const auto uid : stored.modified) {
        const auto found = std::ranges::lower_bound(messages, uid, {}, &MessageState::uid);
        if (found != messages.end() && found->uid == uid)
            sequence.push_back(static_cast<std::uint32_t>(found - messages.begin()) + 1);
    }
    return "MODIFIED " + encode_set(sequence);
}

// A silent STORE is answered only with the new MODSEQ, where the client asked for such (RFC
// 7162 3.1.3).
void put_modseq(Conversation& conversation, Position place, const MessageState& state)
{
    conversation.out() += fmt::format("* {} FETCH (UID {} MODSEQ ({}))\r\n", place + 1, state.uid, state.modseq);
}

Async<void> answer(Conversation& conversation, const command::Store& command, const std::vector<MessageState>& changed)
{
    const auto keywords = conversation.mailboxes->keywords();
    tell_new_keywords(conversation, keywords);
    if (command.silent && !conversation.condstore) co_return;
    const auto messages = conversation.selected->view.messages();
    auto at = messages.begin();
    for (const auto& state : changed) {
        at = std::ranges::lower_bound(at, messages.end(), state.uid, {}, &MessageState::uid);
        if (at == messages.end() || at->uid != state.uid) continue;
        const auto place = static_cast<Position>(at - messages.begin());
        if (command.silent) {
            put_modseq(conversation, place, state);
        } else {
            put_flags_update(conversation, place, state, keywords, command.numbers);
        }
        co_await conversation.channel.relieve();
    }
}

}  // namespace

Async<Reply> execute(Conversation& conversation, const command::Store& command)
{
    const auto places = conversation.positions(command.set, command.numbers);
    if (!places) co_return bad(std::string{bad_numbers});
    auto& mailbox = *conversation.selected->mailbox;
    if (mailbox.read_only()) co_return no("Mailbox is read-only", "READ-ONLY");
    if (command.unchanged_since) conversation.condstore = true;
    if (places->empty()) co_return ok("Store completed");
    auto stored = co_await mailbox.store(
        conversation.uids(*places), command.mode, command.flags, command.keywords, command.unchanged_since);
    if (!stored) co_return refused(stored.error());
    std::ranges::sort(stored->changed, {}, &MessageState::uid);
    conversation.own.states = std::move(stored->changed);
    co_await answer(conversation, command, conversation.own.states);
    co_return ok("Store completed", modified(conversation, *stored, command.numbers));
}

}  // namespace imap
