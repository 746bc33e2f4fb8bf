// routes: which handler answers which method at which path.
#include "gateway/http/routes.h"

#include "gateway/http/admin.h"
#include "gateway/http/pages.h"
#include "gateway/http/verbs.h"

#include <array>

namespace gateway::http {
namespace {

constexpr std::array routes{
    Route{"POST", "/v1/messages", &verbs::publish, Access::account},
    Route{"GET", "/v1/messages/{id}", &verbs::get, Access::account},
    Route{"PUT", "/v1/messages/{id}", &verbs::edit, Access::account},
    Route{"DELETE", "/v1/messages/{id}", &verbs::withdraw, Access::account},
    Route{"GET", "/v1/messages/{id}/revisions", &verbs::history, Access::account},
    Route{"POST", "/v1/messages/{id}/redact", &verbs::redact, Access::account},
    Route{"POST", "/v1/messages/{id}/to", &verbs::change_list, Access::account},
    Route{"DELETE", "/v1/messages/{id}/to/me", &verbs::leave, Access::account},
    Route{"PUT", "/v1/messages/{id}/to/me", &verbs::rejoin, Access::account},
    Route{"POST", "/v1/messages/{id}/undelete", &verbs::undelete, Access::account},
    Route{"PUT", "/v1/messages/{id}/vote", &verbs::vote, Access::account},
    Route{"DELETE", "/v1/messages/{id}/vote", &verbs::take_vote_back, Access::account},
    Route{"GET", "/v1/store", &verbs::list, Access::account},
    Route{"PATCH", "/v1/store/{id}", &verbs::file, Access::account},
    Route{"GET", "/v1/folders", &verbs::folders, Access::account},
    Route{"POST", "/v1/folders", &verbs::create_folder, Access::account},
    Route{"PUT", "/v1/folders/{name}", &verbs::rename_folder, Access::account},
    Route{"DELETE", "/v1/folders/{name}", &verbs::remove_folder, Access::account},
    Route{"GET", "/v1/events", &verbs::events, Access::account},
    Route{"GET", "/v1/tokens", &verbs::tokens, Access::account},
    Route{"POST", "/v1/tokens", &verbs::make_token, Access::account},
    Route{"DELETE", "/v1/tokens/{id}", &verbs::revoke_token, Access::account},
    Route{"PUT", "/v1/blobs/{sha256}", &verbs::put_blob, Access::account},
    Route{"GET", "/v1/blobs/{sha256}", &verbs::get_blob, Access::account},
    Route{"GET", "/", &pages::home, Access::everyone},
    Route{"GET", "/healthz", &pages::healthz, Access::everyone},
    Route{"GET", "/readyz", &pages::readyz, Access::everyone},
    Route{"GET", "/metrics", &pages::metrics, Access::everyone},
    Route{"GET", "/a/{token}", &pages::show_action, Access::everyone},
    Route{"POST", "/a/{token}", &pages::perform_action, Access::everyone},
    Route{"GET", "/mail/config-v1.1.xml", &pages::autoconfig, Access::everyone},
    Route{"GET", "/.well-known/autoconfig/mail/config-v1.1.xml", &pages::autoconfig, Access::everyone},
};

bool matches(std::string_view pattern, const std::vector<std::string>& path, std::vector<std::string>& arguments)
{
    arguments.clear();
    if (path.empty()) return false;
    for (const auto& segment : path) {
        pattern.remove_prefix(1);
        const auto end = std::min(pattern.find('/'), pattern.size());
        const auto wanted = pattern.substr(0, end);
        pattern.remove_prefix(end);
        const bool open = wanted.starts_with('{');
        if (open ? segment.empty() : segment != wanted) return false;
        if (open) arguments.push_back(segment);
        const bool last = &segment == &path.back();
        if (last != pattern.empty()) return false;
    }
    return true;
}

void add(std::string& list, std::string_view method)
{
    list += (list.empty() ? "" : ", ") + std::string(method);
}

}  // namespace

Match find_route(std::string_view method, const std::vector<std::string>& path)
{
    const auto wanted = method == "HEAD" ? "GET" : method;
    Match match;
    if (path.empty()) match.allowed = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";  // of the server itself: "*"
    for (const auto table : {std::span<const Route>(routes), admin::routes()}) {
        for (const auto& route : table) {
            std::vector<std::string> arguments;
            if (!matches(route.pattern, path, arguments)) continue;
            if (route.method == wanted) return {&route, std::move(arguments), {}};
            add(match.allowed, route.method);
            if (route.method == "GET") add(match.allowed, "HEAD");
        }
    }
    if (!match.allowed.empty() && !path.empty()) add(match.allowed, "OPTIONS");
    return match;
}

}  // namespace gateway::http
