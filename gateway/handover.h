// handover: an account's mail as a Maildir++, and everything about one person, over the port of administration into a
// sink.
#pragma once

#include "gateway/admin.h"
#include "gateway/boxes/sink.h"

#include <functional>
#include <string>

namespace gateway {

// How far a folder is: octets and mails so far.
using FolderProgress = std::function<void(const Admin::FolderRow& folder, std::uint64_t octets, std::uint64_t mails)>;

// `folder`: that one and those below it, as the top; "": all. Continues what an earlier run has left behind.
void export_maildir(Admin& admin, const std::string& account, const std::string& folder, boxes::Sink& sink,
    const std::string& below, const FolderProgress& progress);

// The documents, and of an account the mail below mail/. Ends with finish().
void hand_over(Admin& admin, const std::string& address, boxes::Sink& sink, const FolderProgress& progress);

}  // namespace gateway
