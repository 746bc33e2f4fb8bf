// verbs_tokens: bearer tokens of an account: made, listed, revoked. RFC 6750.
#include "email2/xml.h"
#include "gateway/http/limits.h"
#include "gateway/http/verbs.h"

#include <charconv>

namespace gateway::http::verbs {
namespace {

namespace asio = boost::asio;
using email2::Code;
using email2::Error;
using email2::Result;
using email2::Store;

}  // namespace

asio::awaitable<Response> tokens(Call& call)
{
    auto work = [](Store& store, const std::string& actor) -> Result<Response> {
        const auto all = store.tokens(actor);
        if (!all) return tl::unexpected(all.error());
        return document_response(200, email2::write(*all));
    };
    co_return co_await on_store(call, std::move(work));
}

// By the password alone: else whoever finds a token would keep the account after it is revoked.
asio::awaitable<Response> make_token(Call& call)
{
    const auto xml = co_await document_body(call);
    if (call.by_token) co_return error_response(Code::forbidden, "Tokens are made with the account's password.");
    auto work = [xml](Store& store, const std::string& actor) -> Result<Response> {
        const auto wanted = email2::read_token(xml);
        if (!wanted) return tl::unexpected(wanted.error());
        if (wanted->name.size() > limits::token_name)
            return tl::unexpected(Error{Code::too_large, "The token's name is too long.", "/token/@name"});
        const auto made = store.make_token(actor, wanted->name);
        if (!made) return tl::unexpected(made.error());
        return document_response(201, email2::write(*made)).with("Location", "/v1/tokens/" + std::to_string(made->id));
    };
    co_return co_await on_store(call, std::move(work));
}

asio::awaitable<Response> revoke_token(Call& call)
{
    const auto& text = call.arguments.at(0);
    std::uint64_t id = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, id);
    if (error != std::errc{} || stop != end) co_return error_response(Code::not_found, "There is no such token.");
    auto work = [id](Store& store, const std::string& actor) -> Result<Response> {
        const auto revoked = store.revoke_token(actor, id);
        if (!revoked) return tl::unexpected(revoked.error());
        return Response{204, {}, {}, 0, {}};
    };
    co_return co_await on_store(call, std::move(work));
}

}  // namespace gateway::http::verbs
