// lists: mailing lists in the store: list roots by alias, their owners, subscribing. email2.md rule 9.
//
// Within the caller's transaction where `changes` is given. Whether it is allowed was decided before (email2/lists.h,
// email2/rules.h).
#pragma once

#include "email2/message.h"
#include "gateway/store/changes.h"
#include "gateway/store/session.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::store {

struct ListRoot {
    std::int64_t id = 0;
    email2::Name name;
    std::string alias, title;
    email2::Posting posting = email2::Posting::members;
    // As mails show it in place of its subscribers.
    [[nodiscard]] email2::Person person() const { return {alias, email2::Class::native, title}; }
};

// The roots among messages that hold lists, in ascending id, and which of them `person` owns.
struct OwnedRoot {
    ListRoot root;
    bool owned = false;
};
[[nodiscard]] std::vector<OwnedRoot> roots_among(
    Session& session, const std::vector<std::int64_t>& holders, std::int32_t person);

[[nodiscard]] std::optional<ListRoot> find_list(Session& session, std::string_view alias);
[[nodiscard]] std::vector<ListRoot> all_lists(Session& session);  // by alias
[[nodiscard]] std::vector<std::string> owners_of(Session& session, std::int64_t root);
// Those of `addresses` that are aliases of lists.
[[nodiscard]] std::set<std::string> lists_among(Session& session, const std::vector<std::string>& addresses);
[[nodiscard]] bool may_own_lists(Session& session, std::string_view address);
// False when it was so already.
bool add_owner(Session& session, std::int64_t root, std::int32_t person);
bool remove_owner(Session& session, std::int64_t root, std::int32_t person);
void set_posting(Session& session, std::int64_t root, email2::Posting posting);
// The alias is free again and nothing is posted any more; posts, and the root as an ordinary message, stay.
void remove_list(Session& session, std::int64_t root);
// Whether somebody may make mailing lists and write to many. False when there is no such account.
bool allow_lists(Session& session, std::string_view address, bool allowed);

// Joins, or comes back. Who is new gets what is posted from now on: older posts may be read, and lie in no folder. Who
// comes back has what they had when they left, and what was posted meanwhile. Correspondents are told by mail.
enum class Subscribed { already, joined, rejoined };
Subscribed subscribe(Session& session, Changes& changes, std::int32_t person, const ListRoot& root);

// Tells a correspondent that they are on the list, and how to leave it.
void tell_subscribed(Session& session, Changes& changes, std::int32_t person, const ListRoot& root);

// Answers a correspondent who asks for it: whether it was they, or, where nothing is to be done, how they stand. At
// most one such mail per address and day.
enum class Wish { subscribe, unsubscribe };
enum class Answered { by_mail, not_today, removed };  // removed: an owner took them off
Answered answer_wish(Session& session, Changes& changes, std::int32_t person, const ListRoot& root, Wish wish,
    const std::string& public_url);
// The address that subscribes or unsubscribes whoever writes to it.
[[nodiscard]] std::string address_for(const ListRoot& root, Wish wish);

}  // namespace gateway::store
