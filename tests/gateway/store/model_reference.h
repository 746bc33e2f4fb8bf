// model_reference: the store as email2.md describes it, in the simplest form that could be right: sets, maps and loops.
//
// What the real store is compared with. It decides with email2/rules.h (which has tables of its own) and knows no SQL,
// no set-based statement and no flattened holder: every question is answered by walking over everything.
#pragma once

#include "email2/rules.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace model {

using User = int;   // natives first, then correspondents
using Label = int;  // of a message: the number of the operation that published it
using FolderId = int;

// Folders that everybody has, in the order of their ids; others come after.
enum : FolderId { inbox = 1, sent, drafts, trash, junk, archive, limbo, first_own };
enum Flag : int { answered = 1, flagged = 2, deleted = 4, seen = 8, draft_flag = 16, edited = 32 };
enum Role : int { to = 0, cc = 1, blind = 2, author = 3 };

enum class Verb {
    publish,
    edit,
    redact,
    change,
    leave,
    rejoin,
    withdraw,
    undelete,
    file,
    create_folder,
    rename_folder,
    remove_folder,
    move,
    copy,
    expunge
};

struct Operation {
    Verb verb = Verb::publish;
    User user = 0;
    Label label = 0;                            // the message acted on; of a publication: its own
    std::vector<Label> parents;                 // publish
    int unresolved = 0;                         // publish: parents that are not here
    std::vector<std::pair<User, int>> entries;  // publish, change: whom to add, in which role
    std::vector<User> remove;
    bool inherit = false, detach = false, draft = false;
    std::optional<bool> thread;  // leave, rejoin; file: true is the thread
    int replaces = 0;            // edit: so many revisions behind the newest
    int text = 0;                // content: the same number is the same text
    std::string folder, other;   // names
    int add_flags = 0, remove_flags = 0;
};

struct Reference {
    FolderId folder = inbox;
    int flags = 0;
    FolderId home = 0;        // before Trash or limbo
    bool from_trash = false;  // withdrawn while in Trash
};

struct Entry {
    int role = to;
    int membership = 0;
};  // 0 in, 1 left, 2 removed
struct Revision {
    int text = 0;
    User by = 0;
    bool redacted = false;
};

struct Message {
    Label label = 0;
    User originator = 0;
    bool draft = false, own = true, withdrawn = false;
    User withdrawn_by = -1;
    std::vector<Label> parents;   // that were here
    std::vector<bool> inherited;  // by parent
    int unresolved = 0;
    std::map<User, Entry> entries;  // of its own list; of one that inherits: who hides it, who is excluded
    std::vector<Revision> revisions;
    std::map<User, bool> withheld;  // deliveries that were decided: to correspondents, and to the removed
};

struct Event {
    Label label = 0;
    email2::EventKind kind{};
    User actor = 0, person = -1;
    auto operator<=>(const Event&) const = default;
};

using Outcome = std::optional<email2::Code>;  // nullopt: done

class Reference_store {
public:
    explicit Reference_store(int natives, int correspondents);

    Outcome apply(const Operation& operation);

    [[nodiscard]] bool exists(Label label) const { return messages_.contains(label); }
    [[nodiscard]] const std::map<Label, Message>& messages() const { return messages_; }
    [[nodiscard]] std::vector<Label> holders(const Message& message) const;
    [[nodiscard]] email2::Listed effective(const Message& message, User user) const;
    [[nodiscard]] email2::Standing standing(const Message& message, User user) const;
    [[nodiscard]] Label thread(const Message& message) const;
    // The list as a viewer sees it: person, role, membership, withheld.
    using Line = std::tuple<User, int, int, bool>;
    [[nodiscard]] std::vector<Line> list(const Message& message, User viewer) const;
    // Visible references: message, folder's id, flags, revision.
    using Seen = std::tuple<Label, FolderId, int, int>;
    [[nodiscard]] std::vector<Seen> view(User user) const;
    [[nodiscard]] std::vector<Event> events(User user) const;
    [[nodiscard]] const std::map<std::string, FolderId>& folders(User user) const
    {
        return stores_.at(static_cast<std::size_t>(user)).folders;
    }
    [[nodiscard]] int natives() const { return natives_; }
    [[nodiscard]] int everybody() const { return natives_ + correspondents_; }

private:
    struct Store {
        std::map<std::string, FolderId> folders;
        std::map<Label, std::vector<Reference>> references;
        FolderId next = first_own;
    };
    using People = std::set<User>;
    using Labels = std::set<Label>;
    enum class Back { taken, everything };

    Outcome publish(const Operation& operation);
    void publish_own(const Operation& operation, Message& message, const std::vector<Label>& known);
    void publish_inherited(const Operation& operation, Message& message, const std::vector<Label>& known);
    void promote(const Message& message, const std::vector<Label>& known);
    void file_own(const Operation& operation, const Message& message, const std::vector<Label>& known);
    Outcome edit(const Operation& operation);
    Outcome change(const Operation& operation);
    Outcome add(Message& message, const Operation& operation);
    Outcome remove(Message& message, const Operation& operation);
    Outcome detach(Message& message, User user);
    Outcome inherit(Message& message, User user);
    Outcome leave(const Operation& operation);
    Outcome rejoin(const Operation& operation);
    Outcome withdraw(const Operation& operation);
    Outcome undelete(const Operation& operation);
    Outcome file(const Operation& operation);
    Outcome create_folder(const Operation& operation);
    Outcome rename_folder(const Operation& operation);
    Outcome remove_folder(const Operation& operation);
    Outcome mailbox(const Operation& operation);
    void move(User user, FolderId from, const Labels& labels, FolderId destination);
    void expunge(User user, FolderId folder, const Labels& labels);

    [[nodiscard]] email2::Listed held(const Message& message, User user) const;
    [[nodiscard]] bool passes_on(const Message& message, User user) const;  // on the list, and not as somebody blind
    [[nodiscard]] email2::Subject subject(const Message& message, User user) const;  // of a To change
    [[nodiscard]] email2::Listed here(const Message& message, User user) const;
    [[nodiscard]] bool inherits_from(const Message& message, Label ancestor) const;
    [[nodiscard]] Labels reached(const std::vector<Label>& lists) const;
    [[nodiscard]] std::vector<Label> standing_at(const Message& message, User user, int membership) const;
    [[nodiscard]] FolderId beside(User user, Label parent) const;  // 0: nowhere that counts
    void place(Label label, User user, FolderId folder, int flags);
    void take_away(const People& people, const Labels& labels, FolderId only_from = 0);
    void give_back(const People& people, const Labels& labels, Back what);
    void show(User user, Label label, const Labels& labels);
    void leave_lists(User user, const std::vector<Label>& lists, FolderId only_from);
    void rejoin_lists(User user, const std::vector<Label>& lists);
    void settle_trash(User user, const Labels& labels, FolderId folder);
    void settle_return(User user, const Labels& labels);
    void withhold(User user);
    void forget(Label label);
    void note(Label label, email2::EventKind kind, User actor, User person = -1)
    {
        events_.push_back({label, kind, actor, person});
    }
    [[nodiscard]] std::vector<Reference>& references(User user, Label label)
    {
        return stores_[static_cast<std::size_t>(user)].references[label];
    }

    int natives_, correspondents_;
    std::map<Label, Message> messages_;
    std::vector<Store> stores_;
    std::vector<Event> events_;
};

// "3: bob edits #1" for a report.
[[nodiscard]] std::string to_string(const Operation& operation);

}  // namespace model
