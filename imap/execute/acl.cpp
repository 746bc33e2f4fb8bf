// acl: GETACL, MYRIGHTS, LISTRIGHTS, SETACL, DELETEACL, RFC 4314 3.
//
// Access is read here and never changed: SETACL and DELETEACL are refused. GETACL and LISTRIGHTS are answered without
// the right "a", which would promise a change: a mailbox is its user's own, and the port tells what that user may know.
#include "imap/execute/execute.h"
#include "imap/limits.h"
#include "imap/mailbox_name.h"
#include "imap/text.h"
#include "mime/ascii.h"

#include <algorithm>

namespace imap {

namespace {

bool any_of(std::string_view rights, std::string_view letters)
{
    return rights.find_first_of(letters) != std::string_view::npos;
}

// RFC 4314 2.1.1: for clients of RFC 2086 "c" stands beside "k" and "x", "d" beside "t" and "e".
void put_rights(std::string& out, std::string rights)
{
    const bool create = any_of(rights, "kx"), remove = any_of(rights, "te");
    if (create) rights += 'c';
    if (remove) rights += 'd';
    put_astring(out, rights);
}

void put_head(std::string& out, std::string_view response, const std::string& mailbox)
{
    out += "* ";
    out += response;
    out += ' ';
    put_astring(out, encode_mailbox(mailbox));
    out += ' ';
}

Async<Reply> refuse_change(Conversation& conversation, const std::string& mailbox)
{
    const auto rights = co_await conversation.mailboxes->rights(mailbox);
    if (!rights) co_return refused(rights.error());
    co_return refused(No{"NOPERM", "Access is not changed by IMAP"});
}

}  // namespace

// acl-data = "ACL" SP mailbox *(SP identifier SP rights)
Async<Reply> execute(Conversation& conversation, const command::GetAcl& command)
{
    const auto acl = co_await conversation.mailboxes->acl(command.mailbox);
    if (!acl) co_return refused(acl.error());
    put_head(conversation.out(), "ACL", command.mailbox);
    for (std::size_t i = 0; i < acl->size(); ++i) {
        auto& out = conversation.out();
        if (i > 0) out += ' ';
        put_astring(out, (*acl)[i].identifier);
        out += ' ';
        put_rights(out, (*acl)[i].rights);
        if (out.size() >= output_batch) co_await conversation.channel.flush();
    }
    conversation.out() += "\r\n";
    co_return ok("Getacl completed");
}

// myrights-data = "MYRIGHTS" SP mailbox SP rights
Async<Reply> execute(Conversation& conversation, const command::MyRights& command)
{
    const auto rights = co_await conversation.mailboxes->rights(command.mailbox);
    if (!rights) co_return refused(rights.error());
    auto& out = conversation.out();
    put_head(out, "MYRIGHTS", command.mailbox);
    put_rights(out, *rights);
    out += "\r\n";
    co_return ok("Myrights completed");
}

// listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights). Nothing can be granted: the rights
// are those that the identifier has, always.
Async<Reply> execute(Conversation& conversation, const command::ListRights& command)
{
    const auto acl = co_await conversation.mailboxes->acl(command.mailbox);
    if (!acl) co_return refused(acl.error());
    const auto entry = std::ranges::find_if(*acl,
        [&](const auto& candidate) { return mime::equal_ignoring_case(candidate.identifier, command.identifier); });
    auto& out = conversation.out();
    put_head(out, "LISTRIGHTS", command.mailbox);
    put_astring(out, command.identifier);
    out += ' ';
    put_rights(out, entry == acl->end() ? std::string{} : entry->rights);
    out += "\r\n";
    co_return ok("Listrights completed");
}

Async<Reply> execute(Conversation& conversation, const command::SetAcl& command)
{
    co_return co_await refuse_change(conversation, command.mailbox);
}

Async<Reply> execute(Conversation& conversation, const command::DeleteAcl& command)
{
    co_return co_await refuse_change(conversation, command.mailbox);
}

}  // namespace imap
