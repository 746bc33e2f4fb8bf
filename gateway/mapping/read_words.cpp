// read_words: bounces without RFC 3464: what qmail, Exim, old sendmails and many others write for
// people.
//
// Whom it reports: lines that begin with an address first, then mentions, then the original's To.
// Whether the mail is a bounce at all is bounce_evidence's question.

#include "email2/text.h"
#include "gateway/mapping/bounce_evidence.h"
#include "gateway/mapping/bounce_text.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/read_report.h"
#include "mime/header.h"

#include <algorithm>
#include <array>
#include <set>

namespace gateway::mapping {
namespace {

constexpr std::size_t longest_diagnostic = 600;

std::set<std::string> addresses_of(
    const mime::Message& message, std::string_view bytes, std::initializer_list<std::string_view> names)
{
    std::set<std::string> result;
    for (const auto name : names)
        if (const auto value = mime::raw(message.root, bytes, name))
            for (const auto& each : mime::parse_addresses(*value)) result.insert(email2::ascii_lower(each.spec()));
    return result;
}

// -- Whom it reports --

class Finder {
public:
    Finder(const BounceWords& words, std::set<std::string> not_meant) : words_(words), not_meant_(std::move(not_meant))
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
    bool meant(const std::string& address) const { return !not_meant_.contains(email2::ascii_lower(address)); }

    FailedRecipient* add(const std::string& address)
    {
        const auto lower = email2::ascii_lower(address);
        const auto same = std::find_if(found_.begin(), found_.end(),
            [&](const FailedRecipient& each) { return email2::ascii_lower(each.address) == lower; });
        if (same != found_.end()) return &*same;
        if (found_.size() >= limits::bounce_recipients) return nullptr;
        found_.push_back({.address = address});
        return &found_.back();
    }

    void from_list(std::string_view list)
    {
        for (auto mention = next_address(list, 0); mention; mention = next_address(list, mention->end)) {
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
            const auto begin = line.find_first_not_of(" \t-*>\"<'", after_reply_code(line));
            const auto mention = begin == std::string_view::npos ? std::nullopt : next_address(line, begin);
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
            } else if (current != nullptr) say(*current, line);
        }
    }

    // "550 5.1.1 <bob@two.test>... User unknown": old sendmails' transcripts. 0 where there is no
    // such code.
    static std::size_t after_reply_code(std::string_view line)
    {
        const auto begin = line.find('<');
        const bool code = line.size() > 4 && (line[0] == '4' || line[0] == '5') && email2::is_digit(line[1]) &&
                          email2::is_digit(line[2]) && line[3] == ' ';
        if (!code || begin == std::string_view::npos || line.find(">...", begin) == std::string_view::npos) return 0;
        return line.substr(4, begin - 4).find_first_not_of("0123456789. ") == std::string_view::npos ? begin : 0;
    }

    bool known(const std::string& address) const
    {
        return std::any_of(found_.begin(), found_.end(),
            [&](const auto& each) { return email2::ascii_lower(each.address) == email2::ascii_lower(address); });
    }

    static void say(FailedRecipient& recipient, std::string_view text)
    {
        while (!text.empty() && std::string_view(">:\"<, \t").find(text.front()) != std::string_view::npos)
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
        constexpr std::array<std::string_view, 11> before{"to", "to:", "rcpt to:", "recipient", "recipients", "user",
            "user:", "address", "errors:", "for", "affected:"};
        const auto text = std::string_view(words_.said);
        for (auto mention = next_address(text, 0); mention; mention = next_address(text, mention->end)) {
            if (!meant(mention->address)) continue;
            auto front = text.substr(0, mention->begin);
            while (!front.empty() && std::string_view(" \t\r\n<\"'(").find(front.back()) != std::string_view::npos)
                front.remove_suffix(1);
            const auto lower =
                email2::ascii_lower(front.substr(front.size() - std::min<std::size_t>(front.size(), 16)));
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
            for (auto mention = next_address(line, 0); mention; mention = next_address(line, mention->end))
                add(mention->address);
            if (!found_.empty()) return;
        }
    }

    const BounceWords& words_;
    std::set<std::string> not_meant_;
    std::vector<FailedRecipient> found_;
    bool listed_ = false;  // X-Failed-Recipients names all of them
};

// -- What happened to them --

// The first line with a reply or status code, else one with known words, for a report that does not
// put them behind the address.
std::string telling_line(std::string_view said)
{
    for (const auto line : lines_of(said))
        if (reply_code_in(line) != 0 || !status_in(line).empty()) return squeezed(line, longest_diagnostic);
    for (const auto line : lines_of(said))
        if (!status_of_words(email2::ascii_lower(line)).empty()) return squeezed(line, longest_diagnostic);
    return {};
}

std::string remote_in(std::string_view text)
{
    const auto lower = email2::ascii_lower(text);
    for (auto at = lower.find("host "); at != std::string::npos; at = lower.find("host ", at + 1)) {
        const auto end = text.find_first_of(" \t:,;)", at + 5);
        auto host = text.substr(at + 5, end == std::string_view::npos ? end : end - at - 5);
        while (host.ends_with('.')) host.remove_suffix(1);
        if (host.find('.') != std::string_view::npos) return std::string(host);
    }
    return {};
}

void complete(FailedRecipient& recipient, std::string_view said, BounceAction action)
{
    auto& failure = recipient.failure;
    recipient.action = action;
    failure.status = best_status(failure.text);
    if (failure.status.starts_with('2')) failure.status.clear();  // what went well before it failed
    if (failure.status.empty()) {
        const auto line = telling_line(said);
        failure.status = best_status(line);
        if (failure.text.empty()) failure.text = line;
    }
    if (failure.status.empty() || failure.status.starts_with('2'))
        failure.status = action == BounceAction::delayed ? "4.0.0" : "5.0.0";
    failure.remote = remote_in(failure.text);
}

}  // namespace

std::optional<std::vector<FailedRecipient>> read_words(const mime::Message& message, std::string_view bytes)
{
    const auto words = words_of_bounce(message, bytes);
    if (!words) return std::nullopt;
    auto recipients = Finder(*words, addresses_of(message, bytes, {"from", "to", "sender", "reply-to"}))
                          .find(words->failed_recipients);
    if (recipients.empty()) recipients.emplace_back();
    for (auto& recipient : recipients) complete(recipient, words->said, words->action);
    return recipients;
}

}  // namespace gateway::mapping
