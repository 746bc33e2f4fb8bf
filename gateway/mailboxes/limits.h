// limits: what a process keeps in memory for its mailboxes.
#pragma once

#include <cstddef>

namespace gateway::mailboxes::limits {

inline constexpr std::size_t metadata_cache = 64
                                              << 20;  // octets of ENVELOPE, BODYSTRUCTURE and so on: some 60,000 mails
inline constexpr std::size_t sizes = 10'000;          // mailboxes whose STATUS SIZE is remembered
inline constexpr std::size_t search_batch =
    10'000;  // mails looked through in one statement, so that a search can be given up

}  // namespace gateway::mailboxes::limits
