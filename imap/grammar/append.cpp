// append: arguments of APPEND, RFC 3501 6.3.11. The mail itself never passes through the grammar:
// it is spooled.
#include "imap/grammar/common.h"
#include "imap/grammar/grammar.h"
#include "imap/text.h"

namespace imap::grammar {

namespace {

// "APPEND" SP mailbox [SP flag-list] [SP date-time] SP, up to the literal
command::Append append_head(Cursor& in)
{
    command::Append out;
    in.space();
    out.mailbox = in.mailbox();
    in.space();
    if (in.at('(')) {
        auto list = flag_list(in);
        out.flags = list.flags;
        out.keywords = std::move(list.keywords);
        in.space();
    }
    if (in.at('"')) {
        out.internal_date = date_time(in);
        in.space();
    }
    return out;
}

}  // namespace

// append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal
Command append(Cursor& in)
{
    auto out = append_head(in);
    in.expect('{');
    out.size = in.number64();
    in.take('+');
    in.expect('}');
    in.take('\r');
    in.expect('\n');
    return out;
}

bool mail_literal_follows(std::string_view text)
{
    Cursor in{text};
    (void)in.tag();
    in.space();
    if (!in.take_word("APPEND")) return false;
    (void)append_head(in);
    return !in.failed() && in.done();
}

}  // namespace imap::grammar
