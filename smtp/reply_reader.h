// reply_reader: replies as servers write them, RFC 5321 4.2, RFC 2034.
#pragma once

#include "smtp/reply.h"

#include <cstddef>
#include <string_view>

namespace smtp {

enum class Reading {
    more,       // no whole reply yet
    whole,      // see reply and length
    malformed,  // no SMTP, or more of it than anybody needs
};

struct ReadReply {
    Reading reading = Reading::more;
    Reply reply;             // text is UTF-8 without controls, cut to reply_text_limit octets
    std::size_t length = 0;  // octets of the input that it took
};

// The reply at the start of `input`. Total. Lines may end with LF alone; the status is that of the
// first line that has one.
[[nodiscard]] ReadReply read_reply(std::string_view input);

// What a reply that was not the one hoped for comes to: itself, or a temporary failure when it is a
// yes that makes no sense.
[[nodiscard]] Reply as_refusal(Reply reply);

}  // namespace smtp
