// cold_import: a file of cold storage, from whichever store, becomes a message of this one.
//
// One transaction: whatever ends it, nothing of it is here. Done again, it begins anew, or finds the message and leaves
// it alone. Where the message is known here and gone (its stub is), the stub's list and parents count; else these are
// made from the file, as publishing makes them: parents that are not here are kept ids for, answers that came first get
// it as their parent. Its name stays what it was, and its thread is that of its first parent here.
#include "email2/guid.h"
#include "email2/names.h"
#include "gateway/store/cold_file_names.h"
#include "gateway/store/cold_insert.h"
#include "gateway/store/cold_place.h"
#include "gateway/store/cold_storage.h"
#include "gateway/store/erase.h"
#include "gateway/store/fates.h"
#include "gateway/store/hash.h"
#include "gateway/store/relocate.h"
#include "gateway/store/rendition.h"

#include <map>
#include <set>

namespace gateway::store {

namespace fs = std::filesystem;

namespace {

using cold::Row;
using Id = std::int64_t;
using Person = std::int32_t;

class Importing {
public:
    Importing(Care& care, fs::path file, const ImportHooks& hooks)
        : care_(care), session_(care.session), file_(std::move(file)), hooks_(hooks)
    {
    }

    Imported read()
    {
        ArchiveReader in(file_);
        const auto total = fs::file_size(file_);
        while (const auto member = in.next()) {
            if (names_.name.guid.empty()) {
                names_.about(member->name == about_member ? in.read(longest_about) : "");
                if (is_here()) return Imported::present;
            } else {
                take(in, *member);
            }
            if (hooks_.progress) hooks_.progress(in.done(), total);
            care_.step("member");
        }
        complete();
        return stub_ ? Imported::restored : Imported::fresh;
    }

    [[nodiscard]] Id message() const { return place_.id; }
    // Of our own archive, where another copy of the message was.
    [[nodiscard]] const std::string& replaced() const { return replaced_; }

private:
    static constexpr std::size_t longest_about = 4096;

    // Held to the commit.
    bool is_here()
    {
        const auto rows = session_.query(
            "select m.id, m.state = 3 and m.since is null, d.name from message m join domain d on d.id = m.home where m.guid = $1 for update of m",
            parse_uuid(names_.name.guid));
        if (!rows.empty() && rows.text(0, 2) != names_.name.server)
            throw std::runtime_error("has the name of another message that is here");
        stub_ = !rows.empty() && rows.boolean(0, 1);
        if (stub_) place_.id = rows.integer(0, 0);
        const auto ours = session_.query("select id from archive");
        own_ = !ours.empty() && to_string(ours.uuid(0, 0)) == names_.store;
        return !rows.empty() && !stub_;
    }

    void take(ArchiveReader& in, const ArchiveReader::Member& member)
    {
        const auto slash = member.name.find('/');
        const auto kind = member.name.substr(0, slash);
        const auto table = slash == std::string::npos
                               ? ""
                               : member.name.substr(slash + 1, member.name.find('/', slash + 1) - slash - 1);
        if (kind == "names")
            cold::each_row(in, member, [&](const Row& row, std::string_view) { names_.add(table, row); });
        if (kind == "rows")
            cold::each_row(in, member, [&](const Row& row, std::string_view json) { add(table, row, json); });
        if (kind == "blob") blob(in, member);
    }

    void add(const std::string& table, const Row& row, std::string_view json)
    {
        if (place_.collect(table, row, json)) return;
        settle();
        const auto is = [&](const char* name) { return table == name; };
        if (is("revision"))
            insert_.row(table, json,
                cold::text({{"message_id", place_.id}, {"rendition_id", rendition(row)},
                    {"actor", names_.person(row, "actor")}}));
        else if (is("rendition")) add_rendition(row, json);
        else if (is("body") || is("search_text")) add_content(table, row, json);
        else if (is("blob_use") || is("moderated")) insert_.row(table, json, cold::text({{"message_id", place_.id}}));
        else if (is("delivery"))
            insert_.row(
                table, json, cold::text({{"message_id", place_.id}, {"person_id", names_.person(row, "person_id")}}));
        else if (is("event")) add_event(row, json);
        else if (is("audit")) add_act(row);
        else if (is("ref")) references_.push_back(row);
        // Votes are over by the time that a message goes cold.
    }

    // Once all is read that says what the message is: its row, and where it stands.
    void settle()
    {
        if (settled_) return;
        settled_ = true;
        names_.meet(session_);
        if (!stub_) place_.make(care_, names_, hooks_.domains, insert_);
    }

    Id rendition(const Row& row, const char* column = "rendition_id")
    {
        const auto [place, fresh] = renditions_.try_emplace(cold::number(row, column), 0);
        if (fresh) place->second = care_.ids.next(session_);
        return place->second;
    }

    // A private one is its owner's only: without an account there is nobody to show it to.
    void add_rendition(const Row& row, std::string_view json)
    {
        const auto owner = names_.person(row, "owner");
        if (owner != 0 && !names_.is_account(owner)) {
            dropped_.insert(cold::number(row, "id"));
            return;
        }
        boost::json::object over{{"id", rendition(row, "id")}, {"message_id", place_.id}, {"owner", owner}};
        if (const auto* shown = row.if_contains("shown"); shown != nullptr && shown->is_array())
            over["shown"] = names_.people(shown->get_array());
        insert_.row("rendition", json, cold::text(over));
    }

    void add_content(const std::string& table, const Row& row, std::string_view json)
    {
        if (dropped_.contains(cold::number(row, "rendition_id"))) return;
        insert_.row(table, json, cold::text({{"rendition_id", rendition(row)}}));
        care_.step("content");
    }

    // In the store that they are from, and that knows the message still, they are what they were; elsewhere their
    // numbers are others'.
    void add_event(const Row& row, std::string_view json)
    {
        const auto actor = names_.person(row, "actor"), about = names_.person(row, "person_id");
        if (own_ && stub_) {
            insert_.row("event", json, cold::text({{"message_id", place_.id}, {"actor", actor}, {"person_id", about}}));
            return;
        }
        const auto kind = cold::number(row, "kind");
        if (kind < 0 || kind > static_cast<Id>(email2::EventKind::flagged)) throw std::runtime_error("is damaged");
        const auto event = static_cast<email2::EventKind>(kind);
        if (event == email2::EventKind::delivered || event == email2::EventKind::failed ||
            event == email2::EventKind::filed || event == email2::EventKind::flagged)
            return;
        const bool edits = event == email2::EventKind::edited || event == email2::EventKind::redacted;
        add_line(cold::word(row, "at"), actor, "", std::string(email2::name_of(event)), about,
            edits ? "revision " + std::to_string(cold::number(row, "revision")) : "");
    }

    void add_act(const Row& row)
    {
        add_line(cold::word(row, "at"), names_.person(row, "actor"), cold::word(row, "login"), cold::word(row, "act"),
            names_.person(row, "person_id"), cold::word(row, "detail"));
    }

    void add_line(const std::string& at, Person actor, const std::string& login, const std::string& act, Person about,
        const std::string& detail)
    {
        session_.query(
            "insert into audit(at, actor, login, act, person_id, message_id, detail) select $1::text::timestamptz, $2, $3, $4, $5, $6, $7 "
            "where not exists (select from audit a where a.message_id = $6 and a.message_id <> 0 and a.act = $4 and a.at = $1::text::timestamptz)",
            at, actor, login, act, about, place_.id, detail);
    }

    void blob(ArchiveReader& in, const ArchiveReader::Member& member)
    {
        const auto digest = from_hex(member.name.substr(5));
        while (session_
                .query("insert into blob(sha256, size) values ($1, $2) on conflict do nothing returning 1",
                    Bytes{digest}, static_cast<Id>(member.size))
                .empty())
            if (hold_blob(session_, digest)) return;
        Sha256 sum;
        std::int32_t n = 0;
        for (auto piece = in.read(chunk_size); !piece.empty(); piece = in.read(chunk_size)) {
            sum.add(piece);
            session_.query("insert into chunk(sha256, n, data) values ($1, $2, $3)", Bytes{digest}, n++, Bytes{piece});
            care_.step("chunk");
        }
        if (sum.digest() != digest) throw std::runtime_error("is damaged: an attachment is not what its name says");
    }

    // Into limbo, at new UIDs, of whoever has an account here.
    void refer()
    {
        std::vector<FreshReference> wanted;
        for (const auto& row : references_)
            if (const auto reference = names_.reference(session_, changes_, row);
                reference && !dropped_.contains(cold::number(row, "rendition_id")))
                wanted.push_back({.message = place_.id,
                    .rendition = rendition(row),
                    .flags = reference->flags,
                    .user = reference->user,
                    .mailbox = reference->limbo,
                    .home = reference->home});
        add_references(session_, changes_, wanted);
    }

    void complete()
    {
        if (!place_.has_message()) throw std::runtime_error("is damaged: the message is missing");
        settle();
        refer();
        const auto whole = session_.query(R"(
select m.revision = (select count(*) from revision v where v.message_id = m.id) and exists (select from revision v where v.message_id = m.id and v.number = m.revision)
 and not exists (select from revision v where v.message_id = m.id and not exists (select from rendition r where r.id = v.rendition_id and r.message_id = m.id))
 and not exists (select from rendition r left join revision v on v.rendition_id = r.id and v.message_id = m.id where r.message_id = m.id and not coalesce(v.redacted, false)
  and r.size <> length(r.trace) + (select coalesce(sum(b.length), 0) from body b where b.rendition_id = r.id))
 and not exists (select from rendition r join body b on b.rendition_id = r.id and b.blob is not null where r.message_id = m.id
  and not exists (select from blob o where o.sha256 = b.blob)) from message m where m.id = $1)",
            place_.id);
        if (whole.empty() || !whole.boolean(0, 0)) throw std::runtime_error("is damaged: the content is not whole");
        care_.step("rows");
        session_.query("update message set state = $2, since = now() where id = $1", place_.id,
            std::int16_t{static_cast<std::int16_t>(place_.withdrawn() ? 1 : 2)});
        const auto cold = session_.query("delete from cold where message_id = $1 returning file", place_.id);
        if (!cold.empty()) replaced_ = cold.text(0, 0);
        if (!place_.withdrawn()) settle_fates(session_, {}, {place_.id});
        erase_again(session_, place_.id);
        place_.check_awaited(session_);
        hooks_.imported(place_.id, stub_ ? Imported::restored : Imported::fresh);
        finish(session_, changes_);
        care_.step("written");
    }

    Care& care_;
    Session& session_;
    const fs::path file_;
    const ImportHooks& hooks_;
    cold::FileNames names_;
    cold::Place place_;
    JsonInsert insert_{session_};
    bool stub_ = false, own_ = false, settled_ = false;
    std::map<Id, Id> renditions_;
    std::set<Id> dropped_;
    std::vector<Row> references_;
    std::string replaced_;
    Changes changes_;
};

Imported import_once(Care& care, const fs::path& file, const ImportHooks& hooks)
{
    Transaction transaction(care.session);
    Importing importing(care, file, hooks);
    const auto outcome = importing.read();
    if (outcome == Imported::present) return outcome;
    transaction.commit();
    care.step("committed");
    // What is not ours to remove is swept by who sees the directory.
    if (!importing.replaced().empty())
        if (const auto directory = archive_directory(care.session, care.settings))
            remove_durably(*directory / importing.replaced());
    return outcome;
}

// What PostgreSQL does not take for a value of a column, or has twice: nothing that we wrote.
bool is_damage(const DatabaseError& error)
{
    return error.sqlstate.starts_with("22") || error.sqlstate.starts_with("23");
}

std::runtime_error about_file(const fs::path& file, const std::string& what)
{
    const auto path = file.string();
    return std::runtime_error(what.starts_with(path) ? what : path + " " + what);
}

}  // namespace

Imported import_cold(Care& care, const fs::path& file, const ImportHooks& hooks)
{
    constexpr int attempts = 4;
    for (int attempt = 1;; ++attempt) {
        try {
            return import_once(care, file, hooks);
        } catch (const DatabaseError& error) {
            const bool again = error.sqlstate == "40P01" || error.sqlstate == "40001" ||
                               error.sqlstate == "23505";  // somebody else stored the same
            if (again && attempt < attempts) continue;
            if (!is_damage(error)) throw;
            throw about_file(file, std::string("is damaged: ") + error.what());
        } catch (const Stopped&) {
            throw;
        } catch (const std::runtime_error& error) {
            throw about_file(file, error.what());
        }
    }
}

}  // namespace gateway::store
