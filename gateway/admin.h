// admin: the port of administration: accounts, aliases, lists, domains, the queue, messages, the audit, mail from and
// to files, people. Behind it the command line and /v1/admin/ do the same things.
//
// Blocking; no event loop.
#pragma once

#include "email2/error.h"
#include "gateway/boxes/mail.h"
#include "gateway/boxes/sink.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace gateway {

// Asked for something that cannot be: no such account, one that exists. The text is a sentence for people.
struct Refused : std::runtime_error {
    explicit Refused(const std::string& sentence, email2::Code code_ = email2::Code::invalid)
        : std::runtime_error(sentence), code(code_)
    {
    }
    email2::Code code;
};

// Addresses are compared as everywhere: case does not matter. Throws Refused; and what the database throws when it is
// away. Whatever changes something leaves a line in the audit, in the same transaction.
class Admin {
public:
    using Time = std::chrono::sys_time<std::chrono::milliseconds>;

    virtual ~Admin() = default;

    // --- accounts
    using Quota = std::optional<std::uint64_t>;  // 0: without limit; nullopt: what the configuration says
    struct AccountRow {
        std::string address, name;
        bool suspended = false, admin = false;
        bool lists = false;  // may make mailing lists
        std::chrono::sys_seconds created{};
        std::uint64_t octets = 0;  // stored for it
        Quota quota, send_quota;   // octets; messages in a period
    };
    struct NewAccount {
        std::string address, verifier;  // accounts/verifier.h
        std::string name;
    };
    struct AccountChange {  // what is absent stays
        std::optional<std::string> name, verifier;
        std::optional<bool> suspended, admin, lists;
        std::optional<Quota> quota, send_quota;
    };
    // Whether an address of somebody who was erased may be given to somebody else.
    enum class Reuse { refuse, allow };

    // All or none. The domains must be ones that are served.
    virtual void add_accounts(const std::vector<NewAccount>& accounts, Reuse reuse) = 0;
    virtual std::vector<AccountRow> accounts() = 0;
    virtual AccountRow account(const std::string& address) = 0;
    virtual void change_account(const std::string& address, const AccountChange& change) = 0;
    virtual void remove_account(const std::string& address) = 0;
    // The language of the mails that we make for somebody, an account or a correspondent: "de"; "": guess it from their
    // mail.
    virtual void set_language(const std::string& address, const std::string& language) = 0;
    // Whether this is an account with the right to do all this.
    virtual bool is_admin(const std::string& address) = 0;

    // --- other names of accounts
    struct AliasRow {
        std::string alias, target;
    };
    virtual void add_alias(const std::string& alias, const std::string& target) = 0;
    virtual std::vector<AliasRow> aliases() = 0;
    virtual void remove_alias(const std::string& alias) = 0;

    // --- mailing lists (email2.md rule 9)
    struct ListRow {
        std::string alias, name;
        std::string posting;  // who may post: "members", "anyone", "owners"
        std::uint64_t members = 0;
        std::string message;  // the list root, guid@server
    };
    struct NewList {
        std::string alias, name, posting = "members";
        std::vector<std::string> owners;  // accounts; at least one. They are the first members
    };
    virtual void add_list(const NewList& list) = 0;
    virtual std::vector<ListRow> lists() = 0;
    virtual ListRow list(const std::string& alias) = 0;
    virtual void change_list(const std::string& alias, const std::optional<std::string>& name,
        const std::optional<std::string>& posting) = 0;
    // The address is free again and nothing is posted any more; what was posted stays.
    virtual void remove_list(const std::string& alias) = 0;
    virtual std::vector<std::string> owners(const std::string& alias) = 0;
    enum class Owner { add, remove };
    virtual void change_owner(const std::string& alias, const std::string& address, Owner change) = 0;

    // --- what is remembered of domains outside (rule 11)
    struct DomainRow {
        std::string domain;
        double messages = 0, complaints = 0;  // both fade
    };
    virtual std::vector<DomainRow> domains() = 0;  // those most complained of first
    enum class Trust { restore, withdraw };        // forgets all complaints; or as if there were nothing else
    virtual void set_trust(const std::string& domain, Trust trust) = 0;

    // --- tokens by which programs act for an account
    struct TokenRow {
        std::int64_t id = 0;
        std::string name;
        std::chrono::sys_seconds created{};
    };
    // The secret, which is kept nowhere.
    virtual std::string add_token(const std::string& account, const std::string& name) = 0;
    virtual std::vector<TokenRow> tokens(const std::string& account) = 0;
    virtual void remove_token(const std::string& account, std::int64_t id) = 0;

    // --- outgoing mail
    struct QueueRow {
        std::int64_t id = 0;
        std::string message;  // guid@server
        std::string recipient;
        std::string state;  // "pending", "deferred"
        int attempts = 0;
        std::chrono::sys_seconds next{};
        std::string last;  // what the last attempt met; "" before the first
    };
    virtual std::vector<QueueRow> queue() = 0;
    virtual std::optional<QueueRow> queued(std::int64_t id) = 0;
    // Due now; nullopt: all. How many there were.
    virtual std::size_t retry(std::optional<std::int64_t> id) = 0;
    // Given up: the sender is told as after any failure.
    virtual void remove_queued(std::int64_t id) = 0;

    struct MaintenanceRow {
        std::string job;
        std::size_t done = 0;  // messages, blobs, events, rows
        std::chrono::milliseconds took{0};
        std::string failed;  // why it did not come to its end; ""
    };

    // Every job of looking after the store, once, now; waits for another process that is at it.
    virtual std::vector<MaintenanceRow> maintain() = 0;

    struct ArchiveRow {
        std::string message;  // guid@server
        std::string file;     // below archive.directory
        std::uint64_t octets = 0;
        std::chrono::sys_seconds since{};
    };

    // What lies in cold storage, oldest first.
    virtual std::vector<ArchiveRow> archived() = 0;
    // Puts a message back.
    virtual void restore(const std::string& id) = 0;
    // Puts the message of a file of cold storage into this store, whichever store wrote it; to be repeated after any
    // interruption. `progress`: octets of the file. Throws Refused when the file is damaged, or its message has no
    // place here.
    enum class Archived {
        fresh,
        restored,
        present
    };  // new here; known here, and here again; here already, and left alone
    virtual Archived import_archived(
        const std::string& path, const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) = 0;

    struct Broken {
        std::string invariant;  // what should be true of every store
        std::int64_t count = 0;
        std::vector<std::string> examples;
    };
    // What is wrong with the store; none: all is well. Reads all of it.
    virtual std::vector<Broken> broken() = 0;

    // The message as email2 XML with everybody on its list, however it may be; nullopt: there is none.
    virtual std::optional<std::string> message(const std::string& id) = 0;

    // --- who did what, when
    struct AuditQuestion {
        std::string account, message;  // "": any
        std::optional<Time> since, until;
        std::string after;  // the id of a line: what comes later than it
        std::size_t limit = 1000;
    };
    struct AuditRow {
        std::string id;  // "e123" of an event, "a7" of an act of an admin
        Time at{};
        std::string actor;    // address, "root (command line)", "" for the server itself
        std::string act;      // "edited", "to-changed", …, "account.add", …
        std::string account;  // whom it is about, or ""
        std::string message;  // guid@server, or ""
        int revision = 0;     // of the message, 0 without one
        std::string detail;
    };
    // In the order of time.
    virtual std::vector<AuditRow> audit(const AuditQuestion& question) = 0;

    // --- mail from files, and to them
    // Puts mails into one folder of one account. A mail that lies there already is not put there again.
    class Import {
    public:
        enum class Result { stored, present, refused };
        // Each mail's outcome, in order; `why` of one that was refused.
        using Report = std::function<void(const boxes::Mail& mail, Result result, const std::string& why)>;

        virtual ~Import() = default;
        // Where an interrupted import of this source stopped; "" for none.
        virtual std::string position() = 0;
        // Takes them over; `position` is behind the last one. Reports come now, later, or with finish().
        virtual void store(std::vector<boxes::Mail> mails, const std::string& position) = 0;
        // All are on the disk, and the source is done.
        virtual void finish() = 0;
    };
    virtual std::unique_ptr<Import> import_into(
        const std::string& account, const std::string& folder, const std::string& source, Import::Report report) = 0;

    struct FolderRow {
        std::string name;
        std::uint64_t mails = 0, octets = 0;
    };
    struct StoredMail {
        std::uint32_t uid = 0;
        std::int64_t rendition = 0;
        boxes::Mail mail;
    };
    virtual std::vector<FolderRow> folders(const std::string& account) = 0;
    // The next ones by UID, a few megabytes of them; none at the end.
    virtual std::vector<StoredMail> mails(
        const std::string& account, const std::string& folder, std::uint32_t after) = 0;

    // --- people, accounts or not
    // Everything about an address except its mail: documents, into the sink.
    virtual void export_person(const std::string& address, boxes::Sink& sink) = 0;
    // Step by step; done again after an interruption it goes on. `progress` hears of each step.
    virtual void erase_person(
        const std::string& address, const std::function<void(const std::string& step)>& progress) = 0;
    struct ErasureRow {
        std::string step;  // the next one; "done"
        std::chrono::sys_seconds started{};
        std::optional<std::chrono::sys_seconds> ended;
    };
    // The same without waiting for it: the address is closed when this returns, the rest is a job of maintenance.
    virtual ErasureRow begin_erasing(const std::string& address) = 0;
    // How far it is; Refused (not found) when none was begun for the address.
    virtual ErasureRow erasure(const std::string& address) = 0;
};

}  // namespace gateway
