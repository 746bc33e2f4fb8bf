// thread_index: Thread-Index and Thread-Topic, by which Outlook files conversations. [MS-OXOMSG] 2.2.1.3, [MS-OXPROPS]
// PidTagConversationTopic.
#pragma once

#include "email2/message.h"

#include <string>
#include <string_view>

namespace gateway::mapping {

// Of a message that begins a thread, made of its guid alone.
[[nodiscard]] std::string thread_index(const email2::Name& first);
// Of one that answers what carries the index `parent`. "" when that has none, or none that can be read: an index of its
// own would tear it out of the conversation in which Outlook put its parent.
[[nodiscard]] std::string thread_index(std::string_view parent, const email2::Name& answer);

// The subject without the marks of answering and forwarding: what Outlook compares beside the index.
[[nodiscard]] std::string_view thread_topic(std::string_view subject);

}  // namespace gateway::mapping
