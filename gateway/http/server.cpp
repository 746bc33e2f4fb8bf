// server: HTTP/1.1 on connections that a listener accepted: email2's verbs, and pages for everyone.
#include "gateway/http/server.h"

#include "gateway/http/authorization.h"
#include "gateway/http/exchange.h"
#include "gateway/http/routes.h"
#include "gateway/log.h"

namespace gateway::http {

namespace asio = boost::asio;
using email2::Code;

// One connection: request by request.
class Server::Session {
public:
    Session(Server& server, net::Connection& connection)
        : server_(server), exchange_(connection), ticket_(server.sessions_.enter([this] { exchange_.drain(); }))
    {
    }

    asio::awaitable<void> run()
    {
        try {
            while (co_await serve_one()) {
            }
        } catch (const PeerGone& gone) {
            log::debug("http-closed", {{"session", id_}, {"reason", gone.what()}});
        }
    }

private:
    // False when this was the last one.
    asio::awaitable<bool> serve_one()
    {
        std::optional<Refusal> refusal;
        try {
            if (!co_await exchange_.next()) co_return false;
            auto response = co_await answer();
            log_answer(response.status);
            co_await exchange_.respond(std::move(response));
            co_return true;
        } catch (const Refusal& error) {
            refusal = error;
        }
        log_answer(refusal->status);
        co_await exchange_.refuse(refusal_response(*refusal));
        co_return false;
    }

    asio::awaitable<Response> answer()
    {
        std::string failure;
        try {
            co_return co_await route();
        } catch (const PeerGone&) {
            throw;
        } catch (const Refusal&) {
            throw;
        } catch (const std::exception& error) {
            failure = error.what();
        }
        log::error("http-failed", {{"session", id_}, {"method", exchange_.request().method}, {"reason", failure}});
        co_return error_response(Code::unavailable, "The service is not available right now.").with("Retry-After", "5");
    }

    asio::awaitable<Response> route()
    {
        const auto& request = exchange_.request();
        auto match = find_route(request.method, request.target.path);
        if (request.method == "OPTIONS" && !match.allowed.empty())
            co_return Response{204, {}, {}, 0, {}}.with("Allow", match.allowed);
        if (!match.route && match.allowed.empty()) co_return error_response(Code::not_found, "Nothing is here.");
        if (!match.route) {
            auto response = error_response(Code::invalid, "This method is not for this resource.");
            response.status = 405;
            co_return response.with("Allow", match.allowed);
        }
        Call call{exchange_, request, server_.services_, server_.settings_, {}, false, std::move(match.arguments)};
        if (match.route->access == Access::account) {
            if (auto refused = co_await identify(call)) co_return *std::move(refused);
        }
        co_return co_await match.route->handler(call);
    }

    // Sets the account, or says why not.
    asio::awaitable<std::optional<Response>> identify(Call& call)
    {
        if (!may_carry_secrets(call.request))
            co_return error_response(Code::forbidden, "This takes TLS: passwords do not travel in the clear.");
        if (is_cross_site(call.request))
            co_return error_response(Code::forbidden, "Pages of other sites may not use accounts here.");
        const auto credentials = parse_authorization(call.request.find("authorization").value_or(""));
        auto account = co_await account_of(credentials, call.request.peer);
        if (!account) co_return unauthorised();
        call.account = *std::move(account);
        call.by_token = std::holds_alternative<Bearer>(credentials);
        co_return std::nullopt;
    }

    asio::awaitable<std::optional<std::string>> account_of(const Credentials& credentials, const std::string& peer)
    {
        if (const auto* basic = std::get_if<Basic>(&credentials))
            co_return co_await server_.services_.authenticate(basic->user, basic->password, peer);
        if (const auto* bearer = std::get_if<Bearer>(&credentials))
            co_return co_await server_.services_.authenticate_token(bearer->token, peer);
        co_return std::nullopt;
    }

    static Response unauthorised()
    {
        auto response = error_response(Code::forbidden, "An account's address and password, or its token, are needed.");
        response.status = 401;
        response.with("WWW-Authenticate", "Basic realm=\"email2\", charset=\"UTF-8\"")
            .with("WWW-Authenticate", "Bearer realm=\"email2\"");
        return response;
    }

    static Response refusal_response(const Refusal& refusal)
    {
        auto response = error_response(refusal.status == 413 ? Code::too_large : Code::invalid, refusal.what());
        response.status = refusal.status;
        return response;
    }

    void log_answer(unsigned status)
    {
        log::debug(
            "http", {{"session", id_}, {"method", exchange_.request().method}, {"status", std::to_string(status)}});
    }

    Server& server_;
    std::string id_ = log::session_id();
    Exchange exchange_;
    net::Sessions::Ticket ticket_;
};

Server::Server(Settings settings, Services& services, net::Sessions& sessions)
    : settings_(std::move(settings)), services_(services), sessions_(sessions)
{
}

asio::awaitable<void> Server::serve(std::unique_ptr<net::Connection> connection)
{
    {
        Session session(*this, *connection);
        co_await session.run();
    }
    connection->close();
}

}  // namespace gateway::http
