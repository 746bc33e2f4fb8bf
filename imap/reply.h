// reply: the tagged answer to a command, RFC 3501 7.1.
#pragma once

#include "imap/mailboxes.h"

#include <string>

namespace imap {

struct Reply {
    enum class Kind { ok, no, bad, said };  // said: the executor has answered by itself
    Kind kind = Kind::ok;
    std::string code;  // without brackets, may be ""
    std::string text;
};

inline Reply ok(std::string text, std::string code = {})
{
    return {Reply::Kind::ok, std::move(code), std::move(text)};
}

inline Reply no(std::string text, std::string code = {})
{
    return {Reply::Kind::no, std::move(code), std::move(text)};
}

inline Reply bad(std::string text, std::string code = {})
{
    return {Reply::Kind::bad, std::move(code), std::move(text)};
}

inline Reply refused(const No& no)
{
    return {Reply::Kind::no, no.code, no.text.empty() ? "Refused" : no.text};
}

// "a1 NO [TRYCREATE] No such mailbox" CRLF; `tag` may be "*" (untagged).
void put_reply(std::string& out, std::string_view tag, const Reply& reply);

}  // namespace imap
