// notify: arguments of NOTIFY, RFC 5465 8.
#include "imap/grammar/common.h"
#include "imap/grammar/grammar.h"
#include "imap/limits.h"

#include <algorithm>
#include <array>

namespace imap::grammar {

namespace {

using namespace command::notify_event;
using command::EventGroup;
using command::Notify;
using Of = EventGroup::Of;

// one-or-more-mailbox = mailbox / many-mailboxes
// many-mailboxes = "(" mailbox *(SP mailbox) ")"
void mailboxes(Cursor& in, EventGroup& out)
{
    in.space();
    if (!in.take('(')) return out.names.push_back(in.mailbox());
    do {
        out.names.push_back(in.mailbox());
        if (out.names.size() > notify_names) in.fail("Too many mailboxes");
    } while (in.take(' '));
    in.expect(')');
}

// filter-mailboxes = filter-mailboxes-selected / filter-mailboxes-other
void filter(Cursor& in, EventGroup& out)
{
    static constexpr std::array<std::pair<std::string_view, Of>, 7> names{{{"SELECTED", Of::selected},
        {"SELECTED-DELAYED", Of::selected_delayed}, {"INBOXES", Of::inboxes}, {"PERSONAL", Of::personal},
        {"SUBSCRIBED", Of::subscribed}, {"SUBTREE", Of::subtree}, {"MAILBOXES", Of::mailboxes}}};
    const auto name = in.word();
    const auto known = std::ranges::find(names, name, &std::pair<std::string_view, Of>::first);
    if (known == names.end()) return in.fail("Unknown mailboxes of NOTIFY");
    out.of = known->second;
    if (out.of == Of::subtree || out.of == Of::mailboxes) mailboxes(in, out);
}

unsigned event(std::string_view name)
{
    static constexpr std::array<std::pair<std::string_view, unsigned>, 5> names{
        {{"MESSAGENEW", message_new}, {"MESSAGEEXPUNGE", message_expunge}, {"FLAGCHANGE", flag_change},
            {"MAILBOXNAME", name_change}, {"SUBSCRIPTIONCHANGE", subscription_change}}};
    const auto known = std::ranges::find(names, name, &std::pair<std::string_view, unsigned>::first);
    return known == names.end() ? unsupported : known->second;
}

bool of_selected(const EventGroup& group)
{
    return group.of == Of::selected || group.of == Of::selected_delayed;
}

// RFC 5465 5, 6.1
void check(Cursor& in, const EventGroup& group)
{
    if ((group.events & unsupported) != 0) return;  // that is answered by NO
    const auto has = [&](unsigned bits) { return (group.events & bits) != 0; };
    if (has(message_new) != has(message_expunge)) in.fail("MessageNew and MessageExpunge go together");
    if (has(flag_change) && !has(message_new)) in.fail("FlagChange needs MessageNew and MessageExpunge");
    if (of_selected(group) && has(name_change | subscription_change))
        in.fail("Only events of messages, of the selected mailbox");
}

// events = ("(" event *(SP event) ")") / "NONE"
// event = ("MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"]) / "MessageExpunge" / …
void events(Cursor& in, EventGroup& group, Notify& out)
{
    if (in.take_word("NONE")) return;
    in.expect('(');
    for (bool more = true; more && !in.failed();) {
        const auto bit = event(in.word());
        group.events |= bit;
        more = in.take(' ');
        if (!more || !in.at('(')) continue;
        if (bit != message_new || !of_selected(group) || out.arrivals) in.fail("No items are possible here");
        fetch_items(in, out.arrivals.emplace());
        more = in.take(' ');
    }
    in.expect(')');
    check(in, group);
}

// event-group = "(" filter-mailboxes SP events ")"
void event_group(Cursor& in, Notify& out)
{
    EventGroup group;
    in.expect('(');
    filter(in, group);
    in.space();
    events(in, group, out);
    in.expect(')');
    if (of_selected(group) && std::ranges::any_of(out.groups, of_selected)) in.fail("The selected mailbox twice");
    out.groups.push_back(std::move(group));
    if (out.groups.size() > notify_groups) in.fail("Too many event groups");
}

}  // namespace

// notify = "NOTIFY" SP (("SET" [SP "STATUS"] SP event-group *(SP event-group)) / "NONE")
Command notify(Cursor& in)
{
    Notify out;
    in.space();
    const auto what = in.word();
    if (what == "NONE") return out;
    if (what != "SET") in.fail("Expected SET or NONE");
    in.space();
    if (!in.at('(')) {
        out.status = in.word() == "STATUS";
        if (!out.status) in.fail("Expected STATUS");
        in.space();
    }
    do {
        event_group(in, out);
    } while (in.take(' '));
    return out;
}

}  // namespace imap::grammar
