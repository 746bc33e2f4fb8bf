// findings: all that is found out about where one mail comes from, and what follows: who is proven. Pure.
#pragma once

#include "email2/message.h"
#include "gateway/authentication/arc.h"
#include "gateway/authentication/dkim.h"
#include "gateway/authentication/dmarc.h"
#include "gateway/authentication/spf.h"

#include <string>
#include <vector>

namespace gateway::authentication {

struct Findings {
    SpfAnswer spf;
    std::vector<DkimSignature> signatures;
    DmarcDiscovery discovery;
    Arc arc;
    // What follows of them, by weigh().
    std::string author_domain;  // of From, lower-case A-labels; "" when there is not exactly one: then `discovery` is
                                // the strictest of theirs
    Dmarc dmarc;
    email2::Proof proof = email2::Proof::none;  // spf, dkim: that domain is the author's; none: only claimed
    bool names_us =
        false;  // it came with Authentication-Results in our name, which nothing that leaves us has: a forgery
    bool unknown = false;  // not proven, but what could have proven it is not known now
    std::string domain;    // the authenticated domain: the aligned signature's, else SPF's that is aligned, else any
                           // other's; "" without one

    // Authentication-Results behind our name, RFC 8601: "spf=pass smtp.mailfrom=…; dkim=…; dmarc=…". Words of strangers
    // are made harmless.
    [[nodiscard]] std::string results() const;
    // As revision.authentication keeps it: "spf=pass dkim=pass dmarc=pass domain=legacy.test", and "arc=pass" when
    // there was a chain.
    [[nodiscard]] std::string summary() const;
};

// The domains of all addresses in all From fields, each once, lower-case A-labels.
[[nodiscard]] std::vector<std::string> author_domains(const MailText& mail);

// Whether an Authentication-Results field of the mail names `authserv_id`, RFC 8601 5.
[[nodiscard]] bool has_results_of(const MailText& mail, std::string_view authserv_id);

// Fills in what follows. `draw`: random, below 100.
void weigh(Findings& findings, unsigned draw);

}  // namespace gateway::authentication
