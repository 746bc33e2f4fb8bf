// store: the verbs of email2 on PostgreSQL. email2.md "Verbs".
#pragma once

#include "email2/address.h"
#include "email2/store.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/store/apart.h"
#include "gateway/store/facts.h"
#include "gateway/store/known_accounts.h"
#include "gateway/store/mailbox_transaction.h"
#include "gateway/store/membership.h"
#include "gateway/store/outbox_make.h"
#include "gateway/store/session.h"
#include "gateway/store/writer.h"

#include <functional>
#include <limits>
#include <memory>
#include <set>

namespace gateway::store {

struct StoreSettings {
    email2::Domains domains;                // ours
    std::string home;                       // the first of them
    std::chrono::seconds undo{10};          // egress.undo
    std::chrono::seconds settle{120};       // followup.settle
    std::size_t to_max = 50;                // render.to_max
    bool edit_unseen = true;                // imap.edit_unseen
    bool joined = true;                     // imap.joined
    bool tell_removed = false;              // followup.removed
    MakeSettings make;                      // for previews: as the queue would make them
    std::uint64_t message_size = 50 << 20;  // limits.message_size
    std::uint64_t storage = 0;              // quota.storage, octets; 0: none
    std::size_t list_max = 0;               // abuse.to_max; 0: no bound
    std::shared_ptr<KnownAccounts> accounts = std::make_shared<KnownAccounts>();
};

// One connection's view; made for one job on a database thread. Verbs block, publish() on the writer.
class PostgresStore : public email2::Store {
public:
    PostgresStore(Session& session, Writer& writer, const StoreSettings& settings)
        : session_(session), writer_(writer), settings_(settings)
    {
    }

    email2::Result<email2::Message> publish(const std::string& actor, const email2::Publication& publication) override;
    email2::Result<email2::Message> get(
        const std::string& actor, const email2::Name& id, std::optional<std::uint32_t> revision) override;
    email2::Result<std::vector<email2::Revision>> history(const std::string& actor, const email2::Name& id,
        std::uint32_t after = 0, std::uint32_t limit = std::numeric_limits<std::uint32_t>::max()) override;
    email2::Result<email2::Message> edit(const std::string& actor, const email2::Name& id, std::uint32_t replaces,
        const email2::Content& content, const email2::Foreign& foreign = std::nullopt) override;
    // The same by mail, whose octets stay, so that what is signed in it stays so: the revision's rendition is the mail
    // (without its Bcc), below `trace`; or one part of what replaces the content stands as it came.
    email2::Result<email2::Message> edit_as_mail(const std::string& actor, const email2::Name& id,
        std::uint32_t replaces, std::string_view mail, std::string trace);
    email2::Result<email2::Message> edit_with_part(const std::string& actor, const email2::Name& id,
        std::uint32_t replaces, const email2::Content& content, const mapping::KeptPart& part);
    email2::Result<email2::Message> redact(const std::string& actor, const email2::Name& id) override;
    email2::Result<email2::ToList> change_list(
        const std::string& actor, const email2::Name& id, const email2::ListChange& change) override;
    email2::Result<void> leave(const std::string& actor, const email2::Name& id, std::optional<bool> thread) override;
    email2::Result<void> rejoin(const std::string& actor, const email2::Name& id, std::optional<bool> thread) override;
    email2::Result<void> withdraw(const std::string& actor, const email2::Name& id) override;
    email2::Result<void> undelete(const std::string& actor, const email2::Name& id) override;
    email2::Result<email2::Preview> preview_edit(const std::string& actor, const email2::Name& id,
        std::uint32_t replaces, const email2::Content& content) override;
    email2::Result<email2::Preview> preview_change(
        const std::string& actor, const email2::Name& id, const email2::ListChange& change) override;
    email2::Result<email2::Preview> preview_withdraw(const std::string& actor, const email2::Name& id) override;
    email2::Result<void> vote(const std::string& actor, const email2::Name& id, email2::Vote vote) override;
    email2::Result<email2::References> list(const std::string& actor, const email2::Page& page) override;
    email2::Result<email2::Reference> file(
        const std::string& actor, const email2::Name& id, const email2::Filing& filing) override;
    email2::Result<std::vector<email2::Folder>> folders(const std::string& actor) override;
    email2::Result<email2::Folder> create_folder(const std::string& actor, const std::string& name) override;
    email2::Result<email2::Folder> rename_folder(
        const std::string& actor, const std::string& from, const std::string& to) override;
    email2::Result<void> remove_folder(const std::string& actor, const std::string& name) override;
    email2::Result<email2::Events> events(const std::string& actor, std::uint64_t after, std::uint32_t limit) override;
    email2::Result<bool> put_blob(const std::string& actor, const std::string& sha256, std::string_view bytes) override;
    email2::Result<std::string> begin_upload(const std::string& actor) override;
    email2::Result<void> add_to_upload(const std::string& upload, std::uint32_t n, std::string_view piece) override;
    email2::Result<bool> finish_upload(
        const std::string& actor, const std::string& upload, const std::string& sha256, std::uint64_t size) override;
    void drop_upload(const std::string& upload) override;
    email2::Result<email2::BlobPiece> get_blob(
        const std::string& actor, const std::string& sha256, std::uint64_t offset, std::uint64_t length) override;
    email2::Result<email2::Token> make_token(const std::string& actor, const std::string& name) override;
    email2::Result<std::vector<email2::Token>> tokens(const std::string& actor) override;
    email2::Result<void> revoke_token(const std::string& actor, std::uint64_t id) override;

    // edit_as_mail() within the caller's transaction, which finishes `changes`: where more than that is one step.
    email2::Result<email2::Message> edit_as_mail_within(Changes& changes, const std::string& actor,
        const email2::Name& id, std::uint32_t replaces, std::string_view mail, std::string trace);

    // publish() in two halves, for callers that await the writer instead of blocking a thread for it.
    struct Prepared {
        NewMessage message;
        PersonRow author;
        std::optional<email2::Message>
            answer;  // what it will be, where nothing but this decides it; else it is to be read
    };
    email2::Result<Prepared> prepare_publication(const std::string& actor, const email2::Publication& publication);
    // What was published, as its author sees it.
    email2::Message published_message(const PersonRow& author, const Published& published);

    // What the verbs that are called next write beside what they do, in the same transaction: a mark that it was done.
    // False: it was done before, by somebody who was faster; then nothing is changed, and the verb fails as `conflict`.
    // Called anew with each attempt.
    void along(std::function<bool(Changes&)> write) { along_ = std::move(write); }

private:
    struct Seen {
        PersonRow person;
        Facts facts;
    };
    email2::Result<PersonRow> person(const std::string& actor);
    // The message as far as the actor may read it.
    email2::Result<Seen> look(const PersonRow& person, const email2::Name& id);
    email2::Result<Seen> look(const std::string& actor, const email2::Name& id);
    // The message whether or not the actor may read it, locked with its lists against every other change to the end of
    // the transaction. To be used within change(), which tries again when the lists changed their place meanwhile.
    email2::Result<Seen> locked(const std::string& actor, const email2::Name& id);
    email2::Result<void> check_attachments(const PersonRow& actor, const email2::Part& part, const std::string& path);
    std::set<std::string> accounts_among(const std::vector<std::string>& addresses);
    email2::Result<std::vector<Recipient>> recipients_of(const std::vector<email2::NewEntry>& entries);
    // A parent as far as the author may answer it: one that they may read, or a list root to which they may post.
    email2::Result<Facts> parent_for(const PersonRow& author, const std::string& name, const std::string& path);
    // What a publication answers, and what follows from that.
    struct Answered {
        std::vector<std::int64_t> parents;  // those that are stored, in order
        std::vector<email2::Entry> list;    // inherited, as the author sees it
        std::optional<email2::Person> mailing_list;
        std::set<std::string> aliases;  // of mailing lists: the writer knows whom these reach
    };
    email2::Result<Answered> answered_by(const PersonRow& author, const email2::Publication& publication);
    mapping::Rendering first_rendering(const PersonRow& author, const email2::Publication& publication,
        const NewMessage& message, const Answered& answered, const std::vector<Recipient>& recipients);
    email2::Message fresh_message(const PersonRow& author, const email2::Publication& publication,
        const mapping::Rendering& rendering, const std::vector<Recipient>& recipients);
    // Refuses what has no room at all; who has none among others is marked.
    email2::Result<void> check_room(const PersonRow& author, std::uint64_t size, std::vector<Recipient>& recipients);
    email2::Result<void> check_length(const Seen& seen, std::size_t added);
    // What a To change is told for, by events: once all of it is done, for numbers come under a lock that nobody waits
    // behind for a mailbox.
    struct Told {
        std::set<std::int32_t> named;                               // whom it added, or would have
        std::optional<std::size_t> joined;                          // the first event by which somebody joined
        std::vector<std::size_t> added;                             // people outside
        std::vector<std::pair<std::size_t, std::int64_t>> removed;  // people outside, and from which list
    };
    email2::Result<void> add_people(const Seen& seen, const email2::ListChange& change, Told& told, Changes& changes);
    email2::Result<void> remove_people(
        const Seen& seen, const email2::ListChange& change, Told& told, Changes& changes);
    void remove_person(const Seen& seen, const PersonRow& who, email2::Removing where, Told& told, Changes& changes);
    void tell(const Seen& seen, const Told& told, Changes& changes);
    email2::Result<void> detach(const Seen& seen, Changes& changes);
    email2::Result<void> inherit(const Seen& seen, Changes& changes);
    void delete_draft(const Seen& seen, Changes& changes);
    std::vector<email2::Entry> fresh_list(
        const PersonRow& author, const std::vector<Recipient>& recipients, Time created);
    // The next revision of a message.
    struct Next {
        email2::Content content;
        std::vector<std::string> foreign;
        email2::EventKind kind = email2::EventKind::edited;
        const mapping::KeptPart* part = nullptr;  // of the content
        std::optional<std::string> octets;        // its rendition as it stands, from here on: else it is composed
        bool mail = false, says_all = false;      // they came as mail; the content is what they say
        std::string trace, message_id;
        std::optional<std::vector<std::int64_t>> shown;  // persons in their header
    };
    Apart::Composed rendered(const Facts& facts, const PersonRow& author, std::int32_t revision, const Next& next,
        std::optional<std::vector<std::int64_t>>& shown);
    [[nodiscard]] email2::Result<void> check_size(const Apart::Composed& composed, bool leaves) const;
    // The message as it is with its next revision. Refusals before anything is written.
    email2::Result<email2::Message> replace(const Seen& seen, const Next& next, Changes& changes);
    email2::Result<email2::Message> edit_composed(const std::string& actor, const email2::Name& id,
        std::uint32_t replaces, Next next, const email2::Foreign& foreign);
    std::vector<std::string> foreign_of(const Facts& facts);
    void keep_octets(const Facts& facts, Next& next);
    email2::Preview preview_of(const Seen& seen);
    void preview_mails(email2::Preview& preview, const Seen& seen);
    std::uint32_t shown_recipients(const NewMessage& notice, const Seen& seen);
    template <class Verb>
    email2::Result<email2::Preview> previewed(const std::string& actor, const email2::Name& id, Verb verb);
    // One transaction (change()), with what goes along.
    template <class Body>
    auto in_one_step(Body body) -> decltype(body(std::declval<Changes&>()));

    Session& session_;
    Writer& writer_;
    const StoreSettings& settings_;
    std::function<bool(Changes&)> along_;
};

template <class Body>
auto PostgresStore::in_one_step(Body body) -> decltype(body(std::declval<Changes&>()))
{
    using Value = decltype(body(std::declval<Changes&>()));
    return store::change(session_, [&](Changes& changes) -> Value {
        auto value = body(changes);
        if (value && along_ && !along_(changes))
            return tl::unexpected(email2::Error{email2::Code::conflict, "This was done before.", ""});
        return value;
    }).value;
}

// The parts of verbs that action addresses and tokens need for people outside: they leave and rejoin by mail or one
// click.
void leave_outside(Session& session, Changes& changes, std::int32_t person, std::int64_t message);
bool rejoin_outside(Session& session, Changes& changes, std::int32_t person, std::int64_t message);

}  // namespace gateway::store
