// pages: what is there for everyone: health, metrics, one-click actions.
#include "gateway/http/pages.h"

#include "gateway/http/limits.h"

namespace gateway::http::pages {
namespace {

namespace asio = boost::asio;

// mapping.md "Action addresses": 32 lower-case base32 characters.
bool is_token(std::string_view text)
{
    return text.size() == 32 && std::all_of(text.begin(), text.end(),
                                    [](char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); });
}

Response no_such_action()
{
    return html_response(404, "This link is no longer valid", "<p>It may be old, or was not copied whole.</p>");
}

Response action_response(const ActionPage& page)
{
    auto inner = "<p>" + html_escape(page.text) + "</p>";
    if (!page.button.empty())
        inner += "\n<form method=\"post\"" + (page.token.empty() ? "" : " action=\"" + page.token + "\"") +
                 "><button>" + html_escape(page.button) + "</button></form>";
    return html_response(200, page.title, inner, page.language);
}

std::string_view state(bool good)
{
    return good ? "ok" : "failed";
}

}  // namespace

asio::awaitable<Response> home(Call& call)
{
    std::string domains;
    for (const auto& domain : call.settings.domains) domains += (domains.empty() ? "" : ", ") + domain;
    co_return html_response(200, call.settings.name,
        "<p>This is an email2 gateway for " + html_escape(domains) +
            ".</p>\n<p>Use any mail program with your address and password, or the verbs under "
            "<code>/v1/</code>.</p>");
}

asio::awaitable<Response> healthz(Call&)
{
    co_return text_response(200, "ok\n");
}

asio::awaitable<Response> readyz(Call& call)
{
    const auto health = co_await call.services.health();
    const bool ready = health.database && health.queue && health.listeners;
    co_return text_response(
        ready ? 200 : 503, fmt::format("database {}\nqueue {}\nlisteners {}\n", state(health.database),
                               state(health.queue), state(health.listeners)));
}

asio::awaitable<Response> metrics(Call& call)
{
    if (call.settings.metrics == Audience::loopback && !call.request.loopback)
        co_return text_response(403, "Metrics are for this machine only.\n");
    auto response = text_response(200, co_await call.services.metrics());
    response.fields.front().value = "text/plain; version=0.0.4; charset=utf-8";
    co_return response;
}

asio::awaitable<Response> show_action(Call& call)
{
    const auto& token = call.arguments.at(0);
    if (!is_token(token)) co_return no_such_action();
    const auto page = co_await call.services.describe_action(token);
    co_return page ? action_response(*page) : no_such_action();
}

asio::awaitable<Response> perform_action(Call& call)
{
    const auto& token = call.arguments.at(0);
    if (!is_token(token)) co_return no_such_action();
    // "List-Unsubscribe=One-Click", or the button of our page: the token says it all.
    co_await call.exchange.body(limits::form, [](std::string_view) {});
    const auto page = co_await call.services.perform_action(token);
    co_return page ? action_response(*page) : no_such_action();
}

}  // namespace gateway::http::pages
