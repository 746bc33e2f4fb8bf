// admin_archive: maintenance and cold storage for the command line.
#include "gateway/store/admin.h"
#include "gateway/store/cold_storage.h"

namespace gateway::store {

namespace {

const std::atomic<bool> never{false};  // a command ends with its process

}  // namespace

std::vector<Admin::MaintenanceRow> StoreAdmin::maintain()
{
    std::vector<MaintenanceRow> out;
    const auto runs = run_jobs(session_, settings_.maintenance, Which::all, never);
    for (const auto& run : *runs) out.push_back({run.job, run.done, run.took, run.failed});
    return out;
}

std::vector<Admin::ArchiveRow> StoreAdmin::archived()
{
    std::vector<ArchiveRow> out;
    for (const auto& cold : cold_messages(session_))
        out.push_back({cold.name.str(), cold.file, cold.size, std::chrono::floor<std::chrono::seconds>(cold.at)});
    return out;
}

void StoreAdmin::restore(const std::string& id)
{
    const auto name = email2::parse_name(id);
    if (!name) throw Refused(id + " is no name of a message (guid@server).");
    Ids ids;
    std::string position;
    Care care{session_, ids, settings_.maintenance, position, never};
    const auto restored = [&](std::int64_t message) { record({.act = "archive.restore", .message = message}); };
    if (!store::restore(care, *name, restored)) throw Refused(id + " is not in cold storage.");
}

Admin::Archived StoreAdmin::import_archived(
    const std::string& path, const std::function<void(std::uint64_t done, std::uint64_t total)>& progress)
{
    Ids ids;
    std::string position;
    Care care{session_, ids, settings_.maintenance, position, never};
    const auto imported = [&](std::int64_t message, Imported) {
        record({.act = "archive.import", .message = message, .detail = path});
    };
    try {
        switch (import_cold(care, path, {settings_.domains, imported, progress})) {
        case Imported::fresh: return Archived::fresh;
        case Imported::restored: return Archived::restored;
        case Imported::present: break;
        }
        return Archived::present;
    } catch (const DatabaseError&) {
        throw;
    } catch (const std::runtime_error& error) {
        throw Refused(error.what());
    }
}

}  // namespace gateway::store
