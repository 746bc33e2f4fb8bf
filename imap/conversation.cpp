// conversation: what the commands of one session share; here its waiting.
#include "imap/conversation.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace imap {

namespace {

using std::chrono::milliseconds;

// The group goes on while one of its waits fails, so none may throw: what happened is kept.
Async<void> input(Channel& channel, milliseconds limit, std::exception_ptr& failure)
{
    try {
        co_await channel.fill(limit);
    } catch (...) {
        failure = std::current_exception();
    }
}

Async<void> news(Mailbox& mailbox, std::shared_ptr<const Snapshot> known, std::exception_ptr& failure)
{
    try {
        co_await mailbox.wait(std::move(known));
    } catch (...) {
        failure = std::current_exception();
    }
}

Async<void> stir(Watch& watch, std::exception_ptr& failure)
{
    try {
        co_await watch.wait();
    } catch (...) {
        failure = std::current_exception();
    }
}

Async<void> until(boost::asio::steady_timer& alarm)
{
    boost::system::error_code cancelled;
    co_await alarm.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
}

}  // namespace

std::vector<Uid> Conversation::uids(std::span<const Position> places) const
{
    std::vector<Uid> out;
    out.reserve(places.size());
    const auto messages = selected->view.messages();
    for (const auto place : places) out.push_back(messages[place].uid);
    return out;
}

Async<InputWait> Conversation::wait(milliseconds limit, std::shared_ptr<const Snapshot> known)
{
    using namespace boost::asio::experimental::awaitable_operators;
    if (!channel.pending().empty()) co_return InputWait::input;
    co_await channel.flush();
    if (draining) co_return InputWait::drained;
    std::exception_ptr no_input, no_news;
    alarm->expires_after(limit);
    // The wire outlasts the alarm, so that only the alarm says that time has passed.
    const auto patience = limit + std::chrono::minutes{1};
    std::size_t first = 0;
    auto* watch = notify ? notify->watch.get() : nullptr;
    if (known != nullptr && watch != nullptr) {
        first = (co_await (input(channel, patience, no_input) || news(*selected->mailbox, known, no_news) ||
                           until(*alarm) || stir(*watch, no_news)))
                    .index();
    } else if (watch != nullptr) {
        first = 2 * (co_await (input(channel, patience, no_input) || until(*alarm) || stir(*watch, no_news))).index();
    } else if (known != nullptr) {
        first =
            (co_await (input(channel, patience, no_input) || news(*selected->mailbox, known, no_news) || until(*alarm)))
                .index();
    } else {
        first = 2 * (co_await (input(channel, patience, no_input) || until(*alarm))).index();
    }
    if (!channel.pending().empty()) co_return InputWait::input;
    if (first == 0 && no_input) std::rethrow_exception(no_input);
    const bool news_first = first == 1 || first > 2;
    if (news_first && no_news) std::rethrow_exception(no_news);
    if (draining) co_return InputWait::drained;
    co_return news_first ? InputWait::news : InputWait::time;
}

}  // namespace imap
