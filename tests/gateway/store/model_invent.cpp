// model_invent: what people might do, at random, and how a report says it.
#include "model_world.h"

#include <algorithm>
#include <set>
#include <sstream>

namespace model {

namespace {

struct Dice {
    std::mt19937& random;
    int operator()(int n) { return static_cast<int>(random() % static_cast<std::uint32_t>(n)); }
    bool one_in(int n) { return (*this)(n) == 0; }
};

constexpr const char* own_folders[] = {"F0", "F1", "F2", "F0/A", "F1/A", "F2/A"};
constexpr const char* targets[] = {
    "INBOX", "Trash", "Trash", "Trash", "INBOX", "Archive", "F0", "F1", "F0/A", "Junk", "Sent"};

std::string own_folder(Dice& dice)
{
    return own_folders[dice(std::size(own_folders))];
}
std::string target(Dice& dice)
{
    return targets[dice(std::size(targets))];
}

// Mostly what was published lately, so that people meet on it.
Label some_message(Dice& dice, const std::vector<Label>& published)
{
    const auto size = static_cast<int>(published.size());
    const auto back = dice.one_in(4) ? dice(size) : dice(std::min(size, 6));
    return published[static_cast<std::size_t>(size - 1 - back)];
}

void invent_publication(Operation& o, Dice& dice, Size size, const std::vector<Label>& published)
{
    const int everybody = size.natives + size.correspondents;
    o.verb = Verb::publish;
    o.text = dice(1000);
    o.draft = dice.one_in(8);
    if (!published.empty() && !dice.one_in(4))
        for (int n = dice.one_in(3) ? 2 + dice(2) : 1; n > 0; --n) o.parents.push_back(some_message(dice, published));
    if (dice.one_in(8)) o.unresolved = 1 + dice(2);
    o.inherit = o.parents.empty() ? dice.one_in(20) : !dice.one_in(4);
    for (int n = o.inherit ? (dice.one_in(4) ? 1 : 0) : dice(everybody + 1); n > 0; --n)
        o.entries.emplace_back(dice(everybody), dice.one_in(5) ? blind : dice(2));
    if (dice.one_in(20)) return;  // somebody may be named twice, which is refused
    std::set<User> named;
    std::erase_if(o.entries, [&](const auto& entry) { return !named.insert(entry.first).second; });
}

void invent_change(Operation& o, Dice& dice, Size size)
{
    const int everybody = size.natives + size.correspondents;
    o.verb = Verb::change;
    switch (dice(8)) {
    case 0: o.detach = true; break;
    case 1: o.inherit = true; break;
    case 2: o.remove.push_back(dice(everybody)); [[fallthrough]];
    case 3:
    case 4: o.entries.emplace_back(dice(everybody), dice.one_in(5) ? blind : dice(2)); break;
    default: o.remove.push_back(dice(everybody));
    }
    if (dice.one_in(6)) o.entries.emplace_back(dice(everybody), to);
    if (dice.one_in(20)) o.detach = o.inherit = true;
}

std::optional<bool> maybe(Dice& dice)
{
    return dice.one_in(2) ? std::nullopt : std::optional(dice.one_in(2));
}

}  // namespace

Operation invent(std::mt19937& random, Size size, Label number, const std::vector<Label>& published)
{
    Dice dice{random};
    Operation o;
    o.user = dice(size.natives);
    o.label = number;
    if (published.empty() || dice(100) < 18) {
        invent_publication(o, dice, size, published);
        return o;
    }
    o.label = some_message(dice, published);
    const auto what = dice(100);
    if (what < 8) {
        o.verb = Verb::edit;
        o.text = dice(1000);
        o.replaces = dice.one_in(6) ? 1 : 0;
    } else if (what < 10) {
        o.verb = Verb::redact;
    } else if (what < 32) {
        invent_change(o, dice, size);
    } else if (what < 42) {
        o.verb = Verb::leave;
        o.thread = maybe(dice);
    } else if (what < 52) {
        o.verb = Verb::rejoin;
        o.thread = maybe(dice);
    } else if (what < 58) {
        o.verb = Verb::withdraw;
    } else if (what < 66) {
        o.verb = Verb::undelete;
    } else if (what < 76) {
        o.verb = Verb::file;
        if (!dice.one_in(3)) o.folder = target(dice);
        o.thread = dice.one_in(4);
        if (dice.one_in(2)) o.add_flags = dice.one_in(2) ? flagged : seen;
        if (dice.one_in(3)) o.remove_flags = dice.one_in(2) ? flagged : seen;
    } else if (what < 84) {
        o.verb = dice(5) < 3 ? Verb::create_folder : dice.one_in(2) ? Verb::rename_folder : Verb::remove_folder;
        o.folder = dice.one_in(10) ? (dice.one_in(2) ? "INBOX" : "Trash") : own_folder(dice);
        o.other = own_folder(dice);
    } else {
        o.verb = what < 93 ? Verb::move : what < 96 ? Verb::copy : Verb::expunge;
        do {
            o.folder = target(dice);
            o.other = target(dice);
        } while (o.folder == o.other || (o.verb == Verb::copy && o.other == "Sent"));
    }
    return o;
}

std::vector<Operation> invent_many(std::uint32_t seed, Size size, int count)
{
    std::mt19937 random(seed);
    std::vector<Operation> out;
    std::vector<Label> published;
    for (int i = 0; i < count; ++i) {
        out.push_back(invent(random, size, i, published));
        if (out.back().verb == Verb::publish) published.push_back(i);
    }
    return out;
}

std::string to_string(const Operation& o)
{
    static constexpr const char* users[] = {"ann", "ben", "cat", "dan", "eva", "fay"};
    static constexpr const char* verbs[] = {"publishes", "edits", "redacts", "changes the list of", "leaves", "rejoins",
        "withdraws", "undeletes", "files", "creates folder", "renames folder", "removes folder", "moves", "copies",
        "expunges"};
    static constexpr const char* roles[] = {"to", "cc", "blind"};
    std::ostringstream out;
    out << users[o.user] << " " << verbs[static_cast<int>(o.verb)];
    const bool folders =
        o.verb == Verb::create_folder || o.verb == Verb::rename_folder || o.verb == Verb::remove_folder;
    if (!folders) out << " #" << o.label;
    if (o.draft) out << " as a draft";
    for (const auto parent : o.parents) out << " answering #" << parent;
    if (o.unresolved) out << " and " << o.unresolved << " that are not here";
    if (o.detach) out << " detach";
    if (o.inherit) out << " inherit";
    for (const auto& [person, role] : o.entries) out << " add " << roles[role] << " person " << person;
    for (const auto person : o.remove) out << " remove person " << person;
    if (o.thread) out << (*o.thread ? " as a thread" : " alone");
    if (o.replaces) out << " from a stale revision";
    if (o.verb == Verb::publish || o.verb == Verb::edit) out << " text " << o.text;
    if (!o.folder.empty()) out << " " << o.folder;
    if (o.verb == Verb::rename_folder || o.verb == Verb::move || o.verb == Verb::copy) out << " to " << o.other;
    if (o.add_flags) out << " +" << o.add_flags;
    if (o.remove_flags) out << " -" << o.remove_flags;
    return out.str();
}

}  // namespace model
