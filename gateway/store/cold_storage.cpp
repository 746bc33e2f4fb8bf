#include "gateway/store/cold_storage.h"

#include "email2/guid.h"
#include "email2/xml.h"
#include "gateway/log.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/cold_members.h"
#include "gateway/store/cold_names.h"
#include "gateway/store/cold_rows.h"
#include "gateway/store/facts.h"
#include "gateway/store/hash.h"
#include "gateway/store/rendition.h"
#include "mime/message.h"

#include <fstream>

namespace gateway::store {

namespace fs = std::filesystem;

namespace {

using Id = std::int64_t;

constexpr std::int32_t messages_at_once = 50;
constexpr std::int32_t segments_at_once = 8;  // rows of body in memory

constexpr std::string_view about =
    "message.xml: the message as it was known last, urn:email2:1.\n"
    "names/…: what the numbers in the rows stand for: people, folders, messages; and the To list as it was, for a store that has not what it inherits from.\n"
    "rows/TABLE/N: rows of the store's table TABLE, one JSON object a line; binary values are hexadecimal after \\x.\n"
    "blob/SHA256: attachments, exactly.\n"
    "To put it back where it came from: email2-gateway archive restore GUID@SERVER; into another store, or from a copy: email2-gateway archive import FILE\n";

void write_rows(Session& session, ArchiveWriter& out, Id message)
{
    for (const auto& table : message_tables) {
        RowMembers members(out, std::string("rows/") + table.name);
        members.add(session.query(table.rows, message));
        members.flush();
    }
    const auto renditions = session.query("select id from rendition where message_id = $1 order by id", message);
    RowMembers texts(out, "rows/search_text"), bodies(out, "rows/body");
    for (std::size_t i = 0; i < renditions.size(); ++i)
        texts.add(session.query(
            "select row_to_json(t)::text from search_text t where rendition_id = $1", renditions.integer(i, 0)));
    texts.flush();
    for (std::size_t i = 0; i < renditions.size(); ++i)
        for (std::int32_t n = 0;; n += segments_at_once) {
            const auto rows = session.query(
                "select row_to_json(t)::text from body t where rendition_id = $1 and n >= $2 and n < $3 order by n",
                renditions.integer(i, 0), n, n + segments_at_once);
            if (rows.empty()) break;
            bodies.add(rows);
        }
    bodies.flush();
}

void write_blobs(Care& care, ArchiveWriter& out, Id message)
{
    const auto blobs = care.session.query(
        "select sha256, size from blob where sha256 in (select sha256 from blob_use where message_id = $1 union "
        "select b.blob from body b join rendition r on r.id = b.rendition_id where r.message_id = $1 and b.blob is not null) order by sha256",
        message);
    for (std::size_t i = 0; i < blobs.size(); ++i) {
        const auto digest = blobs.text(i, 0);
        const auto size = static_cast<std::uint64_t>(blobs.integer(i, 1));
        out.begin("blob/" + to_hex(digest), size);
        for (std::uint64_t at = 0; at < size; at += chunk_size) {
            out.write(read_blob(care.session, digest, at, chunk_size));
            care.step("blob");
        }
    }
}

std::string document(Session& session, const Facts& facts)
{
    auto message = message_of(session, facts, facts.originator, std::nullopt);
    if (auto content = content_of_revision(session, facts.id, facts.revision)) message.content = std::move(*content);
    return email2::write(message);
}

// For References of what answers it: they stand in its header, which begins its content.
std::vector<std::string> chain_of(Session& session, const Facts& facts)
{
    const auto rows = session.query(
        "select b.data from revision v join body b on b.rendition_id = v.rendition_id where v.message_id = $1 and v.number = $2 "
        "order by b.n limit 1",
        facts.id, facts.revision);
    if (rows.empty() || rows.null(0, 0)) return {};
    return mapping::read_facts(mime::parse(rows.octets(0, 0)), rows.octets(0, 0)).references;
}

// Holds its list and itself still. False: it is not to go, or not yet.
bool take(Session& session, const MaintenanceSettings& settings, Id message)
{
    session.query(
        "select from message where id in (select list_id from message where id = $1 union select list_id from message_list where message_id = $1) "
        "order by id for share",
        message);
    return !session
                .query(R"(
select from message m where m.id = $1 and m.state in (1, 2, 3) and m.since < now() - make_interval(secs => $2)
 and exists (select from revision v where v.message_id = m.id and v.number = m.revision)
 and not exists (select from list_root l where l.message_id = m.id) and not exists (select from egress e where e.message_id = m.id)
 and not exists (select from ref r join person p on p.id = r.user_id and p.limbo <> r.mailbox_id where r.message_id = m.id)
for update of m)",
                    message, static_cast<double>(settings.archive_keep.count()))
                .empty();
}

void delete_rows(Session& session, Id message)
{
    Session::Pipeline pipeline(session);
    pipeline.add("delete from body where rendition_id in (select id from rendition where message_id = $1)", message);
    pipeline.add(
        "delete from search_text where rendition_id in (select id from rendition where message_id = $1)", message);
    for (const auto& table : message_tables)
        if (table.deletion) pipeline.add(table.deletion, message);
    pipeline.run();
}

// Which store it is from: the numbers in its rows mean something there.
std::string store_line(Session& session)
{
    return "of the store " + to_string(session.query("select id from archive").uuid(0, 0));
}

bool move_to_disk(Care& care, const fs::path& directory, Id message)
{
    auto& session = care.session;
    Transaction transaction(session);
    session.command("set transaction isolation level repeatable read");  // what is deleted is what was written
    if (!take(session, care.settings, message)) return false;
    const auto facts = facts_of(session, message, 0);
    const auto folder = facts->name.guid.substr(facts->name.guid.size() - 2);
    const auto file = fs::path(folder) / (facts->name.guid + ".tar.gz");
    fs::create_directories(directory / folder);
    ArchiveWriter out(directory / file);
    out.add(std::string(about_member),
        fmt::format("{}{}\n{}\n{}", format_line, facts->name.str(), store_line(session), about));
    out.add("message.xml", document(session, *facts));
    write_names(session, out, message);
    write_rows(session, out, message);
    write_blobs(care, out, message);
    const auto written = out.finish();
    care.step("written");
    out.put_in_place();
    care.step("in place");
    session.query("insert into cold(message_id, file, sha256, size, chain) values ($1, $2, $3, $4, $5)", message,
        file.string(), Bytes{written.sha256}, static_cast<Id>(written.size), chain_of(session, *facts));
    session.query("update message set state = 3, since = null where id = $1", message);
    delete_rows(session, message);
    care.step("rows deleted");
    transaction.commit();
    care.step("committed");
    return true;
}

// Somebody else was at it: the next run comes by again.
bool in_use(const DatabaseError& error)
{
    return error.sqlstate == "40001" || error.sqlstate == "40P01" || error.sqlstate == "55P03";
}

std::string first_line(const fs::path& path)
{
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

void make_directory(const fs::path& directory, const std::string& id)
{
    fs::create_directories(directory);
    fs::permissions(directory, fs::perms::owner_all);
    const auto fresh = directory / "ID.partial";
    {
        std::ofstream out(fresh, std::ios::trunc);
        out << id << '\n';
        if (!out.flush()) throw std::runtime_error(fresh.string() + " cannot be written");
    }
    fs::rename(fresh, directory / "ID");
}

}  // namespace

std::optional<fs::path> archive_directory(Session& session, const MaintenanceSettings& settings)
{
    const auto& directory = settings.directory;
    auto here = first_line(directory / "ID");
    if (session.query("select from archive").empty()) {
        // One that a store before this one left behind is not taken over: its files would be nobody's here, and be
        // swept.
        if (!here.empty() && std::distance(fs::directory_iterator(directory), fs::directory_iterator()) > 1) {
            log::warning("archive.foreign", {{"directory", directory.string()}});
            return std::nullopt;
        }
        if (here.empty()) {
            here = email2::make_guid(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
            make_directory(directory, here);
        }
        session.query("insert into archive(id) select $1 where not exists (select from archive)", parse_uuid(here));
    }
    if (to_string(session.query("select id from archive").uuid(0, 0)) == here) return directory;
    log::debug("archive.elsewhere", {{"directory", directory.string()}});
    return std::nullopt;
}

Batch to_cold_storage(Care& care)
{
    if (care.settings.archive_keep.count() == 0) return {};
    // Where it goes on: "ID SINCE".
    const auto since =
        care.position.empty() ? std::string("-infinity") : care.position.substr(care.position.find(' ') + 1);
    const auto page = care.session.query(
        "select id, since::text from message where since is not null and since < now() - make_interval(secs => $1) "
        "and (since, id) > ($2::text::timestamptz, $3) order by since, id limit $4",
        static_cast<double>(care.settings.archive_keep.count()), since, care.after(), messages_at_once);
    if (page.empty()) return {};
    const auto directory = archive_directory(care.session, care.settings);
    if (!directory) return {};
    Batch batch{0, page.size() == static_cast<std::size_t>(messages_at_once)};
    for (std::size_t i = 0; i < page.size(); ++i) {
        try {
            batch.done += move_to_disk(care, *directory, page.integer(i, 0)) ? 1 : 0;
        } catch (const DatabaseError& error) {
            if (!in_use(error)) throw;
        }
        care.position = std::to_string(page.integer(i, 0)) + " " + page.text(i, 1);
    }
    return batch;
}

std::vector<ColdMessage> cold_messages(Session& session)
{
    const auto rows = session.query(
        "select m.guid, d.name, c.file, c.size, c.at from cold c join message m on m.id = c.message_id join domain d on d.id = m.home "
        "order by c.at, m.id");
    std::vector<ColdMessage> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({{to_string(rows.uuid(i, 0)), rows.text(i, 1)}, rows.text(i, 2),
            static_cast<std::uint64_t>(rows.integer(i, 3)), rows.time(i, 4)});
    return out;
}

}  // namespace gateway::store
