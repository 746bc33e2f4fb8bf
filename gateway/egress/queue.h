// queue: the port of the durable queue: what waits to leave this server, and what became of it. RFC
// 5321 4.5.4, RFC 3461.
#pragma once

#include "gateway/egress/relayed.h"
#include "mime/spool.h"
#include "smtp/mail_sink.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gateway::egress {

// One message for one recipient, with an envelope sender of its own.
struct Job {
    std::int64_t id = 0;
    std::string sender;      // envelope; "" is the null sender
    std::string recipient;   // envelope, "local@domain"; the domain may be a U-label one
    std::uint64_t size = 0;  // octets of the content
    bool eight_bit = false;  // content has octets over 127
    bool smtputf8 = false;   // header fields or addresses need RFC 6531
    smtp::Notify notify;
    std::string orcpt;  // "rfc822;carol@legacy.test", "" when unknown
    smtp::Ret ret = smtp::Ret::unset;
    std::string envid;  // xtext undone
    int tries = 0;      // attempts that ended in `deferred` so far
    std::chrono::sys_seconds queued_at{};
    std::optional<Relayed> relayed;  // its author is none of ours
    std::string domain_of_author;    // decides the DKIM key; "" when unsigned
};

enum class Result {
    delivered,  // the next hop gave its 250: the job is done
    deferred,   // tried in vain: due again at retry_at, one more try counted
    failed,     // final: the job is done, the author is told
    released,   // not tried (shutting down, destination busy): due again at retry_at, no try counted
};

struct Outcome {
    std::int64_t id = 0;
    Result result = Result::deferred;
    std::string status;                   // RFC 3463: "2.0.0", "4.4.1", "5.1.1"; "" when released
    std::string remote;                   // host that answered, or was tried; "" when it never came to one
    std::string text;                     // its reply with the code, lines separated by LF; or what went wrong here
    std::chrono::sys_seconds retry_at{};  // for deferred and released
    bool relayed_dsn = false;             // delivered to a next hop that took our DSN parameters over (RFC 3461 5.2.1)
    bool operator==(const Outcome&) const = default;
};

// All functions throw (std::exception) when the store is away: the runner waits and asks again,
// nothing is lost. Called from one strand; several calls may be under way at once (content() of
// different jobs, settle() beside claim()).
class Queue {
public:
    virtual ~Queue() = default;
    // Up to `limit` jobs that are due, oldest first, leased to this process: nobody else gets them
    // before they are settled or the lease is over. The lease must last at least an hour: the
    // runner settles within RunnerSettings::held_at_most.
    virtual boost::asio::awaitable<std::vector<Job>> claim(std::size_t limit) = 0;
    // The mail as it is to be sent, apart from the Received and DKIM-Signature that egress puts on
    // top; CRLF lines.
    virtual boost::asio::awaitable<mime::Spool> content(std::int64_t id) = 0;
    // Durable when it returns. Whole batches fail or succeed; a batch that failed is given again,
    // so it must be idempotent.
    virtual boost::asio::awaitable<void> settle(std::vector<Outcome> outcomes) = 0;
    // Returns when something may be due, at the latest after `at_most`.
    virtual boost::asio::awaitable<void> wait(std::chrono::milliseconds at_most) = 0;
};

}  // namespace gateway::egress
