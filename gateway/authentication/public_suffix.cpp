// public_suffix: by libpsl, with the system's list where it is newer than the library's.
#include "gateway/authentication/public_suffix.h"

#include <libpsl.h>
#include <memory>

namespace gateway::authentication {
namespace {

struct Release {
    void operator()(psl_ctx_t* list) const { psl_free(list); }
};

const psl_ctx_t* suffixes()
{
    static const std::unique_ptr<psl_ctx_t, Release> list(psl_latest(nullptr));
    return list ? list.get() : psl_builtin();
}

}  // namespace

std::string organizational_domain(std::string_view domain)
{
    const std::string name(domain);
    const char* registrable = psl_registrable_domain(suffixes(), name.c_str());
    return registrable == nullptr ? name : registrable;
}

bool aligned(std::string_view authenticated, std::string_view author, Alignment alignment)
{
    if (authenticated.empty() || author.empty()) return false;
    if (authenticated == author) return true;
    return alignment == Alignment::relaxed && organizational_domain(authenticated) == organizational_domain(author);
}

}  // namespace gateway::authentication
