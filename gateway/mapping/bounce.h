// bounce: delivery status notifications, RFC 3464, RFC 3461: made for our mailbox users, read from the world.
#pragma once

#include "email2/message.h"
#include "mime/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::mapping {

enum class BounceAction { failed, delayed, delivered, relayed, expanded };

struct FailedRecipient {
    std::string address;
    BounceAction action = BounceAction::failed;
    email2::Failure failure;
    std::string orcpt;  // "rfc822;bob@two.test" as the ORCPT parameter has it (xtext), or ""
};

// Whether that status says that nobody has the address, or not any more (RFC 3463 3.2, 3.3): then it fails for every
// message.
[[nodiscard]] bool is_dead_address(std::string_view status);

// A DSN for the author of a message: multipart/report with the original (RET=FULL, at most 64 KB) or its header.
struct DsnFacts {
    std::string hostname;    // reporting MTA
    email2::Name id;         // of the DSN, a message of its own
    std::string to;          // the author
    std::string message_id;  // of the message it is about, without brackets
    std::vector<std::string> references;
    std::string subject;  // of that message
    std::string envid;    // as the ENVID parameter has it (xtext), or ""
    bool full = false;
    std::vector<FailedRecipient> recipients;
    std::string_view original;  // bytes of the message
    email2::Time arrived{}, now{};
    std::string language = "en";
};
[[nodiscard]] std::string compose_dsn(const DsnFacts& facts);

// Reads a mail as a report on deliveries: RFC 3464 ones and the common bounces without it; nullopt for any other mail
// (complaints and read receipts are other mail). `orcpt` is the Original-Recipient field. An address may be "" when the
// report names nobody: the bounce address it came to then tells whom it means.
[[nodiscard]] std::optional<std::vector<FailedRecipient>> read_bounce(
    const mime::Message& message, std::string_view bytes);

}  // namespace gateway::mapping
