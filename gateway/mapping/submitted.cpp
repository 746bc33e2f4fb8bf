// submitted: the bytes of a submitted mail as they are kept. RFC 6409 8, RFC 5322 3.6.3 (Bcc).

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

std::string as_submitted(const mime::Message& message, std::string_view bytes, const MailFacts& facts,
    const email2::Name& id, email2::Time now)
{
    const auto date = std::chrono::floor<std::chrono::seconds>(now);
    std::set<std::string> cut{"bcc", "resent-bcc"};
    std::string added;
    if (mime::find(message.root, bytes, "date") == nullptr) added += "Date: " + mime::format_date(date) + "\r\n";
    if (facts.message_id.empty()) {
        cut.insert("message-id");  // one that cannot be used makes way for ours: there must not be two
        added += "Message-ID: <" + id.str() + ">\r\n";
    }
    if (!added.empty() && message.root.header.length == 0) added += "\r\n";  // all body: it must not turn into header
    return added + without_fields(message, bytes, cut);
}

}  // namespace gateway::mapping
