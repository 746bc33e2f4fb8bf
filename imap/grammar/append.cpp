// append: arguments of APPEND, RFC 3501 6.3.11, and of REPLACE, RFC 8508. The mail itself never passes
// through the grammar: it is spooled.
#include "imap/grammar/common.h"
#include "imap/grammar/grammar.h"
#include "imap/text.h"

namespace imap::grammar {

namespace {

// SP mailbox [SP flag-list] [SP date-time] SP, up to the literal
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

// append-message, with the mailbox before it
command::Append append_message(Cursor& in)
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

// SP seq-number; a set of several is none
SequenceSet one_message(Cursor& in)
{
    in.space();
    auto set = sequence_set(in);
    const bool one = set.ranges.size() == 1 && set.ranges.front().first == set.ranges.front().last;
    if (!in.failed() && !one) in.fail("REPLACE takes one message");
    return set;
}

Command any_replace(Cursor& in, Numbers numbers)
{
    command::Replace out{numbers, one_message(in), {}};
    out.by = append_message(in);
    return out;
}

}  // namespace

// append = "APPEND" SP mailbox append-message
Command append(Cursor& in)
{
    return append_message(in);
}

// replace = "REPLACE" SP seq-number SP mailbox append-message ; RFC 8508 5
Command replace(Cursor& in)
{
    return any_replace(in, Numbers::sequence);
}

Command uid_replace(Cursor& in)
{
    return any_replace(in, Numbers::uid);
}

bool mail_literal_follows(std::string_view text)
{
    Cursor in{text};
    (void)in.tag();
    in.space();
    const bool by_uid = in.take_word("UID");
    if (by_uid) in.space();
    if (in.take_word("REPLACE")) (void)one_message(in);
    else if (by_uid || !in.take_word("APPEND")) return false;
    (void)append_head(in);
    return !in.failed() && in.done();
}

}  // namespace imap::grammar
