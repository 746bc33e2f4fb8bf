// execute: sends each command to its executor.
#include "imap/execute/execute.h"

namespace imap {

Async<Reply> execute_command(Conversation& conversation, const Command& command)
{
    co_return co_await std::visit([&](const auto& typed) { return execute(conversation, typed); }, command);
}

}  // namespace imap
