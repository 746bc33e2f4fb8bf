#include "village.h"

#include "gateway/store/mailbox_changes.h"
#include "gateway/store/mailbox_names.h"
#include "gateway/store/mailbox_transaction.h"

namespace test {

namespace {

// Made once and copied for every village, which is much faster than migrating each.
const std::string& original()
{
    static const std::string url = [] {
        auto made = fresh_database_url();
        store::Database::migrate(made);
        store::Session session(made);
        for (const auto* address : {"alice@one.test", "bob@one.test", "carol@one.test"})
            store::create_account(session, address, "verifier");
        return made;
    }();
    return url;
}

std::string populated()
{
    static int count = 0;
    const auto name = "village_" + std::to_string(++count);
    const auto& from = original();
    store::Session session(test_database_url());
    session.command(("create database " + name + " template " + from.substr(from.rfind('=') + 1)).c_str());
    return test_database_url() + " dbname=" + name;
}

}  // namespace

Village::Village(std::chrono::seconds undo)
    : url(populated())
    , database(url, 2)
    , writing{.domains = {"one.test"}, .undo = undo}
    , writer(database, writing)
    , session(url)
    , settings{.domains = {"one.test"},
          .home = "one.test",
          .undo = undo,
          .settle = std::chrono::seconds(0),
          .make = {.public_url = "https://one.test"}}
    , verbs(session, writer, settings)
{
}

store::NewMessage Village::letter(const std::string& from, const std::string& id,
    std::vector<store::Recipient> recipients, std::vector<std::string> parents)
{
    store::NewMessage message;
    message.originator = from;
    message.submitted = from.ends_with("@one.test");
    message.proof = message.submitted ? email2::Proof::account : email2::Proof::none;
    message.message_id = id;
    message.bytes.append("From: " + from + "\r\nSubject: about " + id + "\r\n" +
                         (id.empty() ? "" : "Message-ID: <" + id + ">\r\n") + "\r\nThis is " + id + ".\r\n");
    message.recipients = std::move(recipients);
    message.parents = std::move(parents);
    return message;
}

store::Published Village::publish(store::NewMessage message)
{
    auto published = writer.publish_blocking(std::move(message));
    REQUIRE(published);
    return *published;
}

store::Published Village::arrive(const std::string& id, std::vector<store::Recipient> recipients,
    std::vector<std::string> parents, const std::string& from)
{
    return publish(letter(from, id, std::move(recipients), std::move(parents)));
}

store::Published Village::submit(const std::string& from, const std::string& id,
    std::vector<store::Recipient> recipients, std::vector<std::string> parents)
{
    return publish(letter(from, id, std::move(recipients), std::move(parents)));
}

email2::Message Village::native(const std::string& from, const std::vector<std::string>& entries,
    const email2::Content& content, const std::vector<std::string>& parents)
{
    email2::Publication publication;
    for (const auto& address : entries) publication.entries.push_back({.address = address});
    publication.parents = parents;
    publication.inherit = entries.empty() && !parents.empty();
    publication.content = content;
    auto message = verbs.publish(from, publication);
    REQUIRE_MESSAGE(message, (message ? "" : message.error().text));
    return *message;
}

std::int32_t Village::person(const std::string& address)
{
    return static_cast<std::int32_t>(number("select id from person where address = '" + address + "'"));
}

std::int64_t Village::number(const std::string& sql)
{
    const auto rows = session.query(sql);
    REQUIRE(!rows.empty());
    return rows.integer(0, 0);
}

std::string Village::words(const std::string& sql)
{
    const auto rows = session.query("select (x.*)::text from (" + sql + ") x");
    std::string out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto row = rows.text(i, 0);
        row = row.substr(1, row.size() - 2);
        out += (i ? " " : "") + row;
    }
    return out;
}

std::string Village::folders(const std::string& user, std::int64_t message)
{
    return words("select case when b.use = 7 then 'limbo' else b.name end from ref r join mailbox b on "
                 "b.id = r.mailbox_id join person p on p.id = r.user_id where p.address = '" +
                 user + "@one.test' and r.message_id = " + std::to_string(message) + " order by b.use, b.name");
}

void Village::folder(const std::string& user, const std::string& name)
{
    REQUIRE(verbs.create_folder(user + "@one.test", name));
}

void Village::move(const std::string& user, std::int64_t message, const std::string& target)
{
    const auto account = *store::find_account(session, user + "@one.test");
    const auto destination = static_cast<std::int32_t>(number(
        "select id from mailbox where user_id = " + std::to_string(account.id) + " and name = '" + target + "'"));
    const auto here =
        session.query("select mailbox_id, uid from ref where user_id = $1 and message_id = $2 and mailbox_id not "
                      "in "
                      "($3, $4, $5) order by uid limit 1",
            account.id, message, account.sent, account.limbo, destination);
    REQUIRE(!here.empty());
    const auto moved = store::change(session, [&](store::Changes& changes) -> imap::Result<bool> {
        (void)store::move(session, changes, account, static_cast<std::int32_t>(here.integer(0, 0)),
            {static_cast<std::int32_t>(here.integer(0, 1))}, destination, store::LeaveScope::thread);
        return true;
    });
    REQUIRE(moved.value);
}

std::int64_t Village::id_of(const email2::Name& name)
{
    return number("select id from message where guid = '" + name.guid + "'");
}

Post::Post(Village& village, asio::io_context& io)
    : io(io)
    , listener(io.get_executor(), village.url)
    , outbox(io.get_executor(), village.database, village.writer, listener,
          {.hostname = "mx.one.test", .settle = std::chrono::seconds(0), .make = village.settings.make})
{
}

void Post::finish(asio::io_context& io, const bool& done)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done && std::chrono::steady_clock::now() < end) {
        io.restart();
        io.run_one_for(std::chrono::milliseconds(50));
    }
    REQUIRE(done);
}

void Post::wait(asio::io_context& io, asio::awaitable<void> work)
{
    bool done = false;
    std::exception_ptr error;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) {
        error = e;
        done = true;
    });
    finish(io, done);
    if (error) std::rethrow_exception(error);
}

std::vector<gateway::egress::Job> Post::claim()
{
    return wait(io, outbox.claim(100));
}

void Post::run_until_unlocked(Village& village)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (village.number("select count(*) from pg_locks l join pg_database d on d.oid = l.database "
                          "where l.locktype = 'advisory' and l.classid = 3 and d.datname = "
                          "current_database()") > 1 &&
           std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

std::string Post::content(std::int64_t job)
{
    auto spool = wait(io, outbox.content(job));
    return std::string(spool.bytes());
}

void Post::settle(std::int64_t job, gateway::egress::Result result, std::string status, std::string reply)
{
    gateway::egress::Outcome outcome;
    outcome.id = job;
    outcome.result = result;
    outcome.status = std::move(status);
    outcome.remote = "mx.legacy.test";
    outcome.text = std::move(reply);
    outcome.retry_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    wait(io, outbox.settle({outcome}));
}

std::vector<std::string> Post::deliver_all()
{
    std::vector<std::string> mails;
    for (auto jobs = claim(); !jobs.empty(); jobs = claim())
        for (const auto& job : jobs) {
            mails.push_back("To: " + job.recipient + "\r\n" + content(job.id));
            settle(job.id, gateway::egress::Result::delivered);
        }
    return mails;
}

}  // namespace test
