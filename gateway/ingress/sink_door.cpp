// sink_door: how clients from outside are met, and how refusals sound in SMTP. email2.md rules 10 and 11.
#include "gateway/ingress/sink.h"
#include "gateway/store/votes.h"

namespace gateway::ingress {

namespace asio = boost::asio;
using smtp::Reply;

smtp::Reply reply_of(const email2::Error& error)
{
    switch (error.code) {
    case email2::Code::over_quota: return {452, "4.2.2", error.text};
    case email2::Code::rate_limited: return {451, "4.7.1", error.text};
    case email2::Code::too_large: return {552, "5.3.4", error.text};
    case email2::Code::unavailable: return {451, "4.3.0", error.text};
    default: return {550, "5.7.1", error.text};
    }
}

smtp::Reply reply_of(email2::Verdict verdict)
{
    if (verdict == email2::Verdict::defer)
        return {451, "4.7.1", "People here called mail from you spam; try again later."};
    if (verdict == email2::Verdict::refuse)
        return {550, "5.7.1", "People here called mail from you spam; it is not taken any more."};
    return {250, "2.1.0", "Ok"};
}

// A client from outside. Whose mail it brings is proven later: a distrusted network may still bring mail of a domain to
// which people here write; what turns out to be nobody's is refused after the data. Bounces find their delivery whoever
// brings them.
asio::awaitable<Reply> Sink::meet(const smtp::Peer& peer, const smtp::MailFrom& from)
{
    const auto verdict = from.reverse_path.empty() ? email2::Verdict::take
                                                   : co_await reputation_.verdict(email2::network_of(peer.address));
    if (verdict == email2::Verdict::take) co_return reply_of(verdict);
    const auto sender = normalise(from.reverse_path);
    const auto domain = sender ? std::string(email2::domain_of(*sender)) : std::string{};
    const bool known =
        co_await database_.run([&domain](store::Session& session) { return store::is_written_to(session, domain); });
    co_return reply_of(known ? email2::Verdict::take : verdict);
}

}  // namespace gateway::ingress
