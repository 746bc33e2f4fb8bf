// capabilities: what the server says it can do, RFC 3501 7.2.1.
#include "imap/capabilities.h"

#include <array>

namespace imap {

namespace {

constexpr std::array<std::string_view, 5> always{"SASL-IR", "LITERAL+", "ID", "ENABLE", "IDLE"};
constexpr std::array<std::string_view, 21> logged_in{"NAMESPACE", "UIDPLUS", "MOVE", "REPLACE", "UNSELECT", "CHILDREN",
    "SPECIAL-USE", "CREATE-SPECIAL-USE", "ESEARCH", "LIST-EXTENDED", "LIST-STATUS", "CONDSTORE", "QRESYNC", "NOTIFY",
    "STATUS=SIZE", "OBJECTID", "QUOTA", "QUOTA=RES-STORAGE", "ACL", "RIGHTS=texk", "XLIST"};

}  // namespace

std::string capabilities(const Conversation& conversation)
{
    const auto& settings = conversation.settings;
    std::string out = "IMAP4rev1";
    const auto put = [&](std::string_view name) {
        if (std::ranges::find(settings.hidden, name) != settings.hidden.end()) return;
        out += ' ';
        out += name;
    };
    for (const auto name : always) put(name);
    if (conversation.mailboxes) {
        for (const auto name : logged_in) put(name);
        return out;
    }
    if (settings.start_tls && !conversation.wire.encrypted()) put("STARTTLS");
    for (const auto& mechanism :
        conversation.sasl.mechanisms(conversation.wire.encrypted(), conversation.wire.loopback())) {
        put("AUTH=" + mechanism);
    }
    if (!conversation.private_enough()) put("LOGINDISABLED");
    return out;
}

}  // namespace imap
