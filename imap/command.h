// command: every command as a typed value, RFC 3501 6 and the extensions named beside the fields.
//
// Mailbox names are UTF-8, INBOX in its normal form; texts are octets as the client sent them.
#pragma once

#include "imap/mailboxes.h"
#include "imap/sequence_set.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace imap::command {

struct Capability {};

struct Noop {};

struct Logout {};

struct Id {};  // RFC 2971; what the client says of itself is not kept

struct StartTls {};

struct Authenticate {
    std::string mechanism;               // upper case
    std::optional<std::string> initial;  // base64; SASL-IR, RFC 4959
};

struct Login {
    std::string user, password;
};

struct Enable {
    std::vector<std::string> capabilities;  // upper case; RFC 5161
};
enum class Access { read_write, read_only };

// What a client remembers of the mailbox, RFC 7162 3.2.5. Its sets have no "*".
struct Resync {
    std::uint32_t uid_validity = 1;
    ModSeq modseq = 0;
    std::optional<SequenceSet> known;  // UIDs
    // Some sequence numbers and the UIDs that these had: ascending, equally many.
    SequenceSet numbers, uids;
};

struct Select {
    std::string mailbox;
    Access access = Access::read_write;  // read_only: EXAMINE
    bool condstore = false;              // RFC 7162 3.1.8
    std::optional<Resync> resync;
};

struct Create {
    std::string mailbox;
    SpecialUse use = SpecialUse::none;  // RFC 6154 3
};

struct Delete {
    std::string mailbox;
};

struct Rename {
    std::string from, to;
};

struct Subscribe {
    std::string mailbox;
};

struct Unsubscribe {
    std::string mailbox;
};

struct Namespace {};

struct GetQuota {
    std::string root;
};

struct GetQuotaRoot {
    std::string mailbox;
};

// RFC 4314 3.
struct GetAcl {
    std::string mailbox;
};

struct MyRights {
    std::string mailbox;
};

struct ListRights {
    std::string mailbox;
    std::string identifier;
};

struct SetAcl {
    std::string mailbox;
    std::string identifier;
    std::string rights;  // behind "+" or "-" when they add to or take from those of before
};

struct DeleteAcl {
    std::string mailbox;
    std::string identifier;
};

// STATUS data items as bits.
namespace status_item {
inline constexpr unsigned messages = 1, recent = 2, uid_next = 4, uid_validity = 8, unseen = 16, highest_modseq = 32,
                          size = 64, mailbox_id = 128, deleted = 256, deleted_storage = 512;
}

struct Status {
    std::string mailbox;
    unsigned items = 0;
};

// LIST options as bits, RFC 5258 3 and RFC 6154 5.
namespace list_option {
inline constexpr unsigned subscribed = 1, remote = 2, recursive_match = 4, special_use = 8, children = 16;
}

struct List {
    unsigned select = 0, show = 0;  // options of selection and of RETURN
    std::string reference;
    std::vector<std::string> patterns;  // UTF-8, wildcards in them
    unsigned status = 0;                // RETURN (STATUS (…)), RFC 5819
    bool extended = false;              // \Subscribed and the like only on demand
    bool xlist = false;                 // answers are named XLIST with its older attribute names
};

struct Lsub {
    std::string reference, pattern;
};

// Events as bits, and what they are asked of, RFC 5465 5 and 6.
namespace notify_event {
inline constexpr unsigned message_new = 1, message_expunge = 2, flag_change = 4, name_change = 8,
                          subscription_change = 16, unsupported = 32;
}

struct EventGroup {
    enum class Of { selected, selected_delayed, inboxes, personal, subscribed, subtree, mailboxes };
    Of of = Of::personal;
    std::vector<std::string> names;  // of subtree and mailboxes
    unsigned events = 0;             // none: NONE
};

struct Append {
    std::string mailbox;
    Flags flags = 0;
    std::vector<std::string> keywords;
    std::optional<std::chrono::sys_seconds> internal_date;
    std::uint64_t size = 0;  // octets of the literal; the literal itself was spooled while it came
};

struct Idle {};

struct Check {};

struct Close {};

struct Unselect {};

struct Expunge {
    std::optional<SequenceSet> uids;  // UID EXPUNGE, RFC 4315 2.1
};

struct SearchKey {
    enum class Kind {
        all,
        flag,
        no_flag,
        keyword,
        no_keyword,
        recent,
        old,
        numbers,
        uids,
        modseq,
        content,
        all_of,
        either,
        none_of
    };
    Kind kind = Kind::all;
    Flags flag = 0;
    std::string keyword;
    SequenceSet set;
    ModSeq modseq = 0;
    ContentKey content;
    std::vector<SearchKey> keys;  // all_of: any number; either: two; none_of: one
};

// RETURN options of ESEARCH as bits, RFC 4731.
namespace search_return {
inline constexpr unsigned min = 1, max = 2, all = 4, count = 8;
}

struct Search {
    Numbers numbers = Numbers::sequence;
    std::optional<unsigned> wanted;  // RETURN (…): the answer is ESEARCH
    std::string charset;             // upper case, "" when none is named
    SearchKey key;
};

// FETCH data items as bits; sections stand apart.
namespace fetch_item {
inline constexpr unsigned uid = 1, flags = 2, internal_date = 4, size = 8, modseq = 16, envelope = 32, body = 64,
                          body_structure = 128, email_id = 256, thread_id = 512;
}

struct Section {
    enum class Kind { whole, header, text, mime, fields, fields_not };
    Kind kind = Kind::whole;
    std::vector<std::uint32_t> path;                                 // "1.2"; empty: the mail itself
    std::vector<std::string> fields;                                 // names for fields and fields_not
    std::optional<std::pair<std::uint64_t, std::uint64_t>> partial;  // offset, most octets
    bool peek = false;                                               // leaves \Seen alone
    std::string label;                                               // how the answer names it: "BODY[1.2]<0>"
};

struct Fetch {
    Numbers numbers = Numbers::sequence;
    SequenceSet set;
    unsigned items = 0;
    std::vector<Section> sections;
    std::optional<ModSeq> changed_since;  // RFC 7162 3.1.4
    bool vanished = false;                // RFC 7162 3.2.6
};

struct Notify {  // RFC 5465
    bool status = false;
    std::vector<EventGroup> groups;  // none: NOTIFY NONE
    std::optional<Fetch> arrivals;   // what MessageNew is to tell of the selected mailbox; its set is not used
};

struct Store {
    Numbers numbers = Numbers::sequence;
    SequenceSet set;
    StoreMode mode = StoreMode::replace;
    bool silent = false;
    Flags flags = 0;
    std::vector<std::string> keywords;
    std::optional<ModSeq> unchanged_since;  // RFC 7162 3.1.3
};

struct Copy {
    Numbers numbers = Numbers::sequence;
    SequenceSet set;
    std::string mailbox;
};

struct Move {  // RFC 6851
    Numbers numbers = Numbers::sequence;
    SequenceSet set;
    std::string mailbox;
};

struct Replace {  // RFC 8508
    Numbers numbers = Numbers::sequence;
    SequenceSet message;  // one number
    Append by;
};

}  // namespace imap::command

namespace imap {

using Command = std::variant<command::Capability, command::Noop, command::Logout, command::Id, command::StartTls,
    command::Authenticate, command::Login, command::Enable, command::Select, command::Create, command::Delete,
    command::Rename, command::Subscribe, command::Unsubscribe, command::Namespace, command::GetQuota,
    command::GetQuotaRoot, command::GetAcl, command::MyRights, command::ListRights, command::SetAcl, command::DeleteAcl,
    command::Status, command::List, command::Lsub, command::Append, command::Idle, command::Check, command::Close,
    command::Unselect, command::Expunge, command::Search, command::Fetch, command::Store, command::Copy, command::Move,
    command::Replace, command::Notify>;

}  // namespace imap
