// pages: what is there for everyone: health, metrics, one-click actions, client autoconfiguration.
#pragma once

#include "gateway/http/call.h"

namespace gateway::http::pages {

boost::asio::awaitable<Response> home(Call& call);
boost::asio::awaitable<Response> healthz(Call& call);
boost::asio::awaitable<Response> readyz(Call& call);
boost::asio::awaitable<Response> metrics(Call& call);
// RFC 8058: GET shows what a POST would do and changes nothing; POST acts, whatever its form says.
boost::asio::awaitable<Response> show_action(Call& call);
boost::asio::awaitable<Response> perform_action(Call& call);
// Thunderbird's config-v1.1.xml.
boost::asio::awaitable<Response> autoconfig(Call& call);

}  // namespace gateway::http::pages
