// bounce_evidence: see bounce_evidence.h.

#include "gateway/mapping/bounce_evidence.h"

#include "email2/text.h"
#include "gateway/mapping/bounce_text.h"
#include "gateway/mapping/limits.h"
#include "mime/fold.h"

#include <algorithm>
#include <array>
#include <span>

namespace gateway::mapping {
namespace {

bool has_any(std::string_view text, std::span<const std::string_view> phrases)
{
    return std::any_of(phrases.begin(), phrases.end(),
        [&](std::string_view phrase) { return text.find(phrase) != std::string_view::npos; });
}

// -- Is it one? --

constexpr std::array<std::string_view, 12> daemon_names{"mailer-daemon", "mailer daemon", "maildaemon", "mail-daemon",
    "postmaster", "post_master", "mail delivery", "mail deliver", "mail.delivery", "system administrator",
    "mail administrator", "ndr administrator"};
constexpr std::array<std::string_view, 27> subject_phrases{"undeliver", "delivery failure", "delivery status",
    "delivery notification", "delivery has failed", "delivery failed", "failure notice", "returned mail",
    "returned to sender", "returning message", "returning to sender", "mail failure", "mail system error",
    "not delivered", "not be delivered", "error sending", "message delivery", "nondeliverable", "non-deliver",
    "delayed", "delivery delay", "mail delivery", "mail error", "message you sent", "bounce", "delivery error",
    "unzustellbar"};
constexpr std::array<std::string_view, 33> body_phrases{"not be delivered", "unable to deliver",
    "wasn't able to deliver", "were unable to deliver", "not delivered to", "did not reach", "undeliverable",
    "permanent error", "delivery failed", "delivery to the following", "error delivering", "transcript of session",
    "delivery problems", "delivery errors", "permanent fatal errors", "unknown user", "user unknown",
    "delivery has failed", "has failed", "trouble delivering", "deliver the mail to", "attempting to deliver",
    "was rejected by", "failed permanently", "failure reasons", "non-delivered", "delivery incomplete", "been delayed",
    "deliver a message", "unknown recipient", "no valid recipients", "error message below:", "-------server message"};

bool from_daemon(const mime::Message& message, std::string_view bytes)
{
    const auto from = email2::ascii_lower(mime::text_of(message.root, bytes, "from"));
    return has_any(from, daemon_names);
}

bool from_nobody(const mime::Message& message, std::string_view bytes)
{
    const auto path = mime::raw(message.root, bytes, "return-path");
    if (!path) return false;
    const auto value = email2::ascii_lower(trimmed(*path));
    return value == "<>" || value.starts_with("<mailer-daemon") || value.starts_with("<postmaster");
}

// Whether it gives a message back, as a part of its own.
bool encloses_message(const mime::Part& part)
{
    return part.type.is("message", "rfc822") || part.type.is("text", "rfc822-headers") ||
           std::any_of(part.parts.begin(), part.parts.end(), encloses_message);
}

// Complaints (RFC 5965) and read receipts (RFC 8098) are reports, but not on deliveries.
bool other_report(const mime::Part& part)
{
    if (part.type.is("message", "feedback-report") || part.type.is("message", "disposition-notification")) return true;
    const auto type = email2::ascii_lower(part.type.parameter("report-type"));
    return type == "feedback-report" || type == "disposition-notification" ||
           std::any_of(part.parts.begin(), part.parts.end(), other_report);
}

// -- What it says --

void add(std::string& to, std::string_view text)
{
    if (!to.empty() && !to.ends_with('\n')) to += '\n';
    to.append(text.substr(0, limits::bounce_text - std::min(limits::bounce_text, to.size())));
}

void collect(const mime::Part& part, std::string_view bytes, BounceWords& words)
{
    if (part.type.is("text", "rfc822-headers") || part.type.type == "message") add(words.original, part.body.of(bytes));
    else if (!part.parts.empty())
        for (const auto& each : part.parts) collect(each, bytes, words);
    else if (part.type.is("text", "html") && words.said.empty())
        add(words.said, mime::html_to_text(mime::text(part, bytes)));
    else if ((part.type.type == "text" && part.type.subtype != "html") || part.type.type == "multipart")
        add(words.said, mime::text(part, bytes));
}

constexpr std::array<std::string_view, 16> original_marks{"copy of the message", "original message follows",
    "header of the original", "headers of the original", "returned message", "unsent message follows",
    "message headers follow", "copy of the original", "original message ---", "message header follows",
    "the original message is", "original message:", "message follows", "copy of your message", "returned content",
    "message text follows"};

bool begins_original(std::string_view line)
{
    const auto lower = email2::ascii_lower(trimmed(line));
    return lower.starts_with("received:") || lower.starts_with("return-path:") || has_any(lower, original_marks);
}

// Moves what follows the mark of the original from the one text to the other.
void cut_original(BounceWords& words)
{
    std::size_t at = 0;
    for (const auto line : lines_of(words.said)) {
        if (at > 0 && begins_original(line)) {
            add(words.original, std::string_view(words.said).substr(at));
            words.said.resize(at);
            return;
        }
        at = static_cast<std::size_t>(line.data() + line.size() - words.said.data());
        at = std::min(words.said.find('\n', at), words.said.size() - 1) + 1;
    }
}

// -- Is it over? --

bool only_delayed(std::string_view subject, std::string_view said)
{
    constexpr std::array<std::string_view, 5> in_subject{
        "delayed", "delay)", "delivery delay", "warning:", "not yet delivered"};
    constexpr std::array<std::string_view, 7> in_text{"not yet been delivered", "message is delayed", "will be retried",
        "will keep trying", "attempts will continue", "continue to try", "will try again"};
    constexpr std::array<std::string_view, 6> in_the_end{
        "permanent", "given up", "giving up", "gave up", "not going to try", "cannot send message"};
    if (has_any(subject, in_subject)) return !has_any(subject, in_the_end);
    const auto head = said.substr(0, 1'500);
    return has_any(head, in_text) && !has_any(head, in_the_end);
}

}  // namespace

std::optional<BounceWords> words_of_bounce(const mime::Message& message, std::string_view bytes)
{
    if (other_report(message.root)) return std::nullopt;
    BounceWords words{.failed_recipients = mime::text_of(message.root, bytes, "x-failed-recipients")};
    const bool daemon = from_daemon(message, bytes), nobody = from_nobody(message, bytes);
    if (!daemon && !nobody && words.failed_recipients.empty()) return std::nullopt;

    collect(message.root, bytes, words);
    cut_original(words);
    const auto subject = email2::ascii_lower(mime::text_of(message.root, bytes, "subject"));
    const auto said = email2::ascii_lower(words.said);
    const bool in_subject = has_any(subject, subject_phrases), in_body = has_any(said, body_phrases);
    // People's automata send from nobody as well; only a bounce says in both places that it is one,
    // or gives the message back.
    const bool told = daemon ? in_subject || in_body : in_body && (in_subject || encloses_message(message.root));
    if (words.failed_recipients.empty() && !told) return std::nullopt;
    if (only_delayed(subject, said)) words.action = BounceAction::delayed;
    return words;
}

}  // namespace gateway::mapping
