// lists_speed: what a post to 10,000 subscribers costs. Run by name with --no-skip; figures are printed, not judged.
#include "village.h"

#include <algorithm>
#include <chrono>

using namespace test;

TEST_CASE("a post reaches 10,000 local subscribers" * doctest::skip())
{
    Village v;
    REQUIRE(store::allow_lists(v.session, "alice@one.test", true));
    email2::Publication made;
    made.list = email2::MailingList{"news@one.test", email2::Posting::members};
    made.content = text("News", "What is new.");
    const auto root = v.verbs.publish("alice@one.test", made);
    REQUIRE(root);
    v.session.command(
        "insert into person(address, class, verifier) select 'u' || i || '@one.test', 0, 'verifier' from generate_series(0, 9999) i");
    v.session.command(
        "insert into mailbox(user_id, name, use, uid_validity) select p.id, u.name, u.use, 1 from person p, (values ('INBOX', 1), ('Sent', 2), "
        "('Drafts', 3), ('Trash', 4), ('Junk', 5), ('Archive', 6), ('limbo', 7)) u(name, use) where p.address like 'u%@one.test'");
    for (const auto* use : {"inbox", "sent", "drafts", "trash", "junk", "archive", "limbo"})
        v.session.command(("update person p set " + std::string(use) +
                           " = m.id from mailbox m where m.user_id = p.id and lower(m.name) = '" + use +
                           "' and p.address like 'u%@one.test'")
                .c_str());
    v.session.query("insert into entry(list_id, person_id) select $1, id from person where address like 'u%@one.test'",
        v.id_of(root->id));
    v.session.command("analyze");
    v.session.command("checkpoint");
    std::vector<double> took;
    for (int i = 0; i < 12; ++i) {
        email2::Publication post;
        post.parents = {root->id.str()};
        post.inherit = true;
        post.content = text("Post " + std::to_string(i), std::string(4000, 'x'));
        const auto start = std::chrono::steady_clock::now();
        REQUIRE(v.verbs.publish("alice@one.test", post));
        took.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    CHECK(
        v.number(
            "select count(*) from ref where mailbox_id = (select inbox from person where address = 'u77@one.test')") ==
        12);
    std::string all;
    for (const auto one : took) all += " " + std::to_string(static_cast<int>(one));
    std::sort(took.begin(), took.end());
    MESSAGE("post to 10,000 subscribers, ms:" << all << "; median " << took[took.size() / 2]);
}
