// acl: arguments of the commands on access control lists, RFC 4314 7.
#include "imap/grammar/grammar.h"
#include "mime/utf8.h"

#include <algorithm>

namespace imap::grammar {

namespace {

std::string one_mailbox(Cursor& in)
{
    in.space();
    return in.mailbox();
}

// identifier = astring ; in UTF-8. What SASLprep (RFC 4314 3) would turn to nothing, or forbid, names nobody here: of
// that only emptiness and controls are looked at, addresses are compared where the accounts are.
std::string identifier(Cursor& in)
{
    in.space();
    auto out = in.astring();
    const auto control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    if (out.empty() || !mime::is_utf8(out) || std::ranges::any_of(out, control)) in.fail("That is no identifier");
    return out;
}

// mod-rights = astring ; +rights to add, -rights to remove, rights to replace
std::string modification(Cursor& in)
{
    constexpr std::string_view letters = "lrswipkxteacd";
    in.space();
    auto out = in.astring();
    const std::size_t sign = out.starts_with('+') || out.starts_with('-') ? 1 : 0;
    if (out.find_first_not_of(letters, sign) != std::string::npos) in.fail("There is no such right");
    return out;
}

}  // namespace

// getacl = "GETACL" SP mailbox
Command get_acl(Cursor& in)
{
    return command::GetAcl{one_mailbox(in)};
}

// myrights = "MYRIGHTS" SP mailbox
Command my_rights(Cursor& in)
{
    return command::MyRights{one_mailbox(in)};
}

// listrights = "LISTRIGHTS" SP mailbox SP identifier
Command list_rights(Cursor& in)
{
    auto mailbox = one_mailbox(in);
    return command::ListRights{std::move(mailbox), identifier(in)};
}

// setacl = "SETACL" SP mailbox SP identifier SP mod-rights
Command set_acl(Cursor& in)
{
    command::SetAcl out{one_mailbox(in), {}, {}};
    out.identifier = identifier(in);
    out.rights = modification(in);
    return out;
}

// deleteacl = "DELETEACL" SP mailbox SP identifier
Command delete_acl(Cursor& in)
{
    auto mailbox = one_mailbox(in);
    return command::DeleteAcl{std::move(mailbox), identifier(in)};
}

}  // namespace imap::grammar
