// notify: what is told unasked: names, the selected mailbox, bounds, and failures.
#include "imap/notify.h"

#include "house.h"
#include "imap/limits.h"

#include <doctest/doctest.h>

using namespace imap;
using namespace imap::test;
using namespace imap::command::notify_event;

namespace {

using Of = command::EventGroup::Of;

MailboxInfo box(std::string name, std::string id)
{
    return {.name = std::move(name), .mailbox_id = std::move(id)};
}

std::vector<std::string> told(const std::vector<command::EventGroup>& groups, const Names& before, const Names& after,
    const std::vector<std::string>& own = {})
{
    std::vector<std::string> out;
    for (const auto& line : name_changes(groups, before, after, own)) {
        auto text = line.name;
        for (const auto& attribute : line.attributes) text += ' ' + attribute;
        if (!line.old_name.empty()) text += " was " + line.old_name;
        out.push_back(text);
    }
    return out;
}

const std::vector<command::EventGroup> all{{Of::personal, {}, name_change | subscription_change}};

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

constexpr const char* mail = "Subject: x\r\n\r\n";

}  // namespace

TEST_CASE("which events are asked of a mailbox: those of every group that has it")
{
    const Names names{{box("Work", "1"), box("Work/Sub", "2"), box("Workshop", "3")}, {"Workshop"}};
    const std::vector<command::EventGroup> groups{{Of::selected, {}, flag_change}, {Of::subtree, {"Work"}, message_new},
        {Of::subscribed, {}, name_change}, {Of::mailboxes, {"Work/Sub", "Nowhere"}, message_expunge}};
    CHECK(events_of(groups, names, "Work") == message_new);
    CHECK(events_of(groups, names, "Work/Sub") == (message_new | message_expunge));
    CHECK(events_of(groups, names, "Workshop") == name_change);
    CHECK(events_of({{Of::inboxes, {}, message_new}}, names, "Workshop") == message_new);
}

TEST_CASE("what became of names is told by LIST")
{
    const Names before{{box("A", "1"), box("A/x", "2"), box("A/x/y", "3"), box("B", "4")}, {"B"}};
    using Told = std::vector<std::string>;
    auto after = before;
    CHECK(told(all, before, after) == Told{});
    after.mailboxes.push_back(box("B/new", "5"));
    CHECK(told(all, before, after) == Told{"B \\HasChildren \\Subscribed", "B/new \\HasNoChildren"});
    CHECK(told(all, before, after, {"B/new", "B"}) == Told{});
    CHECK(told({{Of::mailboxes, {"B/new"}, name_change}}, before, after) == Told{"B/new \\HasNoChildren"});
    CHECK(told({{Of::personal, {}, subscription_change}}, before, after) == Told{});
    after = before;
    std::erase_if(after.mailboxes, [](const auto& one) { return one.name == "B"; });
    CHECK(told(all, before, after) == Told{"B \\NonExistent \\Subscribed"});
    after = before;
    for (auto& one : after.mailboxes)
        if (one.name.starts_with("A/x")) one.name = "C" + one.name.substr(3);
    CHECK(told(all, before, after) == Told{"C \\HasChildren was A/x"});  // its child goes along
    after = before;
    after.subscriptions = {"A", "Gone"};
    CHECK(told(all, before, after) ==
          Told{"A \\HasChildren \\Subscribed", "B \\HasNoChildren", "Gone \\NonExistent \\Subscribed"});
    CHECK(told({{Of::personal, {}, name_change}}, before, after) == Told{});
}

TEST_CASE(
    "with SELECTED-DELAYED numbers stand still until a command lets them move; flags and arrivals are told at once")
{
    House house;
    for (int i = 0; i < 2; ++i) house.store.add("INBOX", mail);
    auto& guest = house.select();
    CHECK(has(house.say(guest, "a NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))\r\n"), "a OK"));
    auto& other = house.select();
    house.say(other, "a STORE 1 +FLAGS (\\Deleted)\r\n");
    CHECK(guest.wire.take_output() == "* 1 FETCH (FLAGS (\\Deleted \\Recent))\r\n");
    house.say(other, "b EXPUNGE\r\n");
    CHECK(guest.wire.take_output().empty());
    house.store.add("INBOX", mail);
    house.run();
    CHECK(guest.wire.take_output() == "* 3 EXISTS\r\n* 3 RECENT\r\n");
    CHECK(house.say(guest, "b NOOP\r\n") == "* 1 EXPUNGE\r\nb OK NOOP completed\r\n");

    // What is held back meanwhile, a client that comes back by QRESYNC must not take for told.
    house.say(guest, "c ENABLE QRESYNC\r\n");
    const auto told = std::to_string(house.store.boxes["INBOX"]->snapshot->highest_modseq + 1);
    house.say(other, "c STORE 1 +FLAGS.SILENT (\\Deleted)\r\n");
    CHECK(has(guest.wire.take_output(), "FLAGS (\\Deleted"));
    house.say(other, "d EXPUNGE\r\n");
    CHECK(guest.wire.take_output().empty());
    house.store.add("INBOX", mail);
    house.run();
    CHECK(has(guest.wire.take_output(), "* OK [HIGHESTMODSEQ " + told + "] "));
    CHECK(has(house.say(guest, "d NOOP\r\n"), "* VANISHED 2\r\n"));
}

TEST_CASE("what is not asked for is held back, but for what the client does itself")
{
    House house;
    for (int i = 0; i < 2; ++i) house.store.add("INBOX", mail);
    auto& guest = house.select();
    auto& other = house.select();
    house.say(guest, "a NOTIFY NONE\r\n");
    house.store.add("INBOX", mail);
    house.say(other, "a STORE 1 +FLAGS (\\Deleted)\r\nb EXPUNGE\r\nc STORE 1 +FLAGS (\\Seen)\r\n");
    CHECK(house.say(guest, "b NOOP\r\n") == "b OK NOOP completed\r\n");
    CHECK(house.say(guest, "c IDLE\r\nDONE\r\n") == "+ idling\r\nc OK Idle completed\r\n");
    const auto answer = house.say(guest, "d UID STORE 2 +FLAGS.SILENT (\\Deleted)\r\ne EXPUNGE\r\n");
    CHECK(has(answer, "* 2 EXPUNGE\r\n"));
    CHECK_FALSE(has(answer, "* 1 EXPUNGE\r\n"));
    // NOTIFY SET tells all that has gathered.
    const auto rest = house.say(guest, "f NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))\r\n");
    CHECK(has(rest, "* 1 EXPUNGE\r\n"));
    CHECK(has(rest, "* 1 EXISTS\r\n"));
}

TEST_CASE(
    "another mailbox is told of by STATUS: each change once, flags to who asked, in IDLE as well, never the selected one")
{
    House house;
    auto& guest = house.select();
    house.say(guest, "a NOTIFY SET (personal (MessageNew MessageExpunge))\r\n");
    house.store.add("Junk", mail);
    house.store.add("Junk", mail);
    house.run();
    CHECK(guest.wire.take_output() == "* STATUS Junk (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 3)\r\n");
    auto& other = house.select("Junk");
    house.say(other, "a STORE 1 +FLAGS (\\Seen)\r\n");
    CHECK(guest.wire.take_output().empty());
    house.store.add("INBOX", mail);
    house.run();
    CHECK(guest.wire.take_output().empty());  // of the selected one nothing was asked
    house.say(guest,
        "b ENABLE CONDSTORE\r\nc NOTIFY SET (subtree Junk (MessageNew MessageExpunge FlagChange))\r\nd IDLE\r\n");
    house.say(other, "b STORE 2 +FLAGS (\\Seen)\r\n");
    CHECK(has(guest.wire.take_output(), "* STATUS Junk (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 3 UNSEEN 0 HIGHESTMODSEQ "));
    CHECK(has(house.say(guest, "DONE\r\n"), "d OK"));
}

TEST_CASE("too many mailboxes, at once or in time, and a store that is away, are an overflow, and the session goes on")
{
    House house;
    for (std::size_t i = 0; i < notify_mailboxes - 5; ++i) house.store.make("m" + std::to_string(i));
    auto& guest = house.select();
    const std::string set = " NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))\r\n";
    CHECK(has(house.say(guest, "a" + set), "a OK"));
    auto& other = house.login();
    house.say(other, "a CREATE more\r\n");
    CHECK(has(guest.wire.take_output(), "* OK [NOTIFICATIONOVERFLOW] "));
    house.store.add("Junk", mail);
    house.run();
    CHECK(guest.wire.take_output().empty());
    CHECK(has(house.say(guest, "b" + set), "b NO [NOTIFICATIONOVERFLOW] "));

    CHECK(has(house.say(guest, "c NOTIFY SET (mailboxes Junk (MessageNew MessageExpunge))\r\n"), "c OK"));
    house.store.away = true;
    house.store.add("Junk", mail);
    house.run();
    CHECK(has(guest.wire.take_output(), "* OK [NOTIFICATIONOVERFLOW] "));
    house.store.away = false;
    CHECK(has(house.say(guest, "d NOOP\r\n"), "d OK"));
}
