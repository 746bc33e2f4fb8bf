// mail_verbs: what a mail does to a message that is here already: which it means, whether it reaches more people than
// that one does, and, of correspondents, the edit and the withdrawal themselves. mapping.md "Legacy verbs".
//
// Within the caller's transaction. Whether the mail is signed as it must be was decided before
// (authentication/may_act.h).
#pragma once

#include "email2/address.h"
#include "email2/error.h"
#include "gateway/store/changes.h"
#include "gateway/store/facts.h"
#include "gateway/store/ids.h"
#include "gateway/store/rendition.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::store {

// The messages known by any of `ids` (Message-IDs, "guid@server"), each once, as `person` stands to them. No drafts,
// imports or list roots.
[[nodiscard]] std::vector<Facts> messages_named(
    Session& session, std::int32_t person, const std::vector<std::string>& ids);
// The newest message of that person with that subject in that conversation of Outlook's: what a recall means that names
// none.
[[nodiscard]] std::optional<Facts> message_recalled(
    Session& session, std::int32_t person, const std::string& conversation, const std::string& subject);
// The domain whose DKIM signature proved that its author wrote it; "" when nothing did.
[[nodiscard]] std::string proven_domain(Session& session, const Facts& facts);

// Where a mail went.
struct Reached {
    std::vector<std::string> people;           // normalised
    std::vector<std::string> lists, messages;  // "guid@server": roots of mailing lists; messages, by their address
};
// Whether everybody whom the mail reached has, or had, the message by us (and its delivery did not fail). Else it is
// news to somebody, and must not be taken for less.
[[nodiscard]] bool has_reached_all(Session& session, const Facts& facts, const Reached& reached);

// Whether a mail of that person acts for the first time; remembered for as long as its signature would count. A mail
// without an id of its own acts each time.
[[nodiscard]] std::string once_for(std::string_view act, const email2::Name& message);  // `what`
[[nodiscard]] bool is_first_time(
    Session& session, std::int32_t person, std::string_view what, const std::string& message_id);
// To be called in the transaction of the act itself. False: the same mail, brought by somebody else at the same time,
// has acted.
[[nodiscard]] bool remember_time(
    Session& session, std::int32_t person, std::string_view what, const std::string& message_id, std::int64_t message);

// Locks the message with its lists and reads it again. nullopt: it is gone.
[[nodiscard]] std::optional<Facts> lock_message(Session& session, std::int64_t message, std::int32_t person);

// Whether all in From is that account, or nobody is: clients differ in which of several they show.
[[nodiscard]] bool is_all_by(
    Session& session, const std::string& account, const mapping::MailFacts& mail, const email2::Domains& domains);

// The persons that a mail shows in From, To and Cc, as far as they are known, and its author.
[[nodiscard]] std::vector<std::int64_t> persons_shown(
    Session& session, const mapping::MailFacts& mail, std::int32_t author, const email2::Domains& domains);
// The message is named by that id as well, from here on ("" is none).
void remember_message_id(Session& session, const std::string& message_id, std::int64_t message);

// What replaces a correspondent's message.
struct MailedEdit {
    std::int32_t author = 0;
    std::string message_id;            // by which answers name this revision
    std::string_view bytes;            // as they came: only so does their signature hold
    const Indexed* indexed = nullptr;  // of these, with their trace
    std::string document;              // the content, when it is not what the bytes say; "" when it is
    std::string authentication;
    std::vector<std::int64_t> shown;  // persons in its header
};
[[nodiscard]] email2::Result<void> edit_by_mail(
    Session& session, Ids& ids, Changes& changes, const Facts& facts, const MailedEdit& edit);
// $Withdrawn on every reference, or off again: the mail stays. False: it was so already. `bytes`: of the mail that says
// so, which goes to whomever outside the message reached by us; of a withdrawal and an undeletion that both wait
// neither goes.
[[nodiscard]] email2::Result<bool> withdraw_by_mail(
    Session& session, Changes& changes, const Facts& facts, std::int32_t author, std::string_view bytes);
[[nodiscard]] email2::Result<bool> undelete_by_mail(
    Session& session, Changes& changes, const Facts& facts, std::int32_t author, std::string_view bytes);

// A new revision in everybody's store: each reference gets it at a new UID, in this step.
enum class Unseen { nobody, others, everybody };  // for whom it counts as not read; others: all but `author`
void show_revision(Session& session, Changes& changes, std::int64_t message, std::int64_t rendition,
    std::int32_t author, Unseen unseen);

// A short mail in the thread about what a person's action came to: `key` of words.txt, and its values. Told once: not
// while the same waits.
struct Said {
    std::string key;
    std::vector<std::pair<std::string, std::string>> values;
};
[[nodiscard]] std::string content_of(const Said& said);
[[nodiscard]] Said said_in(std::string_view content);
void tell(Session& session, Changes& changes, std::int32_t person, std::int64_t message, const Said& said);

}  // namespace gateway::store
