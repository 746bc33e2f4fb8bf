// invariants_test: each invariant finds the damage that it is for, and nothing else is wrong with a lively store.
#include "gateway/store/hash.h"
#include "gateway/store/invariants.h"
#include "village.h"

using namespace test;

namespace {

// By invariant: damage that breaks it. $m: a message that holds its list, $a: its answer, $p: a person on no list.
const std::vector<std::pair<std::string, std::string>> damages{
    {"a list is held by a message that holds its own", "update message set list_id = 1 where id = $m"},
    {"a message counts its further lists", "update message set more_lists = 2 where id = $m"},
    {"a message is held where the parents are that it inherits from",
        "update message set list_id = id where id = $m; insert into message_list values ($b, $a); update message set more_lists = 1 where id = $a"},
    {"an entry at a message that inherits hides it or excludes somebody",
        "insert into entry(list_id, person_id) values ($a, $p)"},
    {"only a withdrawn message was withdrawn by somebody", "update message set withdrawn_by = $p where id = $m"},
    {"a parent that is missing is not here", "insert into missing select 7, $m, guid from message where id = $m"},
    {"a parent is here, or missing", "update parent set parent_id = 77 where message_id = $a"},
    {"nobody sees what they may not",
        "update ref set user_id = $p, mailbox_id = (select inbox from person where id = $p), uid = 1 where message_id = $b and flags = 0"},
    {"a withdrawn message is in no mailbox", "update message set state = 1, withdrawn_by = originator where id = $m"},
    {"whoever is on a list has what it reaches", "delete from ref where message_id = $b and flags = 0"},
    {"a reference is in a mailbox of its user",
        "update ref set mailbox_id = (select inbox from person where id = $p) where message_id = $b and flags = 0"},
    {"UIDs and modseqs are below their mailbox's", "update mailbox set modseq = 0 where user_id <> $p"},
    {"an expunged UID never returns",
        "insert into expunge select user_id, mailbox_id, 1, int4multirange(int4range(uid, uid + 1)) from ref where message_id = $b"},
    {"an account has its mailboxes", "update person set junk = trash where id = $p"},
    {"events are numbered by their sequence", "update event set seq = seq + 1000000 where message_id = $m"},
    {"a message has every revision up to its newest", "update revision set number = 7 where message_id = $m"},
    {"a revision has its rendition", "update revision set rendition_id = 7 where message_id = $m"},
    {"a rendition has its content unless it was redacted",
        "delete from body where rendition_id in (select id from rendition where message_id = $m)"},
    {"a reference shows the newest revision, or one's own copy",
        "update rendition set revision = 3 where message_id = $m"},
    {"no revision, rendition or content is left alone", "insert into search_text values (7, 0, '')"},
    {"no entry, parent, delivery, mail in the queue or event is left alone",
        "insert into entry(list_id, person_id) values (7, $p)"},
    {"a blob is whole", "delete from chunk"},
    {"a message is archived exactly while nobody who counts is on its list",
        "update message set state = 2 where id = $m"},
    {"what lies in cold storage is gone, and nowhere else",
        "insert into cold(message_id, file, sha256, size, chain) values ($m, '', '', 0, '{}')"},
    {"what a body or a chunk belongs to is there", "insert into chunk values ('abc', 0, 'def')"},
};

std::string filled(std::string sql, const std::map<std::string, std::int64_t>& values)
{
    for (const auto& [name, value] : values)
        for (auto at = sql.find(name); at != std::string::npos; at = sql.find(name))
            sql.replace(at, name.size(), std::to_string(value));
    return sql;
}

}  // namespace

TEST_CASE("each invariant names the damage that it is for, and finds nothing in a sound store")
{
    for (const auto& sentence : store::invariants()) {
        CAPTURE(sentence);
        const auto damage =
            std::find_if(damages.begin(), damages.end(), [&](const auto& d) { return d.first == sentence; });
        REQUIRE(damage != damages.end());
        Village v;
        const auto m = v.native("alice@one.test", {"bob@one.test"}, text("Plan", "One."));
        const auto a = v.native("bob@one.test", {}, text("Re", "Two."), {m.id.str()});
        const auto b = v.native("alice@one.test", {"bob@one.test"}, text("Other", "Three."));
        const std::string octets(100'000, 'z');
        REQUIRE(v.verbs.put_blob("alice@one.test", store::to_hex(store::sha256(octets)), octets));
        // People are older than their messages: seconds may not show it.
        v.session.query("update mailbox set uid_validity = uid_validity - 10");
        REQUIRE(broken_invariants(v.session).empty());
        const std::map<std::string, std::int64_t> values{
            {"$m", v.id_of(m.id)}, {"$a", v.id_of(a.id)}, {"$b", v.id_of(b.id)}, {"$p", v.person("carol@one.test")}};
        v.session.command(filled(damage->second, values).c_str());
        bool named = false;
        for (const auto& broken : broken_invariants(v.session))
            named = named || (broken.invariant == sentence && broken.count > 0 && !broken.examples.empty());
        CHECK(named);
    }
}
