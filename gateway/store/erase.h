// erase: one person's data goes, step by step; each step is one transaction or many, and goes on wherever it was
// interrupted.
//
// What remains, and why: messages that they wrote and others still hold keep their content, for it is the others' mail
// too; their author becomes an anonymous person. Entries, events and audit lines point to that person. Renditions of
// what they wrote natively are made anew without their name. Mail that came in or was submitted as octets keeps these:
// signatures hold on them, and whoever got that mail has it anyway. Messages of others that quote or name them are
// others' content. Of the address itself a SHA-256 is kept, so that it is given to nobody else by accident. Mail to it
// is refused as to any address that nobody has. What lies in cold storage goes like the rest (its file is swept by
// maintenance); should a file of theirs be put back one day, erasing goes on with what came.
#pragma once

#include "gateway/store/ids.h"
#include "gateway/store/maintenance.h"
#include "gateway/store/session.h"

#include <functional>
#include <optional>
#include <string>

namespace gateway::store {

enum class EraseStep : std::int16_t {
    close,       // the address and the login go; nobody reaches them any more
    forget,      // what is about them and nobody else
    leave,       // every list
    references,  // their mailboxes, and what nobody else holds
    unheld,      // what they were on without a reference
    written,     // what they wrote, and nobody else holds
    renditions,  // of what they wrote here, without their name
    end,
    done
};

[[nodiscard]] std::string name_of(EraseStep step);

struct Erasure {
    std::int32_t person = 0;
    EraseStep step = EraseStep::close;  // the next one
    Time started{};
    std::optional<Time> ended;
};
// That was begun for that address; nullopt: none was.
[[nodiscard]] std::optional<Erasure> find_erasure(Session& session, const std::string& address);

struct ErasingHooks {
    std::function<void()> begun;  // in the transaction of the first step, to leave a line in the audit
    std::function<void(std::string_view)> at_step = [](std::string_view) {};  // as Care::step()
};
// One transaction of the erasing of `person`, which is begun if it was not; the step that comes next.
EraseStep erase_some(Session& session, Ids& ids, std::int32_t person, const ErasingHooks& hooks);
// The same to its end. `progress` hears of each step before it is done.
void erase(
    Session& session, std::int32_t person, const ErasingHooks& hooks, const std::function<void(EraseStep)>& progress);

// A job of maintenance: goes on with what was begun.
Batch erase_begun(Care& care);

// The message came back from cold storage: whoever wrote it and was erased meanwhile is erased from it, too. In the
// caller's transaction.
void erase_again(Session& session, std::int64_t message);

}  // namespace gateway::store
