// bounce_evidence: whether a mail without RFC 3464 fields is a bounce, and which of its words are
// the server's.
#pragma once

#include "gateway/mapping/bounce.h"

#include <optional>
#include <string>
#include <string_view>

namespace gateway::mapping {

struct BounceWords {
    std::string said;                            // by the server that reports
    std::string original;                        // what it gives back of the message
    std::string failed_recipients;               // X-Failed-Recipients
    BounceAction action = BounceAction::failed;  // or delayed
};

// nullopt when the mail is no bounce: evidence is counted (who sent it, its subject, its first
// words), so that no ordinary mail is taken for one.
[[nodiscard]] std::optional<BounceWords> words_of_bounce(const mime::Message& message, std::string_view bytes);

}  // namespace gateway::mapping
