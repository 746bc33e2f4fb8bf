// authorisation_test: every verb against every relation of an actor to a message, through the real store. Rules 3 to 6.
//
// **A new verb**: a row in `verbs`, and in the table for each of the three messages; a test says which method of the
// port has none.
#include "gateway/store/hash.h"
#include "gateway/store/mailbox_changes.h"
#include "gateway/store/mailbox_transaction.h"
#include "model_world.h"

#include <fstream>
#include <regex>
#include <sstream>

using namespace test;

namespace {

// Who, by account. All but the last five are or were on the list of the root.
const std::vector<std::string> people{"ruler", "author", "owner", "member", "blind", "hidden", "left", "emptied",
    "removed", "excluded", "stranger", "admin"};
const std::vector<std::string> outside{"remote@two.test", "smtp@legacy.test", "nobody@legacy.test"};

std::string address(const std::string& who)
{
    for (const auto& other : outside)
        if (other.starts_with(who)) return other;
    return who + "@one.test";
}

const std::string octets(2000, 'x');

// A root by `ruler`, an answer by `author` that inherits its list, and everybody in the relation that their name says.
struct Scene {
    explicit Scene(Village& v, bool mailing_list) : v(v)
    {
        auto content = text("Plan", "Findable.");
        const auto digest = store::to_hex(store::sha256(octets));
        REQUIRE(v.verbs.put_blob("ruler@one.test", digest, octets));
        REQUIRE(v.verbs.put_blob("author@one.test", digest, octets));
        content.body = {.type = "multipart/mixed"};
        content.body.parts = {{.text = "Findable."}, {.type = "image/png",
                                                         .name = "p.png",
                                                         .disposition = "attachment",
                                                         .size = octets.size(),
                                                         .sha256 = digest}};
        email2::Publication publication;
        for (const auto& who : people)
            if (who != "ruler" && who != "stranger" && who != "admin")
                publication.entries.push_back(
                    {.address = address(who), .role = who == "blind" ? email2::Role::blind : email2::Role::to});
        publication.entries.push_back({.address = "remote@two.test"});
        publication.entries.push_back({.address = "smtp@legacy.test"});
        publication.content = content;
        root = v.verbs.publish("ruler@one.test", publication)->id;
        publication = {};
        publication.parents = {root.str()};
        publication.inherit = true;
        publication.content = content;
        answer = v.verbs.publish("author@one.test", publication)->id;
        REQUIRE(v.verbs.leave("hidden@one.test", answer, false));
        REQUIRE(v.verbs.leave("left@one.test", answer, true));
        REQUIRE(v.verbs.leave("emptied@one.test", answer, true));
        empty_trash("emptied@one.test");
        email2::ListChange remove;
        remove.remove = {"excluded@one.test"};
        REQUIRE(v.verbs.change_list("author@one.test", answer, remove));
        remove.remove = {"removed@one.test"};
        REQUIRE(v.verbs.change_list("ruler@one.test", root, remove));
        if (!mailing_list) return;
        v.session.query(
            "insert into list_root(message_id, alias) values ($1, $2)", v.id_of(root), root.guid + "@lists.test");
        v.session.query(
            "insert into list_owner(message_id, person_id) values ($1, $2)", v.id_of(root), v.person("owner@one.test"));
    }

    void empty_trash(const std::string& who)
    {
        const auto account = *store::find_account(v.session, who);
        const auto done = store::change(v.session, [&](store::Changes& changes) -> imap::Result<bool> {
            v.session.query(
                "update ref set flags = flags | 4 where user_id = $1 and mailbox_id = $2", account.id, account.trash);
            (void)store::expunge(v.session, changes, account, account.trash, std::nullopt, store::LeaveScope::thread);
            return true;
        });
        REQUIRE(done.value);
    }

    Village& v;
    email2::Name root, answer;
};

template <class T>
std::string said(const email2::Result<T>& result)
{
    if (result) return "ok";
    switch (result.error().code) {
    case email2::Code::not_found: return "404";
    case email2::Code::forbidden: return "403";
    case email2::Code::conflict: return "409";
    case email2::Code::gone: return "410";
    case email2::Code::invalid: return "400";
    default: return "?";
    }
}

struct Verb {
    const char* name;
    const char* method;  // of email2::Store
    bool reads;
    std::function<std::string(store::PostgresStore&, const std::string& who, const email2::Name&)> act;
};

email2::Publication answering(const email2::Name& id, bool inherit)
{
    email2::Publication out;
    out.parents = {id.str()};
    out.inherit = inherit;
    out.content = text("Re", "Answer.");
    return out;
}

email2::ListChange change_of(const std::string& what)
{
    email2::ListChange out;
    if (what == "add") out.add.push_back({.address = "stranger@one.test"});
    if (what == "remove") out.remove.push_back("member@one.test");
    out.detach = what == "detach";
    out.inherit = what == "inherit";
    return out;
}

std::string changed(
    store::PostgresStore& verbs, const std::string& who, const email2::Name& id, const std::string& what)
{
    return said(verbs.change_list(who, id, change_of(what)));
}

enum class Until { begun, added, finished };
std::string uploaded(store::PostgresStore& verbs, const std::string& who, Until until)
{
    const auto upload = verbs.begin_upload(who);
    if (!upload) return said(upload);
    const std::string piece = "uploaded";
    const auto added = until == Until::begun ? email2::Result<void>{} : verbs.add_to_upload(*upload, 0, piece);
    if (until == Until::finished)
        return said(verbs.finish_upload(who, *upload, store::to_hex(store::sha256(piece)), piece.size()));
    verbs.drop_upload(*upload);
    return said(added);
}

const std::string digest = store::to_hex(store::sha256(octets));

const std::vector<Verb> verbs{
    {"publish", "publish", false,
        [](auto& s, auto& who, auto& id) { return said(s.publish(who, answering(id, false))); }},
    {"publish-inherit", "publish", false,
        [](auto& s, auto& who, auto& id) { return said(s.publish(who, answering(id, true))); }},
    {"get", "get", true, [](auto& s, auto& who, auto& id) { return said(s.get(who, id, {})); }},
    {"history", "history", true, [](auto& s, auto& who, auto& id) { return said(s.history(who, id)); }},
    {"edit", "edit", false,
        [](auto& s, auto& who, auto& id) { return said(s.edit(who, id, 1, text("Plan", "Edited."))); }},
    {"edit-stale", "edit", false,
        [](auto& s, auto& who, auto& id) { return said(s.edit(who, id, 7, text("Plan", "Edited."))); }},
    {"redact", "redact", false, [](auto& s, auto& who, auto& id) { return said(s.redact(who, id)); }},
    {"to-add", "change_list", false, [](auto& s, auto& who, auto& id) { return changed(s, who, id, "add"); }},
    {"to-remove", "change_list", false, [](auto& s, auto& who, auto& id) { return changed(s, who, id, "remove"); }},
    {"to-detach", "change_list", false, [](auto& s, auto& who, auto& id) { return changed(s, who, id, "detach"); }},
    {"to-inherit", "change_list", false, [](auto& s, auto& who, auto& id) { return changed(s, who, id, "inherit"); }},
    {"leave", "leave", false, [](auto& s, auto& who, auto& id) { return said(s.leave(who, id, {})); }},
    {"leave-thread", "leave", false, [](auto& s, auto& who, auto& id) { return said(s.leave(who, id, true)); }},
    {"rejoin", "rejoin", false, [](auto& s, auto& who, auto& id) { return said(s.rejoin(who, id, {})); }},
    {"rejoin-thread", "rejoin", false, [](auto& s, auto& who, auto& id) { return said(s.rejoin(who, id, true)); }},
    {"withdraw", "withdraw", false, [](auto& s, auto& who, auto& id) { return said(s.withdraw(who, id)); }},
    {"undelete", "undelete", false, [](auto& s, auto& who, auto& id) { return said(s.undelete(who, id)); }},
    {"vote", "vote", false, [](auto& s, auto& who, auto& id) { return said(s.vote(who, id, email2::Vote::spam)); }},
    {"preview-edit", "preview_edit", true,
        [](auto& s, auto& who, auto& id) { return said(s.preview_edit(who, id, 1, text("Plan", "Edited."))); }},
    {"preview-to", "preview_change", true,
        [](auto& s, auto& who, auto& id) { return said(s.preview_change(who, id, change_of("add"))); }},
    {"preview-withdraw", "preview_withdraw", true,
        [](auto& s, auto& who, auto& id) { return said(s.preview_withdraw(who, id)); }},
    {"list-thread", "list", true,
        [](auto& s, auto& who, auto& id) { return said(s.list(who, {"", id.str(), "", 0, 100})); }},
    {"search", "list", true,
        [](auto& s, auto& who, auto&) {
            const auto found = s.list(who, {"", "", "findable", 0, 100});
            return !found ? said(found) : found->references.empty() ? "none" : "some";
        }},
    {"file", "file", false,
        [](auto& s, auto& who, auto& id) {
            email2::Filing filing;
            filing.folder = "Archive";
            return said(s.file(who, id, filing));
        }},
    {"flag", "file", false,
        [](auto& s, auto& who, auto& id) {
            email2::Filing filing;
            filing.add_flags = {"\\Flagged"};
            return said(s.file(who, id, filing));
        }},
    {"folders", "folders", true, [](auto& s, auto& who, auto&) { return said(s.folders(who)); }},
    {"folder-create", "create_folder", false,
        [](auto& s, auto& who, auto& id) { return said(s.create_folder(who, "new-" + id.guid)); }},
    {"folder-rename", "rename_folder", false,
        [](auto& s, auto& who, auto& id) { return said(s.rename_folder(who, "Trash", "new-" + id.guid)); }},
    {"folder-remove", "remove_folder", false,
        [](auto& s, auto& who, auto&) { return said(s.remove_folder(who, "Trash")); }},
    {"subscribe", "events", true,
        [](auto& s, auto& who, auto& id) -> std::string {
            const auto events = s.events(who, 0, 10'000);
            if (!events) return said(events);
            for (const auto& event : events->events)
                if (event.message == id && event.kind == email2::EventKind::published) return "some";
            return "none";
        }},
    {"put-blob", "put_blob", true,
        [](auto& s, auto& who, auto&) { return said(s.put_blob(who, store::to_hex(store::sha256(who)), who)); }},
    {"upload", "begin_upload", true, [](auto& s, auto& who, auto&) { return uploaded(s, who, Until::begun); }},
    {"upload-piece", "add_to_upload", true, [](auto& s, auto& who, auto&) { return uploaded(s, who, Until::added); }},
    {"upload-finish", "finish_upload", true,
        [](auto& s, auto& who, auto&) { return uploaded(s, who, Until::finished); }},
    {"get-blob", "get_blob", true, [](auto& s, auto& who, auto&) { return said(s.get_blob(who, digest, 0, 10)); }},
    {"token-make", "make_token", true, [](auto& s, auto& who, auto&) { return said(s.make_token(who, "program")); }},
    {"tokens", "tokens", true, [](auto& s, auto& who, auto&) { return said(s.tokens(who)); }},
    {"token-revoke", "revoke_token", true,
        [](auto& s, auto& who, auto&) { return said(s.revoke_token(who, 1'000'000)); }},  // of nobody
};

// A verb, on which message (`root` holds its list, `answer` inherits it, `post` is an answer whose root is a mailing
// list; `all` three), and what becomes of it by who stands how to it.
const char* const table = R"(
    verb             on               ruler author owner member blind hidden left emptied removed excluded stranger admin remote smtp nobody
    publish          root             ok    ok     ok    ok     ok    ok     ok   400     400     ok       400      400   403    403  403
    publish          answer,post      ok    ok     ok    ok     400   ok     ok   400     400     400      400      400   403    403  403
    publish-inherit  root             ok    ok     ok    ok     403   ok     403  400     400     ok       400      400   403    403  403
    publish-inherit  answer,post      ok    ok     ok    ok     400   ok     403  400     400     400      400      400   403    403  403
    get              root             ok    ok     ok    ok     ok    ok     ok   404     404     ok       404      404   403    403  403
    get              answer,post      ok    ok     ok    ok     404   ok     ok   404     404     404      404      404   403    403  403
    vote             root             403   ok     ok    ok     ok    ok     ok   404     404     ok       404      404   403    403  403
    vote             answer,post      ok    403    ok    ok     404   ok     ok   404     404     404      404      404   403    403  403
    history          root             ok    ok     ok    ok     ok    ok     ok   404     404     ok       404      404   403    403  403
    history          answer,post      ok    ok     ok    ok     404   ok     ok   404     404     404      404      404   403    403  403
    edit             root             ok    403    403   403    403   403    403  404     404     403      404      404   403    403  403
    edit             answer,post      403   ok     403   403    404   403    403  404     404     404      404      404   403    403  403
    preview-edit     root             ok    403    403   403    403   403    403  404     404     403      404      404   403    403  403
    preview-edit     answer,post      403   ok     403   403    404   403    403  404     404     404      404      404   403    403  403
    edit-stale       root             409   403    403   403    403   403    403  404     404     403      404      404   403    403  403
    edit-stale       answer,post      403   409    403   403    404   403    403  404     404     404      404      404   403    403  403
    redact           root             ok    403    403   403    403   403    403  404     404     403      404      404   403    403  403
    redact           answer,post      403   ok     403   403    404   403    403  404     404     404      404      404   403    403  403
    to-add           root             ok    ok     ok    ok     ok    ok     403  404     404     ok       404      404   403    403  403
    to-add           answer           ok    ok     ok    ok     404   403    403  404     404     404      404      404   403    403  403
    to-add           post             403   403    ok    403    404   403    403  404     404     404      404      404   403    403  403
    preview-to       root             ok    ok     ok    ok     ok    ok     403  404     404     ok       404      404   403    403  403
    preview-to       answer           ok    ok     ok    ok     404   403    403  404     404     404      404      404   403    403  403
    preview-to       post             403   403    ok    403    404   403    403  404     404     404      404      404   403    403  403
    to-remove        root             ok    403    403   ok     403   403    403  404     404     403      404      404   403    403  403
    to-remove        answer           ok    ok     403   ok     404   403    403  404     404     404      404      404   403    403  403
    to-remove        post             ok    ok     ok    ok     404   403    403  404     404     404      404      404   403    403  403
    to-detach        root             ok    ok     ok    ok     ok    ok     403  404     404     ok       404      404   403    403  403
    to-detach        answer           ok    ok     ok    ok     404   403    403  404     404     404      404      404   403    403  403
    to-detach        post             403   403    ok    403    404   403    403  404     404     404      404      404   403    403  403
    to-inherit       root             400   403    403   403    403   403    403  404     404     403      404      404   403    403  403
    to-inherit       answer,post      ok    ok     ok    ok     404   403    403  404     404     404      404      404   403    403  403
    leave            root             ok    ok     ok    ok     ok    ok     ok   ok      404     ok       404      404   403    403  403
    leave            answer,post      ok    ok     ok    ok     404   ok     ok   ok      404     404      404      404   403    403  403
    leave-thread     root             ok    ok     ok    ok     ok    ok     ok   ok      404     ok       404      404   403    403  403
    leave-thread     answer,post      ok    ok     ok    ok     404   ok     ok   ok      404     404      404      404   403    403  403
    rejoin           root             ok    ok     ok    ok     ok    ok     ok   ok      404     ok       404      404   403    403  403
    rejoin           answer,post      ok    ok     ok    ok     404   ok     ok   ok      404     404      404      404   403    403  403
    rejoin-thread    root             ok    ok     ok    ok     ok    ok     ok   ok      404     ok       404      404   403    403  403
    rejoin-thread    answer,post      ok    ok     ok    ok     404   ok     ok   ok      404     404      404      404   403    403  403
    withdraw         root             ok    403    403   403    403   403    403  404     404     403      404      404   403    403  403
    withdraw         answer           403   ok     403   403    404   403    403  404     404     404      404      404   403    403  403
    withdraw         post             403   ok     ok    403    404   403    403  404     404     404      404      404   403    403  403
    preview-withdraw root             ok    403    403   403    403   403    403  404     404     403      404      404   403    403  403
    preview-withdraw answer           403   ok     403   403    404   403    403  404     404     404      404      404   403    403  403
    preview-withdraw post             403   ok     ok    403    404   403    403  404     404     404      404      404   403    403  403
    undelete         root             ok    403    403   403    403   403    403  404     404     403      404      404   403    403  403
    undelete         answer           403   ok     403   403    404   403    403  404     404     404      404      404   403    403  403
    undelete         post             403   ok     ok    403    404   403    403  404     404     404      404      404   403    403  403
    list-thread      root             ok    ok     ok    ok     ok    ok     ok   404     404     ok       404      404   403    403  403
    list-thread      answer,post      ok    ok     ok    ok     404   ok     ok   404     404     404      404      404   403    403  403
    search           all              some  some   some  some   some  some   some none    none    some     none     none  403    403  403
    file             root             ok    ok     ok    ok     ok    ok     ok   404     404     ok       404      404   403    403  403
    file             answer,post      ok    ok     ok    ok     404   ok     ok   404     404     404      404      404   403    403  403
    flag             root             ok    ok     ok    ok     ok    ok     ok   404     404     ok       404      404   403    403  403
    flag             answer,post      ok    ok     ok    ok     404   ok     ok   404     404     404      404      404   403    403  403
    folders          all              ok    ok     ok    ok     ok    ok     ok   ok      ok      ok       ok       ok    403    403  403
    folder-create    all              ok    ok     ok    ok     ok    ok     ok   ok      ok      ok       ok       ok    403    403  403
    folder-rename    all              403   403    403   403    403   403    403  403     403     403      403      403   403    403  403
    folder-remove    all              403   403    403   403    403   403    403  403     403     403      403      403   403    403  403
    subscribe        root             some  some   some  some   some  some   some none    none    some     none     none  403    403  403
    subscribe        answer,post      some  some   some  some   none  some   some none    none    none     none     none  403    403  403
    put-blob         all              ok    ok     ok    ok     ok    ok     ok   ok      ok      ok       ok       ok    403    403  403
    upload           all              ok    ok     ok    ok     ok    ok     ok   ok      ok      ok       ok       ok    403    403  403
    upload-piece     all              ok    ok     ok    ok     ok    ok     ok   ok      ok      ok       ok       ok    403    403  403
    upload-finish    all              ok    ok     ok    ok     ok    ok     ok   ok      ok      ok       ok       ok    403    403  403
    get-blob         all              ok    ok     ok    ok     ok    ok     ok   404     404     ok       404      404   403    403  403
    token-make       all              ok    ok     ok    ok     ok    ok     ok   ok      ok      ok       ok       ok    403    403  403
    tokens           all              ok    ok     ok    ok     ok    ok     ok   ok      ok      ok       ok       ok    403    403  403
    token-revoke     all              404   404    404   404    404   404    404  404     404     404      404      404   403    403  403
)";

// On the message that is called so in the table.
void check_table(const std::string& on)
{
    const bool mailing_list = on == "post", on_answer = on != "root";
    const auto village = model::quick_village();
    auto& v = *village;
    for (const auto& who : people) store::create_account(v.session, address(who), "verifier");
    v.session.query("insert into person(address, class) values ('remote@two.test', 1), ('smtp@legacy.test', 2)");
    std::map<std::string, std::vector<std::string>> expected;
    std::istringstream lines(table);
    std::vector<std::string> relations;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string verb, where;
        if (!(words >> verb >> where)) continue;
        const std::vector<std::string> cells{std::istream_iterator<std::string>(words), {}};
        if (verb == "verb") relations = cells;
        else if (where == "all" || ("," + where + ",").find("," + on + ",") != std::string::npos)
            expected[verb] = cells;
    }
    for (const auto& who : people) REQUIRE(std::find(relations.begin(), relations.end(), who) != relations.end());
    for (const auto& who : {"remote", "smtp", "nobody"})
        REQUIRE(std::find(relations.begin(), relations.end(), who) != relations.end());

    std::optional<Scene> scene;
    std::string found;
    for (const auto& verb : verbs) {
        CAPTURE(verb.name);
        CHECK(expected[verb.name].size() == relations.size());
        found += std::string("    ") + verb.name + std::string(16 - std::string(verb.name).size(), ' ');
        for (std::size_t i = 0; i < relations.size(); ++i) {
            CAPTURE(relations[i]);
            if (!scene) {
                // What is found or fetched shall be of this scene alone.
                v.session.command(
                    "delete from ref; delete from entry; delete from blob_use; delete from upload; delete from event");
                scene.emplace(v, mailing_list);
            }
            const auto outcome = verb.act(v.verbs, address(relations[i]), on_answer ? scene->answer : scene->root);
            if (expected[verb.name].size() > i) CHECK(outcome == expected[verb.name][i]);
            found += " " + outcome +
                     std::string(std::max<std::size_t>(relations[i].size(), outcome.size()) - outcome.size(), ' ');
            if (outcome == "ok" && !verb.reads) scene.reset();
        }
        found += "\n";
    }
    if (std::getenv("E2_SHOW_TABLE") != nullptr) MESSAGE(found);
}

}  // namespace

TEST_CASE("every verb of the port stands in the table of authorisation")
{
    std::ifstream file(std::string(SOURCE_FOLDER) + "/email2/store.h");
    const std::string source{std::istreambuf_iterator<char>(file), {}};
    const std::regex method(R"(virtual Result<.*> (\w+)\()");
    std::size_t methods = 0;
    for (auto at = std::sregex_iterator(source.begin(), source.end(), method); at != std::sregex_iterator();
        ++at, ++methods) {
        const auto name = (*at)[1].str();
        CAPTURE(name);
        CHECK(std::any_of(verbs.begin(), verbs.end(), [&](const auto& verb) { return name == verb.method; }));
    }
    CHECK(methods >= 19);
}

TEST_CASE("who may do what to a message that holds its list")
{
    check_table("root");
}
TEST_CASE("who may do what to an answer that inherits its list")
{
    check_table("answer");
}
TEST_CASE("who may do what to a post on a mailing list")
{
    check_table("post");
}
