// may_act: may a mail from outside change or take back an earlier one?
#include "gateway/authentication/may_act.h"

#include "email2/text.h"

#include <algorithm>

namespace gateway::authentication {
namespace {

constexpr auto oldest = std::chrono::hours(7 * 24);
constexpr auto skew = std::chrono::hours(1);  // of the signer's clock before ours

bool covers(const DkimSignature& signature, std::string_view name)
{
    return std::find(signature.covered.begin(), signature.covered.end(), name) != signature.covered.end();
}

}  // namespace

bool may_act_by_mail(const std::vector<DkimSignature>& signatures, std::string_view verb_header,
    std::string_view original_domain, std::chrono::sys_seconds now)
{
    const auto verb = email2::ascii_lower(verb_header), original = email2::ascii_lower(original_domain);
    return std::any_of(signatures.begin(), signatures.end(), [&](const DkimSignature& s) {
        if (s.result != Result::pass || s.testing || s.length_used || !s.aligned || original.empty() ||
            s.domain != original)
            return false;
        if (!s.time || *s.time > now + skew || *s.time < now - oldest) return false;
        return covers(s, "from") && covers(s, "date") && covers(s, "message-id") && covers(s, verb);
    });
}

}  // namespace gateway::authentication
