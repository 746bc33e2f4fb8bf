// erase: one person's data goes, step by step; each step is one transaction or many, and goes on wherever it was interrupted.
//
// What remains, and why: messages that they wrote and others still hold keep their content, for it is the others' mail too; their author
// becomes an anonymous person. Entries, events and audit lines point to that person. Renditions of what they wrote natively are made
// anew without their name. Mail that came in or was submitted as octets keeps these: signatures hold on them, and whoever got that mail
// has it anyway. Messages of others that quote or name them are others' content. Of the address itself a SHA-256 is kept, so that it is
// given to nobody else by accident. Mail to it is refused as to any address that nobody has.
#pragma once

#include "gateway/store/ids.h"
#include "gateway/store/session.h"

#include <functional>
#include <string>

namespace gateway::store {

enum class EraseStep : std::int16_t {
    close,       // the address and the login go; nobody reaches them any more
    leave,       // every list
    references,  // their mailboxes, and what nobody else holds
    unheld,      // what they were on without a reference, and what they wrote
    renditions,  // of what they wrote here, without their name
    end,
    done
};

[[nodiscard]] std::string name_of(EraseStep step);

// The person whose erasing was begun for that address before; 0: none was.
[[nodiscard]] std::int32_t find_erased(Session& session, const std::string& address);

// `begun`: called in the transaction of the first step, to leave a line in the audit. `progress` hears of each step before it is done.
void erase(Session& session, std::int32_t person, const std::function<void()>& begun, const std::function<void(EraseStep)>& progress);

}  // namespace gateway::store
