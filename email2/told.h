// told: an event and the content that it made, as one gateway tells another by mail. mapping.md "After sending".
#pragma once

#include "email2/error.h"
#include "email2/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace email2 {

struct ToldEvent {
    Event event;
    std::optional<Content> content;  // of an edit, when it was not too long to tell
    bool operator==(const ToldEvent&) const = default;
};

// <event>, with <subject> and <body> in it when there is a content.
[[nodiscard]] std::string write(const ToldEvent& told);
[[nodiscard]] Result<ToldEvent> read_told_event(std::string_view xml);

}  // namespace email2
