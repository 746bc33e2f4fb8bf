// verbs: email2's verbs over HTTP, one handler each. email2.md "Over HTTP".
#pragma once

#include "gateway/http/call.h"

namespace gateway::http::verbs {

boost::asio::awaitable<Response> publish(Call& call);
boost::asio::awaitable<Response> get(Call& call);
boost::asio::awaitable<Response> history(Call& call);
boost::asio::awaitable<Response> edit(Call& call);
boost::asio::awaitable<Response> redact(Call& call);
boost::asio::awaitable<Response> change_list(Call& call);
boost::asio::awaitable<Response> leave(Call& call);
boost::asio::awaitable<Response> rejoin(Call& call);
boost::asio::awaitable<Response> withdraw(Call& call);
boost::asio::awaitable<Response> undelete(Call& call);
boost::asio::awaitable<Response> vote(Call& call);
boost::asio::awaitable<Response> take_vote_back(Call& call);

boost::asio::awaitable<Response> list(Call& call);
boost::asio::awaitable<Response> file(Call& call);
boost::asio::awaitable<Response> folders(Call& call);
boost::asio::awaitable<Response> create_folder(Call& call);
boost::asio::awaitable<Response> rename_folder(Call& call);
boost::asio::awaitable<Response> remove_folder(Call& call);
boost::asio::awaitable<Response> events(Call& call);

boost::asio::awaitable<Response> tokens(Call& call);
boost::asio::awaitable<Response> make_token(Call& call);
boost::asio::awaitable<Response> revoke_token(Call& call);

boost::asio::awaitable<Response> put_blob(Call& call);
boost::asio::awaitable<Response> get_blob(Call& call);

}  // namespace gateway::http::verbs
