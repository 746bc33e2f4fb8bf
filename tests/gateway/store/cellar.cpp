#include "cellar.h"

#include "gateway/store/hash.h"
#include "gateway/store/rendition.h"

#include <random>
#include <sys/wait.h>
#include <unistd.h>

namespace test {

namespace fs = std::filesystem;

std::string noise(std::size_t size, unsigned seed)
{
    std::minstd_rand random(seed + 1);
    std::string out(size, '\0');
    for (auto& c : out) c = static_cast<char>(random());
    return out;
}

email2::Content with_attachment(std::string subject, const std::string& octets)
{
    email2::Content content;
    content.subject = std::move(subject);
    content.body.type = "multipart/mixed";
    email2::Part words, file;
    words.text = "See the attachment.";
    file.type = "application/octet-stream";
    file.name = "noise.bin";
    file.disposition = "attachment";
    file.size = octets.size();
    file.sha256 = store::to_hex(store::sha256(octets));
    content.body.parts = {words, file};
    return content;
}

Cellar::Cellar()
{
    std::string path = fs::temp_directory_path() / "e2-cellar-XXXXXX";
    directory = fs::path(::mkdtemp(path.data())) / "archive";
    maintenance.directory = directory;
    maintenance.archive_keep = std::chrono::hours(24 * 30);
    maintenance.cold_keep = std::chrono::hours(24 * 365);
    maintenance.events_keep = std::chrono::hours(24 * 90);
}

Cellar::~Cellar()
{
    fs::remove_all(directory.parent_path());
}

std::int64_t Cellar::left_behind(const std::string& subject)
{
    const auto octets = noise(300'000, static_cast<unsigned>(std::hash<std::string>()(subject)));
    REQUIRE(verbs.put_blob("alice@one.test", store::to_hex(store::sha256(octets)), octets));
    const auto m = native("alice@one.test", {"bob@one.test"}, with_attachment(subject, octets));
    REQUIRE(verbs.edit("alice@one.test", m.id, 1, with_attachment(subject + ", edited", octets)));
    const auto id = id_of(m.id);
    REQUIRE(verbs.leave("alice@one.test", m.id, {}));
    REQUIRE(verbs.leave("bob@one.test", m.id, {}));
    session.query(
        "update ref set mailbox_id = p.limbo, uid = ref.uid + 1000000, flags = 9 from person p where p.id = ref.user_id and message_id = $1 "
        "and mailbox_id = p.trash",
        id);
    session.query(
        "delete from ref using person p where p.id = ref.user_id and message_id = $1 and mailbox_id = p.sent", id);
    return id;
}

void Cellar::age(std::int64_t message)
{
    session.query("update message set since = since - interval '1 year' where id = $1", message);
    session.query("update cold set at = at - interval '2 years' where message_id = $1", message);
}

std::string Cellar::name(std::int64_t message)
{
    const auto rows = session.query(
        "select m.guid || '@' || d.name from message m join domain d on d.id = m.home where m.id = $1", message);
    REQUIRE(!rows.empty());
    return rows.text(0, 0);
}

int Cellar::state(std::int64_t message)
{
    const auto rows = session.query("select state from message where id = $1", message);
    return rows.empty() ? -1 : static_cast<int>(rows.integer(0, 0));
}

bool Cellar::in_rows(std::int64_t message)
{
    return !session
                .query(
                    "select from revision v join rendition r on r.id = v.rendition_id join body b on b.rendition_id = r.id where v.message_id = $1",
                    message)
                .empty();
}

std::size_t Cellar::files()
{
    std::size_t count = 0;
    if (!fs::exists(directory)) return 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory))
        count += entry.is_regular_file() && entry.path().filename() != "ID";
    return count;
}

std::string Cellar::everything(std::int64_t message)
{
    std::string out;
    for (const auto* sql :
        {"select row_to_json(t)::text from revision t where message_id = $1 order by number",
            "select row_to_json(t)::text from rendition t where message_id = $1 order by id",
            "select row_to_json(t)::text from blob_use t where message_id = $1 order by sha256",
            "select row_to_json(t)::text from delivery t where message_id = $1 order by person_id",
            "select row_to_json(t)::text from event t where message_id = $1 order by seq",
            "select row_to_json(t)::text from (select message_id, rendition_id, flags, user_id, mailbox_id, home from ref where message_id = $1) t order by user_id, home",
            "select row_to_json(t)::text from body t where rendition_id in (select id from rendition where message_id = $1) order by rendition_id, n",
            "select row_to_json(t)::text from search_text t where rendition_id in (select id from rendition where message_id = $1) order by rendition_id"}) {
        const auto rows = session.query(sql, message);
        for (std::size_t i = 0; i < rows.size(); ++i) out += rows.text(i, 0) + "\n";
    }
    const auto renditions = session.query("select id from rendition where message_id = $1 order by id", message);
    for (std::size_t i = 0; i < renditions.size(); ++i)
        out += store::to_hex(store::sha256(store::read_content(session, renditions.integer(i, 0)))) + "\n";
    return out;
}

std::size_t Cellar::run(store::Batch (*job)(store::Care&), const std::function<void(std::string_view)>& at_step)
{
    std::string position;
    store::Care care{session, ids, maintenance, position, stopping};
    if (at_step) care.at_step = at_step;
    std::size_t done = 0;
    for (;;) {
        const auto batch = job(care);
        done += batch.done;
        if (!batch.more) return done;
    }
}

bool Cellar::restore(std::int64_t message, const std::function<void(std::string_view)>& at_step)
{
    std::string position;
    store::Care care{session, ids, maintenance, position, stopping};
    if (at_step) care.at_step = at_step;
    return store::restore(care, *email2::parse_name(name(message)));
}

bool Cellar::killed_at(int step, const std::function<void(store::Care&)>& work)
{
    return killed_when([step](store::Session&, std::string_view) mutable { return --step == 0; }, work);
}

bool Cellar::killed_when(
    const std::function<bool(store::Session&, std::string_view)>& now, const std::function<void(store::Care&)>& work)
{
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        try {
            store::Session own(url);
            store::Ids own_ids;
            std::string position;
            store::Care care{own, own_ids, maintenance, position, stopping};
            care.at_step = [&](std::string_view name) {
                if (now(own, name)) ::kill(::getpid(), SIGKILL);
            };
            work(care);
            ::_exit(0);
        } catch (...) {
            ::_exit(1);
        }
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    REQUIRE((killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0)));
    return killed;
}

}  // namespace test
