#include "gateway/store/import.h"

#include "gateway/mapping/mail_in.h"
#include "gateway/store/changes.h"
#include "gateway/store/hash.h"
#include "gateway/store/mailbox_append.h"
#include "gateway/store/mailbox_keywords.h"
#include "gateway/store/mailbox_renditions.h"
#include "gateway/store/relocate.h"

#include <algorithm>
#include <set>

namespace gateway::store {

namespace {

constexpr int attempts = 4;  // of a group that another transaction was in the way of

// A UUIDv7 made of the account and the octets; its time is the mail's own, so that the mails of an archive lie side by
// side.
std::string guid_of(std::int32_t user, std::string_view digest, std::optional<std::chrono::sys_seconds> date)
{
    using namespace std::chrono;
    const auto hash = sha256("import " + std::to_string(user) + " " + std::string(digest));
    Uuid uuid;
    std::copy_n(hash.begin(), uuid.octets.size(), uuid.octets.begin());
    constexpr auto latest = sys_seconds(sys_days(year(2100) / 1 / 1));
    const bool sane = date && *date > sys_seconds{} && *date < latest;
    const auto time =
        sane ? static_cast<std::uint64_t>(duration_cast<milliseconds>(date->time_since_epoch()).count()) : 0;
    for (std::size_t i = 0; i < 6; ++i) uuid.octets[i] = static_cast<unsigned char>(time >> (40 - 8 * i));
    uuid.octets[6] = static_cast<unsigned char>(0x70U | (uuid.octets[6] & 0x0FU));
    uuid.octets[8] = static_cast<unsigned char>(0x80U | (uuid.octets[8] & 0x3FU));
    return to_string(uuid);
}

}  // namespace

// Mails with what was read of them. Made beside the database, on a thread of its own.
struct StoreImport::Group {
    std::vector<boxes::Mail> mails;
    std::vector<PublishJob> jobs;  // beside mails
    std::string position;

    Group(std::vector<boxes::Mail> mails_, std::string position_, const Account& account, std::int32_t mailbox)
        : mails(std::move(mails_)), jobs(mails.size()), position(std::move(position_))
    {
        for (std::size_t i = 0; i < mails.size(); ++i)
            if (mails[i].problem.empty()) read(mails[i], jobs[i], account, mailbox);
    }

    static void read(const boxes::Mail& mail, PublishJob& job, const Account& account, std::int32_t mailbox)
    {
        auto& fresh = job.message;
        fresh.bytes.append(mail.bytes);
        prepare(job);
        const auto facts = mapping::read_facts(job.parsed, mail.bytes);
        fresh.kind = mailbox == account.drafts ? Kind::draft : Kind::import;
        fresh.originator = account.address;
        fresh.originator_name = account.name;
        fresh.proof = email2::Proof::account;
        fresh.guid = guid_of(account.id, job.indexed.sha256, facts.date);
        fresh.message_id = facts.message_id;
        fresh.parents = mapping::parent_ids(facts);
        fresh.inherit = false;
        fresh.created = mail.delivered ? mail.delivered : facts.date ? std::optional<Time>(*facts.date) : std::nullopt;
        fresh.place = Placement{mailbox, 0};
    }
};

StoreImport::StoreImport(Session& session, WriterSettings settings, Account account, std::int32_t mailbox,
    std::string source, Report report, Ended ended)
    : session_(session)
    , settings_(std::move(settings))
    , account_(std::move(account))
    , mailbox_(mailbox)
    , source_(std::move(source))
    , report_(std::move(report))
    , ended_(std::move(ended))
    , keywords_(read_keywords(session, account_.id))
{
    // Planned anew, the statements of a group would cost more than they do: references are in many partitions.
    session_.command("set plan_cache_mode = force_generic_plan");
}

StoreImport::~StoreImport()
{
    try {
        if (!session_.broken()) session_.command("set plan_cache_mode = auto");
    } catch (const DatabaseError&) {  // away: so is the setting
    }
}

std::string StoreImport::position()
{
    const auto rows = session_.query(
        "select position, mails from import_checkpoint where person_id = $1 and source = $2", account_.id, source_);
    if (rows.empty()) return {};
    stored_ = rows.integer(0, 1);
    return rows.text(0, 0);
}

// While one group is read, the one before is written.
void StoreImport::store(std::vector<boxes::Mail> mails, const std::string& position)
{
    auto reading = std::async(std::launch::async,
        [this, &mails, &position] { return std::make_unique<Group>(std::move(mails), position, account_, mailbox_); });
    if (waiting_) write(*waiting_);
    waiting_ = reading.get();
}

void StoreImport::finish()
{
    if (waiting_) write(*waiting_);
    waiting_.reset();
    Transaction transaction(session_);
    session_.query("delete from import_checkpoint where person_id = $1 and source = $2", account_.id, source_);
    ended_(stored_);
    transaction.commit();
}

std::int64_t StoreImport::flags_of(const boxes::Mail& mail)
{
    if (mail.keywords.empty()) return mail.flags;
    const auto known = [&](const std::string& name) { return bits_of(keywords_, {name}) != 0; };
    if (!std::all_of(mail.keywords.begin(), mail.keywords.end(), known)) {
        // Where there is no room for more keywords, the mail comes without them.
        (void)make_keywords(session_, account_.id, mail.keywords);
        keywords_ = read_keywords(session_, account_.id);
    }
    return mail.flags | static_cast<std::int64_t>(bits_of(keywords_, mail.keywords));
}

void StoreImport::write(Group& group)
{
    std::map<std::size_t, Place> places;
    find_by_name(group, places);
    find_by_message_id(group, places);
    std::vector<std::size_t> fresh;
    std::set<std::string> names;
    for (std::size_t i = 0; i < group.mails.size(); ++i) {
        const auto& mail = group.mails[i];
        auto& message = group.jobs[i].message;
        if (!mail.problem.empty()) {
            report_(mail, Result::refused, mail.problem);
        } else if (const auto place = places.find(i); place != places.end()) {
            if (place->second.here) report_(mail, Result::present, "");
        } else if (!names.insert(message.guid).second) {
            report_(mail, Result::present, "");
        } else {
            message.place->flags = flags_of(mail);
            fresh.push_back(i);
        }
    }
    refer_to(group, places);
    publish_some(group, fresh);
    session_.query(
        "insert into import_checkpoint(person_id, source, position, mails) values ($1, $2, $3, $4) "
        "on conflict (person_id, source) do update set position = excluded.position, mails = excluded.mails, at = now()",
        account_.id, source_, group.position, stored_);
}

// Imported before.
void StoreImport::find_by_name(const Group& group, std::map<std::size_t, Place>& places)
{
    std::vector<Uuid> guids;
    std::multimap<std::string, std::size_t> at;
    for (std::size_t i = 0; i < group.jobs.size(); ++i) {
        if (!group.mails[i].problem.empty()) continue;
        guids.push_back(parse_uuid(group.jobs[i].message.guid));
        at.emplace(group.jobs[i].message.guid, i);
    }
    const auto rows = session_.query(
        "select m.guid, m.id, v.rendition_id, exists (select from ref r where r.message_id = m.id and r.user_id = $2 and r.mailbox_id = $3) "
        "from message m join revision v on v.message_id = m.id and v.number = m.revision "
        "where m.guid = any($1::uuid[]) and m.originator = $2 and m.kind in (1, 2)",
        guids, account_.id, mailbox_);
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto [from, to] = at.equal_range(to_string(rows.uuid(row, 0)));
        for (auto it = from; it != to; ++it)
            places[it->second] = {rows.integer(row, 1), rows.integer(row, 2), rows.boolean(row, 3)};
    }
}

// Came in otherwise, or was appended: a message with that Message-ID which the account may see, with the same octets.
// As find_same().
void StoreImport::find_by_message_id(const Group& group, std::map<std::size_t, Place>& places)
{
    std::vector<std::int32_t> by_hash, by_guid;
    std::vector<std::int64_t> hashes, hash_size, guid_size;
    std::vector<Uuid> guids;
    for (std::size_t i = 0; i < group.jobs.size(); ++i) {
        const auto& id = group.jobs[i].message.message_id;
        if (!group.mails[i].problem.empty() || places.contains(i) || id.empty()) continue;
        by_hash.push_back(static_cast<std::int32_t>(i));
        hashes.push_back(message_id_hash(id));
        hash_size.push_back(static_cast<std::int64_t>(group.mails[i].bytes.size()));
        if (const auto own = mapping::own_message_id(id)) {
            by_guid.push_back(static_cast<std::int32_t>(i));
            guids.push_back(parse_uuid(own->guid));
            guid_size.push_back(hash_size.back());
        }
    }
    if (by_hash.empty()) return;
    const auto rows = session_.query(R"(
select c.n, m.id, d.id, exists (select from ref r where r.message_id = m.id and r.user_id = $7 and r.mailbox_id = $8) here
from (select x.n, x.size, h.message_id id from unnest($1::int4[], $2::int8[], $3::int8[]) x(n, hash, size) join msgid h on h.hash = x.hash
  union select y.n, y.size, o.id from unnest($4::int4[], $5::uuid[], $6::int8[]) y(n, guid, size) join message o on o.guid = y.guid) c
join message m on m.id = c.id and m.state = 0 and m.kind <> 1
join rendition d on d.message_id = m.id and d.owner in (0, $7) and d.size = c.size
where not exists (select from entry e where e.list_id = m.id and e.person_id = $7 and e.membership = 2)
 and (m.originator = $7 or exists (select from ref r where r.message_id = m.id and r.user_id = $7)
  or exists (select from entry e where e.person_id = $7 and e.membership = 0 and (e.list_id = m.list_id
    or e.list_id in (select l.list_id from message_list l where l.message_id = m.id))))
order by here, d.owner, m.id desc, d.id)",
        by_hash, hashes, hash_size, by_guid, guids, guid_size, account_.id, mailbox_);
    for (std::size_t row = 0; row < rows.size(); ++row) {  // the best one comes last
        const auto i = static_cast<std::size_t>(rows.integer(row, 0));
        const auto& bytes = group.mails[i].bytes;
        if (bytes_of(session_, rows.integer(row, 2), 0, bytes.size()) == bytes)
            places[i] = {rows.integer(row, 1), rows.integer(row, 2), rows.boolean(row, 3)};
    }
}

// Those that are here, but not in this folder.
void StoreImport::refer_to(Group& group, const std::map<std::size_t, Place>& places)
{
    std::set<std::int64_t> done;
    for (const auto& [i, place] : places) {
        if (place.here) continue;
        const auto& mail = group.mails[i];
        if (!done.insert(place.message).second) {
            report_(mail, Result::present, "");
            continue;
        }
        const auto flags = flags_of(mail);
        Transaction transaction(session_);
        Changes changes;
        (void)refer(session_, changes, account_, mailbox_,
            {.message = place.message, .rendition = place.rendition, .flags = flags});
        store::finish(session_, changes);
        transaction.commit();
        ++stored_;
        report_(mail, Result::stored, "");
    }
}

void StoreImport::publish_some(Group& group, const std::vector<std::size_t>& some)
{
    if (some.empty()) return;
    const auto report = [&](std::size_t i) {
        const auto& result = *group.jobs[i].result;
        stored_ += result ? 1 : 0;
        report_(group.mails[i], result ? Result::stored : Result::refused, result ? "" : result.error().text);
    };
    try {
        try_publish(group, some);
        for (const auto i : some) report(i);
        return;
    } catch (const DatabaseError& error) {
        if (error.away()) throw;
        if (some.size() == 1) {
            report_(group.mails[some[0]], Result::refused, error.what());
            return;
        }
    }
    for (const auto i : some) publish_some(group, {i});  // one of them was the trouble: the others shall not suffer
}

void StoreImport::try_publish(Group& group, const std::vector<std::size_t>& some)
{
    std::vector<PublishJob*> jobs;
    for (const auto i : some) jobs.push_back(&group.jobs[i]);
    for (int attempt = 1;; ++attempt) {
        try {
            publish_group(session_, settings_, ids_, jobs);
            return;
        } catch (const DatabaseError& error) {
            const bool again = error.sqlstate == "40P01" || error.sqlstate == "40001" || error.sqlstate == "23505";
            if (!again || attempt == attempts) throw;
        }
    }
}

}  // namespace gateway::store
