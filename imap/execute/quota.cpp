// quota: GETQUOTA, GETQUOTAROOT, RFC 9208: one root, "", for all of a user's mailboxes; none where nothing is limited.
#include "imap/execute/execute.h"
#include "imap/mailbox_name.h"
#include "imap/text.h"

namespace imap {

namespace {

constexpr std::uint64_t unit = 1024;  // octets, RFC 9208 5.1

// quota-response = "QUOTA" SP quota-root-name SP quota-list. Used is rounded up and the limit down, so that full is
// full.
void put_quota(std::string& out, const Quota& quota)
{
    out += "* QUOTA \"\" (STORAGE ";
    put_number(out, (quota.used + unit - 1) / unit);
    out += ' ';
    put_number(out, *quota.limit / unit);
    out += ")\r\n";
}

}  // namespace

Async<Reply> execute(Conversation& conversation, const command::GetQuota& command)
{
    const auto quota = command.root.empty() ? co_await conversation.mailboxes->quota() : Quota{};
    if (!quota.limit) co_return refused(No{"NONEXISTENT", "There is no such quota root"});
    put_quota(conversation.out(), quota);
    co_return ok("Getquota completed");
}

// The mailbox need not exist: whoever makes it would be charged.
Async<Reply> execute(Conversation& conversation, const command::GetQuotaRoot& command)
{
    const auto quota = co_await conversation.mailboxes->quota();
    auto& out = conversation.out();
    out += "* QUOTAROOT ";
    put_astring(out, encode_mailbox(command.mailbox));
    out += quota.limit ? " \"\"\r\n" : "\r\n";
    if (quota.limit) put_quota(out, quota);
    co_return ok("Getquotaroot completed");
}

}  // namespace imap
