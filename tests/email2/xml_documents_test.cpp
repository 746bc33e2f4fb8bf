// xml_documents_test: the annotated example of each document reads as it should and survives
// writing.
#include "email2/record.h"
#include "email2/told.h"
#include "email2/xml.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace email2;

namespace {

std::string contents(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    REQUIRE_MESSAGE(file, path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string example(const std::string& name)
{
    return contents(std::string(TEST_FOLDER) + "/documents/" + name + ".xml");
}

// Reads the example, and again what it is written as: the same text must come out.
template <class T>
T round(const std::string& name, Result<T> (*read)(std::string_view))
{
    auto value = read(example(name));
    REQUIRE_MESSAGE(value, value.error().path << ": " << value.error().text);
    const auto text = write(*value);
    const auto valid = validate(text);
    CHECK_MESSAGE(valid, valid.error().path << ": " << valid.error().text << "\n" << text);
    const auto again = read(text);
    REQUIRE_MESSAGE(again, again.error().path << ": " << again.error().text);
    CHECK(write(*again) == text);
    return *std::move(value);
}

std::string schema(const std::string& name)
{
    return std::string(SOURCE_FOLDER) + "/email2/schema/" + name;
}

}  // namespace

TEST_CASE("the example of a message says what email2.md says")
{
    const auto message = round<Message>("message", &read_message);
    CHECK(message.id.str() == "0192f0c1-7a00-7000-8000-000000000002@one.test");
    CHECK(message.revision == 2);
    CHECK(message.parents ==
          std::vector<std::string>{"0192ee00-7a00-7000-8000-000000000001@one.test", "mid:x@legacy.test"});
    CHECK(message.from == Person{"alice@one.test", Class::native, "Alice"});
    CHECK(message.proof == Proof::account);
    CHECK(message.edited_by == "alice@one.test");
    REQUIRE(message.to.entries.size() == 3);
    CHECK(message.to.inherit);
    CHECK(message.to.entries[1].delivery->failure->status == "5.1.1");
    CHECK(message.to.entries[1].delivery->failure->text == "550 5.1.1 no such user");
    CHECK(message.to.entries[2].membership == Membership::left);
    REQUIRE(message.content.body.parts.size() == 2);
    CHECK(message.content.body.parts[0].parts[0].text == "We met. \xE2\x82\xAC"
                                                         "5 each.");
    CHECK(message.content.body.parts[0].parts[1].text == "<p>We met.</p>");
    CHECK(message.content.body.parts[1].size == 48211);
    CHECK(message.origin->dmarc == "pass");
    CHECK(message.origin->defects == std::vector<std::string>{"unknown-charset", "bad-base64"});
    CHECK(message.foreign ==
          std::vector<std::string>{
              R"(<x:colour xmlns:x="urn:example:colours" hue="red"><x:shade>dark</x:shade></x:colour>)"});
}

TEST_CASE("the example of a publication")
{
    const auto request = round<Publication>("publication", &read_publication);
    CHECK(request.parents.size() == 1);
    REQUIRE(request.entries.size() == 3);
    CHECK(request.entries[0].name == "Bob");
    CHECK(request.entries[1].role == Role::cc);
    CHECK(request.entries[2].role == Role::blind);
    CHECK(request.content.body.text == "As we said.");
}

TEST_CASE("the example of a mailing list")
{
    const auto request = round<Publication>("list_root", &read_publication);
    REQUIRE(request.list);
    CHECK(*request.list == MailingList{"announce@one.test", Posting::owners});
    CHECK(request.entries.size() == 2);

    Message message = round<Message>("message", &read_message);
    message.list = MailingList{"announce@one.test", Posting::anyone};
    CHECK(read_message(write(message))->list == message.list);
}

TEST_CASE("what is no mailing list is refused where it is wrong")
{
    const auto path_of = [](const std::string& attributes, const std::string& parent = "") {
        const auto request =
            read_publication("<message xmlns='urn:email2:1' " + attributes + ">" + parent +
                             "<to/><subject>s</subject><body><part type='text/plain'>t</part></body></message>");
        return request ? "" : request.error().path;
    };
    CHECK(path_of("alias='announce@one.test'").empty());
    CHECK(path_of("alias='announce'") == "/message/@alias");
    CHECK(path_of("alias='a@one.test' posting='nobody'") == "/message/@posting");
    CHECK(path_of("alias='a@one.test' draft='true'") == "/message/@draft");
    CHECK(path_of("alias='a@one.test'", "<parent ref='mid:x@y'/>") == "/message/@alias");
    CHECK(path_of("posting='anyone'") != "");
}

TEST_CASE("a message as it was read may be published or put back, without what only its home decides")
{
    const auto request = read_publication(example("message"));
    REQUIRE(!request);
    CHECK(request.error().path == "/message/to/entry[1]");  // it inherits, so its entries are not the client's to name
    const auto content = read_content(example("message"));
    REQUIRE(content);
    CHECK(content->subject == "Minutes");
}

TEST_CASE("the examples of lists and their changes")
{
    const auto list = round<ToList>("to", &read_to_list);
    CHECK(list.entries.size() == 2);
    const auto change = round<ListChange>("change", &read_change);
    CHECK(change.detach);
    CHECK_FALSE(change.inherit);
    REQUIRE(change.add.size() == 2);
    CHECK(change.add[0].role == Role::cc);
    CHECK(change.remove == std::vector<std::string>{"bob@two.test"});
}

TEST_CASE("the example of a history")
{
    const auto history = round<History>("history", &read_history);
    REQUIRE(history.revisions.size() == 2);
    CHECK(history.revisions[0].redacted);
    CHECK_FALSE(history.revisions[0].content);
    CHECK(history.revisions[1].content->body.text == "We met.");
}

TEST_CASE("the examples of references, folders, events and errors")
{
    CHECK(round<References>("references", &read_references).references.at(0).flags.at(0) == "\\Seen");
    CHECK(round<Reference>("reference", &read_reference).folder == "Work");
    const auto filing = round<Filing>("filing", &read_filing);
    CHECK(filing.folder == "Work");
    CHECK(filing.thread);
    CHECK(filing.add_flags == std::vector<std::string>{"\\Flagged"});
    CHECK(filing.remove_flags == std::vector<std::string>{"\\Seen"});
    CHECK(round<Folders>("folders", &read_folders).folders.at(1).use == "\\Trash");
    CHECK(round<Folder>("folder", &read_folder).name == "Work/Minutes");
    const auto events = round<Events>("events", &read_events);
    CHECK(events.last == 1042);
    CHECK(events.events.at(1).kind == EventKind::delivered);
    CHECK(round<Event>("event", &read_event).kind == EventKind::to_changed);
    const auto token = round<Token>("token", &read_token);
    CHECK(token.id == 7);
    CHECK(token.secret.starts_with("e2_"));
    CHECK(round<std::vector<Token>>("tokens", &read_tokens).at(1).name == "backup");
    CHECK(round<Error>("error", &read_error).path == "/message/to/entry[2]/@address");
    CHECK(round<Error>("error_gone", &read_error).floor == 1042);
    CHECK(round<ToldEvent>("told-event", &read_told_event).content->subject == "Minutes");
}

TEST_CASE("the examples of administration")
{
    for (const auto& [many, one] : {std::pair("accounts", "account"), std::pair("aliases", "alias"),
             std::pair("lists", "list"), std::pair("owners", "owner"), std::pair("domains", "domain"),
             std::pair("queue", "queued"), std::pair("audit", "line")}) {
        const auto records = read_records(example(many), many);
        REQUIRE_MESSAGE(records, records.error().path << ": " << records.error().text);
        CHECK(records->records.at(0).element == one);
        CHECK(read_records(write(*records), many) == records);
        const auto record = read_record(example(one), one);
        REQUIRE_MESSAGE(record, record.error().path << ": " << record.error().text);
        CHECK(read_record(write(*record), one) == record);
    }
    const auto erasure = read_record(example("erasure"), "erasure");
    REQUIRE_MESSAGE(erasure, erasure.error().path << ": " << erasure.error().text);
    CHECK(read_record(write(*erasure), "erasure") == erasure);
    CHECK(read_record(example("account"), "account")->value("name") == "Dave");
    CHECK(read_record(example("account"), "account")->value("quota") == "");
    CHECK(!read_record(example("account"), "alias"));
    CHECK(!read_record(R"(<account xmlns="urn:email2:1" quota="much"/>)", "account"));
    CHECK(!read_record(R"(<account xmlns="urn:email2:1" shoe-size="44"/>)", "account"));
    CHECK(!read_record(R"(<account xmlns="urn:email2:1"><account/></account>)", "account"));
}

TEST_CASE("the example of a preview")
{
    const auto preview = round<Preview>("preview", &read_preview);
    CHECK(preview.mailboxes == 3);
    CHECK(preview.mails == 2);
    CHECK(preview.summaries == 1);
    CHECK(preview.unsent == 1);
    REQUIRE(preview.follow_ups.size() == 1);
    CHECK(preview.follow_ups[0].kind == EventKind::edited);
    CHECK(preview.follow_ups[0].subject == "Re: Minutes");
    CHECK(preview.follow_ups[0].text.ends_with("We met on Tuesday."));
    CHECK(preview.follow_ups[0].html == "<p>Alice edited this message.</p>");
}

TEST_CASE("each document that the schema names has an example, which begins with what it is about")
{
    // The schema's names of what may stand at the beginning: its start, and what administration is.
    const auto text = contents(schema("email2.rng"));
    std::set<std::string> documents;
    const auto collect = [&](const std::string& from, const std::string& to) {
        const auto begin = text.find(from), end = text.find(to, begin);
        REQUIRE(begin != std::string::npos);
        REQUIRE(end != std::string::npos);
        const std::string label = "<ref name=\"";
        for (auto at = text.find(label, begin); at < end; at = text.find(label, at + 1))
            documents.insert(text.substr(at + label.size(), text.find('"', at + label.size()) - at - label.size()));
    };
    collect("<start>", "</start>");
    collect("<define name=\"administration\">", "</define>");
    documents.erase("administration");
    CHECK(documents.size() >= 30);
    for (const auto& document : documents) {
        CAPTURE(document);
        const auto path = std::string(TEST_FOLDER) + "/documents/" + document + ".xml";
        REQUIRE(std::filesystem::exists(path));
        const auto valid = validate(contents(path));
        CHECK_MESSAGE(valid, valid.error().path << ": " << valid.error().text);
    }
}

TEST_CASE("the schema inside the program is that of the file")
{
    CHECK(contents(schema("email2_rng.cpp")).find("R\"rng(" + contents(schema("email2.rng")) + ")rng\"") !=
          std::string::npos);
}

TEST_CASE("both forms of the schema agree, as far as trang is here to say so")
{
    if (std::system("command -v trang >/dev/null") != 0) return;
    const auto compact = std::filesystem::temp_directory_path() / "email2_test.rnc";
    REQUIRE(std::system(("trang " + schema("email2.rng") + " " + compact.string()).c_str()) == 0);
    CHECK(contents(compact) == contents(schema("email2.rnc")));
    std::filesystem::remove(compact);
}

TEST_CASE("another validator accepts every example, as far as jing is here to say so")
{
    const std::string jing = "/usr/share/java/jing.jar";
    if (!std::filesystem::exists(jing) || std::system("command -v java >/dev/null") != 0) return;
    const auto command = "java -jar " + jing + " " + schema("email2.rng") + " " + TEST_FOLDER + "/documents/*.xml";
    CHECK(std::system(command.c_str()) == 0);
}
