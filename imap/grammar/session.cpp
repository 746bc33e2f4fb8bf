// session: arguments of the commands about the session itself, RFC 3501 6.1-6.2.
#include "imap/grammar/grammar.h"
#include "imap/text.h"

namespace imap::grammar {

Command capability(Cursor&)
{
    return command::Capability{};
}

Command noop(Cursor&)
{
    return command::Noop{};
}

Command logout(Cursor&)
{
    return command::Logout{};
}

Command start_tls(Cursor&)
{
    return command::StartTls{};
}

// id = "ID" SP id-params-list
// id-params-list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil
Command id(Cursor& in)
{
    in.space();
    if (in.take_word("NIL")) return command::Id{};
    in.expect('(');
    if (in.take(')')) return command::Id{};
    do {
        (void)in.string();
        in.space();
        if (!in.take_word("NIL")) (void)in.string();
    } while (in.take(' '));
    in.expect(')');
    return command::Id{};
}

// authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")] *(CRLF base64)
Command authenticate(Cursor& in)
{
    command::Authenticate out;
    in.space();
    out.mechanism = in.word();
    if (in.take(' ')) out.initial = std::string{in.until("")};
    return out;
}

// login = "LOGIN" SP userid SP password
Command login(Cursor& in)
{
    command::Login out;
    in.space();
    out.user = in.astring();
    in.space();
    out.password = in.astring();
    return out;
}

// enable = "ENABLE" 1*(SP capability)
Command enable(Cursor& in)
{
    command::Enable out;
    in.space();
    do {
        out.capabilities.push_back(in.word());
    } while (in.take(' '));
    return out;
}

}  // namespace imap::grammar
