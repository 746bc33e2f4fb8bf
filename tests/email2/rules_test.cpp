// rules_test: every verb against every relation of an actor to a message.
#include "email2/limits.h"
#include "email2/rules.h"

#include <doctest/doctest.h>

#include <sstream>

using namespace email2;

namespace {

struct Relation {
    std::string name;
    std::function<void(Standing&)> apply;
};

// Who: the columns of the tables, in this order.
const std::vector<Relation> relations{
    {"originator", [](Standing& s) { s.originator = true, s.held = Listed::in; }},
    {"ruler", [](Standing& s) { s.originator = s.holds_list, s.holder_originator = true, s.held = Listed::in; }},
    {"owner", [](Standing& s) { s.list_owner = true, s.held = Listed::in; }},
    {"member", [](Standing& s) { s.held = Listed::in; }},
    {"hidden", [](Standing& s) { s.held = Listed::in, (s.holds_list ? s.held : s.here) = Listed::left; }},
    {"trashed", [](Standing& s) { s.held = Listed::left, s.in_trash = true; }},
    {"left", [](Standing& s) { s.held = Listed::left; }},
    {"removed", [](Standing& s) { s.held = Listed::removed, s.in_trash = true; }},
    {"excluded", [](Standing& s) { s.held = Listed::in, (s.holds_list ? s.held : s.here) = Listed::removed; }},
    {"stranger", [](Standing&) {}},
};

template <class T>
std::string code(const Result<T>& result)
{
    switch (result.error().code) {
    case Code::not_found: return "404";
    case Code::forbidden: return "403";
    case Code::conflict: return "409";
    case Code::gone: return "410";
    default: return "?";
    }
}

std::string shown(const Result<void>& result)
{
    return result ? "ok" : code(result);
}

std::string shown(const Result<Where>& result)
{
    return !result ? code(result) : *result == Where::here ? "here" : "held";
}

std::string shown(const Result<Reach>& result)
{
    static const char* const names[] = {"no", "msg", "thr", "dft"};
    return result ? names[static_cast<int>(*result)] : code(result);
}

std::string shown(const Result<Step>& result)
{
    static const char* const names[] = {"act", "no", "dft"};
    return result ? names[static_cast<int>(*result)] : code(result);
}

std::string decide(const std::string& verb, const Standing& s)
{
    if (verb == "read") return shown(may_read(s));
    if (verb == "history") return shown(may_read_history(s));
    if (verb == "see-list") return shown(may_see_list(s));
    if (verb == "edit") return shown(may_edit(s, s.newest_revision));
    if (verb == "redact") return shown(may_redact(s));
    if (verb == "add") return shown(may_add(s));
    if (verb == "remove") return shown(may_remove(s));
    if (verb == "detach") return shown(may_detach(s));
    if (verb == "inherit") return shown(may_inherit(s));
    if (verb == "leave") return shown(may_leave(s, std::nullopt));
    if (verb == "leave-thread") return shown(may_leave(s, true));
    if (verb == "leave-message") return shown(may_leave(s, false));
    if (verb == "rejoin") return shown(may_rejoin(s, std::nullopt));
    if (verb == "rejoin-thread") return shown(may_rejoin(s, true));
    if (verb == "withdraw") return shown(may_withdraw(s));
    if (verb == "undelete") return shown(may_undelete(s));
    return "no such verb";
}

void check_table(const Standing& message, const std::string& table)
{
    std::istringstream lines(table);
    std::size_t rows = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string verb;
        if (!(words >> verb)) continue;
        ++rows;
        for (const auto& relation : relations) {
            Standing standing = message;
            relation.apply(standing);
            std::string expected;
            words >> expected;
            CAPTURE(verb);
            CAPTURE(relation.name);
            CHECK(decide(verb, standing) == expected);
        }
    }
    CHECK(rows == 16);
}

}  // namespace

TEST_CASE("a message that holds its list")
{
    //             origi ruler owner membr hiddn trash left  remov exclu strange
    check_table({}, R"(
    read           ok    ok    ok    ok    404   ok    404   404   404   404
    history        ok    ok    ok    ok    404   ok    404   404   404   404
    see-list       ok    ok    ok    ok    404   ok    404   404   404   404
    edit           ok    ok    403   403   404   403   404   404   404   404
    redact         ok    ok    403   403   404   403   404   404   404   404
    add            here  here  here  here  404   403   404   404   404   404
    remove         here  here  here  403   404   403   404   404   404   404
    detach         ok    ok    ok    ok    404   403   404   404   404   404
    inherit        ok    ok    ok    403   404   403   404   404   404   404
    leave          thr   thr   thr   thr   no    no    no    404   404   404
    leave-thread   thr   thr   thr   thr   no    no    no    404   404   404
    leave-message  msg   msg   msg   msg   no    no    no    404   404   404
    rejoin         no    no    no    no    thr   thr   thr   404   404   404
    rejoin-thread  thr   thr   thr   thr   thr   thr   thr   404   404   404
    withdraw       act   act   act   403   404   403   404   404   404   404
    undelete       no    no    no    403   404   403   404   404   404   404
    )");
}

TEST_CASE("a message that inherits its list")
{
    Standing message;
    message.holds_list = false;
    check_table(message, R"(
    read           ok    ok    ok    ok    404   ok    404   404   404   404
    history        ok    ok    ok    ok    404   ok    404   404   404   404
    see-list       ok    ok    ok    ok    404   ok    404   404   404   404
    edit           ok    403   403   403   404   403   404   404   404   404
    redact         ok    403   403   403   404   403   404   404   404   404
    add            held  held  held  held  404   403   404   404   404   404
    remove         here  held  held  403   404   403   404   404   404   404
    detach         ok    ok    ok    ok    404   403   404   404   404   404
    inherit        ok    ok    ok    ok    404   403   404   404   404   404
    leave          msg   msg   msg   msg   no    no    no    404   404   404
    leave-thread   thr   thr   thr   thr   thr   no    no    404   404   404
    leave-message  msg   msg   msg   msg   no    no    no    404   404   404
    rejoin         no    no    no    no    msg   thr   thr   404   404   404
    rejoin-thread  thr   thr   thr   thr   thr   thr   thr   404   404   404
    withdraw       act   403   act   403   404   403   404   404   404   404
    undelete       no    403   no    403   404   403   404   404   404   404
    )");
}

TEST_CASE("a withdrawn message: its list stays in force")
{
    Standing message;
    message.state = State::withdrawn;
    check_table(message, R"(
    read           ok    ok    ok    ok    404   ok    404   404   404   404
    history        410   410   410   410   404   410   404   404   404   404
    see-list       ok    ok    ok    ok    404   ok    404   404   404   404
    edit           410   410   403   403   404   403   404   404   404   404
    redact         410   410   403   403   404   403   404   404   404   404
    add            here  here  here  here  404   403   404   404   404   404
    remove         here  here  here  403   404   403   404   404   404   404
    detach         ok    ok    ok    ok    404   403   404   404   404   404
    inherit        ok    ok    ok    403   404   403   404   404   404   404
    leave          thr   thr   thr   thr   no    no    no    404   404   404
    leave-thread   thr   thr   thr   thr   no    no    no    404   404   404
    leave-message  msg   msg   msg   msg   no    no    no    404   404   404
    rejoin         no    no    no    no    thr   thr   thr   404   404   404
    rejoin-thread  thr   thr   thr   thr   thr   thr   thr   404   404   404
    withdraw       no    no    no    403   404   403   404   404   404   404
    undelete       403   403   403   403   404   403   404   404   404   404
    )");
}

TEST_CASE("a draft is its originator's alone")
{
    Standing message;
    message.draft = true;
    check_table(message, R"(
    read           ok    ok    404   404   404   404   404   404   404   404
    history        ok    ok    404   404   404   404   404   404   404   404
    see-list       ok    ok    404   404   404   404   404   404   404   404
    edit           ok    ok    404   404   404   404   404   404   404   404
    redact         ok    ok    404   404   404   404   404   404   404   404
    add            here  here  404   404   404   404   404   404   404   404
    remove         here  here  404   404   404   404   404   404   404   404
    detach         ok    ok    404   404   404   404   404   404   404   404
    inherit        ok    ok    404   404   404   404   404   404   404   404
    leave          dft   dft   404   404   404   404   404   404   404   404
    leave-thread   dft   dft   404   404   404   404   404   404   404   404
    leave-message  dft   dft   404   404   404   404   404   404   404   404
    rejoin         no    no    404   404   404   404   404   404   404   404
    rejoin-thread  no    no    404   404   404   404   404   404   404   404
    withdraw       dft   dft   404   404   404   404   404   404   404   404
    undelete       no    no    404   404   404   404   404   404   404   404
    )");
}

TEST_CASE("a message that is gone is news only to who was on its list")
{
    Standing message;
    message.gone = true;
    check_table(message, R"(
    read           410   410   410   410   410   410   410   404   404   404
    history        410   410   410   410   410   410   410   404   404   404
    see-list       410   410   410   410   410   410   410   404   404   404
    edit           410   410   410   410   410   410   410   404   404   404
    redact         410   410   410   410   410   410   410   404   404   404
    add            410   410   410   410   410   410   410   404   404   404
    remove         410   410   410   410   410   410   410   404   404   404
    detach         410   410   410   410   410   410   410   404   404   404
    inherit        410   410   410   410   410   410   410   404   404   404
    leave          410   410   410   410   410   410   410   404   404   404
    leave-thread   410   410   410   410   410   410   410   404   404   404
    leave-message  410   410   410   410   410   410   410   404   404   404
    rejoin         410   410   410   410   410   410   410   404   404   404
    rejoin-thread  410   410   410   410   410   410   410   404   404   404
    withdraw       410   410   410   410   410   410   410   404   404   404
    undelete       410   410   410   410   410   410   410   404   404   404
    )");
}

TEST_CASE("a list root: owners add and see, others subscribe and unsubscribe themselves")
{
    Standing message;
    message.list_root = true;
    message.held_at_root = true;
    check_table(message, R"(
    read           ok    ok    ok    ok    404   ok    404   404   404   404
    history        ok    ok    ok    ok    404   ok    404   404   404   404
    see-list       403   403   ok    403   404   403   404   404   404   404
    edit           ok    ok    403   403   404   403   404   404   404   404
    redact         ok    ok    403   403   404   403   404   404   404   404
    add            403   403   here  403   404   403   404   404   404   404
    remove         here  here  here  403   404   403   404   404   404   404
    detach         403   403   ok    403   404   403   404   404   404   404
    inherit        403   403   403   403   404   403   404   404   404   404
    leave          thr   thr   thr   thr   no    no    no    404   404   404
    leave-thread   thr   thr   thr   thr   no    no    no    404   404   404
    leave-message  msg   msg   msg   msg   no    no    no    404   404   404
    rejoin         no    no    no    no    thr   thr   thr   404   404   thr
    rejoin-thread  thr   thr   thr   thr   thr   thr   thr   404   404   thr
    withdraw       act   act   act   403   404   403   404   404   404   404
    undelete       no    no    no    403   404   403   404   404   404   404
    )");
}

TEST_CASE("a post on a list: subscribers are seen and changed by owners only")
{
    Standing message;
    message.holds_list = false;
    message.held_at_root = true;
    check_table(message, R"(
    read           ok    ok    ok    ok    404   ok    404   404   404   404
    history        ok    ok    ok    ok    404   ok    404   404   404   404
    see-list       403   403   ok    403   404   403   404   404   404   404
    edit           ok    403   403   403   404   403   404   404   404   404
    redact         ok    403   403   403   404   403   404   404   404   404
    add            403   403   held  403   404   403   404   404   404   404
    remove         here  held  held  403   404   403   404   404   404   404
    detach         403   403   ok    403   404   403   404   404   404   404
    inherit        ok    ok    ok    ok    404   403   404   404   404   404
    leave          msg   msg   msg   msg   no    no    no    404   404   404
    leave-thread   thr   thr   thr   thr   thr   no    no    404   404   404
    leave-message  msg   msg   msg   msg   no    no    no    404   404   404
    rejoin         no    no    no    no    msg   thr   thr   404   404   404
    rejoin-thread  thr   thr   thr   thr   thr   thr   thr   404   404   404
    withdraw       act   403   act   403   404   403   404   404   404   404
    undelete       no    403   no    403   404   403   404   404   404   404
    )");
}

TEST_CASE("a hidden message with its reference in Trash is still read")
{
    Standing standing;
    standing.holds_list = false;
    standing.held = Listed::in;
    standing.here = Listed::left;
    standing.in_trash = true;
    CHECK(may_read(standing));
}

TEST_CASE("whoever withdrew may undelete, an owner too")
{
    Standing standing;
    standing.state = State::withdrawn;
    standing.held = Listed::in;
    standing.withdrew = true;
    CHECK(may_undelete(standing) == Step::act);
    standing.gone = true;
    CHECK(may_undelete(standing).error().code == Code::gone);
}

TEST_CASE("an edit names the newest revision or is a conflict")
{
    Standing standing;
    standing.originator = true;
    standing.held = Listed::in;
    standing.newest_revision = 3;
    CHECK(may_edit(standing, 3));
    for (const std::uint32_t stale : {0U, 2U, 4U}) CHECK(may_edit(standing, stale).error().code == Code::conflict);
}

TEST_CASE("what adding does to whom")
{
    struct Row {
        Listed before;
        By by;
        std::optional<ListEffect> effect;
    };

    for (const auto& [before, by, effect] :
        std::vector<Row>{{Listed::never, By::self, ListEffect::joined}, {Listed::never, By::ruler, ListEffect::joined},
            {Listed::never, By::member, ListEffect::joined}, {Listed::in, By::self, ListEffect::unchanged},
            {Listed::in, By::ruler, ListEffect::unchanged}, {Listed::in, By::member, ListEffect::unchanged},
            {Listed::left, By::self, ListEffect::rejoined}, {Listed::left, By::ruler, ListEffect::unchanged},
            {Listed::left, By::member, ListEffect::unchanged}, {Listed::removed, By::self, std::nullopt},
            {Listed::removed, By::ruler, ListEffect::rejoined}, {Listed::removed, By::member, std::nullopt}}) {
        CAPTURE(static_cast<int>(before));
        CAPTURE(static_cast<int>(by));
        const auto result = effect_of_adding(before, by);
        if (effect) CHECK(result == *effect);
        else CHECK(result.error().code == Code::forbidden);
    }
}

TEST_CASE("what removing does to whom")
{
    struct Row {
        Listed before;
        By by;
        ListEffect effect;
    };

    for (const auto& [before, by, effect] : std::vector<Row>{{Listed::never, By::self, ListEffect::unchanged},
             {Listed::never, By::ruler, ListEffect::unchanged}, {Listed::never, By::member, ListEffect::unchanged},
             {Listed::in, By::self, ListEffect::left}, {Listed::in, By::ruler, ListEffect::removed},
             {Listed::in, By::member, ListEffect::removed}, {Listed::left, By::self, ListEffect::unchanged},
             {Listed::left, By::ruler, ListEffect::removed}, {Listed::left, By::member, ListEffect::unchanged},
             {Listed::removed, By::self, ListEffect::unchanged}, {Listed::removed, By::ruler, ListEffect::unchanged},
             {Listed::removed, By::member, ListEffect::unchanged}}) {
        CAPTURE(static_cast<int>(before));
        CAPTURE(static_cast<int>(by));
        CHECK(effect_of_removing(before, by) == effect);
    }
}

TEST_CASE("an owner of a mailing list looks after it without being on it; others do not see it")
{
    Standing root;
    root.list_root = root.held_at_root = true;
    CHECK(!may_read(root));
    CHECK(may_rejoin(root, std::nullopt) == Reach::thread);  // subscribing
    root.list_owner = true;
    CHECK(may_read(root));
    CHECK(may_see_list(root));
    CHECK(may_add(root) == Where::here);
    CHECK(may_remove(root) == Where::here);
    root.list_owner = false;
    root.held = Listed::in;
    CHECK(may_read(root));
    CHECK(may_see_list(root).error().code == Code::forbidden);
    CHECK(may_add(root).error().code == Code::forbidden);
    CHECK(may_remove(root).error().code == Code::forbidden);
}

TEST_CASE("a count of zero archives a message, deletes a draft, keeps a list")
{
    Standing message;
    CHECK(fate(message, 1) == Fate::keep);
    CHECK(fate(message, 0) == Fate::archive);
    message.state = State::withdrawn;
    CHECK(fate(message, 0) == Fate::keep);
    message.state = State::archived;
    CHECK(fate(message, 0) == Fate::keep);
    CHECK(fate(message, 1) == Fate::revive);
    message = {};
    message.draft = true;
    CHECK(fate(message, 0) == Fate::delete_draft);
    message = {};
    message.list_root = true;
    CHECK(fate(message, 0) == Fate::keep);
}

TEST_CASE("what a To change does to one other person")
{
    const auto actor = [](bool holds, bool rules, bool originator) {
        Standing s;
        s.holds_list = holds;
        s.held = Listed::in;
        s.originator = originator || (holds && rules);
        s.holder_originator = rules;
        return s;
    };
    // Who acts, on a message that holds its list or inherits it; how the person stands where it is held, and here.
    struct Row {
        const char* who;
        Standing actor;
        Listed held, here;
        std::string adding, removing;
    };

    const auto own_ruler = actor(true, true, true), own_member = actor(true, false, false);
    const auto ruler = actor(false, true, false), author = actor(false, false, true),
               member = actor(false, false, false);
    using enum Listed;
    for (const auto& row : std::vector<Row>{{"own, ruler", own_ruler, never, never, "join", "nothing"},
             {"own, ruler", own_ruler, in, never, "nothing", "held"},
             {"own, ruler", own_ruler, left, never, "nothing", "held"},
             {"own, ruler", own_ruler, removed, never, "join", "nothing"},
             {"own, member", own_member, never, never, "join", "403"},
             {"own, member", own_member, in, never, "nothing", "403"},
             {"own, member", own_member, left, never, "nothing", "403"},
             {"own, member", own_member, removed, never, "403", "403"},
             {"inherits, ruler", ruler, never, never, "join", "nothing"},
             {"inherits, ruler", ruler, in, never, "nothing", "held"},
             {"inherits, ruler", ruler, in, left, "nothing", "held"},
             {"inherits, ruler", ruler, in, removed, "readmit", "held"},
             {"inherits, ruler", ruler, left, removed, "readmit", "held"},
             {"inherits, ruler", ruler, removed, removed, "join readmit", "nothing"},
             {"inherits, ruler", ruler, never, removed, "join",
                 "nothing"},  // a mark without a place on the list says nothing
             {"inherits, author", author, in, never, "nothing", "here"},
             {"inherits, author", author, in, left, "nothing", "nothing"},
             {"inherits, author", author, in, removed, "readmit", "nothing"},
             {"inherits, author", author, removed, never, "403", "nothing"},
             {"inherits, author", author, removed, removed, "403", "nothing"},
             {"inherits, author", author, left, never, "nothing", "nothing"},
             {"inherits, member", member, never, never, "join", "403"},
             {"inherits, member", member, in, removed, "403", "403"},
             {"inherits, member", member, in, left, "nothing", "403"}}) {
        CAPTURE(row.who);
        CAPTURE(static_cast<int>(row.held));
        CAPTURE(static_cast<int>(row.here));
        const auto added = adding(row.actor, {row.held, row.here});
        std::string adds = added ? (added->join ? "join" : "") : code(added);
        if (added && added->readmit) adds += adds.empty() ? "readmit" : " readmit";
        CHECK((adds.empty() ? "nothing" : adds) == row.adding);
        static const char* const places[] = {"nothing", "held", "here"};
        const auto gone = removing(row.actor, {row.held, row.here});
        CHECK((gone ? places[static_cast<int>(*gone)] : code(gone)) == row.removing);
    }
}

TEST_CASE("a message inherits the holders of all its parents, each once, however deep")
{
    using Ids = std::vector<std::int64_t>;
    // 1 and 2 are roots outside; 3 answers 1, 4 answers 1 and 2, 5 answers 3 and 4, 6 has a list of its own, 7 answers
    // 6 and 5.
    Inheritance inheritance;
    inheritance.known = {{1, {1}}, {2, {2}}};
    inheritance.parents = {{3, {1}}, {4, {2, 1}}, {5, {3, 4}}, {6, {}}, {7, {6, 5}}};
    auto found = holders(inheritance);
    CHECK(found.at(3) == Ids{1});
    CHECK(found.at(4) == Ids{2, 1});
    CHECK(found.at(5) == Ids{1, 2});
    CHECK(found.at(6) == Ids{6});
    CHECK(found.at(7) == Ids{6, 1, 2});

    inheritance.parents = {{3, {4}}, {4, {3}}};  // a circle ends
    found = holders(inheritance);
    CHECK(found.size() == 2);
    CHECK(!found.at(3).empty());

    inheritance.parents.clear();
    constexpr std::int64_t deep = 100'000;
    for (std::int64_t id = 10; id < deep; ++id) inheritance.parents[id] = {id == 10 ? 1 : id - 1};
    CHECK(holders(inheritance).at(deep - 1) == Ids{1});
}

TEST_CASE("who wrote a message may read it while they hold a reference, whatever became of their place")
{
    Standing standing;
    standing.originator = true;
    standing.holds_list = false;
    standing.held = Listed::removed;
    CHECK(!may_read(standing));
    standing.in_trash = true;
    CHECK(may_read(standing));
    CHECK(may_add(standing).error().code == Code::forbidden);
}

TEST_CASE("a large message is fossilised for the one who keeps it a year after the others left")
{
    const Holding kept{.octets = limits::fossil_octets, .holders = 1, .left = 1, .alone = limits::fossil_alone};
    CHECK(fossilises(kept));
    const auto otherwise = [&](auto change) {
        auto holding = kept;
        change(holding);
        return fossilises(holding);
    };
    CHECK(otherwise([](auto& h) { h.left = 100; }));
    CHECK(otherwise([](auto& h) { h.octets *= 10; }));
    // Each of these alone keeps it a network object.
    CHECK_FALSE(otherwise([](auto& h) { h.octets -= 1; }));
    CHECK_FALSE(otherwise([](auto& h) { h.holders = 2; }));
    CHECK_FALSE(otherwise([](auto& h) { h.holders = 0; }));
    CHECK_FALSE(otherwise([](auto& h) { h.left = 0; }));  // a note to oneself
    CHECK_FALSE(otherwise([](auto& h) { h.alone -= std::chrono::seconds(1); }));
    CHECK_FALSE(otherwise([](auto& h) { h.list_root = true; }));
    CHECK_FALSE(otherwise([](auto& h) { h.state = State::withdrawn; }));
    CHECK_FALSE(otherwise([](auto& h) { h.state = State::archived; }));
}
