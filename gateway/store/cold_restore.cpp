// cold_restore: a file of cold storage becomes a message again.
#include "gateway/store/cold_rows.h"
#include "gateway/store/cold_storage.h"
#include "gateway/store/fates.h"
#include "gateway/store/hash.h"
#include "gateway/store/rendition.h"

#include <fmt/format.h>

#include <map>

namespace gateway::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_member = 256 << 20;  // octets of rows: at least one row, and the largest is a document of 32 MB in hexadecimal

class Restoring {
public:
    explicit Restoring(Care& care) : care_(care), session_(care.session) {}

    void read(const fs::path& file)
    {
        ArchiveReader in(file);
        bool known = false;
        while (const auto member = in.next()) {
            if (member->name == about_member) known = in.read(format_line.size()) == format_line;
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
        if (member.size > largest_member) throw std::runtime_error("a member of rows is too large");
        const auto text = in.read(member.size);
        std::string_view left = text;
        while (!left.empty()) {
            const auto end = std::min(left.find('\n'), left.size());
            row(table, left.substr(0, end));
            left.remove_prefix(std::min(end + 1, left.size()));
        }
    }

    void row(const std::string& table, std::string_view json)
    {
        if (table == "ref") references_.emplace_back(json);
        else if (table == "message") withdrawn_ = session_.query("select ($1::text::json->>'state')::int", json).integer(0, 0) == 1;
        else if (moved(table)) session_.query(statement(table), json);
    }

    // Whether rows of that table were deleted; the others stayed.
    static bool moved(std::string_view table)
    {
        if (table == "body" || table == "search_text") return true;
        return std::any_of(std::begin(message_tables), std::end(message_tables), [&](const auto& t) { return t.deletion && table == t.name; });
    }

    // The columns that the table has now: one that came since has its default, one that went is left out. Events beyond the floor
    // that clients were told of stay away.
    const std::string& statement(const std::string& table)
    {
        auto& sql = statements_[table];
        if (!sql.empty()) return sql;
        const auto columns = session_.query("select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute "
                                            "where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''", table).text(0, 0);
        sql = fmt::format("insert into {0}({1}) select {1} from json_populate_record((select row({2})::{0}), $1::text::json){3} on conflict do nothing", table,
                          columns, defaults(table), table == "event" ? " where seq > (select seq from event_floor)" : "");
        return sql;
    }

    // A row of the table's defaults: what json_populate_record leaves where the file says nothing.
    std::string defaults(const std::string& table)
    {
        return session_.query("select string_agg(case when a.attisdropped then 'null' else coalesce(pg_get_expr(d.adbin, d.adrelid), 'null') end, ', ' order by a.attnum) "
                              "from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum "
                              "where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped", table).text(0, 0);
    }

    void blob(ArchiveReader& in, const ArchiveReader::Member& member)
    {
        const auto digest = from_hex(member.name.substr(5));
        while (session_.query("insert into blob(sha256, size) values ($1, $2) on conflict do nothing returning 1", Bytes{digest},
                              static_cast<std::int64_t>(member.size)).empty())
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
select r.message_id, r.rendition_id, up.modseq, r.flags, r.user_id, r.limbo, up.uid, r.home from r, up)", json);
    }

    Care& care_;
    Session& session_;
    bool withdrawn_ = false;
    std::map<std::string, std::string> statements_;
    std::vector<std::string> references_;
};

}  // namespace

bool restore(Care& care, const email2::Name& name)
{
    auto& session = care.session;
    Transaction transaction(session);
    const auto found = session.query("select m.id, c.file, c.sha256, c.size from message m join domain d on d.id = m.home join cold c on c.message_id = m.id "
                                     "where m.guid = $1 and d.name = $2 for update of m, c", parse_uuid(name.guid), name.server);
    if (found.empty()) return false;
    const auto message = found.integer(0, 0);
    const auto directory = archive_directory(session, care.settings);
    if (!directory) throw std::runtime_error(care.settings.directory.string() + " is not the directory of this store's archive");
    const auto file = *directory / found.text(0, 1);
    const auto there = checksum(file);
    if (!there) throw std::runtime_error(file.string() + " is missing");
    if (there->sha256 != found.text(0, 2) || there->size != static_cast<std::uint64_t>(found.integer(0, 3)))
        throw std::runtime_error(file.string() + " is not what was written: its checksum differs");
    care.step("checked");
    Restoring restoring(care);
    restoring.read(file);
    care.step("rows restored");
    session.query("update message set state = $2, since = now() where id = $1", message, std::int16_t{static_cast<std::int16_t>(restoring.withdrawn() ? 1 : 2)});
    session.query("delete from cold where message_id = $1", message);
    if (!restoring.withdrawn()) settle_fates(session, {}, {message});
    care.step("cold forgotten");
    transaction.commit();
    care.step("committed");
    remove_durably(file);
    care.step("file removed");
    return true;
}

}  // namespace gateway::store
