// envelope_words: what verbs read of a mail's header without the mail: out of the ENVELOPE kept beside it.
#pragma once

#include "email2/message.h"

#include <string>
#include <string_view>

namespace gateway::store {

struct EnvelopeWords {
    std::string subject;                  // decoded
    std::string from_name, from_address;  // the first of From: its name decoded, "" without one
};
[[nodiscard]] EnvelopeWords envelope_words(std::string_view envelope);

// How the author of a message is called. An account: as it is called here, else as it writes. A correspondent: as that
// very mail says, for lists and programs write in the name of many by one address, and what others call somebody in
// their address books is nobody else's business; else as they are known.
[[nodiscard]] std::string author_name(std::string_view envelope, const email2::Person& known);

}  // namespace gateway::store
