// message: arguments of the commands on the selected mailbox but FETCH and SEARCH, RFC 3501 6.4.
#include "imap/grammar/common.h"
#include "imap/grammar/grammar.h"

namespace imap::grammar {

namespace {

SequenceSet set(Cursor& in)
{
    in.space();
    return sequence_set(in);
}

// copy = "COPY" SP sequence-set SP mailbox; move likewise (RFC 6851)
template <class Kind>
Command transfer(Cursor& in, Numbers numbers)
{
    Kind out{numbers, set(in)};
    in.space();
    out.mailbox = in.mailbox();
    return out;
}

// store-modifiers = SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")" ; RFC 7162
void modifiers(Cursor& in, command::Store& out)
{
    if (!in.take('(')) return;
    if (in.word() != "UNCHANGEDSINCE") in.fail("Unknown modifier of STORE");
    in.space();
    out.unchanged_since = in.number64();
    in.expect(')');
    in.space();
}

// store = "STORE" SP sequence-set [store-modifiers] SP store-att-flags
// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
Command any_store(Cursor& in, Numbers numbers)
{
    command::Store out{numbers, set(in)};
    in.space();
    modifiers(in, out);
    out.mode = in.take('+') ? StoreMode::add : in.take('-') ? StoreMode::remove : StoreMode::replace;
    const auto item = in.word();
    if (item != "FLAGS" && item != "FLAGS.SILENT") in.fail("Unknown item of STORE");
    out.silent = item == "FLAGS.SILENT";
    in.space();
    auto list = store_flags(in);
    out.flags = list.flags;
    out.keywords = std::move(list.keywords);
    return out;
}

}  // namespace

Command idle(Cursor&)
{
    return command::Idle{};
}

Command check(Cursor&)
{
    return command::Check{};
}

Command close(Cursor&)
{
    return command::Close{};
}

Command unselect(Cursor&)
{
    return command::Unselect{};
}

Command expunge(Cursor&)
{
    return command::Expunge{};
}

// uid-expunge = "UID" SP "EXPUNGE" SP sequence-set ; RFC 4315
Command uid_expunge(Cursor& in)
{
    return command::Expunge{set(in)};
}

Command store(Cursor& in)
{
    return any_store(in, Numbers::sequence);
}

Command uid_store(Cursor& in)
{
    return any_store(in, Numbers::uid);
}

Command copy(Cursor& in)
{
    return transfer<command::Copy>(in, Numbers::sequence);
}

Command uid_copy(Cursor& in)
{
    return transfer<command::Copy>(in, Numbers::uid);
}

Command move(Cursor& in)
{
    return transfer<command::Move>(in, Numbers::sequence);
}

Command uid_move(Cursor& in)
{
    return transfer<command::Move>(in, Numbers::uid);
}

}  // namespace imap::grammar
