// memory_mailboxes: mailboxes in memory, for tests only. Users share one store; several sessions
// see each other's changes.
#pragma once

#include "imap/mailboxes.h"
#include "imap/sasl.h"

#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace imap::test {

struct StoredMail {
    MessageState state;
    std::shared_ptr<const std::string> bytes;
    std::chrono::sys_seconds date{};
};

struct Box {
    MailboxInfo info;
    std::vector<StoredMail> mails;
    Uid uid_next = 1, recent_from = 1;
    std::uint32_t uid_validity = 1;
    std::map<Uid, ModSeq> expunged;
    std::shared_ptr<const Snapshot> snapshot;
    std::set<boost::asio::steady_timer*> waiting;
};

// One user's mail. All of one thread.
struct MemoryStore {
    MemoryStore();
    std::map<std::string, std::shared_ptr<Box>> boxes;
    std::set<std::string> subscribed;
    std::vector<std::string> keywords;
    std::uint32_t next_validity = 1;
    ModSeq modseq = 1;
    bool away = false;  // everything throws
    int calls = 0;
    std::optional<std::uint64_t> limit = 1U << 20U;       // octets of all mails
    std::map<std::string, std::vector<AclEntry>> others;  // who beside the user has rights on a mailbox
    std::set<class MemoryWatch*> watches;
    std::uint64_t largest_read = 0;  // octets handed out at once

    Box& make(const std::string& name, SpecialUse use = SpecialUse::none);
    Uid add(
        const std::string& name, std::string bytes, Flags flags = 0, std::optional<std::chrono::sys_seconds> date = {});
    void names_changed();
    void publish(Box& box);  // a new snapshot, and all who wait wake up
    void check();
    [[nodiscard]] std::uint64_t used() const;
    std::optional<Flags> bits(Flags flags, const std::vector<std::string>& names);
};

// Any user whose password is "secret"; all have the same store.
class MemoryDoor : public Door {
public:
    explicit MemoryDoor(MemoryStore& store) : store_{store} {}

    Async<Result<std::unique_ptr<Mailboxes>>> login(std::string user, std::string password) override;
    Async<Result<std::unique_ptr<Mailboxes>>> open(std::string user) override;

private:
    MemoryStore& store_;
};

// PLAIN only, password "secret".
class MemorySasl : public Sasl {
public:
    [[nodiscard]] std::vector<std::string> mechanisms(bool encrypted, bool loopback) const override;
    std::unique_ptr<SaslExchange> start(std::string_view mechanism, bool encrypted, bool loopback) override;
};

}  // namespace imap::test
