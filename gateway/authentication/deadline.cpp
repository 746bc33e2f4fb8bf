// deadline: a Resolver that gives up at a point in time.
#include "gateway/authentication/deadline.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gateway::authentication {
namespace asio = boost::asio;

namespace {

template <class Record>
asio::awaitable<dns::Lookup<Record>> until(
    std::chrono::steady_clock::time_point deadline, asio::awaitable<dns::Lookup<Record>> lookup)
{
    using namespace asio::experimental::awaitable_operators;
    const dns::Lookup<Record> late{dns::Found::failed, {}, false, "no answer in time"};
    if (std::chrono::steady_clock::now() >= deadline) co_return late;
    asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
    auto first = co_await (std::move(lookup) || timer.async_wait(asio::use_awaitable));
    if (first.index() == 1) co_return late;
    co_return std::get<0>(std::move(first));
}

}  // namespace

asio::awaitable<dns::Lookup<dns::Mx>> DeadlineResolver::mx(std::string domain)
{
    return until(deadline_, resolver_.mx(std::move(domain)));
}
asio::awaitable<dns::Lookup<std::string>> DeadlineResolver::a(std::string host)
{
    return until(deadline_, resolver_.a(std::move(host)));
}
asio::awaitable<dns::Lookup<std::string>> DeadlineResolver::aaaa(std::string host)
{
    return until(deadline_, resolver_.aaaa(std::move(host)));
}
asio::awaitable<dns::Lookup<std::string>> DeadlineResolver::txt(std::string name)
{
    return until(deadline_, resolver_.txt(std::move(name)));
}
asio::awaitable<dns::Lookup<std::string>> DeadlineResolver::ptr(std::string address)
{
    return until(deadline_, resolver_.ptr(std::move(address)));
}

}  // namespace gateway::authentication
