// follow_up: the mails that tell correspondents what happened after sending. mapping.md "After sending: the degradation
// table".
#pragma once

#include "email2/message.h"
#include "gateway/mapping/mail_out.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::mapping {

// What every follow-up needs to know of the message it is about and of the one who gets it.
struct FollowUpContext {
    email2::Message message;              // newest revision, as the recipient may see it (no blind people)
    std::string message_id;               // of the message, without brackets
    std::vector<std::string> references;  // of the message's own rendition, oldest first
    std::string thread_index;             // of the same, "" when it has none
    std::optional<std::string> subject;   // under which the recipient got it: clients thread by that; else the newest
    std::optional<email2::Person> mailing_list;  // by which they got it: leaving is leaving that
    std::optional<email2::Name> answers;         // what a reply to it answers, of a digest; else the message
    std::uint64_t event = 0;                     // sequence: Message-ID <guid.eSEQ@server>
    std::string actor;                           // display form of who did it: "Alice <alice@one.test>" or an address
    email2::Person recipient;
    std::string leave_url,
        leave_address;  // one click and mail: "https://…/a/TOKEN", "a-TOKEN@one.test"; "" when not offered
    std::string rejoin_url, rejoin_address;
    std::string mute_url;  // one click: no more mails of this kind about anything
    std::string own_id;    // Message-ID, without brackets; "": made of the event
    std::string language = "en";
    email2::Time now{};
};

// What a summary tells of one message.
struct Told {
    email2::EventKind kind = email2::EventKind::edited;
    std::string subject, actor;
    email2::Time at{};
};

// A mail of our making: complete bytes with List-Unsubscribe where it belongs.
struct FollowUp {
    std::string bytes;
    std::string message_id;  // without brackets
    bool null_sender = false;
};

// What the text of an edit comes to; nullopt when nothing worth telling changed (white space alone, or back to what was
// known). `before`: what the recipient has; nullopt when that is not known any more (redacted): then only the new text
// is told. Attachments that changed are brought along, as far as limits::attached allows and `blobs` is given. Of what
// is signed or encrypted `bytes`, the newest rendition, come along instead: only they can be verified and read.
[[nodiscard]] std::optional<FollowUp> edited(const FollowUpContext& context,
    const std::optional<email2::Content>& before, const BlobSource& blobs = {}, std::string_view bytes = {});
// Whether an edit is worth telling.
[[nodiscard]] bool is_news(const email2::Content& before, const email2::Content& after);
// The thread so far for one who was added: a multipart/digest of `bytes` of the newest revisions, oldest first, after a
// text that says who added them, and how many `older` ones are not brought along. Replying answers the newest.
[[nodiscard]] FollowUp added(
    const FollowUpContext& context, const std::vector<std::string>& thread, std::size_t older = 0);
// "You were taken off": nothing else.
[[nodiscard]] FollowUp removed(const FollowUpContext& context);
// What there were more of than a day's worth: one line each, and the newest renditions of what can still be read. In no
// thread.
[[nodiscard]] FollowUp summary(
    const FollowUpContext& context, const std::vector<Told>& told, const std::vector<std::string>& readable);
// "You left": with a way back.
[[nodiscard]] FollowUp left(const FollowUpContext& context);
// "You are back": a digest of what was posted or edited meanwhile; `missed` may be empty (then it says so).
[[nodiscard]] FollowUp rejoined(
    const FollowUpContext& context, const std::vector<std::string>& missed, std::size_t older = 0);
// Asks to disregard the message; never repeats it.
[[nodiscard]] FollowUp withdrawn(const FollowUpContext& context);
// The content again, threaded under the original. `bytes`: its newest rendition.
[[nodiscard]] FollowUp restored(const FollowUpContext& context, std::string_view bytes);
// A short mail that answers an action by an account or a correspondent. About a mailing list it is a mail of its own,
// from nobody who could be answered by a post.
struct Answer {
    std::string said;      // what happened, one or two sentences
    std::string subject;   // of a mail of its own; "": the message's
    std::string reply_to;  // where an answer does what it asks; "": nowhere
};
[[nodiscard]] FollowUp answered(const FollowUpContext& context, const Answer& answer);

// Notices to accounts that read by IMAP, put into the thread for them alone. `people`: display forms.
// To those already there: who was added.
[[nodiscard]] FollowUp joined(const FollowUpContext& context, const std::vector<std::string>& people);
// To who submitted a mail that names people who had left: it was not put before these.
[[nodiscard]] FollowUp skipped(const FollowUpContext& context, const std::vector<std::string>& people);

}  // namespace gateway::mapping
