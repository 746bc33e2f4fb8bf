// notice: the form that all follow-ups share: header, text and HTML, what is enclosed, the event
// for another gateway.
#pragma once

#include "gateway/mapping/fields.h"
#include "gateway/mapping/follow_up.h"
#include "gateway/mapping/texts.h"
#include "mime/compose.h"

#include <optional>
#include <string>
#include <vector>

namespace gateway::mapping {

enum class Sender {  // From:
    person,          // who did it, when an account here
    message,         // the message's own address
    server           // nobody who could be answered: what it tells is of several conversations
};
enum class Reply {
    nobody,
    everybody
};  // everybody: the message's address stands in Cc, so that reply-to-all reaches the list
enum class Reason { event, action };  // told by itself, or answering what the recipient did (null sender)

enum class Thread {
    answers,  // it answers `parent`, under its subject
    none      // a mail of its own
};

struct Notice {
    std::optional<email2::EventKind> kind;  // of the event; none where no other gateway need apply anything
    std::string subject;                    // of the message
    std::string parent;                     // Message-ID that it answers, without brackets
    std::vector<std::string> references;    // before it
    Filled body;
    std::vector<mime::Composed> enclosed;                     // after the text
    std::vector<std::pair<std::string, std::string>> fields;  // further fields
    Sender sender = Sender::person;
    Reply reply = Reply::everybody;
    Reason reason = Reason::event;
    Thread thread = Thread::answers;
    bool can_leave = true;  // List-Unsubscribe and the footer, when the context offers it
};

[[nodiscard]] FollowUp composed_notice(const FollowUpContext& context, const Texts& texts, Notice notice);

}  // namespace gateway::mapping
