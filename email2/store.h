// store: the port of email2's verbs: what any front-end may ask of the store. email2.md "Verbs".
//
// Synchronous: an implementation may block on a database, and its callers run it where blocking is allowed. Every verb
// is authorised for its `actor` (an account's address), atomic, and durable when it returns. Refusals are values;
// std::exception means that the store is unavailable.
#pragma once

#include "email2/error.h"
#include "email2/message.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace email2 {

struct NewEntry {
    std::string address;
    std::string name;
    Role role = Role::to;
};

struct Publication {
    std::vector<std::string> parents;  // "guid@server", in order
    bool inherit = false;              // the list of the parents; else `entries`
    std::vector<NewEntry> entries;     // without the originator
    Content content;
    bool draft = false;
    std::optional<MailingList> list;  // makes a list root; its entries are the first subscribers
    std::vector<std::string> foreign;
    std::string idempotency_key;  // "" for none; of this account alone
    std::string request_digest;   // SHA-256 of the request as it came: the key with another one is a conflict
};

struct ListChange {
    std::vector<NewEntry> add;
    std::vector<std::string> remove;
    bool detach = false;
    bool inherit = false;
};

struct Page {
    std::string folder, thread, query;
    std::uint64_t after = 0;
    std::uint32_t limit = 100;
};
struct References {
    std::vector<Reference> references;
    bool more = false;
};

struct Filing {                         // PATCH /v1/store/{id}
    std::optional<std::string> folder;  // move there ("INBOX" is the top level)
    bool thread = false;                // the whole thread
    std::vector<std::string> add_flags, remove_flags;
};

struct Folder {
    std::string name;
    std::string use;
    std::uint32_t messages = 0, unseen = 0;
};
struct Events {
    std::vector<Event> events;
    std::uint64_t last = 0;
};  // last: continue after it

// What a change would do, before it is made: to others than the actor. Blind people count for the originator only.
struct PreviewMail {  // one for all who would be told the same, without anybody's links
    EventKind kind = EventKind::edited;
    std::uint32_t recipients = 0;
    std::string language;             // "en"
    std::string subject, text, html;  // html may be ""
    bool operator==(const PreviewMail&) const = default;
};
struct Preview {
    std::uint32_t mailboxes = 0;  // accounts whose mailboxes change
    std::uint32_t notices = 0;    // accounts that are told by a notice in the thread
    std::uint32_t mails = 0;      // correspondents who get a mail
    std::uint32_t summaries = 0;  // correspondents who were told enough today: it stands in their daily summary
    std::uint32_t unsent = 0;     // correspondents whose mail has not left: it changes, or is never sent
    std::string summary;          // the same in one sentence
    std::vector<PreviewMail> follow_ups;
    bool operator==(const Preview&) const = default;
};
enum class Vote { none, spam };
// Elements of other namespaces beside an edit's content; nullopt: those of the revision that is replaced.
using Foreign = std::optional<std::vector<std::string>>;

struct BlobPiece {
    std::uint64_t size = 0;
    std::string octets;
};  // size: of the whole blob

struct Token {  // lets a program act for an account without its password
    std::uint64_t id = 0;
    std::string name;    // for its owner
    std::string secret;  // when it is made, and never again
    Time created{};
    bool operator==(const Token&) const = default;
};

inline constexpr std::size_t blob_piece = 256 * 1024;  // octets of an upload at once

class Store {
public:
    virtual ~Store() = default;

    virtual Result<Message> publish(const std::string& actor, const Publication& publication) = 0;
    virtual Result<Message> get(const std::string& actor, const Name& id, std::optional<std::uint32_t> revision) = 0;
    virtual Result<std::vector<Revision>> history(const std::string& actor, const Name& id, std::uint32_t after = 0,
        std::uint32_t limit = std::numeric_limits<std::uint32_t>::max()) = 0;
    // `replaces`: the revision that the editor saw; another one is a conflict.
    virtual Result<Message> edit(const std::string& actor, const Name& id, std::uint32_t replaces,
        const Content& content, const Foreign& foreign = std::nullopt) = 0;
    virtual Result<Message> redact(const std::string& actor, const Name& id) = 0;
    virtual Result<ToList> change_list(const std::string& actor, const Name& id, const ListChange& change) = 0;
    // `thread`: nullopt is the default of email2.md (the thread for a message that holds its list, else the message).
    virtual Result<void> leave(const std::string& actor, const Name& id, std::optional<bool> thread) = 0;
    virtual Result<void> rejoin(const std::string& actor, const Name& id, std::optional<bool> thread) = 0;
    virtual Result<void> withdraw(const std::string& actor, const Name& id) = 0;
    virtual Result<void> undelete(const std::string& actor, const Name& id) = 0;
    virtual Result<void> vote(const std::string& actor, const Name& id, Vote vote) = 0;

    // The same without doing it: refused when the verb would be.
    virtual Result<Preview> preview_edit(
        const std::string& actor, const Name& id, std::uint32_t replaces, const Content& content) = 0;
    virtual Result<Preview> preview_change(const std::string& actor, const Name& id, const ListChange& change) = 0;
    virtual Result<Preview> preview_withdraw(const std::string& actor, const Name& id) = 0;

    virtual Result<References> list(const std::string& actor, const Page& page) = 0;
    virtual Result<Reference> file(const std::string& actor, const Name& id, const Filing& filing) = 0;
    virtual Result<std::vector<Folder>> folders(const std::string& actor) = 0;
    virtual Result<Folder> create_folder(const std::string& actor, const std::string& name) = 0;
    virtual Result<Folder> rename_folder(const std::string& actor, const std::string& from, const std::string& to) = 0;
    virtual Result<void> remove_folder(const std::string& actor, const std::string& name) = 0;

    // Events of messages that the actor may see, after a sequence number; at most `limit`. Does not wait.
    virtual Result<Events> events(const std::string& actor, std::uint64_t after, std::uint32_t limit) = 0;

    // The upload must have exactly this SHA-256 (lower-case hex). True when it is new.
    virtual Result<bool> put_blob(const std::string& actor, const std::string& sha256, std::string_view bytes) = 0;
    // A large one in pieces: begin, add each piece (of exactly blob_piece octets, the last one excepted), finish with
    // the SHA-256 and size that the caller has counted. Nobody sees it before, and what is dropped leaves nothing.
    virtual Result<std::string> begin_upload(const std::string& actor) = 0;
    virtual Result<void> add_to_upload(const std::string& upload, std::uint32_t n, std::string_view piece) = 0;
    virtual Result<bool> finish_upload(
        const std::string& actor, const std::string& upload, const std::string& sha256, std::uint64_t size) = 0;
    virtual void drop_upload(const std::string& upload) = 0;
    // At most `length` octets from `offset` on, less at its end.
    virtual Result<BlobPiece> get_blob(
        const std::string& actor, const std::string& sha256, std::uint64_t offset, std::uint64_t length) = 0;

    // Bearer tokens of the account.
    virtual Result<Token> make_token(const std::string& actor, const std::string& name) = 0;
    virtual Result<std::vector<Token>> tokens(const std::string& actor) = 0;
    virtual Result<void> revoke_token(const std::string& actor, std::uint64_t id) = 0;
};

}  // namespace email2
