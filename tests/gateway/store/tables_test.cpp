// tables_test: no table only ever grows: each has something that ends its rows, or a reason why they stay.
#include "gateway/store/maintenance.h"
#include "village.h"

#include <map>
#include <set>

using namespace test;

namespace {

// A job of maintenance by its name; or, in words, what ends a row or bounds the table.
const std::map<std::string, const char*> ends{
    // messages, and what goes with each (cold storage, erasing, drafts and imports with their last reference)
    {"message", "cold-deletion"},
    {"revision", "cold-storage"},
    {"rendition", "orphans"},
    {"body", "orphans"},
    {"search_text", "orphans"},
    {"entry", "with its message"},
    {"parent", "with its message"},
    {"message_list", "with its message"},
    {"delivery", "with its message"},
    {"msgid", "with its message"},
    {"vote", "after 14 days (upkeep)"},
    {"moderated", "cold-storage"},
    {"blob_use", "orphans"},
    {"missing", "missing-parents"},
    {"cold", "cold-deletion"},
    {"held_back", "given when there is room (upkeep); orphans"},
    {"list_root", "an administrator removes a list"},
    {"list_owner", "an administrator removes a list"},
    // attachments
    {"blob", "blobs"},
    {"chunk", "blobs"},
    {"upload", "uploads"},
    {"staged", "uploads"},
    // people and their mailboxes
    {"person", "everybody who was ever named, as all rows point to them; erasing takes the address and the name"},
    {"alias", "an administrator's"},
    {"mailbox", "its owner's, within limits"},
    {"subscription", "its owner's, within limits"},
    {"ref", "its owner expunges it"},
    {"expunge", "expunges"},
    {"bearer", "its owner's, within limits"},
    {"publishing", "one an account, with it"},
    {"voter", "one a person"},
    {"closed_address", "one an erased address: it is kept from others"},
    {"erasure", "one an erased person"},
    {"import_checkpoint", "imports"},
    // mail out
    {"egress", "delivered or given up"},
    {"token", "tokens"},
    {"told", "told"},
    {"summary_item", "told in a summary; orphans"},
    {"confirmation", "told"},
    {"reported", "with the next report after two days, of so many a day"},
    {"relayed", "tokens"},
    {"written_to", "one a domain that accounts wrote to: votes never refuse it"},
    // the rest
    {"event", "events"},
    {"idempotency", "idempotency"},
    {"trust", "trust"},
    {"audit", "what admins did stays"},
    {"domain", "one a domain served"},
    {"archive", "one row"},
    {"event_floor", "one row"},
    {"maintenance", "one a job"},
    {"migration", "one a migration"},
};

}  // namespace

TEST_CASE("each table has what ends its rows, or a reason why they stay")
{
    Village v;
    const auto rows = v.session.query(
        "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1");
    std::set<std::string> there;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        there.insert(rows.text(i, 0));
        CHECK_MESSAGE(ends.contains(rows.text(i, 0)), rows.text(i, 0));
    }
    for (const auto& [table, end] : ends) CHECK_MESSAGE(there.contains(table), table);
    // A job that is named is one.
    std::set<std::string> jobs;
    for (const auto& job : store::jobs()) jobs.insert(job.name);
    for (const auto& [table, end] : ends)
        if (std::string_view(end).find(' ') == std::string_view::npos) CHECK_MESSAGE(jobs.contains(end), end);
    CHECK(there.size() > 40);
}
