// session: one client's IMAP conversation, from the greeting to the end, RFC 3501 3 and 5.
#include "imap/session.h"

#include "imap/capabilities.h"
#include "imap/conversation.h"
#include "imap/execute/execute.h"
#include "imap/news.h"
#include "imap/notifications.h"

namespace imap {

Session::Session(Wire& wire, Door& door, Sasl& sasl, SessionSettings settings)
    : settings_{std::move(settings)}, conversation_{std::make_unique<Conversation>(wire, door, sasl, settings_)}
{
}

Session::~Session() = default;

void Session::drain()
{
    conversation_->draining = true;
    if (conversation_->alarm != nullptr) conversation_->alarm->cancel();
}

std::string Session::user() const
{
    return conversation_->mailboxes ? conversation_->mailboxes->user() : "";
}

Async<void> Session::run()
{
    auto& conversation = *conversation_;
    boost::asio::steady_timer alarm{co_await boost::asio::this_coro::executor};
    conversation.alarm = &alarm;
    bool silent = false;
    try {
        co_await converse();
    } catch (const Disconnected& end) {
        silent = end.why() == Disconnected::Why::silent;
    } catch (const std::exception&) {
        // A failure in the middle of an answer: nothing can be said any more.
    }
    if (silent && !conversation.channel.torn()) bye("Autologout; too long idle");
    try {
        if (!conversation.channel.torn()) co_await conversation.channel.flush();
    } catch (const Disconnected&) {
        // It did not wait for the farewell.
    }
    conversation.alarm = nullptr;
    conversation.selected.reset();
    conversation.wire.close();
}

Async<void> Session::converse()
{
    auto& conversation = *conversation_;
    const auto& limits = settings_.limits;
    conversation.channel.set_deadline(Channel::Clock::now() + limits.before_login);
    conversation.out() += "* OK [CAPABILITY " + capabilities(conversation) + "] " + settings_.name + " ready.\r\n";
    while (!conversation.over) {
        const auto patience = conversation.mailboxes ? limits.inactivity : limits.before_login;
        switch (co_await next_input(patience)) {
        case InputWait::drained: co_return bye("Server is going down");
        case InputWait::time: co_return bye("Autologout; too long idle");
        default: co_await one_command();
        }
    }
}

// Meanwhile the client is told what it has asked for. News do not make it less idle.
Async<InputWait> Session::next_input(std::chrono::milliseconds patience)
{
    auto& conversation = *conversation_;
    const auto end = Channel::Clock::now() + patience;
    while (conversation.notify && conversation.channel.pending().empty()) {
        conversation.own = {};
        conversation.brought_mail = false;
        std::shared_ptr<const Snapshot> known;
        if (conversation.selected && conversation.notify->selected() != nullptr)
            known = conversation.selected->mailbox->snapshot();
        co_await tell_notifications(conversation, News::none);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Channel::Clock::now());
        if (left.count() <= 0) co_return InputWait::time;
        bool failed = false;
        auto what = InputWait::news;
        try {
            what = co_await conversation.wait(left, std::move(known));
        } catch (const Disconnected&) {
            throw;
        } catch (const std::exception&) {
            failed = true;
        }
        if (failed) end_notifications(conversation, "Temporary failure");
        if (what != InputWait::news) co_return what;
    }
    co_return co_await conversation.wait(patience);
}

Async<void> Session::one_command()
{
    auto& conversation = *conversation_;
    const auto trust = conversation.mailboxes ? Trust::account : Trust::stranger;
    auto framed = co_await conversation.reader.next(trust);
    if (auto* refusal = std::get_if<FrameRefused>(&framed)) {
        // What is announced is on its way and too much to be read: RFC 7888 4 leaves only BYE.
        if (refusal->over) co_return bye("That is more than this server reads");
        if (refusal->reply.kind == Reply::Kind::bad) {
            refuse_bad(refusal->tag, refusal->reply.text, refusal->reply.code);
        } else {
            put_reply(conversation.out(), refusal->tag, refusal->reply);
        }
        co_return;
    }
    auto& frame = std::get<Frame>(framed);
    auto parsed = parse_command(frame.text);
    if (!parsed) co_return refuse_bad(parsed.error().tag, parsed.error().text, {});
    if ((parsed->row->states & static_cast<unsigned>(conversation.state())) == 0) {
        co_return refuse_bad(parsed->tag, std::string{parsed->row->name} + " is not allowed now", {});
    }
    conversation.mail = std::move(frame.mail);
    co_await obey(*parsed);
    conversation.mail.reset();
    co_await conversation.channel.relieve();
}

Async<void> Session::obey(Parsed& parsed)
{
    auto& conversation = *conversation_;
    conversation.tag = parsed.tag;
    conversation.own = {};
    conversation.brought_mail = false;
    Reply reply;
    bool failed = false;
    try {
        reply = co_await execute_command(conversation, parsed.command);
    } catch (const Disconnected&) {
        throw;
    } catch (const std::exception&) {
        if (conversation.channel.torn()) throw;
        failed = true;
    }
    if (failed) reply = no("Temporary failure, please try again", "UNAVAILABLE");
    if (reply.kind == Reply::Kind::bad) co_return refuse_bad(parsed.tag, reply.text, reply.code);
    if (reply.kind == Reply::Kind::said) co_return;
    if (conversation.notify && parsed.row->news != News::none) {
        co_await note_own_names(conversation, parsed.command);
        co_await tell_notifications(conversation, parsed.row->news);
    } else {
        tell_news(conversation, parsed.row->news);
    }
    if (parsed.row->news != News::none) tell_told(conversation, reply);
    put_reply(conversation.out(), parsed.tag, reply);
}

void Session::refuse_bad(std::string_view tag, std::string text, std::string code)
{
    put_reply(conversation_->out(), tag, bad(std::move(text), std::move(code)));
    if (++conversation_->bad_commands >= settings_.limits.bad_commands) bye("Too many bad commands");
}

void Session::bye(std::string_view text)
{
    conversation_->over = true;
    conversation_->out() += "* BYE ";
    conversation_->out() += text;
    conversation_->out() += "\r\n";
}

}  // namespace imap
