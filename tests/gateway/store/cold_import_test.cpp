// cold_import_test: files of cold storage in another store than the one that wrote them: what comes along, what is
// refused, and the death of the process at each step.
#include "cellar.h"
#include "gateway/store/admin.h"
#include "gateway/store/archive_file.h"
#include "gateway/store/cold_storage.h"
#include "gateway/store/erase.h"
#include "gateway/store/hash.h"
#include "gateway/store/invariants.h"
#include "gateway/store/mailbox_keywords.h"
#include "gateway/store/rendition.h"

#include <fstream>

using namespace test;
using email2::Code;
using store::Imported;
namespace fs = std::filesystem;

namespace {

constexpr int present = 0, archived = 2;

void check_sound(Village& v)
{
    for (const auto& broken : store::broken_invariants(v.session))
        FAIL_CHECK(broken.invariant << ": " << broken.examples.front());
}

// The file of what lies in cold storage, copied out of the archive so that it is nobody's.
fs::path file_of(Cellar& c, std::int64_t id)
{
    for (const auto& cold : store::cold_messages(c.session))
        if (cold.name.str() == c.name(id)) {
            const auto copy = c.directory.parent_path() / (cold.name.guid + ".tar.gz");
            fs::copy_file(c.directory / cold.file, copy, fs::copy_options::overwrite_existing);
            return copy;
        }
    FAIL("it is not in cold storage");
    return {};
}

store::ImportHooks hooks()
{
    return {{"one.test"}, [](std::int64_t, Imported) {}, {}};
}

Imported import(Cellar& c, const fs::path& file, const std::function<void(std::string_view)>& at_step = {})
{
    std::string position;
    store::Care care{c.session, c.ids, c.maintenance, position, c.stopping};
    if (at_step) care.at_step = at_step;
    return store::import_cold(care, file, hooks());
}

// A message of alice's that bob filed in Work with a keyword, and carol hid in Trash; all have left; gone cold, its
// file copied.
struct Exported {
    fs::path file;
    std::string name;
    std::int64_t id = 0;
};

Exported exported(Cellar& c, const std::string& subject = "Minutes")
{
    const auto octets = noise(300'000, static_cast<unsigned>(std::hash<std::string>()(subject)));
    REQUIRE(c.verbs.put_blob("alice@one.test", store::to_hex(store::sha256(octets)), octets));
    const auto m = c.native(
        "alice@one.test", {"bob@one.test", "carol@one.test", "dora@legacy.test"}, with_attachment(subject, octets));
    REQUIRE(c.verbs.edit("alice@one.test", m.id, 1, with_attachment(subject + ", edited", octets)));
    c.session.query("delete from egress");
    const auto id = c.id_of(m.id);
    c.folder("bob", "Work");
    c.move("bob", id, "Work");
    const auto bits = store::make_keywords(c.session, c.person("bob@one.test"), {"$Idle", "$Important"});
    REQUIRE(bits);
    c.session.query("update ref set flags = $3 where message_id = $1 and user_id = $2", id, c.person("bob@one.test"),
        static_cast<std::int64_t>(*bits) | 8);
    for (const auto* who : {"alice@one.test", "bob@one.test", "carol@one.test"}) REQUIRE(c.verbs.leave(who, m.id, {}));
    c.session.query(
        "update ref set mailbox_id = p.limbo, uid = ref.uid + 1000000 from person p where p.id = ref.user_id and message_id = $1 and mailbox_id = p.trash",
        id);
    c.session.query(
        "delete from ref using person p where p.id = ref.user_id and message_id = $1 and mailbox_id = p.sent", id);
    c.age(id);
    REQUIRE(c.run(store::to_cold_storage) == 1);
    return {file_of(c, id), c.name(id), id};
}

std::vector<std::string> acts_of(Cellar& c, const std::string& message)
{
    store::StoreAdmin admin(c.session, {{"one.test"}, 1 << 20, c.maintenance}, {"", "root"});
    store::StoreAdmin::AuditQuestion question;
    question.message = message;
    std::vector<std::string> acts;
    for (const auto& row : admin.audit(question))
        acts.push_back(row.actor + " " + row.act + (row.account.empty() ? "" : " " + row.account) +
                       (row.detail.empty() ? "" : " " + row.detail));
    return acts;
}

}  // namespace

TEST_CASE("a file of cold storage becomes the same message in another store, with the ways back of those who left")
{
    Cellar from, to;
    const auto file = exported(from);
    const auto octets = noise(300'000, static_cast<unsigned>(std::hash<std::string>()("Minutes")));
    to.folder("bob", "Work");
    REQUIRE(store::make_keywords(to.session, to.person("bob@one.test"), {"$Other", "$Important"}));  // at other bits
    const auto next = to.number("select last_value from event_sequence");
    CHECK(import(to, file.file) == Imported::fresh);
    CHECK(to.number("select last_value from event_sequence") ==
          next);  // nothing happened that clients would have to know
    const auto name = *email2::parse_name(file.name);
    const auto id = to.id_of(name);
    CHECK(to.state(id) == archived);
    CHECK(to.verbs.get("bob@one.test", name, {}).error().code == Code::not_found);
    check_sound(to);
    // Whoever left comes back to where they were.
    REQUIRE(to.verbs.rejoin("bob@one.test", name, {}));
    CHECK(to.state(id) == present);
    CHECK(to.folders("bob", id) == "Work");
    const auto bits = to.number("select flags from ref where message_id = " + std::to_string(id) +
                                " and user_id = " + std::to_string(to.person("bob@one.test")));
    const auto known = store::read_keywords(to.session, to.person("bob@one.test"));
    CHECK(bits == static_cast<std::int64_t>(8 | store::bits_of(known, {"$Important", "$Idle"})));
    REQUIRE(to.verbs.rejoin("carol@one.test", name, {}));
    CHECK(to.folders("carol", id) == "INBOX");
    // All of it: content, revisions, list, deliveries, attachment, audit.
    const auto seen = to.verbs.get("bob@one.test", name, {});
    REQUIRE(seen);
    CHECK(seen->content.subject == "Minutes, edited");
    CHECK(seen->from.address == "alice@one.test");
    CHECK(seen->to.entries.size() == 4);
    CHECK(std::any_of(seen->to.entries.begin(), seen->to.entries.end(),
        [](const auto& e) { return e.person.address == "dora@legacy.test" && e.delivery; }));
    CHECK(to.verbs.get("bob@one.test", name, 1)->content.subject == "Minutes");
    CHECK(to.verbs.history("bob@one.test", name)->size() == 2);
    CHECK(to.verbs.get_blob("bob@one.test", store::to_hex(store::sha256(octets)), 0, octets.size())->octets == octets);
    const auto theirs = store::read_content(to.session,
        to.number("select rendition_id from revision where number = 2 and message_id = " + std::to_string(id)));
    REQUIRE(from.restore(file.id));
    CHECK(theirs == store::read_content(from.session,
                        from.number("select rendition_id from revision where number = 2 and message_id = " +
                                    std::to_string(file.id))));
    const auto acts = acts_of(to, file.name);
    const auto has = [&](const std::string& line) { return std::find(acts.begin(), acts.end(), line) != acts.end(); };
    CHECK(has("alice@one.test published"));
    CHECK(has("alice@one.test edited revision 2"));
    CHECK(has("carol@one.test left carol@one.test"));
    check_sound(to);
    // Once is enough; and it may go cold and come back here as well.
    CHECK(import(to, file.file) == Imported::present);
    CHECK(acts_of(to, file.name).size() == acts.size());
    CHECK(fs::exists(file.file));
}

TEST_CASE(
    "people without an account here come along as correspondents, without references; private copies are their owners'")
{
    Cellar from, to;
    const auto file = exported(from);
    for (const auto* address : {"bob@one.test", "carol@one.test"}) REQUIRE(store::remove_account(to.session, address));
    to.session.query("delete from person where address in ('carol@one.test', 'bob@one.test')");
    CHECK(import(to, file.file) == Imported::fresh);
    const auto id = to.id_of(*email2::parse_name(file.name));
    CHECK(to.number("select count(*) from ref where message_id = " + std::to_string(id)) == 0);
    CHECK(
        to.words(
            "select p.address || '=' || p.class || e.membership from entry e join person p on p.id = e.person_id where e.list_id = " +
            std::to_string(id) + " order by 1") ==
        "alice@one.test=01 bob@one.test=21 carol@one.test=21 dora@legacy.test=20");
    check_sound(to);
    REQUIRE(to.verbs.rejoin("alice@one.test", *email2::parse_name(file.name), {}));
    CHECK(to.verbs.get("alice@one.test", *email2::parse_name(file.name), {})->content.subject == "Minutes, edited");
    check_sound(to);
}

TEST_CASE(
    "a file goes back into the store that wrote it: from a copy when the archive was lost, and after all was deleted")
{
    Cellar c;
    const auto file = exported(c);
    const auto events = c.number("select count(*) from event");
    SUBCASE("its stub is known")
    {
        fs::remove_all(c.directory);
        CHECK_THROWS(c.restore(file.id));
        CHECK(import(c, file.file) == Imported::restored);
        CHECK(store::cold_messages(c.session).empty());
        CHECK(c.number("select count(*) from event where message_id = " + std::to_string(file.id)) > 5);
        CHECK(c.number("select count(*) from event") > events);
    }
    SUBCASE("the file in the archive itself, which goes then")
    {
        CHECK(import(c, c.directory / store::cold_messages(c.session)[0].file) == Imported::restored);
        CHECK(c.files() == 0);
    }
    SUBCASE("nothing is left of it here")
    {
        c.age(file.id);
        CHECK(c.run(store::delete_cold) == 1);
        CHECK(c.state(file.id) == -1);
        CHECK(import(c, file.file) == Imported::fresh);
    }
    const auto name = *email2::parse_name(file.name);
    check_sound(c);
    REQUIRE(c.verbs.rejoin("bob@one.test", name, {}));
    CHECK(c.folders("bob", c.id_of(name)) == "Work");
    CHECK(c.verbs.get("bob@one.test", name, {})->content.subject == "Minutes, edited");
    CHECK(import(c, file.file) == Imported::present);
    check_sound(c);
}

TEST_CASE(
    "a thread comes over as a thread: in order it inherits as it did, an answer alone has a copy of the list, and each finds the other")
{
    Cellar from;
    const auto root = from.native("alice@one.test", {"bob@one.test", "carol@one.test"}, text("Plan", "The plan."));
    const auto child = from.native("bob@one.test", {}, text("Re: Plan", "No."), {root.id.str()});
    REQUIRE(from.verbs.change_list("bob@one.test", child.id, {.remove = {"carol@one.test"}}));
    for (const auto* who : {"alice@one.test", "bob@one.test", "carol@one.test"})
        REQUIRE(from.verbs.leave(who, root.id, true));
    const auto first = from.id_of(root.id), second = from.id_of(child.id);
    for (const auto id : {first, second}) {
        from.session.query(
            "update ref set mailbox_id = p.limbo, uid = ref.uid + 1000000 from person p where p.id = ref.user_id and message_id = $1 and mailbox_id = p.trash",
            id);
        from.session.query(
            "delete from ref using person p where p.id = ref.user_id and message_id = $1 and mailbox_id = p.sent", id);
        from.age(id);
    }
    REQUIRE(from.run(store::to_cold_storage) == 2);
    const auto whole = file_of(from, first), answer = file_of(from, second);

    SUBCASE("in order")
    {
        Cellar to;
        CHECK(import(to, whole) == Imported::fresh);
        CHECK(import(to, answer) == Imported::fresh);
        check_sound(to);
        REQUIRE(to.verbs.rejoin("alice@one.test", root.id, true));
        const auto seen = to.verbs.get("alice@one.test", child.id, {});
        REQUIRE(seen);
        CHECK(seen->to.inherit);
        CHECK(seen->thread == root.id);
        CHECK(seen->parents == std::vector<std::string>{root.id.str()});
        REQUIRE(to.verbs.rejoin("carol@one.test", root.id, true));
        CHECK(to.verbs.get("carol@one.test", root.id, {}));
        CHECK(to.verbs.get("carol@one.test", child.id, {}).error().code == Code::not_found);  // excluded, as before
        check_sound(to);
    }
    SUBCASE("the answer first")
    {
        Cellar to;
        CHECK(import(to, answer) == Imported::fresh);
        check_sound(to);
        REQUIRE(to.verbs.rejoin("alice@one.test", child.id, {}));
        auto seen = to.verbs.get("alice@one.test", child.id, {});
        REQUIRE(seen);
        CHECK(!seen->to.inherit);
        CHECK(seen->thread.guid == root.id.guid);  // known by the file, though the parent is not here
        CHECK(seen->parents == std::vector<std::string>{"mid:" + root.id.str()});
        CHECK(to.verbs.rejoin("carol@one.test", child.id, {}).error().code == Code::not_found);
        CHECK(import(to, whole) == Imported::fresh);
        check_sound(to);
        CHECK(to.number("select thread_id from message where id = " + std::to_string(to.id_of(child.id))) ==
              to.id_of(root.id));
        REQUIRE(to.verbs.rejoin("alice@one.test", root.id, true));
        seen = to.verbs.get("alice@one.test", child.id, {});
        CHECK(seen->thread == root.id);
    }
    SUBCASE("after an answer that came by mail, and before one")
    {
        Cellar to;
        const auto early = to.submit("carol@one.test", "early@one", {test::to("bob@one.test")}, {root.id.str()});
        CHECK(import(to, whole) == Imported::fresh);
        const auto late = to.submit("carol@one.test", "late@one", {test::to("bob@one.test")}, {root.id.str()});
        const auto thread = to.id_of(root.id);
        for (const auto id : {early.id, late.id})
            CHECK(to.number("select thread_id from message where id = " + std::to_string(id)) == thread);
        CHECK(to.number("select count(*) from missing") == 0);
        check_sound(to);
    }
}

TEST_CASE("killed at every step, an import is not there or whole, and done again it is whole")
{
    Cellar from;
    const auto file = exported(from);
    int kills = 0;
    for (int step = 1;; ++step) {
        Cellar to;
        to.folder("bob", "Work");
        CAPTURE(step);
        const bool killed =
            to.killed_at(step, [&](store::Care& care) { (void)store::import_cold(care, file.file, hooks()); });
        const auto here = to.number("select count(*) from message");
        if (here == 0)
            CHECK(
                to.number(
                    "select (select count(*) from revision) + (select count(*) from rendition) + (select count(*) from blob) + (select count(*) from chunk) + (select count(*) from ref)") ==
                0);
        check_sound(to);
        CHECK(import(to, file.file) == (here == 0 ? Imported::fresh : Imported::present));
        check_sound(to);
        REQUIRE(to.verbs.rejoin("bob@one.test", *email2::parse_name(file.name), {}));
        CHECK(to.folders("bob", to.id_of(*email2::parse_name(file.name))) == "Work");
        if (!killed) break;
        ++kills;
    }
    CHECK(kills > 15);
    MESSAGE("processes killed: " << kills);
}

TEST_CASE("the same, back into its own archive")
{
    int kills = 0;
    for (int step = 1;; ++step) {
        Cellar c;
        const auto file = exported(c);
        CAPTURE(step);
        const bool killed =
            c.killed_at(step, [&](store::Care& care) { (void)store::import_cold(care, file.file, hooks()); });
        check_sound(c);
        const auto cold = store::cold_messages(c.session).size();
        CHECK(cold + (c.in_rows(file.id) ? 1 : 0) == 1);
        (void)import(c, file.file);
        (void)c.run(store::sweep_files);
        CHECK(c.files() == 0);
        CHECK(c.in_rows(file.id));
        check_sound(c);
        if (!killed) break;
        ++kills;
        if (step > 3) step += 4;  // a third of them: the ends are what differs
    }
    CHECK(kills > 4);
}

TEST_CASE("a damaged file is refused with its name wherever it is damaged, and leaves nothing")
{
    Cellar from, to;
    const auto file = exported(from);
    const auto bad = from.directory.parent_path() / "bad.tar.gz";
    std::string octets;
    {
        std::ifstream in(file.file, std::ios::binary);
        octets.assign(std::istreambuf_iterator<char>(in), {});
    }
    const auto refused = [&](const std::string& content) {
        std::ofstream(bad, std::ios::binary | std::ios::trunc) << content;
        try {
            (void)import(to, bad);
        } catch (const std::runtime_error& error) {
            CHECK_MESSAGE(std::string(error.what()).find(bad.string()) != std::string::npos, error.what());
            return std::string(error.what());
        }
        return std::string("taken");
    };
    for (const auto cut : {std::size_t{0}, std::size_t{5}, octets.size() / 3, octets.size() - 9, octets.size() - 1}) {
        CAPTURE(cut);
        CHECK(refused(octets.substr(0, cut)) != "taken");
    }
    for (std::size_t at = 20; at < octets.size(); at += octets.size() / 40) {
        CAPTURE(at);
        auto changed = octets;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        CHECK(refused(changed) != "taken");
    }
    CHECK(refused("words of somebody else").find("is damaged") != std::string::npos);
    CHECK_THROWS_WITH_AS((void)import(to, "/nowhere/at.all"), doctest::Contains("cannot be read"), std::runtime_error);
    CHECK(
        to.number(
            "select (select count(*) from message) + (select count(*) from blob) + (select count(*) from chunk)") == 0);
    CHECK(refused(octets) == "taken");
}

TEST_CASE("what is no file of cold storage, of an older form, or of a domain that is not served is named as such")
{
    Cellar to;
    fs::create_directories(to.directory);
    const auto path = to.directory / "x.tar.gz";
    const auto with = [&](const std::vector<std::pair<std::string, std::string>>& members) {
        store::ArchiveWriter out(path);
        for (const auto& [name, content] : members) out.add(name, content);
        (void)out.finish();
        out.put_in_place();
        std::string why = "taken";
        try {
            (void)import(to, path);
        } catch (const std::runtime_error& error) {
            why = error.what();
        }
        return why;
    };
    const std::string guid = "0192f0c1-7a00-7000-8000-000000000002", head(store::format_line),
                      self = guid + "@one.test\n";
    CHECK(with({{"readme", "hello"}}).find("is no file of cold storage") != std::string::npos);
    CHECK(with({{"about.txt", "email2 cold storage, form 9\n" + self}}).find("another form") != std::string::npos);
    CHECK(with({{"about.txt", std::string(store::nameless_format_line) + self}}).find("archive restore " + guid) !=
          std::string::npos);
    CHECK(with({{"about.txt", head + "nobody\n"}}).find("is damaged") != std::string::npos);
    CHECK(with({{"about.txt", head + self}}).find("the message is missing") != std::string::npos);
    const std::string people = R"({"id":7,"address":"alice@one.test","class":0,"name":"","keywords":null})"
                               "\n";
    const auto message = [&](const std::string& server, const std::string& originator) {
        return std::vector<std::pair<std::string, std::string>>{{"about.txt", head + guid + "@" + server + "\n"},
            {"names/people/0", people},
            {"rows/message/0",
                R"({"id":1,"thread_id":1,"list_id":1,"parent_id":0,"created":"2026-11-24T06:00:00+00:00","guid":")" +
                    guid + R"(","originator":)" + originator +
                    R"(,"revision":1,"home":1,"more_lists":0,"state":2,"kind":0,"proof":1,"withdrawn_by":0,"mid":null})"
                    "\n"}};
    };
    CHECK(with(message("two.test", "7")).find("two.test is not served here") != std::string::npos);
    CHECK(with(message("one.test", "8")).find("is damaged") != std::string::npos);
    CHECK(with(message("one.test", "7")).find("the content is not whole") != std::string::npos);
    CHECK(with(message("one.test", "\"x\"")).find("is damaged") != std::string::npos);
    auto odd = message("one.test", "7");
    odd.back().second = "{\"id\":\n";
    CHECK(with(odd).find("is damaged") != std::string::npos);
    odd = message("one.test", "7");
    odd.push_back({"rows/revision/0",
        R"({"message_id":1,"number":1,"at":"no time","actor":7,"rendition_id":2,"document":null,"sha256":null,"authentication":null,"redacted":false})"
        "\n"});
    CHECK(with(odd).find("is damaged") != std::string::npos);
    odd = message("one.test", "7");
    odd.push_back({"blob/" + std::string(64, 'a'), "something else"});
    CHECK(with(odd).find("attachment") != std::string::npos);
    odd = message("one.test", "7");
    odd.push_back({"rows/person/0", R"({"id":9,"address":"mallory@one.test"})"
                                    "\n"});  // no table of a message
    (void)with(odd);
    CHECK(to.number("select count(*) from person where address like 'mallory%'") == 0);
    CHECK(to.number("select count(*) from message") == 0);
    check_sound(to);
}

TEST_CASE("who was erased here stays so when a file of theirs comes, from wherever")
{
    Cellar from, to;
    const auto file = exported(from);
    for (auto* c : {&from, &to}) {
        store::StoreAdmin(c->session, {{"one.test"}, 1 << 20, c->maintenance}, {"", "root"})
            .erase_person("alice@one.test", [](const std::string&) {});
        check_sound(*c);
    }
    // In its own store the message was hers, and nobody's beside: it went, with its file.
    CHECK(store::cold_messages(from.session).empty());
    (void)from.run(store::sweep_files);
    CHECK(from.files() == 0);
    for (auto* c : {&from, &to}) {
        CHECK(import(*c, file.file) == Imported::fresh);
        check_sound(*c);
        CHECK(c->number("select count(*) from person where address = 'alice@one.test'") == 0);
        CHECK(c->number("select count(*) from erasure where ended is null") == 1);
        CHECK(c->run(store::erase_begun) == 1);
        // Bob can come back to it, and finds it without her name.
        REQUIRE(c->verbs.rejoin("bob@one.test", *email2::parse_name(file.name), {}));
        const auto rendition = c->number(
            "select rendition_id from ref r join person p on p.id = r.user_id and p.inbox <> 0 where p.address = 'bob@one.test'");
        CHECK(store::read_content(c->session, rendition).find("alice@one.test") == std::string::npos);
        CHECK(c->verbs.get("bob@one.test", *email2::parse_name(file.name), {})->from.name == "erased account");
        check_sound(*c);
    }
}
