// crowd: three people and a correspondent who do whatever comes to their minds, by a seed.
#pragma once

#include "village.h"

#include <random>

namespace test {

// Random acts of three people and a correspondent, as verbs, mailboxes and mail would do them. What is refused changes
// nothing.
class Crowd {
public:
    Crowd(Village& village, unsigned seed) : v(village), random_(seed) { publish({}); }

    void act()
    {
        const auto& name = pick(names_);
        const auto actor = pick(people_), other = pick(people_);
        switch (random_() % 14) {
        case 0: publish({}); break;
        case 1: publish({name.str()}); break;
        case 2: publish({name.str(), pick(names_).str()}); break;
        case 3:
        case 4: (void)v.verbs.leave(actor, name, true); break;
        case 5: (void)v.verbs.leave(actor, name, false); break;
        case 6: (void)v.verbs.rejoin(actor, name, true); break;
        case 7: (void)v.verbs.rejoin(actor, name, false); break;
        case 8: change(actor, name, [&](auto& c) { c.add.push_back({.address = other}); }); break;
        case 9: change(actor, name, [&](auto& c) { c.remove.push_back(other); }); break;
        case 10: change(actor, name, [&](auto& c) { (random_() % 2 ? c.detach : c.inherit) = true; }); break;
        case 11: move(actor, name); break;
        case 12: withdraw_or_undelete(actor, name); break;
        default: answer(name);
        }
    }

    // From here on by several threads.
    [[nodiscard]] const std::vector<email2::Name>& names() const { return names_; }

    // Messages whose state is not what counting person by person says.
    std::int64_t wrong()
    {
        return v.number(R"(
select count(*) from message m where m.kind = 0 and m.state in (0, 2) and (m.state = 2) <> not exists (
 select from (select m.list_id l union select x.list_id from message_list x where x.message_id = m.id) h
 join entry e on e.list_id = h.l and e.membership = 0 and (e.role <> 2 or h.l = m.id) join person p on p.id = e.person_id and p.class <> 2
 where h.l = m.id or not exists (select from entry o where o.list_id = m.id and o.person_id = e.person_id and o.membership <> 0)))");
    }

private:
    Village& v;

    template <class T>
    const T& pick(const std::vector<T>& from)
    {
        return from[random_() % from.size()];
    }

    void publish(const std::vector<std::string>& parents)
    {
        email2::Publication publication;
        publication.parents = parents;
        publication.inherit = !parents.empty() && random_() % 4 != 0;
        if (!publication.inherit && random_() % 3 != 0)
            publication.entries.push_back(
                {.address = pick(people_), .role = random_() % 4 ? email2::Role::to : email2::Role::blind});
        publication.content = text("Words", "More words.");
        if (const auto made = v.verbs.publish(pick(people_), publication)) names_.push_back(made->id);
    }

    template <class Fill>
    void change(const std::string& actor, const email2::Name& name, Fill fill)
    {
        email2::ListChange change;
        fill(change);
        (void)v.verbs.change_list(actor, name, change);
    }

    void move(const std::string& actor, const email2::Name& name)
    {
        email2::Filing filing;
        filing.folder = random_() % 2 ? "Trash" : "INBOX";
        (void)v.verbs.file(actor, name, filing);
    }

    void withdraw_or_undelete(const std::string& actor, const email2::Name& name)
    {
        if (random_() % 2) (void)v.verbs.withdraw(actor, name);
        else (void)v.verbs.undelete(actor, name);
    }

    // By mail from outside; the second time it is the same mail again, with another recipient.
    void answer(const email2::Name& name)
    {
        const auto id = "mail" + std::to_string(random_() % 5) + "@legacy";
        const auto made = v.arrive(id, {to(pick(people_))}, {name.str()});
        if (!made.duplicate) names_.push_back(made.name);
    }

    std::minstd_rand random_;
    const std::vector<std::string> people_{"alice@one.test", "bob@one.test", "carol@one.test"};
    std::vector<email2::Name> names_;
};

}  // namespace test
