// transfer: import and export of mail, folder by folder, over the Admin port.
#pragma once

#include "gateway/admin.h"
#include "gateway/boxes/mbox.h"
#include "gateway/cli/cli.h"
#include "gateway/handover.h"

#include <string>
#include <vector>

namespace gateway::cli {

struct ImportOrder {
    std::string account, folder;
    std::vector<std::string> paths;
    std::uint64_t largest = 0;  // octets of one mail
    boxes::Dialect dialect = boxes::Dialect::automatic;
};

// Everything that can be taken is taken; false when something could not be.
bool import_mail(Admin& admin, const ImportOrder& order, const Streams& streams);

// Files of cold storage, and directories of them; false when one could not be taken.
bool import_archive(Admin& admin, const std::vector<std::string>& paths, const Streams& streams);

// A bar for each folder; `streams` outlive it.
[[nodiscard]] FolderProgress shown_on(const Streams& streams);
// One folder: the file `path`. "": all folders, in files "Work/2026.mbox" below `path`.
void export_mbox(Admin& admin, const std::string& account, const std::string& folder, const std::string& path,
    const Streams& streams);

}  // namespace gateway::cli
