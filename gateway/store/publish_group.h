// publish_group: one group of new messages on its way into the database: what was looked up, what was decided, the rows
// to write.
//
// The inside of publish.h. look_up, decide and write stand in a file each.
#pragma once

#include "email2/address.h"
#include "email2/guid.h"
#include "email2/lists.h"
#include "gateway/store/changes.h"
#include "gateway/store/flags.h"
#include "gateway/store/hash.h"
#include "gateway/store/people.h"
#include "gateway/store/publish.h"

#include <map>
#include <set>

namespace gateway::store::publishing {

using Id = std::int64_t;
using Person = std::int32_t;

enum class Want : std::int16_t { by_rule = 0, trash = 1, sent = 2, in_thread = 3, placed = 4 };
enum EntryRole : std::int16_t { role_to = 0, role_cc = 1, role_blind = 2, role_originator = 3 };

struct Known {  // a message that is named by one of the group
    Id id = 0, thread = 0, list = 0, parent = 0;
    std::vector<Id> holders;
    Person originator = 0;
    int state = 0;
    Kind kind = Kind::message;
    Time created{};
    std::string guid, home, sha;  // sha: of revision 1's bytes
    std::vector<std::set<Person>> shown;
};

struct Author {  // an account that publishes: what it may, and how fast it is at it
    bool own_lists = false;
    email2::SendQuota quota;
    email2::Pace pace;
    email2::Sent sent;
    bool stopped = false;                 // suspended from publishing
    std::optional<Time> until;            // when that ends, if it does by itself
    bool changed = false, stops = false;  // by this group
};

struct Membership {
    std::int16_t role = 0;
    email2::Membership membership = email2::Membership::in;
};

// What a mail names as its parents beyond this is not kept: each unknown one is a row, and a header may name a million.
inline constexpr std::size_t most_parents = 100;

inline Time now()
{
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// All that the rows of one group are made of, gathered and then written by one pipeline.
class Group {
public:
    Group(Session& session, Changes& changes, const WriterSettings& settings, Ids& ids,
        const std::vector<PublishJob*>& jobs)
        : session_(session), changes_(changes), settings_(settings), ids_(ids), jobs_(jobs)
    {
    }
    // `first`: what is to be sent before everything else.
    void run(Session::Pipeline& first);

private:
    struct Draft {  // what is decided of one job
        Id id = 0, rendition = 0, thread = 0, list = 0;
        Id parent = 0, first_parent = 0;  // the first that is here; the first, here or not
        std::vector<Id> holders;
        Person originator = 0;
        std::string guid, home;
        bool foreign_id = false;  // its Message-ID is not made of its name
        bool awaited = false;     // answers to it came first
    };
    void look_up(Session::Pipeline& first);
    [[nodiscard]] bool lives_here(const NewMessage& message, const Recipient& recipient) const;
    [[nodiscard]] bool names_nobody(const PublishJob& job) const;
    void look_up_messages();
    void look_up_lists();
    void decide(PublishJob& job);
    Draft identified(const PublishJob& job, Person originator);
    void descend(const PublishJob& job, Draft& draft, const std::vector<const Known*>& parents,
        const std::vector<const Known*>& roots, const std::vector<std::string>& unresolved);
    void remember(const PublishJob& job, const Draft& draft);
    // Mailing lists (publish_lists.cpp).
    void look_up_authors();
    [[nodiscard]] std::vector<const Known*> lists_named(const PublishJob& job) const;
    [[nodiscard]] std::vector<Id> holders_of(const PublishJob& job, Person originator,
        const std::vector<const Known*>& parents, const std::vector<const Known*>& lists) const;
    [[nodiscard]] bool held_at_root(const std::vector<Id>& holders) const;
    [[nodiscard]] email2::Result<email2::PostsAs> may_post(
        const PublishJob& job, Person originator, const std::vector<Id>& holders) const;
    email2::Result<void> admit(const PublishJob& job, Person originator);
    void make_list(PublishJob& job, Draft& draft);
    void write_lists(Session::Pipeline& pipeline);
    void write_authors(Session::Pipeline& pipeline);
    void record(PublishJob& job, const Draft& draft);
    void record_rendition(PublishJob& job, const Draft& draft);
    void merge_recipients(PublishJob& job) const;
    bool is_stored(PublishJob& job, Person originator);
    [[nodiscard]] bool may_answer(const PublishJob& job, Person originator) const;
    [[nodiscard]] std::vector<Id> named(const std::string& id) const;
    bool is_idempotent(PublishJob& job);
    bool is_duplicate(PublishJob& job, Person originator);
    bool is_same_mail(PublishJob& job, const Known& known);
    [[nodiscard]] bool reaches_more(const PublishJob& job, const Known& known) const;
    std::map<Person, email2::Membership> effective_on(Id message, const PublishJob& job);
    void join(PublishJob& job, Known& known);
    void hold_itself(Known& known);
    void keep_apart(PublishJob& job, const Draft& draft);
    std::vector<const Known*> visible_parents(
        const PublishJob& job, Person originator, std::vector<std::string>& unresolved);
    bool inherits(const PublishJob& job, Person originator, const std::vector<const Known*>& parents) const;
    void address_own(const PublishJob& job, Draft& draft);
    void address_inherited(const PublishJob& job, Draft& draft, const std::vector<Id>& holders, email2::PostsAs as);
    template <class AddGuest, class Exclude>
    void address_named(
        const PublishJob& job, Draft& draft, bool post, const AddGuest& add_guest, const Exclude& exclude);
    void file_own(const PublishJob& job, Draft& draft, const std::vector<const Known*>& parents);
    void adopt_saved_copy(const PublishJob& job, Draft& draft);
    void promote_parents();
    void lock_joined();
    void write();
    [[nodiscard]] bool all_first() const;
    void settle();
    void show_joined();
    void check_awaited();
    void write_references(Session::Pipeline& pipeline);
    void write_deliveries(Session::Pipeline& pipeline);
    void write_follow_ups(Session::Pipeline& pipeline);
    void guess_language(PublishJob& job);
    void learn_name(const PublishJob& job);
    Id reserve_missing(const std::string& message_id);
    void enter(Id list, Person person, std::int16_t role);
    void exclude_from_earlier(Id list, Person person);
    void want(Id message, Person user, Want want, std::int32_t mailbox = 0, std::int64_t flags = 0);
    void deliver(
        Id message, Person person, email2::DeliveryState state, const Recipient* recipient, const PublishJob& job);
    [[nodiscard]] const PersonRow* person(const std::string& address) const;
    [[nodiscard]] const Membership* membership(Id list, Person person) const;
    enum class Blind { counts, is_nobody };  // who is blind on a list does not inherit
    [[nodiscard]] std::optional<email2::Membership> standing(
        const Known& known, Person person, Blind blind = Blind::counts) const;

    Session& session_;
    Changes& changes_;
    const WriterSettings& settings_;
    Ids& ids_;
    const std::vector<PublishJob*>& jobs_;

    // looked up
    std::map<std::string, PersonRow> people_;
    std::map<std::int64_t, std::vector<Id>> by_hash_;
    std::map<std::string, Id> by_guid_;
    std::map<std::int64_t, std::pair<Id, std::string>> missing_;  // id and guid kept for a parent that is not here
    std::map<Id, Known> known_;
    std::map<Id, email2::Posting> roots_;     // the list roots among the holders
    std::set<std::pair<Id, Person>> owners_;  // of these
    std::map<Person, Author> authors_;
    std::set<std::string> taken_;  // addresses that no list to be made may have
    std::map<std::pair<Id, Person>, Membership> entries_;
    struct First {
        Id message = 0;
        std::string digest;
    };  // what a key stood for; digest: "" of one that is not known
    std::map<std::pair<Person, std::string>, First> idempotent_;
    std::map<std::string, std::int16_t> homes_;

    // decided: rows by column
    struct {
        std::vector<Id> id, thread, list, parent;
        std::vector<Time> created;
        std::vector<Uuid> guid;
        std::vector<Person> originator;
        std::vector<std::int16_t> home, more, kind, proof;
        std::vector<std::optional<std::string>> mid;
    } message_;
    struct {
        std::vector<Id> message, parent;
        std::vector<std::int16_t> n;
        std::vector<std::optional<std::string>> mid;
        std::vector<bool> inherited;
    } parent_;
    struct {
        std::vector<Id> list, message;
    } more_list_;
    struct {
        std::vector<Id> list;
        std::vector<Person> person;
        std::vector<std::int16_t> role;
    } entry_;
    std::map<std::pair<Id, Person>, std::size_t>
        entered_;  // whom a mail of this group brought in or named: the row of entry_
    struct {
        std::vector<std::int64_t> hash;
        std::vector<Id> message;
    } msgid_;
    struct {
        std::vector<std::int64_t> hash;
        std::vector<Id> id;
        std::vector<Uuid> guid;
    } new_missing_;
    struct {
        std::vector<Id> message, rendition;
        std::vector<Person> actor;
        std::vector<std::optional<Bytes>> document, sha;
        std::vector<std::optional<std::string>> authentication;
    } revision_;
    struct {
        std::vector<Id> message, rendition, parent;
        std::vector<std::int64_t> flags;
    } filed_;  // every message that gets references
    struct {
        std::vector<Id> message;
        std::vector<std::string> alias, title;
        std::vector<std::int16_t> posting;
        std::vector<Person> owner;
    } made_;
    std::set<std::string> written_to_;  // domains outside that accounts write to
    struct {
        std::vector<Id> message, list;
    } holder_;  // inherited: where the people stand
    struct {
        std::vector<Id> message;
        std::vector<Person> user;
    } excluded_;  // of an inherited list, for this message
    struct {
        std::vector<Id> message;
        std::vector<Person> user;
        std::vector<std::int16_t> want;
        std::vector<std::int32_t> mailbox;
        std::vector<std::int64_t> flags;
    } want_;
    struct {
        std::vector<Id> message;
        std::vector<Person> person;
        std::vector<std::int16_t> state, notify, ret;
        std::vector<std::string> orcpt, envid;
    } delivery_;
    struct {
        std::vector<Id> message;
        std::vector<Person> person;
    } full_;  // recipients without room
    struct {
        std::vector<Id> parent;
        std::vector<Person> author;
    } promoted_;
    struct {
        std::vector<Id> list;
        std::vector<Person> author;
        std::vector<std::string> people;
    } skipped_;  // their mail named who had left
    struct {
        std::vector<Person> person;
        std::vector<std::string> language;
    } guessed_;
    struct {
        std::vector<std::int32_t> person;
        std::vector<std::string> name;
    } named_;
    std::map<Id, std::set<Person>> joined_;  // accounts that a mail brought onto a list
    struct {
        std::vector<Person> actor;
        std::vector<std::string> key;
        std::vector<Id> message;
        std::vector<std::optional<Bytes>> digest;
    } idempotency_;
    std::vector<Id> unsettled_;   // holders of lists that had nobody, and may have somebody now
    std::vector<Id> unreported_;  // what leaves of them has the null sender
    std::vector<Id> unproven_;    // of people outside who only claim to have written it: passed on to nobody outside
    std::map<const PublishJob*, std::vector<Id>> twins_;  // the same mail, which went to other people
    std::vector<RenditionRow> renditions_;
    std::map<Id, PublishJob*> job_of_;
    std::size_t references_at_ = 0;
    bool adopted_ = false;  // somebody's saved copy is a message's now
};

}  // namespace gateway::store::publishing
