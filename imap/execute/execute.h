// execute: what each command does; one file for each.
//
// An executor puts the untagged answers into the conversation's output and returns the tagged one.
// It is awaited, so it may borrow its arguments. What the backend throws passes through: the
// session answers NO [UNAVAILABLE].
#pragma once

#include "imap/command.h"
#include "imap/conversation.h"
#include "imap/reply.h"

namespace imap {

Async<Reply> execute_command(Conversation& conversation, const Command& command);

Async<Reply> execute(Conversation& conversation, const command::Capability& command);
Async<Reply> execute(Conversation& conversation, const command::Noop& command);
Async<Reply> execute(Conversation& conversation, const command::Logout& command);
Async<Reply> execute(Conversation& conversation, const command::Id& command);
Async<Reply> execute(Conversation& conversation, const command::StartTls& command);
Async<Reply> execute(Conversation& conversation, const command::Authenticate& command);
Async<Reply> execute(Conversation& conversation, const command::Login& command);
Async<Reply> execute(Conversation& conversation, const command::Enable& command);
Async<Reply> execute(Conversation& conversation, const command::Select& command);
Async<Reply> execute(Conversation& conversation, const command::Create& command);
Async<Reply> execute(Conversation& conversation, const command::Delete& command);
Async<Reply> execute(Conversation& conversation, const command::Rename& command);
Async<Reply> execute(Conversation& conversation, const command::Subscribe& command);
Async<Reply> execute(Conversation& conversation, const command::Unsubscribe& command);
Async<Reply> execute(Conversation& conversation, const command::Namespace& command);
Async<Reply> execute(Conversation& conversation, const command::GetQuota& command);
Async<Reply> execute(Conversation& conversation, const command::GetQuotaRoot& command);
Async<Reply> execute(Conversation& conversation, const command::GetAcl& command);
Async<Reply> execute(Conversation& conversation, const command::MyRights& command);
Async<Reply> execute(Conversation& conversation, const command::ListRights& command);
Async<Reply> execute(Conversation& conversation, const command::SetAcl& command);
Async<Reply> execute(Conversation& conversation, const command::DeleteAcl& command);
Async<Reply> execute(Conversation& conversation, const command::Status& command);
Async<Reply> execute(Conversation& conversation, const command::List& command);
Async<Reply> execute(Conversation& conversation, const command::Lsub& command);
Async<Reply> execute(Conversation& conversation, const command::Append& command);
Async<Reply> execute(Conversation& conversation, const command::Idle& command);
Async<Reply> execute(Conversation& conversation, const command::Notify& command);
Async<Reply> execute(Conversation& conversation, const command::Check& command);
Async<Reply> execute(Conversation& conversation, const command::Close& command);
Async<Reply> execute(Conversation& conversation, const command::Unselect& command);
Async<Reply> execute(Conversation& conversation, const command::Expunge& command);
Async<Reply> execute(Conversation& conversation, const command::Search& command);
Async<Reply> execute(Conversation& conversation, const command::Fetch& command);
Async<Reply> execute(Conversation& conversation, const command::Store& command);
Async<Reply> execute(Conversation& conversation, const command::Copy& command);
Async<Reply> execute(Conversation& conversation, const command::Move& command);
Async<Reply> execute(Conversation& conversation, const command::Replace& command);

// Of AUTHENTICATE and LOGIN: the mailboxes are open now, or the refusal is counted and delayed.
Async<Reply> welcome(Conversation& conversation, Result<std::unique_ptr<Mailboxes>> opened);

// Of COPY and MOVE: "COPYUID 38505 304,319:320 3956:3958", RFC 4315.
[[nodiscard]] std::string copy_uid(const Copied& copied);
// Of APPEND and REPLACE: "APPENDUID 38505 3955"; "" when there is none to tell.
[[nodiscard]] std::string append_uid(const Appended& appended);
// The mail that came with the command, for the port.
[[nodiscard]] AppendMessage appended_message(Conversation& conversation, const command::Append& command);

}  // namespace imap
