// find: which folders of mail lie at a path.
#pragma once

#include "gateway/boxes/mail.h"
#include "gateway/boxes/mbox.h"

#include <memory>
#include <string>
#include <vector>

namespace gateway::boxes {

struct Found {
    std::string folder;  // where its mails belong: "INBOX", "Work/2026"
    std::string path;
    bool maildir = false;
};

// The folders of a Maildir, a Maildir++, a tree of Maildirs, a tree of mbox files ("Work/2026.mbox", Thunderbird's
// "Work.sbd/2026"), or the one of a file. What lies at the path itself belongs into `into`, the rest below it; "" is
// INBOX, beside which the rest lies. Sorted by name. Throws Unreadable when there is nothing.
[[nodiscard]] std::vector<Found> find(const std::string& path, const std::string& into);

[[nodiscard]] std::unique_ptr<Source> open(const Found& found, std::uint64_t largest, Dialect dialect);

}  // namespace gateway::boxes
