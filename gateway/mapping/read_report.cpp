// read_report: RFC 3464 reports, read as they are found in the world: fields missing, misspelt, in
// the wrong part.

#include "gateway/mapping/read_report.h"

#include "email2/text.h"
#include "gateway/mapping/bounce_text.h"
#include "gateway/mapping/limits.h"

#include <algorithm>
#include <array>
#include <map>

namespace gateway::mapping {
namespace {

constexpr std::size_t longest_text = 2'000;  // octets of a diagnostic that are kept

using Fields = std::map<std::string, std::string, std::less<>>;

// Groups of fields, one per recipient after the first (RFC 3464 2.1); folded lines joined, first
// field of a name counts.
std::vector<Fields> groups_of(std::string_view text)
{
    std::vector<Fields> groups(1);
    std::string* last = nullptr;
    for (const auto line : lines_of(text.substr(0, limits::bounce_text))) {
        if (trimmed(line).empty()) {
            if (!groups.back().empty()) groups.emplace_back();
            last = nullptr;
            continue;
        }
        if ((line.front() == ' ' || line.front() == '\t') && last != nullptr) {
            last->append(" ").append(trimmed(line));
            continue;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) {
            // Some servers forget to fold what the other side said.
            if (last != nullptr) last->append(" ").append(trimmed(line));
            continue;
        }
        auto name = email2::ascii_lower(trimmed(line.substr(0, colon)));
        // A second recipient that nobody separated by an empty line.
        if (name == "final-recipient" && groups.back().contains(name)) groups.emplace_back();
        last = &groups.back().try_emplace(std::move(name), trimmed(line.substr(colon + 1))).first->second;
    }
    return groups;
}

std::string field(const Fields& fields, std::string_view name)
{
    const auto found = fields.find(name);
    return found == fields.end() ? std::string{} : found->second;
}

// "rfc822; <bob@two.test>" -> bob@two.test; bare names are kept as they are.
std::string address_in(std::string_view value)
{
    if (const auto semicolon = value.find(';'); semicolon != std::string_view::npos) value.remove_prefix(semicolon + 1);
    if (const auto route = value.find('@'); route != std::string_view::npos && trimmed(value).starts_with('@'))
        // "@relay.test:bob@two.test", a source route; without one there is nobody in it, RFC 5321
        // C.
        value.remove_prefix(std::min(value.find(':', route), value.size() - 1) + 1);
    if (const auto mention = next_address(value, 0)) return mention->address;
    value = trimmed(value);
    while (!value.empty() && (value.front() == '<' || value.front() == '"')) value.remove_prefix(1);
    return std::string(value.substr(0, value.find_first_of(">\" ")));
}

std::string after_semicolon(std::string_view value)
{
    const auto semicolon = value.find(';');
    return std::string(trimmed(semicolon == std::string_view::npos ? value : value.substr(semicolon + 1)));
}

std::optional<BounceAction> action_in(std::string_view value)
{
    const auto word = email2::ascii_lower(trimmed(value));
    if (word.starts_with("fail") || word.starts_with("expire")) return BounceAction::failed;
    if (word.starts_with("delay")) return BounceAction::delayed;
    if (word.starts_with("deliver")) return BounceAction::delivered;
    if (word.starts_with("relay")) return BounceAction::relayed;
    if (word.starts_with("expand")) return BounceAction::expanded;
    return std::nullopt;
}

BounceAction action_of_status(std::string_view status)
{
    if (status.starts_with('2')) return BounceAction::delivered;
    return status.starts_with('4') ? BounceAction::delayed : BounceAction::failed;
}

email2::Failure failure_in(const Fields& fields)
{
    email2::Failure failure;
    const auto diagnostic = field(fields, "diagnostic-code");
    if (const auto semicolon = diagnostic.find(';'); semicolon != std::string::npos && semicolon <= 20) {
        failure.transport = email2::ascii_lower(trimmed(std::string_view(diagnostic).substr(0, semicolon)));
        if (failure.transport.find(' ') != std::string::npos || failure.transport.empty()) failure.transport = "smtp";
    }
    failure.text =
        squeezed(failure.transport == "smtp" && diagnostic.find(';') > 20 ? diagnostic : after_semicolon(diagnostic),
            longest_text);
    failure.remote = after_semicolon(field(fields, "remote-mta"));
    failure.remote = failure.remote.substr(0, failure.remote.find(' '));
    failure.status = status_in(field(fields, "status"));
    if (failure.status.empty() || failure.status.ends_with(".0.0")) {
        // "5.0.0" says no more than that it failed; what the server said mostly does.
        auto better = best_status(failure.text);
        if (!better.empty() && !failure.status.empty()) better[0] = failure.status[0];
        if (!better.empty()) failure.status = better;
    }
    return failure;
}

void add_recipients(std::string_view text, std::vector<FailedRecipient>& recipients)
{
    for (const auto& fields : groups_of(text)) {
        if (recipients.size() >= limits::bounce_recipients) return;
        const auto final_recipient = field(fields, "final-recipient"), original = field(fields, "original-recipient");
        auto address = address_in(final_recipient);
        if (address.find('@') == std::string::npos && !original.empty()) address = address_in(original);
        if (address.empty() && final_recipient.empty()) continue;
        FailedRecipient recipient{.address = std::move(address), .failure = failure_in(fields), .orcpt = original};
        recipient.action = action_in(field(fields, "action")).value_or(action_of_status(recipient.failure.status));
        if (recipient.failure.status.empty())
            recipient.failure.status = recipient.action == BounceAction::failed    ? "5.0.0"
                                       : recipient.action == BounceAction::delayed ? "4.0.0"
                                                                                   : "2.0.0";
        recipients.push_back(std::move(recipient));
    }
}

bool is_status(const mime::Part& part)
{
    return part.type.type == "message" &&
           (part.type.subtype == "delivery-status" || part.type.subtype == "global-delivery-status");
}

void collect(
    const mime::Part& part, std::string_view bytes, bool in_status_parts, std::vector<FailedRecipient>& recipients)
{
    if (part.multipart())
        for (const auto& each : part.parts) collect(each, bytes, in_status_parts, recipients);
    else if (in_status_parts && is_status(part)) add_recipients(mime::decoded(part, bytes), recipients);
    else if (!in_status_parts && part.type.is("text", "plain")) {
        const auto text = mime::text(part, bytes);
        const auto at = email2::ascii_lower(text).find("\nfinal-recipient:");
        const auto original = email2::ascii_lower(text).find("\nreceived:");
        if (at == std::string::npos || original < at) return;
        auto begin = text.rfind("\n\n", at);
        begin = begin == std::string::npos ? 0 : begin;
        add_recipients(std::string_view(text).substr(begin), recipients);
    }
}

}  // namespace

bool is_dead_address(std::string_view status)
{
    static constexpr std::array<std::string_view, 6> dead{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"};
    return std::find(dead.begin(), dead.end(), status) != dead.end();
}

std::vector<FailedRecipient> read_report_fields(const mime::Message& message, std::string_view bytes)
{
    std::vector<FailedRecipient> recipients;
    collect(message.root, bytes, true, recipients);
    if (recipients.empty()) collect(message.root, bytes, false, recipients);
    return recipients;
}

std::optional<std::vector<FailedRecipient>> read_bounce(const mime::Message& message, std::string_view bytes)
{
    auto recipients = read_report_fields(message, bytes);
    if (recipients.empty()) return read_words(message, bytes);
    for (auto& recipient : recipients)  // two fields in one line name nobody
        if (recipient.address.find_first_of(" \t\r\n") != std::string::npos) recipient.address.clear();
    // Fields that name nobody, beside a text that does.
    if (recipients.size() == 1 && recipients.front().address.find('@') == std::string::npos)
        if (const auto told = read_words(message, bytes); told && told->size() == 1 && !told->front().address.empty())
            recipients.front().address = told->front().address;
    return recipients;
}

}  // namespace gateway::mapping
