// legacy_verb: what a mail wants to do to an earlier one. mapping.md "Legacy verbs". Pure.
//
// Only what the mail says; whether it may is decided with its signatures (gateway/authentication/may_act.h) and the
// rules.
#pragma once

#include "email2/told.h"
#include "gateway/mapping/mail_in.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::mapping {

enum class LegacyAct {
    edit,       // the whole content is replaced
    edit_text,  // the text alone (Chat-Edit: subject and files stay)
    withdraw,
    undelete  // only another gateway says that
};
enum class LegacyForm { supersedes, chat, recall, gateway };

struct LegacyVerb {
    LegacyAct act = LegacyAct::edit;
    LegacyForm form = LegacyForm::supersedes;
    std::string field;  // what says so, and must be signed: a field's name in lower case
    std::vector<std::string>
        ids;  // of the messages that it names, without brackets; of a gateway's and a recall: names of one
    std::string thread_index,
        subject;  // of a recall that names none: Outlook's conversation, and the original's subject
    std::optional<email2::Content> content;  // of a gateway's edit
};

// nullopt: an ordinary mail. So is what an automaton sent, unless it is another gateway's follow-up; one that names
// several messages for one content; one that wants two things at once; one whose From is a mailing list, which writes
// for whoever posts.
[[nodiscard]] std::optional<LegacyVerb> legacy_verb(
    const mime::Message& message, std::string_view bytes, const MailFacts& facts);

// The event that another gateway's follow-up carries, with the content that it tells.
[[nodiscard]] std::optional<email2::ToldEvent> enclosed_told_event(
    const mime::Message& message, std::string_view bytes);

// Whether a mail comes from a program or through a mailing list: its sender's wish is then nobody's act. RFC 3834 2 and
// what older programs set.
[[nodiscard]] bool is_automatic(const mime::Message& message, std::string_view bytes, const MailFacts& facts);
// Whether From is the mailing list itself, as Mailman, Sympa and Google Groups put it there for whoever posts. Its
// signature, and its name there, are then nobody's: any poster could change what another wrote.
[[nodiscard]] bool writes_for_many(const mime::Message& message, std::string_view bytes, const MailFacts& facts);
// Whether it is an out-of-office or the like: a program's answer to what it got.
[[nodiscard]] bool is_automatic_answer(const mime::Message& message, std::string_view bytes, const MailFacts& facts);

// The two halves of Outlook's conversation index that tell one conversation from another: its 16 octets; "" when it has
// none.
[[nodiscard]] std::string conversation_of(std::string_view thread_index);

}  // namespace gateway::mapping
