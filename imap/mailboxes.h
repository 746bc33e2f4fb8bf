// mailboxes: the port through which an IMAP session sees one user's mailboxes. RFC 9051, 7162,
// 8474.
//
// Typed in, typed out: no tags, no bytes of the protocol. A refusal is a value (No); an exception
// means that the world failed (database away): the session answers NO [UNAVAILABLE] and lives on.
#pragma once

#include "mime/outline.h"
#include "mime/spool.h"

#include <boost/asio/awaitable.hpp>
#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imap {

template <class T>
using Async = boost::asio::awaitable<T>;
using Uid = std::uint32_t;
using ModSeq = std::uint64_t;

struct No {            // a tagged NO
    std::string code;  // response code without brackets: "TRYCREATE", "OVERQUOTA", "NOPERM",
                       // "ALREADYEXISTS", …; may be ""
    std::string text;
};
template <class T>
using Result = tl::expected<T, No>;

// Flags as bits. The system flags have fixed places; the others are the user's keywords, named by
// Mailboxes::keywords().
using Flags = std::uint64_t;
inline constexpr Flags answered = 1, flagged = 2, deleted = 4, seen = 8, draft = 16;
inline constexpr int first_keyword = 5;  // bit of keywords()[0]

enum class SpecialUse { none, inbox, sent, drafts, trash, junk, archive };

struct MailboxInfo {
    std::string name;        // UTF-8, hierarchy by '/'; "INBOX" for the inbox
    std::string mailbox_id;  // RFC 8474
    SpecialUse use = SpecialUse::none;
    bool subscribed = false;
    bool selectable = true;  // false: only a name in the hierarchy
};

struct MailboxStatus {  // RFC 9051 6.3.11 with RFC 8438, 7162, 8474
    std::uint32_t messages = 0, recent = 0, unseen = 0, deleted = 0;
    Uid uid_next = 1;
    std::uint32_t uid_validity = 1;
    std::uint64_t size = 0;
    std::uint64_t deleted_size = 0;  // of the \Deleted ones
    ModSeq highest_modseq = 1;
    std::string mailbox_id;
};

struct MessageState {
    Uid uid = 0;
    Flags flags = 0;
    ModSeq modseq = 0;
    bool operator==(const MessageState&) const = default;
};

struct UidRange {
    Uid first = 1, last = 1;  // both are in it
    bool operator==(const UidRange&) const = default;
};

// A mailbox at one moment, ascending by UID. Immutable and shared by all sessions that have seen
// this moment.
struct Snapshot {
    std::vector<MessageState> messages;
    Uid uid_next = 1;
    std::uint32_t uid_validity = 1;
    ModSeq highest_modseq = 1;
};

struct Metadata {  // precomputed with the rendition; never parses mail
    Uid uid = 0;
    std::uint64_t size = 0;  // RFC822.SIZE: exactly the octets that read() gives
    std::chrono::sys_seconds internal_date{};
    std::string envelope;             // ENVELOPE as it stands in a response, parentheses included
    std::string body_structure;       // BODYSTRUCTURE likewise (with extension data)
    std::string email_id, thread_id;  // RFC 8474
    std::string preview;
    mime::Outline outline;  // offsets within what read() gives
};

enum class Needs : unsigned { size_and_date = 1, description = 2, outline = 4, ids = 8, preview = 16 };  // bits

// A search key that looks at content or at stored metadata; flags, UIDs and numbers are the
// session's own business.
struct ContentKey {
    enum class Kind {
        text,
        body,
        subject,
        from,
        to,
        cc,
        bcc,
        header,
        before,
        on,
        since,
        sent_before,
        sent_on,
        sent_since,
        larger,
        smaller,
        email_id,
        thread_id
    };
    Kind kind = Kind::text;
    std::string field;  // header: the field's name
    std::string value;  // UTF-8, not folded
    std::chrono::sys_days day{};
    std::uint64_t size = 0;
};

struct AppendMessage {
    Flags flags = 0;
    std::vector<std::string> keywords;  // names, beside the bits in `flags`
    std::optional<std::chrono::sys_seconds> internal_date;
    mime::Spool mail;
};

struct Appended {
    std::uint32_t uid_validity = 0;
    std::vector<Uid> uids;
};

struct Copied {
    std::uint32_t uid_validity = 0;
    std::vector<Uid> from, to;
};  // same order

struct Stored {
    std::vector<MessageState> changed;  // after the change
    std::vector<Uid> modified;          // refused by UNCHANGEDSINCE
};
enum class StoreMode { add, remove, replace };

// What the whole store holds, and may: RFC 9208, one quota root. Octets.
struct Quota {
    std::uint64_t used = 0;
    std::optional<std::uint64_t> limit;  // nullopt: there is none, and no root
};

// An entry of an access control list, RFC 4314: rights as the letters of its 2.1, in that order, the obsolete "c" and
// "d" left out.
struct AclEntry {
    std::string identifier;  // an address, or "anyone"
    std::string rights;
};

// One mailbox, selected by one session.
class Mailbox {
public:
    virtual ~Mailbox() = default;
    // The newest state known to this process. Cheap: no database.
    [[nodiscard]] virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
    // Makes snapshot() as new as the database is now.
    virtual Async<void> refresh() = 0;
    // Returns when snapshot() is another than `known`. Waits; may be cancelled.
    virtual Async<void> wait(std::shared_ptr<const Snapshot> known) = 0;
    // UIDs below it were seen by an earlier session: a message is \Recent here when its UID is at
    // least this.
    [[nodiscard]] virtual Uid recent_from() const = 0;
    [[nodiscard]] virtual std::string mailbox_id() const = 0;
    [[nodiscard]] virtual bool read_only() const = 0;

    // In the order of `uids` (ascending), those that are gone left out. The caller keeps batches to
    // 500 or so.
    virtual Async<std::vector<Metadata>> metadata(std::vector<Uid> uids, unsigned needs) = 0;
    // The whole bytes of several small mails, in the order of `uids`; "" for one that is gone. The
    // caller bounds the sum by their sizes.
    virtual Async<std::vector<std::string>> read(std::vector<Uid> uids) = 0;
    // Octets [offset, offset + length) of one mail, less at its end.
    virtual Async<std::string> read(Uid uid, std::uint64_t offset, std::uint64_t length) = 0;
    // The UIDs that were expunged after the mailbox was at `modseq`, ascending and apart; some more when that is long
    // ago.
    virtual Async<std::vector<UidRange>> expunged_since(ModSeq modseq) = 0;
    // Those of `among` (ascending) that match, ascending.
    virtual Async<std::vector<Uid>> matching(ContentKey key, std::vector<Uid> among) = 0;

    // `keywords` are names beside the bits in `flags`; unknown ones are made (up to a limit, then
    // No LIMIT).
    virtual Async<Result<Stored>> store(std::vector<Uid> uids, StoreMode mode, Flags flags,
        std::vector<std::string> keywords, std::optional<ModSeq> unchanged_since) = 0;
    // Expunges those of `uids` (nullopt: all) that are \Deleted; returns the UIDs gone, ascending.
    virtual Async<Result<std::vector<Uid>>> expunge(std::optional<std::vector<Uid>> uids) = 0;
    virtual Async<Result<Copied>> copy(std::vector<Uid> uids, std::string destination) = 0;
    virtual Async<Result<Copied>> move(std::vector<Uid> uids, std::string destination) = 0;
    // `message` goes to `destination` as append() would put it, and `uid` goes: both or neither. RFC
    // 8508.
    virtual Async<Result<Appended>> replace(Uid uid, std::string destination, AppendMessage message) = 0;
};

// What happens in a user's mailboxes, for one session (RFC 5465). Gathered until it is taken, each mailbox once.
class Watch {
public:
    struct News {
        bool names = false;                  // mailboxes or subscriptions may have come, gone, or been renamed
        std::vector<std::string> mailboxes;  // MAILBOXIDs of those followed whose messages may have changed
    };

    virtual ~Watch() = default;
    // Of which mailboxes it is to tell; replaces those before.
    virtual void follow(const std::vector<std::string>& mailbox_ids) = 0;
    // Returns when there is something to take. Waits; may be cancelled.
    virtual Async<void> wait() = 0;
    virtual News take() = 0;
};

class Mailboxes {
public:
    virtual ~Mailboxes() = default;
    [[nodiscard]] virtual std::string user() const = 0;
    // Names of the user's keywords by bit (first_keyword + index). Grows, never changes. Kept
    // current by select() and store().
    [[nodiscard]] virtual std::vector<std::string> keywords() const = 0;

    virtual Async<std::vector<MailboxInfo>> list() = 0;           // all of the user's, in no order
    virtual Async<std::vector<std::string>> subscriptions() = 0;  // names, those without a mailbox included
    virtual Async<Result<MailboxStatus>> status(std::string name) = 0;
    // `examine`: read-only, and \Recent is not claimed.
    virtual Async<Result<std::unique_ptr<Mailbox>>> select(std::string name, bool examine) = 0;
    virtual Async<Result<std::string>> create(
        std::string name, SpecialUse use) = 0;  // the new MAILBOXID; makes missing parents
    virtual Async<Result<void>> remove(std::string name) = 0;
    virtual Async<Result<void>> rename(
        std::string from, std::string to) = 0;  // INBOX: moves its messages (RFC 9051 6.3.6)
    virtual Async<Result<void>> subscribe(std::string name, bool on) = 0;
    virtual Async<Result<Appended>> append(std::string name, std::vector<AppendMessage> messages) = 0;
    virtual Async<Quota> quota() = 0;
    // What the user may do with a mailbox.
    virtual Async<Result<std::string>> rights(std::string name) = 0;
    // Who may do what with it, as far as the user may know; the first is the user.
    virtual Async<Result<std::vector<AclEntry>>> acl(std::string name) = 0;
    virtual std::unique_ptr<Watch> watch() = 0;
};

// Who may open mailboxes: what stands behind a successful login.
class Door {
public:
    virtual ~Door() = default;
    // Checks the password of LOGIN; the refusal is final for this attempt.
    virtual Async<Result<std::unique_ptr<Mailboxes>>> login(std::string user, std::string password) = 0;
    // After a SASL exchange has proved `user`.
    virtual Async<Result<std::unique_ptr<Mailboxes>>> open(std::string user) = 0;
};

}  // namespace imap
