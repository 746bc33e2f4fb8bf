// lists_test: who posts as what, by the list's policy and how they stand to it.
#include "email2/lists.h"

#include <doctest/doctest.h>

using namespace email2;

namespace {

std::string posts(Posting posting, const Poster& poster)
{
    const auto as = may_post(posting, poster);
    if (!as) return as.error().code == Code::forbidden ? "-" : "?";
    return *as == PostsAs::member ? "member" : "guest";
}

}  // namespace

TEST_CASE("posting to a mailing list, by policy")
{
    struct Row {
        const char* who;
        Poster poster;
        const char *members, *anyone, *owners;
    };

    for (const auto& [who, poster, members, anyone, owners] :
        std::vector<Row>{{"an owner", {Listed::in, true, true}, "member", "member", "member"},
            {"an owner who does not subscribe", {Listed::never, true, true}, "member", "member", "member"},
            {"who claims to be an owner", {Listed::in, true, false}, "-", "guest", "-"},
            {"a subscriber", {Listed::in, false, true}, "member", "member", "-"},
            {"who claims to be a subscriber", {Listed::in, false, false}, "-", "guest", "-"},
            {"who left", {Listed::left, false, true}, "-", "guest", "-"},
            {"who was removed", {Listed::removed, false, true}, "-", "-", "-"},
            {"who claims to be one who was removed", {Listed::removed, false, false}, "-", "-", "-"},
            {"a stranger", {Listed::never, false, true}, "-", "guest", "-"},
            {"a claimed stranger", {Listed::never, false, false}, "-", "guest", "-"}}) {
        CAPTURE(who);
        CHECK(posts(Posting::members, poster) == members);
        CHECK(posts(Posting::anyone, poster) == anyone);
        CHECK(posts(Posting::owners, poster) == owners);
    }
}

TEST_CASE("long lists and mailing lists take the right to own lists")
{
    CHECK(may_address(100, 100, false));
    CHECK(may_address(101, 100, false).error().code == Code::forbidden);
    CHECK(may_address(101, 100, true));
    CHECK(may_address(1'000'000, 0, false));
    CHECK(may_make_list(true));
    CHECK(may_make_list(false).error().code == Code::forbidden);
}
