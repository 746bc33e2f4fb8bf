// services: publish and get by way of the store alone.
#include "gateway/http/services.h"

#include "email2/xml.h"

namespace gateway::http {

namespace {

email2::Result<Shown> shown(const email2::Result<email2::Message>& message)
{
    if (!message) return tl::unexpected(message.error());
    return Shown{std::make_shared<const std::string>(email2::write(*message)), message->id, message->revision};
}

}  // namespace

Services::Awaitable<email2::Result<Shown>> Services::publish(
    std::string account, std::string xml, std::string key, std::string digest)
{
    auto work = [account, xml, key, digest](email2::Store& store) -> email2::Result<Shown> {
        auto request = email2::read_publication(xml);
        if (!request) return tl::unexpected(request.error());
        request->idempotency_key = key;
        request->request_digest = digest;
        return shown(store.publish(account, *request));
    };
    co_return co_await run(std::move(work));
}

Services::Awaitable<email2::Result<Shown>> Services::get(
    std::string account, email2::Name id, std::optional<std::uint32_t> revision)
{
    auto work = [account, id, revision](email2::Store& store) { return shown(store.get(account, id, revision)); };
    co_return co_await run(std::move(work));
}

}  // namespace gateway::http
