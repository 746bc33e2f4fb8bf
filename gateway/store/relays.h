// relays: addresses that stand for authors outside ("Carol via News"), and who may write to them. mapping.md "Mail
// out".
#pragma once

#include "gateway/store/session.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::store {

// The authors' addresses, by those of the tokens that stand for one.
[[nodiscard]] std::map<std::string, std::string> authors_behind(
    Session& session, const std::vector<std::string>& tokens);

// Mail of these authors leaves for these readers: (author, reader).
void note_relayed(Session& session, std::vector<std::pair<std::int32_t, std::int32_t>> pairs);

// Whether a reader outside may write to an author outside through us: only who was sent their mail, and so often a day.
// Counts it.
enum class Reach { yes, stranger, too_often };
[[nodiscard]] Reach reach(Session& session, std::string_view reader, std::string_view author);

}  // namespace gateway::store
