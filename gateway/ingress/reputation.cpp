// reputation: see the header.
#include "gateway/ingress/reputation.h"

#include "gateway/ingress/limits.h"
#include "gateway/store/votes.h"

namespace gateway::ingress {

namespace asio = boost::asio;

asio::awaitable<email2::Verdict> Reputation::verdict(std::string source)
{
    if (source.empty()) co_return email2::Verdict::take;
    const auto now = std::chrono::steady_clock::now();
    if (const auto found = remembered_.find(source);
        found != remembered_.end() && now - found->second.at < limits::verdict_memory)
        co_return found->second.verdict;
    const auto verdict =
        co_await database_.run([&source](store::Session& session) { return store::verdict_on(session, source); });
    if (remembered_.size() >= limits::verdicts) remembered_.clear();
    remembered_[source] = {verdict, now};
    co_return verdict;
}

void Reputation::arrived(const std::string& source)
{
    if (!source.empty() && (arrivals_.size() < limits::arrivals || arrivals_.contains(source))) ++arrivals_[source];
}

asio::awaitable<void> Reputation::write()
{
    auto arrivals = std::move(arrivals_);
    arrivals_.clear();
    if (arrivals.empty()) co_return;
    co_await database_.run(
        [arrivals = std::move(arrivals)](store::Session& session) { store::count_arrivals(session, arrivals); });
}

}  // namespace gateway::ingress
