// may_act: may a mail from outside change or take back an earlier one? mapping.md "Legacy verbs". Pure.
#pragma once

#include "gateway/authentication/dkim.h"

#include <chrono>
#include <string_view>
#include <vector>

namespace gateway::authentication {

// Whether one of `signatures` (Findings::signatures of the mail that acts) is valid, without l=, aligned, by the same
// domain as the original's, made within the last 7 days (its t=), and covers From, Date, Message-ID and `verb_header`
// ("Supersedes", "Chat-Edit", "Chat-Delete"; any case), every field of those names.
// `original_domain`: the domain= of the original's authentication, which must have been by DKIM: the caller sees to
// that.
[[nodiscard]] bool may_act_by_mail(const std::vector<DkimSignature>& signatures, std::string_view verb_header,
    std::string_view original_domain, std::chrono::sys_seconds now);

}  // namespace gateway::authentication
