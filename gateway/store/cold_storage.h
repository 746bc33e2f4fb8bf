// cold_storage: messages that nobody sees become files on disk, and messages again when they are asked for. email2.md
// rule 7.
//
// A file holds all of one message (archive_file.h): message.xml as people knew it, the rows of the store as JSON, and
// the attachments that it uses, shared or not, so that each file stands for itself. In the database a stub stays: the
// message's row (state 3), its To list, its parents and its Message-ID, so that it is a parent still, holds its
// children's list, and is `gone` for those who knew it.
//
// A file is written, seen to the disk and renamed before the rows go, in the transaction that looked at them; and it is
// removed only after the commit that put the rows back or gave them up. So whatever ends the process, the message is
// there exactly once for the store: in the rows, or in the file that table `cold` names. A file that it does not name
// is a leftover, and is swept.
//
// Several processes may share one database, but the files lie in one directory: the one whose file ID holds the id in
// table `archive`. The first process to need it makes both. Only processes that see that directory do these jobs; a
// directory that all of them see (a network file system) serves all.
#pragma once

#include "email2/message.h"
#include "gateway/store/archive_file.h"
#include "gateway/store/maintenance.h"

#include <optional>

namespace gateway::store {

// What was archived, withdrawn or fossilised longer than archive.keep ago, and lies in nobody's folder any more.
Batch to_cold_storage(Care& care);
// What lies in cold storage longer than archive.cold_keep is deleted.
Batch delete_cold(Care& care);
// Stubs of what was deleted go as soon as nobody inherits their list. Their children keep thread and parent, as of one
// not here.
Batch drop_stubs(Care& care);
// Files that are nobody's.
Batch sweep_files(Care& care);

struct ColdMessage {
    email2::Name name;
    std::string file;  // below the directory
    std::uint64_t size = 0;
    Time at{};
};
// All of it, oldest first.
[[nodiscard]] std::vector<ColdMessage> cold_messages(Session& session);

// Puts the message back as it was: withdrawn, or archived and revived where somebody is on its list. References are
// where leaving had put them, so that rejoining brings them back with folders and flags. False: it is not in cold
// storage. Throws std::runtime_error when the file cannot be had or is not what was written. `restored`: called in the
// transaction.
bool restore(Care& care, const email2::Name& name, const std::function<void(std::int64_t message)>& restored = {});

// Puts the message of any such file into this store, in one transaction (cold_import.cpp). People are known by their
// addresses: those that have no account here are correspondents, and who was erased here stays so. The list is
// inherited where all that it was inherited from is here, else it is a copy of what it was. References are in limbo,
// with the folder of that name and their flags, so that who left can rejoin; without an account there is none. Events
// become lines of the audit, for their numbers are another store's.
enum class Imported { fresh, restored, present };  // new; known here and gone, as by restore(); here, and left alone
struct ImportHooks {
    std::vector<std::string> domains;                              // that are served here
    std::function<void(std::int64_t message, Imported)> imported;  // in the transaction
    std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};
// Throws std::runtime_error with a sentence when the file is no such file, is damaged, or its message cannot be here.
Imported import_cold(Care& care, const std::filesystem::path& file, const ImportHooks& hooks);

// --- for its own parts

// The archive's directory, made at first use; nullopt: it is not the one that this process is configured with.
[[nodiscard]] std::optional<std::filesystem::path> archive_directory(
    Session& session, const MaintenanceSettings& settings);
// What a file says of itself; the first line names the form.
inline constexpr std::string_view about_member = "about.txt";
inline constexpr std::string_view format_line = "email2 cold storage, form 2\n";
inline constexpr std::string_view nameless_format_line =
    "email2 cold storage, form 1\n";  // without names/: for its own store only
// Removes a gone message's row and what hangs on it, unless its list is needed. Inside the caller's transaction.
bool drop_stub(Session& session, std::int64_t message);

}  // namespace gateway::store
