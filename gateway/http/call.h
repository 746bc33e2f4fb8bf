// call: one request on its way to its handler, and what handlers share.
#pragma once

#include "email2/error.h"
#include "email2/message.h"
#include "email2/store.h"
#include "gateway/http/exchange.h"
#include "gateway/http/message.h"
#include "gateway/http/services.h"
#include "gateway/http/settings.h"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace gateway::http {

struct Call {
    Exchange& exchange;
    const Request& request;
    Services& services;
    const Settings& settings;
    std::string account;                 // who asks; "" on pages for everyone
    bool by_token = false;               // not by the password
    std::vector<std::string> arguments;  // what stood in the place of each "{…}" of the route
};

using Handler = boost::asio::awaitable<Response> (*)(Call&);

// 404, 403, …: email2.md "Over HTTP".
[[nodiscard]] unsigned status_of(email2::Code code);
[[nodiscard]] Response error_response(const email2::Error& error);
[[nodiscard]] Response error_response(email2::Code code, std::string text);

// A document of email2, checked against the schema up to limits::validated octets; throws
// std::logic_error when it does not hold, for then we are wrong.
[[nodiscard]] Response document_response(unsigned status, std::string xml);

// A message as services give it, with its revision as ETag.
[[nodiscard]] Response message_response(unsigned status, const email2::Result<Shown>& shown);

// The message that the first argument names.
[[nodiscard]] email2::Result<email2::Name> message_named(const Call& call);
[[nodiscard]] boost::asio::awaitable<std::string> document_body(Call& call);

// "1", "true" / "0", "false"; nullopt inside when absent.
[[nodiscard]] email2::Result<std::optional<bool>> query_flag(const Request& request, const std::string& name);
[[nodiscard]] email2::Result<std::uint64_t> query_number(
    const Request& request, const std::string& name, std::uint64_t otherwise, std::uint64_t most);

// Runs work(store, actor) -> Result<Response> on the store's threads; refusals become answers.
template <class Work>
boost::asio::awaitable<Response> on_store(Call& call, Work work)
{
    auto job = [actor = call.account, work = std::move(work)](email2::Store& store) mutable {
        auto result = work(store, actor);
        return result ? *std::move(result) : error_response(result.error());
    };
    co_return co_await call.services.run(std::move(job));
}

// The same with the message that the path names: work(store, actor, name).
template <class Work>
boost::asio::awaitable<Response> on_message(Call& call, Work work)
{
    const auto name = message_named(call);
    if (!name) co_return error_response(name.error());
    auto job = [id = *name, work = std::move(work)](
                   email2::Store& store, const std::string& actor) mutable { return work(store, actor, id); };
    co_return co_await on_store(call, std::move(job));
}

}  // namespace gateway::http
