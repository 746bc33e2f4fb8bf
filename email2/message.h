// message: the email2 model as values: message, To list, revision, delivery. email2.md "Terms" and "The XML".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace email2 {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

// "guid@server": the name of a message, and an address that answers it. Lower case.
struct Name {
    std::string guid;    // UUIDv7 in its canonical form, 36 characters
    std::string server;  // domain that holds it

    [[nodiscard]] std::string str() const { return guid + "@" + server; }
    bool operator==(const Name&) const = default;
    auto operator<=>(const Name&) const = default;
};
// nullopt unless `text` is a UUID, '@' and a domain (any case; the result is lower case).
[[nodiscard]] std::optional<Name> parse_name(std::string_view text);

enum class Class { native, remote, smtp };
enum class Role { to, cc, blind };
enum class Membership { in, left, removed };
enum class DeliveryState { pending, delivered, read, deferred, failed, withheld, elsewhere };
enum class Proof { none, account, remote, spf, dkim };
enum class Posting { members, anyone, owners };  // who may post to a mailing list

struct Failure {
    std::string transport = "smtp";
    std::string status;  // RFC 3463, "5.1.1"
    std::string remote;  // host that said so
    std::string text;    // what it said
    bool operator==(const Failure&) const = default;
};

struct Delivery {
    DeliveryState state = DeliveryState::pending;
    Time at{};
    std::optional<Failure> failure;
    bool operator==(const Delivery&) const = default;
};

struct Person {
    std::string address;  // normalised: email2/address.h
    Class kind = Class::smtp;
    std::string name;  // display name, may be ""
    bool operator==(const Person&) const = default;
};

struct Entry {
    Person person;
    Role role = Role::to;
    Membership membership = Membership::in;
    std::optional<Delivery> delivery;  // of this message to this person
    bool operator==(const Entry&) const = default;
};

struct ToList {
    bool inherit = false;  // inherited: `entries` are the effective list as it is now
    std::vector<Entry> entries;
    bool operator==(const ToList&) const = default;
};

struct Part {
    std::string type = "text/plain";  // "type/subtype", lower case
    std::string name;                 // file name, may be ""
    std::string disposition;          // "", "inline", "attachment"
    std::string content_id;
    std::string text;         // text/*: inline, Unicode, LF
    std::uint64_t size = 0;   // everything else: by SHA-256, out of band
    std::string sha256;       // lower-case hex; "" for text and multipart
    std::vector<Part> parts;  // multipart/*; with a sha256: what was found within (a message, TNEF), only shown
    bool operator==(const Part&) const = default;
};

struct Origin {              // where the content came in as mail
    std::string message_id;  // without brackets
    std::string sha256;      // of the exact bytes
    std::uint64_t size = 0;
    std::string spf, dkim, dmarc, domain;
    std::vector<std::string> defects;  // what was wrong with them as a mail: "unknown-charset"
    bool operator==(const Origin&) const = default;
};

struct Content {  // what a revision fixes
    std::string subject;
    Part body;
    bool operator==(const Content&) const = default;
};

enum class State { present, withdrawn, archived };

struct MailingList {    // what makes a message a list root
    std::string alias;  // the list's address, whole and normalised: "announce@one.test"
    Posting posting = Posting::members;
    bool operator==(const MailingList&) const = default;
};

struct Message {
    Name id;
    std::uint32_t revision = 1;
    Name thread;
    std::vector<std::string> parents;  // "guid@server" when known, else "mid:Message-ID" of one not here
    Person from;
    Proof proof = Proof::none;
    Time created{};
    std::optional<Time> edited;
    std::string edited_by;
    bool draft = false;
    State state = State::present;
    std::optional<MailingList> list;  // of a list root
    ToList to;
    Content content;  // empty when withdrawn
    std::optional<Origin> origin;
    std::vector<std::string> foreign;  // unknown elements of other namespaces, as XML text, passed on
    bool operator==(const Message&) const = default;
};

struct Revision {  // one line of a history
    std::uint32_t number = 1;
    Time at{};
    std::string by;  // address
    bool redacted = false;
    std::optional<Content> content;  // absent when redacted
    bool operator==(const Revision&) const = default;
};

enum class EventKind {
    published,
    edited,
    redacted,
    to_changed,
    left,
    rejoined,
    withdrawn,
    undeleted,
    delivered,
    failed,
    moderated,
    filed,
    flagged
};

struct Event {
    std::uint64_t sequence = 0;
    Name message;
    std::uint32_t revision = 1;
    EventKind kind = EventKind::published;
    std::string actor;  // address, "" for the server itself
    Time at{};
    bool operator==(const Event&) const = default;
};

struct Reference {  // a message in somebody's store
    Name message;
    Name thread;
    std::uint32_t revision = 1;
    std::string folder;
    std::vector<std::string> flags;  // "\\Seen", "$Edited", …
    std::string subject;
    Person from;
    Time created{};
    std::uint64_t size = 0;
    std::string preview;
    std::uint64_t position = 0;  // pages: `after`
    bool operator==(const Reference&) const = default;
};

}  // namespace email2
