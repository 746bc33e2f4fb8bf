// cold_restore: a file of cold storage becomes a message again.
#include "gateway/store/cold_insert.h"
#include "gateway/store/cold_members.h"
#include "gateway/store/cold_rows.h"
#include "gateway/store/cold_storage.h"
#include "gateway/store/erase.h"
#include "gateway/store/fates.h"
#include "gateway/store/hash.h"
#include "gateway/store/rendition.h"

namespace gateway::store {

namespace fs = std::filesystem;

namespace {

class Restoring {
public:
    explicit Restoring(Care& care) : care_(care), session_(care.session) {}

    void read(const fs::path& file)
    {
        ArchiveReader in(file);
        bool known = false;
        while (const auto member = in.next()) {
            if (member->name == about_member) {
                const auto first = in.read(format_line.size());
                known = first == format_line || first == nameless_format_line;
            }
            if (!known) throw std::runtime_error(file.string() + " has another form than this program knows");
            if (member->name.starts_with("rows/")) rows(in, *member);
            if (member->name.starts_with("blob/")) blob(in, *member);
        }
        references();
    }

    [[nodiscard]] bool withdrawn() const { return withdrawn_; }

private:
    void rows(ArchiveReader& in, const ArchiveReader::Member& member)
    {
        const auto table = member.name.substr(5, member.name.find('/', 5) - 5);
        for_each_line(in, member, [&](std::string_view json) { row(table, json); });
    }

    void row(const std::string& table, std::string_view json)
    {
        if (table == "ref") references_.emplace_back(json);
        else if (table == "message")
            withdrawn_ = session_.query("select ($1::text::json->>'state')::int", json).integer(0, 0) == 1;
        else if (moved(table)) insert_.row(table, json);
    }

    // Whether rows of that table were deleted; the others stayed.
    static bool moved(std::string_view table)
    {
        if (table == "body" || table == "search_text") return true;
        return std::any_of(std::begin(message_tables), std::end(message_tables),
            [&](const auto& t) { return t.deletion && table == t.name; });
    }

    void blob(ArchiveReader& in, const ArchiveReader::Member& member)
    {
        const auto digest = from_hex(member.name.substr(5));
        while (session_
                .query("insert into blob(sha256, size) values ($1, $2) on conflict do nothing returning 1",
                    Bytes{digest}, static_cast<std::int64_t>(member.size))
                .empty())
            if (hold_blob(session_, digest)) return;
        std::int32_t n = 0;
        for (auto piece = in.read(chunk_size); !piece.empty(); piece = in.read(chunk_size)) {
            session_.query("insert into chunk(sha256, n, data) values ($1, $2, $3)", Bytes{digest}, n++, Bytes{piece});
            care_.step("chunk");
        }
    }

    // Into limbo, at new UIDs, of whoever still has an account.
    void references()
    {
        for (const auto& json : references_)
            session_.query(R"(
with r as materialized (select j.*, p.limbo from json_populate_record(null::ref, $1::text::json) j join person p on p.id = j.user_id and p.limbo <> 0),
 up as (update mailbox m set uid_next = uid_next + 1, modseq = m.modseq + 1 from r where m.id = r.limbo returning m.uid_next - 1 uid, m.modseq)
insert into ref(message_id, rendition_id, modseq, flags, user_id, mailbox_id, uid, home)
select r.message_id, r.rendition_id, up.modseq, r.flags, r.user_id, r.limbo, up.uid, r.home from r, up)",
                json);
    }

    Care& care_;
    Session& session_;
    bool withdrawn_ = false;
    JsonInsert insert_{session_};
    std::vector<std::string> references_;
};

}  // namespace

bool restore(Care& care, const email2::Name& name, const std::function<void(std::int64_t message)>& restored)
{
    auto& session = care.session;
    Transaction transaction(session);
    const auto found = session.query(
        "select m.id, c.file, c.sha256, c.size from message m join domain d on d.id = m.home join cold c on c.message_id = m.id "
        "where m.guid = $1 and d.name = $2 for update of m, c",
        parse_uuid(name.guid), name.server);
    if (found.empty()) return false;
    const auto message = found.integer(0, 0);
    const auto directory = archive_directory(session, care.settings);
    if (!directory)
        throw std::runtime_error(care.settings.directory.string() + " is not the directory of this store's archive");
    const auto file = *directory / found.text(0, 1);
    const auto there = checksum(file);
    if (!there) throw std::runtime_error(file.string() + " is missing");
    if (there->sha256 != found.text(0, 2) || there->size != static_cast<std::uint64_t>(found.integer(0, 3)))
        throw std::runtime_error(file.string() + " is not what was written: its checksum differs");
    care.step("checked");
    Restoring restoring(care);
    restoring.read(file);
    care.step("rows restored");
    session.query("update message set state = $2, since = now() where id = $1", message,
        std::int16_t{static_cast<std::int16_t>(restoring.withdrawn() ? 1 : 2)});
    session.query("delete from cold where message_id = $1", message);
    if (!restoring.withdrawn()) settle_fates(session, {}, {message});
    erase_again(session, message);
    if (restored) restored(message);
    care.step("cold forgotten");
    transaction.commit();
    care.step("committed");
    remove_durably(file);
    care.step("file removed");
    return true;
}

}  // namespace gateway::store
