// submitted: the bytes of a submitted mail as they are kept. RFC 6409 8, RFC 5322 3.6.3 (Bcc). What of any mail is its
// own, and not its way's: RFC 5321 4.4, RFC 8601, RFC 8617.

#include "email2/text.h"
#include "gateway/mapping/mail_in.h"

namespace gateway::mapping {

std::string without_fields(const mime::Message& message, std::string_view bytes, const std::set<std::string>& names)
{
    std::string kept;
    kept.reserve(bytes.size());
    std::size_t done = 0;
    for (const auto& field : message.root.fields) {
        if (!names.contains(email2::ascii_lower(field.name.of(bytes)))) continue;
        kept.append(bytes.substr(done, field.whole.offset - done));
        done = field.whole.end();
    }
    return kept.append(bytes.substr(done));
}

namespace {

// What a mail has too much, and what it lacks, before it is kept; of `message_id` and `author` "" its own stays.
std::string completed(const mime::Message& message, std::string_view bytes, const std::string& message_id,
    std::string_view author, std::set<std::string> cut, email2::Time now)
{
    const auto date = std::chrono::floor<std::chrono::seconds>(now);
    std::string added;
    if (mime::find(message.root, bytes, "date") == nullptr) added += "Date: " + mime::format_date(date) + "\r\n";
    if (!message_id.empty()) {
        cut.insert("message-id");  // it makes way for ours: there must not be two
        added += "Message-ID: <" + message_id + ">\r\n";
    }
    if (!author.empty()) {
        cut.insert("from");
        added += "From: " + mime::encode_address(mime::parse_addresses(author).at(0)) + "\r\n";
    }
    if (!added.empty() && message.root.header.length == 0) added += "\r\n";  // all body: it must not turn into header
    return added + without_fields(message, bytes, cut);
}

}  // namespace

std::string as_submitted(const mime::Message& message, std::string_view bytes, const MailFacts& facts,
    const email2::Name& id, email2::Time now, std::string_view author)
{
    return completed(message, bytes, facts.message_id.empty() ? id.str() : std::string(),
        facts.from.empty() ? author : std::string_view(), {"bcc", "resent-bcc"}, now);
}

std::string as_edit(
    const mime::Message& message, std::string_view bytes, const std::string& message_id, email2::Time now)
{
    return completed(message, bytes, message_id, {}, {"bcc", "resent-bcc", "supersedes"}, now);
}

std::string_view below_trace(std::string_view bytes)
{
    static const std::set<std::string, std::less<>> trace{"return-path", "received", "received-spf", "delivered-to",
        "x-original-to", "envelope-to", "delivery-date", "authentication-results", "arc-seal", "arc-message-signature",
        "arc-authentication-results"};
    for (;;) {
        const auto colon = bytes.substr(0, bytes.find('\n')).find(':');
        if (colon == std::string_view::npos || !trace.contains(email2::ascii_lower(bytes.substr(0, colon))))
            return bytes;
        auto end = bytes.find('\n');
        while (end != std::string_view::npos && end + 1 < bytes.size() &&
               (bytes[end + 1] == ' ' || bytes[end + 1] == '\t'))
            end = bytes.find('\n', end + 1);  // folded
        if (end == std::string_view::npos) return bytes;
        bytes.remove_prefix(end + 1);
    }
}

}  // namespace gateway::mapping
