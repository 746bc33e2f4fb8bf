// rules: who may do what to a message, and what a To change does. email2.md "Rules" 1 to 8.
//
// Pure. The store looks up how an actor stands to a message, asks here, and carries out the answer.
// Whoever may not see a message gets `not-found`, never `forbidden`.
#pragma once

#include "email2/error.h"
#include "email2/message.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace email2 {

enum class Listed { never, in, left, removed };

// How an actor stands to a message, as the store finds it.
struct Standing {
    // The message.
    State state = State::present;
    bool gone = false;  // fossilised, in cold storage or deleted
    bool draft = false;
    bool list_root = false;     // it has an alias: a mailing list
    bool holds_list = true;     // else it inherits
    bool held_at_root = false;  // its list, own or inherited, is held at a list root
    std::uint32_t newest_revision = 1;
    // The actor. With several holders `held` is `in` when it is so at any; the actor is originator
    // or owner of the holder when so at all of them.
    bool originator = false;         // of this message, proven (rule 8): a claimed one is none
    bool holder_originator = false;  // of the message that holds the list, proven
    bool list_owner = false;         // owner of the list where it is held
    Listed held = Listed::never;     // membership where the list is held
    Listed here = Listed::never;     // at this message itself, when it inherits: left = hidden,
                                     // removed = excluded
    bool in_trash = false;           // has a reference to it in Trash
    bool elsewhere = false;          // named in its header alone, and has no reference: theirs is somewhere else
    bool withdrew = false;           // the message is withdrawn, by this actor
};

// Membership on the message's effective list. What is noted at the message itself counts only for who
// stands on the list; removal beats leaving.
[[nodiscard]] Listed effective(Listed held, Listed here);
[[nodiscard]] Listed effective(const Standing& standing);

// Rule 2. A withdrawn message is readable as such: without content. Who wrote a message may read it as
// long as they hold a reference to it, whatever became of their place on the list.
[[nodiscard]] Result<void> may_read(const Standing& standing);
// Rule 5. A withdrawn message's history is `gone`.
[[nodiscard]] Result<void> may_read_history(const Standing& standing);
// Rule 3: the list itself. On a list root, and on posts that inherit from one, owners only.
[[nodiscard]] Result<void> may_see_list(const Standing& standing);
// Rule 5. `replaces` is the revision that the editor saw; another one than the newest is
// `conflict`.
[[nodiscard]] Result<void> may_edit(const Standing& standing, std::uint32_t replaces);
[[nodiscard]] Result<void> may_redact(const Standing& standing);

// Rule 3: where a change of the list acts.
enum class Where { holder, here };
[[nodiscard]] Result<Where> may_add(const Standing& standing);
// Removing others. `here` excludes them at this message only.
[[nodiscard]] Result<Where> may_remove(const Standing& standing);
// Detach gives an inheriting message its own copy of the list, inherit gives the copy up. Copying a
// mailing list's subscribers takes an owner.
[[nodiscard]] Result<void> may_detach(const Standing& standing);
[[nodiscard]] Result<void> may_inherit(const Standing& standing);

// Rule 4: how far leaving and rejoining reach.
enum class Reach {
    nothing,  // it is so already
    message,  // this message only: hide it, or show it again
    thread,   // the list of every holder that it inherits from, and so all answers
    draft,    // leaving a draft deletes it
};
// `thread`: nullopt is the default: the thread for a message that holds its list, else the message.
[[nodiscard]] Result<Reach> may_leave(const Standing& standing, std::optional<bool> thread);
// As may_leave; but who left the thread gets one message of it back only with the thread.
// On a list root anybody may join: that is subscribing.
[[nodiscard]] Result<Reach> may_rejoin(const Standing& standing, std::optional<bool> thread);

// Rule 6. `nothing`: it is so already, which is no error, so that a verb may be repeated.
enum class Step { act, nothing, delete_draft };
[[nodiscard]] Result<Step> may_withdraw(const Standing& standing);
[[nodiscard]] Result<Step> may_undelete(const Standing& standing);

// What a change does to one person. By whom: themselves, somebody who rules the list where it is
// held, or anyone else on it.
enum class ListEffect { unchanged, joined, rejoined, left, removed };
enum class By { self, ruler, member };
// Adding does not bring back who left by their own act: only they rejoin (`unchanged`). Who was
// removed comes back by a ruler only; for others it is `forbidden`.
[[nodiscard]] Result<ListEffect> effect_of_adding(Listed before, By by);
// Removing who is not on the list changes nothing; a ruler's removal of who had left bars the way
// back.
[[nodiscard]] ListEffect effect_of_removing(Listed before, By by);

// What a To change of an actor does to one other person, and where. `held` and `here` as in Standing.
struct Subject {
    Listed held = Listed::never, here = Listed::never;
};

struct Adding {
    bool join = false;     // their entry where the list is held becomes `in`
    bool readmit = false;  // their exclusion at this message is lifted
    bool operator==(const Adding&) const = default;
};

// An exclusion is lifted by who may have made it: who rules the list, or the originator of the message.
[[nodiscard]] Result<Adding> adding(const Standing& actor, const Subject& person);
enum class Removing { nothing, where_held, here };
[[nodiscard]] Result<Removing> removing(const Standing& actor, const Subject& person);

// Whose lists a message inherits: the holders of all its parents, in the parents' order, each once. A message without
// parents holds its own.
struct Inheritance {
    std::map<std::int64_t, std::vector<std::int64_t>> parents;  // of messages whose holders are asked for
    std::map<std::int64_t, std::vector<std::int64_t>> known;  // holders of other messages, which are among the parents
    std::set<std::int64_t> besides;  // those of them that hold a list of their own besides what they inherit
};

// Of every message in `parents`. These must not inherit in a circle; one that does anyway counts as holding its own
// list.
[[nodiscard]] std::map<std::int64_t, std::vector<std::int64_t>> holders(const Inheritance& inheritance);

// Rule 7: what becomes of a message when this many people are on its effective list.
enum class Fate { keep, archive, revive, delete_draft };
[[nodiscard]] Fate fate(const Standing& standing, std::size_t count);

// Rule 7: who keeps a large message far beyond the others gets it as a mail of their own, and the
// network object goes.
struct Holding {
    State state = State::present;
    bool list_root = false;         // it is, or inherits from one: a list's archive is for those to come
    std::uint64_t octets = 0;       // of its newest revision
    std::size_t holders = 0;        // people on its effective list whose store is here or who pull it
    std::size_t left = 0;           // who were, and left by their own act
    std::chrono::seconds alone{0};  // since the list last changed, or the message was made
};
[[nodiscard]] bool fossilises(const Holding& holding);

}  // namespace email2
