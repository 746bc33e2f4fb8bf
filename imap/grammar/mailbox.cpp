// mailbox: arguments of the commands on mailboxes as a whole, RFC 3501 6.3.
#include "imap/grammar/common.h"
#include "imap/grammar/grammar.h"

namespace imap::grammar {

namespace {

std::string one_mailbox(Cursor& in)
{
    in.space();
    return in.mailbox();
}

// An ascending set; how many numbers are in it.
std::uint64_t ascending(Cursor& in, const SequenceSet& set)
{
    std::uint64_t count = 0, last = 0;
    for (const auto range : set.ranges) {
        if (range.first <= last || range.last < range.first) in.fail("Expected an ascending set");
        count += std::uint64_t{range.last} - range.first + 1;
        last = range.last;
    }
    return count;
}

// seq-match-data = "(" known-sequence-set SP known-uid-set ")", from the set on
void match_data(Cursor& in, command::Resync& out)
{
    out.numbers = known_set(in);
    in.space();
    out.uids = known_set(in);
    const auto numbers = ascending(in, out.numbers);
    if (numbers != ascending(in, out.uids)) in.fail("Not a UID for each number");
    in.expect(')');
}

// "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")" ; RFC 7162. 0 as the
// modseq, which has seen nothing, means all.
command::Resync resync(Cursor& in)
{
    command::Resync out;
    in.space();
    in.expect('(');
    out.uid_validity = in.nz_number();
    in.space();
    out.modseq = in.number64();
    bool more = in.take(' ');
    if (more && !in.at('(')) {
        out.known = known_set(in);
        more = in.take(' ');
    }
    if (more) {
        in.expect('(');
        match_data(in, out);
    }
    in.expect(')');
    return out;
}

// select-params = SP "(" select-param *(SP select-param) ")" ; RFC 4466
command::Select selection(Cursor& in, command::Access access)
{
    command::Select out{one_mailbox(in), access};
    if (!in.take(' ')) return out;
    in.expect('(');
    do {
        const auto name = in.word();
        if (name == "CONDSTORE") {
            out.condstore = true;
        } else if (name == "QRESYNC") {
            out.resync = resync(in);
        } else {
            in.fail("Unknown parameter of SELECT");
        }
    } while (in.take(' '));
    in.expect(')');
    return out;
}

// A hierarchy separator at the end only announces children (RFC 3501 6.3.3).
std::string without_separator(std::string name)
{
    if (name.size() > 1 && name.ends_with('/')) name.pop_back();
    return name;
}

}  // namespace

Command select(Cursor& in)
{
    return selection(in, command::Access::read_write);
}

Command examine(Cursor& in)
{
    return selection(in, command::Access::read_only);
}

// create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"] ; RFC 6154
Command create(Cursor& in)
{
    command::Create out{without_separator(one_mailbox(in))};
    if (!in.take(' ')) return out;
    in.expect('(');
    if (in.word() != "USE") in.fail("Unknown parameter of CREATE");
    in.space();
    in.expect('(');
    if (!in.at(')')) {
        do {
            out.use = use_attribute(in);
        } while (in.take(' '));
    }
    in.expect(')');
    in.expect(')');
    return out;
}

Command remove(Cursor& in)
{
    return command::Delete{one_mailbox(in)};
}

// rename = "RENAME" SP mailbox SP mailbox
Command rename(Cursor& in)
{
    auto from = one_mailbox(in);
    return command::Rename{std::move(from), without_separator(one_mailbox(in))};
}

Command subscribe(Cursor& in)
{
    return command::Subscribe{one_mailbox(in)};
}

Command unsubscribe(Cursor& in)
{
    return command::Unsubscribe{one_mailbox(in)};
}

Command name_space(Cursor&)
{
    return command::Namespace{};
}

// getquota = "GETQUOTA" SP quota-root-name ; RFC 9208, quota-root-name = astring
Command get_quota(Cursor& in)
{
    in.space();
    return command::GetQuota{in.astring()};
}

// getquotaroot = "GETQUOTAROOT" SP mailbox
Command get_quota_root(Cursor& in)
{
    return command::GetQuotaRoot{one_mailbox(in)};
}

// status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
Command status(Cursor& in)
{
    command::Status out{one_mailbox(in)};
    in.space();
    out.items = status_items(in);
    return out;
}

}  // namespace imap::grammar
