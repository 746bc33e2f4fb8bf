// mailbox_contents: each reading is one statement, so that the counters and the references are of
// one moment.
#include "gateway/store/mailbox_contents.h"

#include <algorithm>

namespace gateway::store {

namespace {

enum Kind { counters = 0, present = 1, expunged = 2 };

void set_counters(imap::Snapshot& snapshot, const Rows& rows, std::size_t row)
{
    snapshot.uid_next = static_cast<imap::Uid>(rows.integer(row, 1));
    snapshot.uid_validity = static_cast<std::uint32_t>(rows.integer(row, 2));
    snapshot.highest_modseq = static_cast<imap::ModSeq>(rows.integer(row, 3));
}

imap::MessageState state(const Rows& rows, std::size_t row)
{
    return {static_cast<imap::Uid>(rows.integer(row, 1)), static_cast<imap::Flags>(rows.integer(row, 2)),
        static_cast<imap::ModSeq>(rows.integer(row, 3))};
}

struct Item {
    imap::MessageState message;
    std::int64_t rendition = 0;
};

struct Delta {
    std::vector<Item> present;                              // ascending
    std::vector<std::pair<imap::Uid, imap::Uid>> expunged;  // half-open, ascending by start
};

void push(Contents& contents, const Item& item)
{
    contents.snapshot.messages.push_back(item.message);
    contents.renditions.push_back(item.rendition);
}

// One pass over both; ranges that overlap (a UID is expunged once, so they do not) would still be
// right.
void merge(Contents& next, const Contents& known, const Delta& delta)
{
    const auto& old = known.snapshot.messages;
    next.snapshot.messages.reserve(old.size() + delta.present.size());
    next.renditions.reserve(old.size() + delta.present.size());
    std::size_t changed = 0, range = 0;
    for (std::size_t i = 0; i < old.size(); ++i) {
        const auto uid = old[i].uid;
        while (changed < delta.present.size() && delta.present[changed].message.uid < uid)
            push(next, delta.present[changed++]);
        if (changed < delta.present.size() && delta.present[changed].message.uid == uid) {
            push(next, delta.present[changed++]);
            continue;
        }
        while (range < delta.expunged.size() && delta.expunged[range].second <= uid) ++range;
        if (range < delta.expunged.size() && delta.expunged[range].first <= uid) continue;
        push(next, {old[i], known.renditions[i]});
    }
    while (changed < delta.present.size()) push(next, delta.present[changed++]);
}

}  // namespace

const imap::MessageState* Contents::find(imap::Uid uid) const
{
    const auto& all = snapshot.messages;
    const auto found = std::lower_bound(
        all.begin(), all.end(), uid, [](const auto& message, imap::Uid value) { return message.uid < value; });
    return found != all.end() && found->uid == uid ? &*found : nullptr;
}

std::int64_t Contents::rendition(imap::Uid uid) const
{
    const auto* message = find(uid);
    return message ? renditions[static_cast<std::size_t>(message - snapshot.messages.data())] : 0;
}

Contents load_contents(Session& session, std::int32_t user, std::int32_t mailbox)
{
    const auto rows =
        session.query("select 0, uid_next, uid_validity::int8, modseq, 0::int8 from mailbox where id = $2 and "
                      "user_id = $1"
                      " union all (select 1, uid, flags, modseq, rendition_id from ref where user_id = $1 and "
                      "mailbox_id = $2 order by uid)",
            user, mailbox);
    Contents contents;
    contents.snapshot.uid_validity = 0;
    contents.snapshot.messages.reserve(rows.size());
    contents.renditions.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows.integer(row, 0) == counters) set_counters(contents.snapshot, rows, row);
        else push(contents, {state(rows, row), rows.integer(row, 4)});
    }
    return contents;
}

std::optional<Contents> newer_contents(Session& session, std::int32_t user, std::int32_t mailbox, const Contents& known)
{
    // The comparison with the mailbox's modseq is made once, before any reference is read.
    const auto rows =
        session.query("select 0, uid_next, uid_validity::int8, modseq, 0::int8 from mailbox where id = $2 and "
                      "user_id = $1"
                      " union all (select 1, uid, flags, modseq, rendition_id from ref where user_id = $1 and "
                      "mailbox_id = $2 and modseq > $3"
                      " and (select modseq from mailbox where id = $2) > $3 order by uid)"
                      " union all (select 2, lower(gone), upper(gone)::int8, 0, 0 from expunge, unnest(uids) "
                      "gone where user_id = $1 and mailbox_id = $2 and modseq > $3"
                      " and (select modseq from mailbox where id = $2) > $3 order by 2)",
            user, mailbox, static_cast<std::int64_t>(known.snapshot.highest_modseq));
    Contents next;
    next.snapshot.uid_validity = 0;
    Delta delta;
    bool there = false;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        switch (rows.integer(row, 0)) {
        case counters:
            set_counters(next.snapshot, rows, row);
            there = true;
            break;
        case present: delta.present.push_back({state(rows, row), rows.integer(row, 4)}); break;
        default: delta.expunged.emplace_back(rows.integer(row, 1), rows.integer(row, 2)); break;
        }
    }
    if (!there) return known.snapshot.uid_validity == 0 ? std::nullopt : std::optional(std::move(next));
    if (next.snapshot.highest_modseq == known.snapshot.highest_modseq && known.snapshot.uid_validity != 0)
        return std::nullopt;
    merge(next, known, delta);
    return next;
}

std::vector<imap::UidRange> expunged_since(
    Session& session, std::int32_t user, std::int32_t mailbox, imap::ModSeq modseq)
{
    const auto rows = session.query(
        "select lower(r), upper(r)::int8 - 1 from (select range_agg(u) gone from expunge, unnest(uids) u where user_id = $1"
        " and mailbox_id = $2 and modseq > $3) x, unnest(gone) r order by 1",
        user, mailbox, static_cast<std::int64_t>(std::min<imap::ModSeq>(modseq, INT64_MAX)));
    std::vector<imap::UidRange> out;
    out.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
        out.push_back({static_cast<imap::Uid>(rows.integer(row, 0)), static_cast<imap::Uid>(rows.integer(row, 1))});
    return out;
}

}  // namespace gateway::store
