// cold_deletion: the end of what lay in cold storage long enough, of its stub, and of files that are nobody's.
#include "gateway/store/cold_storage.h"
#include "gateway/store/hash.h"
#include "gateway/store/maintenance_limits.h"

#include <set>

namespace gateway::store {

namespace fs = std::filesystem;

// Children keep what they know: the id and guid stay reserved, as of a parent that never arrived (table missing), and
// their own rows name it by its Message-ID. Should the mail ever come again, it is their parent again.
bool drop_stub(Session& session, std::int64_t message)
{
    const auto rows = session.query(R"(
select coalesce(m.mid, m.guid || '@' || d.name), m.guid,
 exists (select from message c where c.list_id = m.id and c.id <> m.id) or exists (select from message_list l where l.list_id = m.id)
  or exists (select from parent p where p.parent_id = m.id and p.inherited),
 exists (select from parent p where p.parent_id = m.id) or exists (select from message c where c.thread_id = m.id and c.id <> m.id),
 m.revision > 1
from message m join domain d on d.id = m.home where m.id = $1 and m.state = 3)",
        message);
    if (rows.empty() || rows.boolean(0, 2)) return false;
    const auto id = rows.text(0, 0);
    if (rows.boolean(0, 3)) {
        // Two that shared one Message-ID: the second one keeps its row for its children's sake.
        if (session
                .query("insert into missing(hash, id, guid) values ($1, $2, $3) on conflict do nothing returning 1",
                    message_id_hash(id), message, rows.uuid(0, 1))
                .empty())
            return false;
        session.query("update parent set mid = $2 where parent_id = $1 and mid is null", message, id);
    }
    Session::Pipeline pipeline(session);
    for (const auto* sql : {"delete from entry where list_id = $1", "delete from parent where message_id = $1",
             "delete from message_list where message_id = $1", "delete from token where message_id = $1",
             "delete from event where message_id = $1", "delete from message where id = $1"})
        pipeline.add(sql, message);
    // One that was edited by mail was known by other Message-IDs as well, which stand nowhere else: rare, and looked
    // for without an index.
    if (rows.boolean(0, 4)) pipeline.add("delete from msgid where message_id = $1", message);
    else pipeline.add("delete from msgid where hash = $2 and message_id = $1", message, message_id_hash(id));
    pipeline.run();
    return true;
}

namespace {

bool delete_one(Care& care, const fs::path& directory, std::int64_t message)
{
    Transaction transaction(care.session);
    const auto rows = care.session.query(
        "select c.file from message m join cold c on c.message_id = m.id where m.id = $1 and c.at < now() - make_interval(secs => $2) "
        "for update of m, c",
        message, static_cast<double>(care.settings.cold_keep.count()));
    if (rows.empty()) return false;  // restored meanwhile
    care.session.query("delete from cold where message_id = $1", message);
    drop_stub(care.session, message);
    care.step("rows deleted");
    transaction.commit();
    care.step("committed");
    remove_durably(directory / rows.text(0, 0));
    care.step("file removed");
    return true;
}

}  // namespace

Batch delete_cold(Care& care)
{
    if (care.settings.cold_keep.count() == 0) return {};
    const auto page = care.session.query(
        "select message_id from cold where at < now() - make_interval(secs => $1) order by at limit $2",
        static_cast<double>(care.settings.cold_keep.count()), limits::batch_looked_at);
    if (page.empty()) return {};
    const auto directory = archive_directory(care.session, care.settings);
    if (!directory) return {};
    Batch batch{0, page.size() == static_cast<std::size_t>(limits::batch_looked_at)};
    for (std::size_t i = 0; i < page.size(); ++i)
        batch.done += delete_one(care, *directory, page.integer(i, 0)) ? 1 : 0;
    return batch;
}

Batch drop_stubs(Care& care)
{
    Transaction transaction(care.session);
    const auto page = care.session.query(
        "select m.id, m.since is null and not exists (select from cold c where c.message_id = m.id) from message m "
        "where m.state = 3 and m.id > $1 order by m.id limit $2 for update of m skip locked",
        care.after(), limits::batch_looked_at);
    Batch batch{0, page.size() == static_cast<std::size_t>(limits::batch_looked_at)};
    for (std::size_t i = 0; i < page.size(); ++i)
        if (page.boolean(i, 1)) batch.done += drop_stub(care.session, page.integer(i, 0)) ? 1 : 0;
    transaction.commit();
    if (!page.empty()) care.position = std::to_string(page.integer(page.size() - 1, 0));
    return batch;
}

// A folder at a time, by name. Only one process is at it, and a file that is being made has its row before this looks.
Batch sweep_files(Care& care)
{
    if (!fs::exists(care.settings.directory / "ID")) return {};
    const auto directory = archive_directory(care.session, care.settings);
    if (!directory) return {};
    std::set<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(*directory))
        if (entry.is_directory() && entry.path().filename().string() > care.position) folders.insert(entry.path());
    if (folders.empty()) return {};
    const auto& folder = *folders.begin();
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back((folder.filename() / entry.path().filename()).string());
    const auto orphans = care.session.query(
        "select f from unnest($1::text[]) f where not exists (select from cold c where c.file = f)", names);
    for (std::size_t i = 0; i < orphans.size(); ++i) remove_durably(*directory / orphans.text(i, 0));
    care.position = folder.filename().string();
    return {orphans.size(), folders.size() > 1};
}

}  // namespace gateway::store
