// list: arguments of LIST, LSUB and XLIST, RFC 3501 6.3.8-9, RFC 5258 6, RFC 5819, RFC 6154.
#include "imap/grammar/common.h"
#include "imap/grammar/grammar.h"
#include "imap/limits.h"

namespace imap::grammar {

namespace {

using namespace command::list_option;

// list-select-opts = "(" [list-select-opt *(SP list-select-opt)] ")"
unsigned select_options(Cursor& in)
{
    unsigned options = 0;
    in.expect('(');
    if (in.take(')')) return options;
    do {
        const auto name = in.word();
        if (name == "SUBSCRIBED") {
            options |= subscribed;
        } else if (name == "REMOTE") {
            options |= remote;
        } else if (name == "RECURSIVEMATCH") {
            options |= recursive_match;
        } else if (name == "SPECIAL-USE") {
            options |= special_use;
        } else {
            in.fail("Unknown selection option of LIST");
        }
    } while (in.take(' '));
    in.expect(')');
    // RFC 5258 3.1: RECURSIVEMATCH alone or with REMOTE only selects nothing.
    if ((options & recursive_match) != 0 && (options & (subscribed | special_use)) == 0)
        in.fail("RECURSIVEMATCH of what?");
    return options;
}

// list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
void return_options(Cursor& in, command::List& out)
{
    in.space();
    in.expect('(');
    if (in.take(')')) return;
    do {
        const auto name = in.word();
        if (name == "SUBSCRIBED") {
            out.show |= subscribed;
        } else if (name == "CHILDREN") {
            out.show |= children;
        } else if (name == "SPECIAL-USE") {
            out.show |= special_use;
        } else if (name == "STATUS") {
            in.space();
            out.status = status_items(in);
        } else {
            in.fail("Unknown return option of LIST");
        }
    } while (in.take(' '));
    in.expect(')');
}

// mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"
void patterns(Cursor& in, command::List& out)
{
    if (!in.take('(')) {
        out.patterns.push_back(in.list_mailbox());
        return;
    }
    out.extended = true;
    do {
        out.patterns.push_back(in.list_mailbox());
        if (out.patterns.size() > list_patterns) in.fail("Too many patterns");
    } while (in.take(' '));
    in.expect(')');
}

}  // namespace

// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
Command list(Cursor& in)
{
    command::List out;
    in.space();
    if (in.at('(')) {
        out.extended = true;
        out.select = select_options(in);
        in.space();
    }
    out.reference = in.mailbox();
    in.space();
    patterns(in, out);
    if (in.take(' ')) {
        out.extended = true;
        if (in.word() != "RETURN") in.fail("Expected RETURN");
        return_options(in, out);
    }
    return out;
}

Command xlist(Cursor& in)
{
    command::List out;
    out.xlist = true;
    in.space();
    out.reference = in.mailbox();
    in.space();
    out.patterns.push_back(in.list_mailbox());
    return out;
}

// lsub = "LSUB" SP mailbox SP list-mailbox
Command lsub(Cursor& in)
{
    command::Lsub out;
    in.space();
    out.reference = in.mailbox();
    in.space();
    out.pattern = in.list_mailbox();
    return out;
}

}  // namespace imap::grammar
