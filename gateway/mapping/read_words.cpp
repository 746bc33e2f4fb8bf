// read_words: bounces without RFC 3464: what qmail, Exim, old sendmails and many others write for
// people.
//
// Two questions, kept apart: is this a bounce at all (evidence is counted, so that no ordinary mail
// is taken for one), and whom and what does it report (lines that begin with an address first, then
// mentions, then the original's To).

#include "email2/text.h"
#include "gateway/mapping/bounce_text.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/read_report.h"
#include "mime/fold.h"
#include "mime/header.h"

#include <algorithm>
#include <array>
#include <set>

namespace gateway::mapping {
namespace {

constexpr std::size_t longest_diagnostic = 600;

bool has_any(std::string_view text, std::span<const std::string_view> phrases)
{
    return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
        return text.find(phrase) != std::string_view::npos;
    });
}

// -- Is it one? --

constexpr std::array<std::string_view, 12> daemon_names{
    "mailer-daemon",
    "mailer daemon",
    "maildaemon",
    "mail-daemon",
    "postmaster",
    "post_master",
    "mail delivery",
    "mail deliver",
    "mail.delivery",
    "system administrator",
    "mail administrator",
    "ndr administrator"};
constexpr std::array<std::string_view, 27> subject_phrases{
    "undeliver",
    "delivery failure",
    "delivery status",
    "delivery notification",
    "delivery has failed",
    "delivery failed",
    "failure notice",
    "returned mail",
    "returned to sender",
    "returning message",
    "returning to sender",
    "mail failure",
    "mail system error",
    "not delivered",
    "not be delivered",
    "error sending",
    "message delivery",
    "nondeliverable",
    "non-deliver",
    "delayed",
    "delivery delay",
    "mail delivery",
    "mail error",
    "message you sent",
    "bounce",
    "delivery error",
    "unzustellbar"};
constexpr std::array<std::string_view, 31> body_phrases{
    "not be delivered",
    "unable to deliver",
    "wasn't able to deliver",
    "were unable to deliver",
    "not delivered to",
    "did not reach",
    "undeliverable",
    "permanent error",
    "delivery failed",
    "delivery to the following",
    "error delivering",
    "transcript of session",
    "delivery problems",
    "delivery errors",
    "permanent fatal errors",
    "unknown user",
    "user unknown",
    "delivery has failed",
    "has failed",
    "trouble delivering",
    "deliver the mail to",
    "attempting to deliver",
    "was rejected by",
    "failed permanently",
    "failure reasons",
    "non-delivered",
    "delivery incomplete",
    "been delayed",
    "deliver a message",
    "unknown recipient",
    "no valid recipients"};

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

// Complaints (RFC 5965) and read receipts (RFC 8098) are reports, but not on deliveries.
bool other_report(const mime::Part& part)
{
    if (part.type.is("message", "feedback-report") ||
        part.type.is("message", "disposition-notification"))
        return true;
    const auto type = email2::ascii_lower(part.type.parameter("report-type"));
    return type == "feedback-report" || type == "disposition-notification" ||
           std::any_of(part.parts.begin(), part.parts.end(), other_report);
}

// -- What it says --

struct Words {
    std::string said;      // by the server that reports
    std::string original;  // what it gives back of the message
};

void add(std::string& to, std::string_view text)
{
    if (!to.empty() && !to.ends_with('\n')) to += '\n';
    to.append(text.substr(0, limits::bounce_text - std::min(limits::bounce_text, to.size())));
}

void collect(const mime::Part& part, std::string_view bytes, Words& words)
{
    if (part.type.is("text", "rfc822-headers") || part.type.type == "message")
        add(words.original, part.body.of(bytes));
    else if (!part.parts.empty())
        for (const auto& each : part.parts)
            collect(each, bytes, words);
    else if (part.type.is("text", "html") && words.said.empty())
        add(words.said, mime::html_to_text(mime::text(part, bytes)));
    else if ((part.type.type == "text" && part.type.subtype != "html") || part.type.type == "multipart")
        add(words.said, mime::text(part, bytes));
}

constexpr std::array<std::string_view, 16> original_marks{
    "copy of the message",
    "original message follows",
    "header of the original",
    "headers of the original",
    "returned message",
    "unsent message follows",
    "message headers follow",
    "copy of the original",
    "original message ---",
    "message header follows",
    "the original message is",
    "original message:",
    "message follows",
    "copy of your message",
    "returned content",
    "message text follows"};

bool begins_original(std::string_view line)
{
    const auto lower = email2::ascii_lower(trimmed(line));
    return lower.starts_with("received:") || lower.starts_with("return-path:") ||
           has_any(lower, original_marks);
}

// Moves what follows the mark of the original from the one text to the other.
void cut_original(Words& words)
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

std::set<std::string> addresses_of(
    const mime::Message& message,
    std::string_view bytes,
    std::initializer_list<std::string_view> names
)
{
    std::set<std::string> result;
    for (const auto name : names)
        if (const auto value = mime::raw(message.root, bytes, name))
            for (const auto& each : mime::parse_addresses(*value))
                result.insert(email2::ascii_lower(each.spec()));
    return result;
}

// -- Whom it reports --

class Finder {
public:
    Finder(const Words& words, std::set<std::string> not_meant)
        : words_(words), not_meant_(std::move(not_meant))
    {
    }

    std::vector<FailedRecipient> find(std::string_view failed_recipients)
    {
        from_list(failed_recipients);
        from_lines();
        if (found_.empty()) from_mentions(true);
        if (found_.empty()) from_mentions(false);
        if (found_.empty()) from_original();
        return std::move(found_);
    }

private:
    bool meant(const std::string& address) const
    {
        return !not_meant_.contains(email2::ascii_lower(address));
    }

    FailedRecipient* add(const std::string& address)
    {
        const auto lower = email2::ascii_lower(address);
        const auto same =
            std::find_if(found_.begin(), found_.end(), [&](const FailedRecipient& each) {
                return email2::ascii_lower(each.address) == lower;
            });
        if (same != found_.end()) return &*same;
        if (found_.size() >= limits::bounce_recipients) return nullptr;
        found_.push_back({.address = address});
        return &found_.back();
    }

    void from_list(std::string_view list)
    {
        for (auto mention = next_address(list, 0); mention;
             mention = next_address(list, mention->end)) {
            add(mention->address);
            listed_ = true;
        }
    }

    // "<bob@two.test>: reason", "  bob@two.test", "* bob@two.test": the address begins its line,
    // the reason follows.
    void from_lines()
    {
        FailedRecipient* current = nullptr;
        for (const auto line : lines_of(words_.said)) {
            const auto begin = line.find_first_not_of(" \t-*>\"<'");
            const auto mention =
                begin == std::string_view::npos ? std::nullopt : next_address(line, begin);
            // "<bob@two.test>:" is qmail's, and nothing else; other forms may name the sender, or
            // who is to be asked for help.
            const bool plain = mention && mention->begin == begin &&
                               line[begin - std::min<std::size_t>(begin, 1)] == '<' &&
                               line.substr(mention->end).starts_with(">:");
            if (mention && mention->begin == begin && (plain || meant(mention->address)) &&
                (!listed_ || known(mention->address))) {
                current = add(mention->address);
                if (current != nullptr) say(*current, line.substr(mention->end));
            } else if (trimmed(line).empty()) {
                if (current != nullptr && !current->failure.text.empty()) current = nullptr;
            } else if (current != nullptr)
                say(*current, line);
        }
    }

    bool known(const std::string& address) const
    {
        return std::any_of(found_.begin(), found_.end(), [&](const auto& each) {
            return email2::ascii_lower(each.address) == email2::ascii_lower(address);
        });
    }

    static void say(FailedRecipient& recipient, std::string_view text)
    {
        while (!text.empty() &&
               std::string_view(">:\"<, \t").find(text.front()) != std::string_view::npos)
            text.remove_prefix(1);
        auto& said = recipient.failure.text;
        if (trimmed(text).empty() || said.size() >= longest_diagnostic) return;
        if (!said.empty()) said += ' ';
        said += squeezed(text, longest_diagnostic - said.size());
    }

    // An address within a sentence; first only such that a word in front says that it is the
    // recipient.
    void from_mentions(bool after_word)
    {
        constexpr std::array<std::string_view, 11> before{
            "to",
            "to:",
            "rcpt to:",
            "recipient",
            "recipients",
            "user",
            "user:",
            "address",
            "errors:",
            "for",
            "affected:"};
        const auto text = std::string_view(words_.said);
        for (auto mention = next_address(text, 0); mention;
             mention = next_address(text, mention->end)) {
            if (!meant(mention->address)) continue;
            auto front = text.substr(0, mention->begin);
            while (!front.empty() &&
                   std::string_view(" \t\r\n<\"'(").find(front.back()) != std::string_view::npos)
                front.remove_suffix(1);
            const auto lower = email2::ascii_lower(
                front.substr(front.size() - std::min<std::size_t>(front.size(), 16))
            );
            const bool told = std::any_of(before.begin(), before.end(), [&](std::string_view word) {
                return lower.ends_with(word) &&
                       (lower.size() == word.size() ||
                        std::string_view(" \n\t").find(lower[lower.size() - word.size() - 1]) !=
                            std::string_view::npos);
            });
            if ((after_word && !told) || lower.ends_with("contact")) continue;
            add(mention->address);
            return;
        }
    }

    // Whom the message that comes back was for: Delivered-To and the like are not told apart, To is
    // what there is.
    void from_original()
    {
        auto text = words_.original;
        const auto header = text.find_first_not_of("\r\n");
        if (header == std::string::npos) return;
        for (const auto line : lines_of(text)) {
            const auto lower = email2::ascii_lower(trimmed(line));
            if (!lower.starts_with("to:") && !lower.starts_with("> to:")) continue;
            for (auto mention = next_address(line, 0); mention;
                 mention = next_address(line, mention->end))
                add(mention->address);
            if (!found_.empty()) return;
        }
    }

    const Words& words_;
    std::set<std::string> not_meant_;
    std::vector<FailedRecipient> found_;
    bool listed_ = false;  // X-Failed-Recipients names all of them
};

// -- What happened to them --

bool only_delayed(std::string_view subject, std::string_view said)
{
    constexpr std::array<std::string_view, 5> in_subject{
        "delayed", "delay)", "delivery delay", "warning:", "not yet delivered"};
    constexpr std::array<std::string_view, 6> in_text{
        "not yet been delivered",
        "will be retried",
        "will keep trying",
        "attempts will continue",
        "continue to try",
        "will try again"};
    constexpr std::array<std::string_view, 6> in_the_end{
        "permanent", "given up", "giving up", "gave up", "not going to try", "cannot send message"};
    if (has_any(subject, in_subject)) return !has_any(subject, in_the_end);
    const auto head = said.substr(0, 1'500);
    return has_any(head, in_text) && !has_any(head, in_the_end);
}

// The first line with a reply or status code, else one with known words, for a report that does not
// put them behind the address.
std::string telling_line(std::string_view said)
{
    for (const auto line : lines_of(said))
        if (reply_code_in(line) != 0 || !status_in(line).empty())
            return squeezed(line, longest_diagnostic);
    for (const auto line : lines_of(said))
        if (!status_of_words(email2::ascii_lower(line)).empty())
            return squeezed(line, longest_diagnostic);
    return {};
}

std::string remote_in(std::string_view text)
{
    const auto lower = email2::ascii_lower(text);
    for (auto at = lower.find("host "); at != std::string::npos; at = lower.find("host ", at + 1)) {
        const auto end = text.find_first_of(" \t:,;)", at + 5);
        auto host = text.substr(at + 5, end == std::string_view::npos ? end : end - at - 5);
        while (host.ends_with('.'))
            host.remove_suffix(1);
        if (host.find('.') != std::string_view::npos) return std::string(host);
    }
    return {};
}

void complete(FailedRecipient& recipient, std::string_view said, BounceAction action)
{
    auto& failure = recipient.failure;
    recipient.action = action;
    failure.status = best_status(failure.text);
    if (failure.status.empty()) {
        const auto line = telling_line(said);
        failure.status = best_status(line);
        if (failure.text.empty()) failure.text = line;
    }
    if (failure.status.empty())
        failure.status = action == BounceAction::delayed ? "4.0.0" : "5.0.0";
    failure.remote = remote_in(failure.text);
}

}  // namespace

std::optional<std::vector<FailedRecipient>>
read_words(const mime::Message& message, std::string_view bytes)
{
    if (other_report(message.root)) return std::nullopt;
    const auto failed_recipients = mime::text_of(message.root, bytes, "x-failed-recipients");
    const bool daemon = from_daemon(message, bytes), nobody = from_nobody(message, bytes);
    if (!daemon && !nobody && failed_recipients.empty()) return std::nullopt;

    Words words;
    collect(message.root, bytes, words);
    cut_original(words);
    const auto subject = email2::ascii_lower(mime::text_of(message.root, bytes, "subject"));
    const auto said = email2::ascii_lower(words.said);
    const bool in_subject = has_any(subject, subject_phrases),
               in_body = has_any(said, body_phrases);
    if (failed_recipients.empty() && daemon + nobody + in_subject + in_body < 2)
        return std::nullopt;
    // People's automata send from nobody as well; only a bounce says in both places that it is one.
    if (failed_recipients.empty() && !(daemon ? in_subject || in_body : in_subject && in_body))
        return std::nullopt;

    const auto action = only_delayed(subject, said) ? BounceAction::delayed : BounceAction::failed;
    auto recipients =
        Finder(words, addresses_of(message, bytes, {"from", "to", "sender", "reply-to"}))
            .find(failed_recipients);
    if (recipients.empty()) recipients.emplace_back();
    for (auto& recipient : recipients)
        complete(recipient, words.said, action);
    return recipients;
}

}  // namespace gateway::mapping
