// idle: IDLE, RFC 2177.
#include "imap/execute/execute.h"
#include "imap/news.h"
#include "imap/notifications.h"
#include "imap/text.h"
#include "mime/ascii.h"

namespace imap {

namespace {

constexpr std::size_t done_line = 1024;

// Waits until the client speaks; meanwhile tells it what happens. What comes while an answer is
// under way is told together.
Async<InputWait> follow(Conversation& conversation)
{
    const auto& limits = conversation.settings.limits;
    const auto end = Channel::Clock::now() + limits.inactivity;
    while (Channel::Clock::now() < end) {
        std::shared_ptr<const Snapshot> known;
        if (conversation.notify) {
            if (conversation.selected) known = conversation.selected->mailbox->snapshot();
            co_await tell_notifications(conversation, News::all);
        } else if (conversation.selected) {
            tell_news(conversation, News::all);
            known = conversation.selected->mailbox->snapshot();
            if (!conversation.selected->view.shows(known)) tell_news(conversation, News::all);
        }
        const auto what = co_await conversation.wait(limits.keepalive, known);
        if (what == InputWait::input || what == InputWait::drained) co_return what;
        if (what == InputWait::time) conversation.out() += "* OK Still here\r\n";
    }
    co_return InputWait::time;
}

void farewell(Conversation& conversation, std::string_view text)
{
    conversation.over = true;
    conversation.out() += "* BYE ";
    conversation.out() += text;
    conversation.out() += "\r\n";
}

}  // namespace

Async<Reply> execute(Conversation& conversation, const command::Idle&)
{
    if (conversation.selected) co_await conversation.selected->mailbox->refresh();
    conversation.out() += "+ idling\r\n";
    bool lost = false;
    auto ended = InputWait::input;
    try {
        ended = co_await follow(conversation);
    } catch (const Disconnected&) {
        throw;
    } catch (const std::exception&) {
        lost = true;  // the client would wait for news that never come: better that it connects anew
    }
    if (lost) {
        farewell(conversation, "[UNAVAILABLE] Temporary failure");
        co_return no("Temporary failure", "UNAVAILABLE");
    }
    if (ended != InputWait::input) {
        farewell(conversation, ended == InputWait::drained ? "Server is going down" : "Autologout; too long idle");
        co_return ok("Idle ended");
    }
    const auto line = co_await conversation.reader.line(done_line);
    if (!line || !mime::equal_ignoring_case(*line, "DONE")) co_return bad("Expected DONE");
    co_return ok("Idle completed");
}

}  // namespace imap
