// adapt: a mail as its next hop can take it, and as its author's domain lets it pass. mapping.md "Mail out", RFC 6152,
// RFC 6531.
//
// Pure. What is signed is never touched for its octets: nobody's server cuts bits any more, and a broken signature is
// worse.
#pragma once

#include "gateway/authentication/arc.h"
#include "gateway/egress/queue.h"
#include "smtp/extensions.h"

#include <string>
#include <string_view>

namespace gateway::egress {

struct Adapted {
    std::string changed;     // the mail anew; "" when it stays as it is
    bool eight_bit = false;  // for BODY=
    bool smtputf8 = false;
};

enum class AuthorPolicy { allows, demands_alignment };

// Whether From must be rewritten: the author's domain demands alignment, and no signature of its own holds any more.
[[nodiscard]] bool must_rewrite(const Relayed& relayed, AuthorPolicy policy, std::string_view bytes);
[[nodiscard]] std::string rewritten(const Relayed& relayed, std::string_view bytes);

// What an ARC set of ours says of it (RFC 8617 4.1.1), but for the time.
[[nodiscard]] authentication::Sealing sealing_of(const Relayed& relayed, const std::string& hostname);

// For a hop that offers this. The envelope's addresses are not looked at: who needs SMTPUTF8 there is refused by the
// session.
[[nodiscard]] Adapted adapted(const Job& job, const smtp::Offered& offered, std::string_view bytes);

}  // namespace gateway::egress
