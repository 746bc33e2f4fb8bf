// error: the closed set of errors of email2's verbs. email2.md "Verbs".
#include "email2/error.h"

namespace email2 {

std::string_view name_of(Code code)
{
    switch (code) {
    case Code::not_found: return "not-found";
    case Code::forbidden: return "forbidden";
    case Code::conflict: return "conflict";
    case Code::over_quota: return "over-quota";
    case Code::rate_limited: return "rate-limited";
    case Code::too_large: return "too-large";
    case Code::invalid: return "invalid";
    case Code::gone: return "gone";
    case Code::unavailable: return "unavailable";
    }
    return "unavailable";
}

}  // namespace email2
