// mail_sink: the port through which a server session asks whether it may take mail, and hands it over. RFC 5321 3.3.
#pragma once

#include "mime/spool.h"
#include "smtp/reply.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace smtp {

// What is known of the client when it asks.
struct Peer {
    std::string address;      // "192.0.2.1"
    std::string greeting;     // of HELO/EHLO, as given
    std::string tls;          // Wire::tls_summary, "" without
    std::string user;         // authenticated account, "" when not authenticated
    std::string session;      // id for logs
    bool esmtp = false;       // greeted by EHLO
    bool submission = false;  // on a submission listener (RFC 6409)
};

enum class Body { seven_bit, eight_bit_mime, binary_mime };
enum class Ret { unset, full, headers };  // RFC 3461 4.3

struct MailFrom {
    std::string reverse_path;           // "" is the null sender; local part as sent, quotes kept only where needed
    std::optional<std::uint64_t> size;  // RFC 1870
    Body body = Body::seven_bit;
    bool smtputf8 = false;  // RFC 6531
    Ret ret = Ret::unset;
    std::string envid;                // xtext undone
    std::optional<std::string> auth;  // RFC 4954 5, noted only
};

struct Notify {  // RFC 3461 4.1; all false and set: NEVER
    bool set = false, success = false, failure = false, delay = false;
};

struct RcptTo {
    std::string forward_path;
    Notify notify;
    std::string orcpt;  // "rfc822;carol@legacy.test", xtext undone
};

struct Envelope {
    MailFrom from;
    std::vector<RcptTo> to;  // accepted ones only, in order
};

class MailSink {
public:
    virtual ~MailSink() = default;
    // May this transaction begin? 250 or the refusal.
    virtual boost::asio::awaitable<Reply> mail(const Peer& peer, const MailFrom& from) = 0;
    // May this recipient be added to `so_far`? 250 or the refusal.
    virtual boost::asio::awaitable<Reply> rcpt(const Peer& peer, const Envelope& so_far, const RcptTo& to) = 0;
    // The whole mail, CRLF lines, dot-unstuffed, without the final dot. A 2xx means: committed to disk.
    virtual boost::asio::awaitable<Reply> data(const Peer& peer, Envelope envelope, mime::Spool mail) = 0;
};

}  // namespace smtp
