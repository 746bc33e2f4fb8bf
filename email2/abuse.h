// abuse: how fast an account may publish, what votes come to, and how far a sender outside is trusted. email2.md
// rule 11.
//
// Pure.
#pragma once

#include "email2/error.h"
#include "email2/message.h"
#include "email2/rules.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace email2 {

// Too fast is more than one message in each stretch of `every`, one stretch after the other, for `kept_up`. A burst is
// not: it is over before. `every` 0: anything goes.
struct Rate {
    std::chrono::milliseconds every{0};
    std::chrono::milliseconds kept_up = std::chrono::minutes(5);
};
struct Pace {                    // of one account
    std::int64_t stretch = 0;    // the number of the newest one, counted from 1970
    std::uint32_t messages = 0;  // in it
    std::uint32_t streak = 0;    // stretches right before it with more than one message
    bool operator==(const Pace&) const = default;
};
struct Paced {
    Pace next;
    bool too_fast = false;
};
[[nodiscard]] Paced publish_at(const Pace& pace, const Rate& rate, Time now);

// Why an account that was too fast may not publish, and until when; nullopt: until an administrator lifts it.
[[nodiscard]] std::string suspension_text(std::optional<Time> until);
// The same of one that has used up its send quota.
[[nodiscard]] std::string quota_text(Time until);
// `rate-limited`, with how long that lasts from `now` on.
[[nodiscard]] Error rate_refusal(std::string text, std::optional<Time> until, Time now);

// Everybody who may read a message may vote on it, except its originator.
[[nodiscard]] Result<void> may_vote(const Standing& standing);

// What became of somebody's earlier votes: others agreed and the message was moderated, or nobody did.
struct VoterRecord {
    std::uint32_t agreed = 0, alone = 0;
};
// Of one vote, in (0, 1]: 1 for who was never wrong, little for who cries wolf.
[[nodiscard]] double weight(const VoterRecord& record);

inline constexpr std::size_t least_voters = 3;
inline constexpr double least_weight = 2.0;  // three voters who were right two times out of three
struct Tally {
    std::size_t voters = 0;
    double weight = 0;
    bool from_account = false;  // the originator has an account here
};
[[nodiscard]] bool is_moderated(const Tally& tally);

// Whom votes on a mail from outside count against: "domain:legacy.test" when `authentication` ("… domain=legacy.test")
// says that it was authenticated, else its "network=…", else "net:192.0.2.0/24" or "net:2001:db8:1::/48" of the
// client's address; "" without either.
[[nodiscard]] std::string source_of(std::string_view authentication, std::string_view client);
// "" for this machine itself: what a relay beside us hands over has no network of its own.
[[nodiscard]] std::string network_of(std::string_view address);

// What is remembered of a source; both numbers fade (trust_half_life).
struct SourceRecord {
    double messages = 0;    // taken in
    double complaints = 0;  // weights of the votes on those that were moderated: nobody lowers trust alone
};
inline constexpr std::chrono::hours trust_half_life{24 * 14};
// In (0, 1]: 1 without complaints. A source of which little is known is trusted as one with five good messages.
[[nodiscard]] double trust(const SourceRecord& record);

enum class Verdict { take, defer, refuse };
inline constexpr double deferred_below = 0.5, refused_below = 0.2;
// `written_to`: accounts here write to this (authenticated) domain: it is never refused by votes.
[[nodiscard]] Verdict verdict(const SourceRecord& record, bool written_to);

}  // namespace email2
