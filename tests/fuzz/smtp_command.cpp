// smtp_command: any line is a command or a refusal, and what is understood is understood the same when written again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "smtp/command.h"
#include "smtp/reply_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto command = smtp::parse_command(input);
    if (!command && command.error().reply.code < 500) std::abort();
    if (const auto path = smtp::parse_path(input); path && !path->empty()) {
        // The mailbox in brackets is a path again, and the same one: nothing can hide in quotes.
        if (smtp::parse_path("<" + *path + ">") != path) std::abort();
    }
    if (const auto text = smtp::decode_xtext(input))
        if (smtp::decode_xtext(smtp::encode_xtext(*text)) != text) std::abort();
    const auto reply = smtp::read_reply(input);
    if (reply.length > size) std::abort();
    return 0;
}
