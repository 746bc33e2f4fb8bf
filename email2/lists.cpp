// lists: see the header.
#include "email2/lists.h"

namespace email2 {
namespace {

tl::unexpected<Error> forbid(const char* text)
{
    return tl::unexpected(Error{Code::forbidden, text, {}});
}

}  // namespace

Result<PostsAs> may_post(Posting posting, const Poster& poster)
{
    if (poster.owner && poster.proven) return PostsAs::member;
    const bool member = poster.listed == Listed::in && poster.proven;
    switch (posting) {
    case Posting::owners: return forbid("Only the owners post to this list.");
    case Posting::members:
        if (!member) return forbid("Only subscribers whose address is proven post to this list.");
        return PostsAs::member;
    case Posting::anyone: break;
    }
    // Whoever an owner removed does not come back by posting.
    if (poster.listed == Listed::removed) return forbid("You were removed from this list.");
    return member ? PostsAs::member : PostsAs::guest;
}

Result<void> may_address(std::size_t people, std::size_t to_max, bool own_lists)
{
    if (to_max == 0 || people <= to_max || own_lists) return {};
    return forbid("So many people take the right to own lists.");
}

Result<void> may_make_list(bool own_lists)
{
    if (!own_lists) return forbid("This account has no right to own lists.");
    return {};
}

}  // namespace email2
