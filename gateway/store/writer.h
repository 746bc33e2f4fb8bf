// writer: publishing. Whoever has a message to store hands it over here; one thread puts what is waiting into one
// transaction.
//
// email2.md rules 1, 2, 8, 12; mapping.md "Mail in". The answer comes after the commit.
#pragma once

#include "email2/abuse.h"
#include "email2/error.h"
#include "email2/message.h"
#include "email2/quota.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/database.h"
#include "gateway/store/ids.h"
#include "mime/spool.h"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gateway::store {

enum class Kind { message = 0, draft = 1, import = 2, notice = 3 };

struct Recipient {
    std::string address;  // normalised
    std::string name;
    email2::Role role = email2::Role::to;
    bool in_envelope = true;  // false: `elsewhere`
    int notify = 0;           // egress.notify bits
    std::string orcpt;
    bool full = false;       // has no room: its delivery has failed, and it gets no reference
    bool passed_on = false;  // outside, and written to from outside by the address that stands for them (relays.h)
};

struct Placement {  // an own reference that the author asked for (APPEND)
    std::int32_t mailbox = 0;
    std::int64_t flags = 0;
};

// One message to be stored: content as mail bytes (what came in, or what the mapping composed).
struct NewMessage {
    Kind kind = Kind::message;
    std::string originator;  // normalised address
    std::string originator_name;
    email2::Proof proof = email2::Proof::none;
    bool submitted = false;  // by an account here: Sent, undo, external recipients are queued
    std::string guid;  // "" : made here. One that is stored already, by this originator, is the same job come again
    std::string message_id;            // without brackets; "": guid@home
    std::vector<std::string> parents;  // ids to look up in order: Message-IDs and "guid@server"
    std::vector<std::string>
        message_addresses;           // "guid@server" among the recipients: parents too, and the list is inherited
    std::vector<std::string> lists;  // roots ("guid@server") of the mailing lists that it was sent to
    std::optional<email2::MailingList> list;  // makes a list root
    std::string list_title;
    bool by_administrator = false;      // needs no right of the originator's, and counts against no rate or quota
    std::vector<Recipient> recipients;  // without the originator unless they are an envelope recipient
    std::optional<bool> inherit;        // nullopt: decided by mapping::inherits
    mime::Spool bytes;                  // content (no trace)
    std::vector<mapping::Attachment> elsewhere;  // what it has only room for, since it is a blob here already
    std::string trace;
    std::optional<email2::Time> created;  // of an import; else now
    std::optional<Placement> place;
    bool native = false;             // content is email2's own: `document` is what counts, bytes are its rendition
    std::string document;            // native: the content as XML
    std::vector<std::string> shown;  // native: who else stands in its To and Cc, because the inherited list has them
    std::string authentication;      // "spf=pass dkim=pass dmarc=pass domain=legacy.test"
    bool suspect = false;            // its author's domain asks to put it aside (DMARC): into Junk
    bool null_sender = false;        // whoever sent it wants no report (MAIL FROM:<>)
    std::string client;              // address of the client that brought it from outside
    int ret = 0;
    std::string envid;
    std::string idempotency_key;
    std::string request_digest;  // of the request that came with the key
};

struct Published {
    std::int64_t id = 0, rendition = 0;
    email2::Name name;
    bool duplicate = false;  // the same mail was here already: its recipients have joined
    std::int32_t uid = 0;    // of `place`
};

struct WriterSettings {
    std::vector<std::string> domains;  // ours; the first is home
    std::chrono::seconds undo{10};     // egress.undo
    std::chrono::seconds dedup_window{7 * 86400};
    bool own_in_thread = true;
    email2::Rate rate;                      // abuse.rate; by default anything goes
    std::chrono::seconds suspension{3600};  // abuse.suspension; 0: until an administrator lifts it
    std::size_t to_max = 0;                 // abuse.to_max; 0: no bound
    email2::SendQuota send;                 // quota.send, quota.period
    std::size_t group = 50;                 // messages in one transaction at most
};

struct PublishJob;

class Writer {
public:
    Writer(Database& database, WriterSettings settings);
    ~Writer();
    // Resumes on the caller's executor after the commit. Refusals are values; a lost database is thrown
    // (DatabaseError).
    boost::asio::awaitable<email2::Result<Published>> publish(NewMessage message);
    // The same in two steps: reading the bytes, on a thread that has the time, and handing over.
    [[nodiscard]] static std::shared_ptr<PublishJob> read(NewMessage message);
    boost::asio::awaitable<email2::Result<Published>> publish(std::shared_ptr<PublishJob> job);
    // The same from a thread that may block.
    email2::Result<Published> publish_blocking(NewMessage message);
    // The process's supply of ids.
    [[nodiscard]] Ids& ids();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::store
