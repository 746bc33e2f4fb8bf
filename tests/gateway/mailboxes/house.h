// house: one process's share of a gateway, as far as mailboxes need it: database, writer, listener,
// door.
#pragma once

#include "gateway/mailboxes/door.h"
#include "gateway/store/database.h"
#include "gateway/store/listener.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/session.h"
#include "gateway/store/writer.h"

#include <boost/asio.hpp>

#include <optional>
#include <string>
#include <vector>

namespace test {

namespace asio = boost::asio;

struct House {
    explicit House(const std::string& url, gateway::mailboxes::Settings settings = {.domains = {"one.test"}})
        : database(url, 3)
        , writer(database, {.domains = {"one.test"}})
        , listener(io.get_executor(), url)
        , door(database, writer, listener, io.get_executor(), settings, check)
    {
        listener.subscribe([this](const gateway::store::News& news) { heard.push_back(news); });
    }

    // The password of everybody is "demo".
    static imap::Async<gateway::mailboxes::Checked> check(std::string login, std::string password, std::string)
    {
        if (password != "demo") co_return gateway::mailboxes::Checked{};
        co_return gateway::mailboxes::Checked{login, ""};
    }

    template <class T>
    T await(imap::Async<T> work)
    {
        std::optional<T> value;
        std::exception_ptr error;
        bool done = false;
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T v) {
            error = e;
            if (!e) value.emplace(std::move(v));
            done = true;
        });
        run_until([&] { return done; });
        if (error) std::rethrow_exception(error);
        return std::move(*value);
    }

    void await(imap::Async<void> work)
    {
        std::exception_ptr error;
        bool done = false;
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) {
            error = e;
            done = true;
        });
        run_until([&] { return done; });
        if (error) std::rethrow_exception(error);
    }

    // False when it did not come true in time.
    template <class Condition>
    bool run_until(Condition condition, std::chrono::seconds within = std::chrono::seconds(20))
    {
        const auto end = std::chrono::steady_clock::now() + within;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            io.restart();
            io.run_one_for(std::chrono::milliseconds(50));
        }
        return true;
    }

    std::unique_ptr<imap::Mailboxes> open(const std::string& user)
    {
        return std::move(*await(door.login(user, "demo")));
    }

    std::unique_ptr<imap::Mailbox> select(imap::Mailboxes& mailboxes, const std::string& name)
    {
        return std::move(*await(mailboxes.select(name, false)));
    }

    imap::Result<imap::Appended> append(imap::Mailboxes& mailboxes, const std::string& name, std::string_view mail,
        imap::Flags flags = 0, std::vector<std::string> keywords = {},
        std::optional<std::chrono::sys_seconds> date = std::nullopt)
    {
        std::vector<imap::AppendMessage> messages(1);
        messages[0].flags = flags;
        messages[0].keywords = std::move(keywords);
        messages[0].internal_date = date;
        messages[0].mail.append(mail);
        return await(mailboxes.append(name, std::move(messages)));
    }

    // What of the database says `sql`, a single number.
    std::int64_t number(const char* sql)
    {
        return database.run_blocking(
            [sql](gateway::store::Session& session) { return session.query(sql).integer(0, 0); });
    }

    asio::io_context io;
    gateway::store::Database database;
    gateway::store::Writer writer;
    gateway::store::Listener listener;
    gateway::mailboxes::Door door;
    std::vector<gateway::store::News> heard;
};

// A database with alice, bob and carol at one.test.
[[nodiscard]] std::string populated_database();

[[nodiscard]] inline std::vector<imap::Uid> uids_of(const imap::Snapshot& snapshot)
{
    std::vector<imap::Uid> out;
    for (const auto& message : snapshot.messages) out.push_back(message.uid);
    return out;
}

// A mail of one text part.
[[nodiscard]] std::string mail(const std::string& id, const std::string& subject,
    const std::string& text = "Hello.\r\n", const std::string& further = "");

}  // namespace test
