// lists: who may post to a mailing list, and as what; how long a list anybody may write. email2.md rules 9 and 11.
//
// Pure, as rules.h.
#pragma once

#include "email2/error.h"
#include "email2/message.h"
#include "email2/rules.h"

#include <cstddef>

namespace email2 {

// How an originator stands to a list root.
struct Poster {
    Listed listed = Listed::never;
    bool owner = false;
    bool proven = false;  // rule 8: a claimed originator has no member's rights
};

// A guest's post reaches the list; the guest gets rights on that post, never membership.
enum class PostsAs { member, guest };
[[nodiscard]] Result<PostsAs> may_post(Posting posting, const Poster& poster);

// Whether a list of so many people may be made by somebody with or without the right to own lists. `to_max` 0: no
// bound.
[[nodiscard]] Result<void> may_address(std::size_t people, std::size_t to_max, bool own_lists);
// Making a mailing list.
[[nodiscard]] Result<void> may_make_list(bool own_lists);

}  // namespace email2
