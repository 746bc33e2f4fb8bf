// cold_names: what the numbers in a file of cold storage's rows stand for: people, folders, messages, and the list as
// it was. With them the file can be put into another store (cold_import.cpp).
#pragma once

#include "gateway/store/archive_file.h"
#include "gateway/store/session.h"

namespace gateway::store {

// Members, rows as in cold_members.h:
//   names/people    id address class name, keywords of who holds a reference
//   names/mailboxes id user name use: where references were
//   names/messages  id guid server mid: itself, its parents, its thread, and those that hold its list
//   names/list      person role membership changed_by at: its list, as detaching would copy it
// Within the transaction that writes the file.
void write_names(Session& session, ArchiveWriter& out, std::int64_t message);

}  // namespace gateway::store
