// village: a store with three accounts (alice, bob, carol at one.test) and the world outside, for
// tests that look at what is in the database afterwards.
#pragma once

#include "../database_fixture.h"
#include "email2/guid.h"
#include "gateway/store/database.h"
#include "gateway/store/mailbox_accounts.h"
#include "gateway/store/outbox.h"
#include "gateway/store/session.h"
#include "gateway/store/store.h"
#include "gateway/store/writer.h"

#include <boost/asio.hpp>
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace test {

namespace asio = boost::asio;
namespace store = gateway::store;

inline store::Recipient to(std::string address)
{
    return {.address = std::move(address)};
}

inline store::Recipient blind(std::string address)
{
    return {.address = std::move(address), .role = email2::Role::blind};
}

// Named in the header only.
inline store::Recipient named(std::string address)
{
    return {.address = std::move(address), .in_envelope = false};
}

inline email2::Content text(std::string subject, std::string body)
{
    email2::Content content;
    content.subject = std::move(subject);
    content.body.text = std::move(body);
    return content;
}

struct Village {
    explicit Village(std::chrono::seconds undo = std::chrono::seconds(0));

    // A mail of that Message-ID ("" for none), as it comes from outside, or from an account.
    store::NewMessage letter(const std::string& from, const std::string& id, std::vector<store::Recipient> recipients,
        std::vector<std::string> parents = {});
    store::Published publish(store::NewMessage message);
    store::Published arrive(const std::string& id, std::vector<store::Recipient> recipients,
        std::vector<std::string> parents = {}, const std::string& from = "dora@legacy.test");
    store::Published submit(const std::string& from, const std::string& id, std::vector<store::Recipient> recipients,
        std::vector<std::string> parents = {});
    // By the verb; the list is the entries', or the first parent's.
    email2::Message native(const std::string& from, const std::vector<std::string>& entries,
        const email2::Content& content, const std::vector<std::string>& parents = {});

    std::int32_t person(const std::string& address);
    std::int64_t number(const std::string& sql);
    // The first column of every row, joined by blanks.
    std::string words(const std::string& sql);
    // Where that user's references to the message lie: "INBOX Sent"; "" for none.
    std::string folders(const std::string& user, std::int64_t message);
    void folder(const std::string& user, const std::string& name);
    void move(const std::string& user, std::int64_t message, const std::string& target);
    std::int64_t id_of(const email2::Name& name);

    std::string url;
    store::Database database;
    store::WriterSettings writing;
    store::Writer writer;
    store::Session session;
    store::StoreSettings settings;
    store::PostgresStore verbs;
};

// The queue of one process beside a village.
struct Post {
    explicit Post(Village& village, asio::io_context& io);

    template <class T>
    static T wait(asio::io_context& io, asio::awaitable<T> work)
    {
        std::optional<T> value;
        std::exception_ptr error;
        bool done = false;
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T v) {
            error = e;
            if (!e) value.emplace(std::move(v));
            done = true;
        });
        finish(io, done);
        if (error) std::rethrow_exception(error);
        return std::move(*value);
    }

    static void wait(asio::io_context& io, asio::awaitable<void> work);
    static void finish(asio::io_context& io, const bool& done);

    std::vector<gateway::egress::Job> claim();
    // Until the locks of processes that ended are gone.
    static void run_until_unlocked(Village& village);
    std::string content(std::int64_t job);
    void settle(
        std::int64_t job, gateway::egress::Result result, std::string status = "2.0.0", std::string reply = "250 fine");
    // Everything that is due is delivered; the bytes of each.
    std::vector<std::string> deliver_all();

    asio::io_context& io;
    store::Listener listener;
    store::Outbox outbox;
};

}  // namespace test
