// maintenance_limits: how much is done at a time while the store is in use, and how long things are kept that no
// setting names.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gateway::store::limits {

using namespace std::chrono_literals;

// One batch is one short transaction: nothing waits long for its locks, and a stop waits for one batch at most.
inline constexpr std::int32_t batch_rows = 2000;                // rows deleted
inline constexpr std::int32_t batch_looked_at = 500;            // candidates that are looked at
inline constexpr std::uint64_t batch_octets = 256U << 20U;      // of blobs deleted: a thousand chunks
inline constexpr std::chrono::milliseconds lock_patience = 2s;  // then the batch is left for the next run

inline constexpr std::chrono::seconds upload_keep =
    7 * 24h;  // an upload that no message uses: the time to write a long draft
inline constexpr std::chrono::seconds staged_keep = 1h;  // after an upload's last piece: its client or process is gone
inline constexpr std::chrono::seconds blob_grace = 1h;   // after a blob was written, though nothing uses it yet
inline constexpr std::chrono::seconds idempotency_keep = 7 * 24h;   // for a client that was off over a long weekend
inline constexpr std::chrono::seconds unreferenced_grace = 24h;     // after a draft or an import was made
inline constexpr std::chrono::seconds token_grace = 24h;            // after a token expired
inline constexpr std::chrono::seconds told_keep = 2 * 24h;          // followup.max_per_day counts those of one day
inline constexpr std::chrono::seconds confirmation_keep = 2 * 24h;  // somebody outside is asked once a day
inline constexpr std::chrono::seconds import_keep =
    90 * 24h;  // an import that stopped; gone on with later, it looks at all of its mails again
inline constexpr double trust_forgotten =
    0.01;  // messages and complaints, faded: email2::trust() is 1 to the third digit

// What clients that were away ask of the log of expunged UIDs (RFC 7162): so many changes of one mailbox are told
// exactly, older ones as one, which names a UID twice at worst. Merged at twice that, so that most runs merge nothing.
inline constexpr std::int32_t expunges_kept = 1000;

}  // namespace gateway::store::limits
