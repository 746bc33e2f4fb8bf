// outbox: the durable queue of what leaves this server. Implements egress::Queue; makes follow-ups when they leave.
//
// A row belongs to the process whose id it carries as long as that process holds an advisory lock, so that what a
// killed process was at is taken up again at once.
#pragma once

#include "gateway/egress/queue.h"
#include "gateway/mapping/bounce.h"
#include "gateway/store/database.h"
#include "gateway/store/facts.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/listener.h"
#include "gateway/store/outbox_make.h"
#include "gateway/store/writer.h"

#include <map>
#include <mutex>
#include <set>

namespace gateway::store {

struct OutboxSettings {
    std::string hostname;
    std::chrono::seconds settle{120};  // followup.settle
    MakeSettings make;
};

// Bits of egress.notify, RFC 3461 4.1.
enum Notify : int { notify_success = 1, notify_failure = 2, notify_delay = 4, notify_set = 8 };

class Outbox : public egress::Queue {
public:
    Outbox(boost::asio::any_io_executor executor, Database& database, Writer& writer, Listener& listener,
        OutboxSettings settings);
    ~Outbox() override;

    boost::asio::awaitable<std::vector<egress::Job>> claim(std::size_t limit) override;
    boost::asio::awaitable<mime::Spool> content(std::int64_t id) override;
    boost::asio::awaitable<void> settle(std::vector<egress::Outcome> outcomes) override;
    boost::asio::awaitable<void> wait(std::chrono::milliseconds at_most) override;

    // A report that came back to the envelope sender of a delivery: its state moves on, its author is told. False: the
    // token stands for none.
    boost::asio::awaitable<bool> bounced(std::string token, std::vector<mapping::FailedRecipient> reports);

private:
    struct Flight {  // what is being sent
        std::int64_t message = 0, rendition = 0;
        std::int32_t person = 0, revision = 0;
        Mail kind = Mail::message;
        std::string id, recipient;  // for the log: guid@server
        int notify = 0;             // egress.notify
        Time queued{};
        std::string fields;  // egress fields, put on top
        std::string made;    // a follow-up's bytes
        bool relayed_on_list = false;
        std::vector<Enclosed> enclosed;
    };
    void hold_lock();
    struct Claimed;
    Claimed claim_rows(Session& session, std::size_t limit);
    std::vector<egress::Job> take(Session& session, std::size_t limit);
    void settle_rows(Session& session, const std::vector<egress::Outcome>& outcomes);
    struct Reported {
        std::int64_t message = 0;
        mapping::FailedRecipient recipient;
        std::string envid, key;  // key: what keeps it one DSN
        bool full = false;
    };
    std::optional<NewMessage> dsn(Session& session, const Reported& reported);
    [[nodiscard]] mapping::DsnFacts dsn_facts(Session& session, const Facts& facts, const Reported& reported,
        std::string_view bytes, const std::string& reader) const;
    void report_outside(Session& session, const Facts& facts, const PersonRow& author, Reported reported);
    boost::asio::awaitable<void> report(egress::Outcome outcome);

    boost::asio::any_io_executor executor_;
    Database& database_;
    Writer& writer_;
    OutboxSettings settings_;
    std::int32_t owner_;
    struct Bell {
        boost::asio::steady_timer timer;
        bool rung = false;  // also while nobody waits: between the look and the wait
    };
    std::shared_ptr<Bell> bell_;
    std::mutex claiming_;  // one claim at a time: rows of ours that are in no flight are free again
    std::mutex mutex_;
    std::map<std::int64_t, Flight> flights_;  // by egress id
    std::unique_ptr<Session> lock_;
};

// What the author is told of a delivery: a DSN beside the message, $Failed on it, the failure on the entry.
struct Failed {
    std::int64_t message = 0;
    std::int32_t person = 0;
    email2::Failure failure;
};
void record_failures(Session& session, Changes& changes, const std::vector<Failed>& failed);
// Who has no address any more is counted; other failures say nothing about the next message.
void count_dead(Session& session, const std::vector<Failed>& failed);

// Whether an account is given one more report about a thread today (report_limits.h). Counts it.
[[nodiscard]] bool may_report(Session& session, std::string_view account, std::int64_t thread);

}  // namespace gateway::store
