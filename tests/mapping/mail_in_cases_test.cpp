// mail_in_cases_test: mapping.md "Mail in", a mail (.eml) and the document that it becomes (.xml)
// for each case in mail_in/. A case is named after the row of the table: rows.txt says which cases
// and tests show a row.
//
// X-Case-Envelope in a mail says who is in its envelope; without it, all of To and Cc are. UPDATE=1
// writes the documents anew.

#include "email2/address.h"
#include "email2/xml.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/sha256.h"
#include "samples.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

using namespace gateway::mapping;

namespace {

const std::string folder = TEST_FOLDER "/mail_in/";

std::optional<std::string> normalise(const mime::Address& address)
{
    return email2::normalise(address.spec(), [](std::string_view domain) { return domain == "one.test"; });
}

std::vector<std::string> envelope_of(const mime::Message& message, std::string_view bytes, const MailFacts& facts)
{
    std::vector<std::string> envelope;
    const auto given = mime::raw(message.root, bytes, "x-case-envelope");
    auto people = given ? mime::parse_addresses(*given) : facts.to;
    if (!given) people.insert(people.end(), facts.cc.begin(), facts.cc.end());
    for (const auto& each : people)
        if (auto address = normalise(each)) envelope.push_back(std::move(*address));
    return envelope;
}

std::string reference(const std::string& id)
{
    const auto own = own_message_id(id);
    return own ? own->str() : "mid:" + id;
}

// What the gateway makes of a mail that it takes, but for what only the store can know.
email2::Message document_of(const std::string& bytes)
{
    const auto message = mime::parse(bytes);
    const auto facts = read_facts(message, bytes);
    const auto mapped = map_content(message, bytes);
    email2::Message document{
        .id = samples::minutes, .thread = samples::minutes, .created = samples::at(0), .content = mapped.content};
    for (const auto& id : parent_ids(facts)) document.parents.push_back(reference(id));
    if (!facts.from.empty())
        document.from = {
            normalise(facts.from.front()).value_or(""), email2::Class::smtp, facts.from.front().display_name};
    for (const auto& each : addressees(facts, document.from.address, envelope_of(message, bytes, facts), normalise)) {
        email2::Entry entry{
            .person = {each.address, each.address.ends_with("@one.test") ? email2::Class::native : email2::Class::smtp,
                each.name},
            .role = each.role};
        if (!each.in_envelope) entry.delivery = {email2::DeliveryState::elsewhere, samples::at(0), std::nullopt};
        document.to.entries.push_back(std::move(entry));
    }
    email2::Origin origin{.message_id = facts.message_id, .sha256 = sha256_hex(bytes), .size = bytes.size()};
    for (const auto defect : mapped.defects) origin.defects.emplace_back(mime::name_of(defect));
    document.origin = std::move(origin);
    return document;
}

// A line for each element: the documents are read by people.
std::string broken_into_lines(std::string xml)
{
    for (auto at = xml.find("><"); at != std::string::npos; at = xml.find("><", at)) xml.insert(at + 1, "\n");
    return xml;
}

std::vector<std::string> names()
{
    std::vector<std::string> result;
    for (const auto& path : samples::files_below(folder, ".eml"))
        result.push_back(std::filesystem::path(path).stem().string());
    return result;
}

// All sources of tests, and the names of files: what rows.txt may name.
std::string all_tests()
{
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(SOURCE_FOLDER "/tests")) {
        const auto extension = entry.path().extension();
        if (entry.is_regular_file() && (extension == ".cpp" || extension == ".py" || extension == ".txt") &&
            entry.path().filename() != "rows.txt")
            all += samples::read_file(entry.path().string());
    }
    std::erase(all, '\n');  // names may be broken over lines by their formatter
    for (auto at = all.find("\"        \""); at != std::string::npos; at = all.find("\"        \"")) all.erase(at, 10);
    return all;
}

// "row" and, indented below it, what shows it.
std::map<std::string, std::vector<std::string>> rows()
{
    std::map<std::string, std::vector<std::string>> result;
    std::ifstream file(folder + "rows.txt");
    std::string row;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#') continue;
        if (line.front() != ' ') result[row = line];
        else result[row].push_back(line.substr(line.find_first_not_of(' ')));
    }
    return result;
}

}  // namespace

TEST_CASE("each mail of the table becomes the document beside it")
{
    CHECK(names().size() > 20);
    for (const auto& name : names()) {
        const auto bytes = samples::read_file(folder + name + ".eml");
        const auto xml = email2::write(document_of(bytes));
        const auto read = email2::read_message(xml);
        REQUIRE_MESSAGE(read.has_value(), name << ": " << read.error().text);
        CHECK_MESSAGE(email2::write(*read) == xml, name);
        const auto lines = broken_into_lines(xml);
        if (samples::updating()) std::ofstream(folder + name + ".xml", std::ios::binary) << lines;
        CHECK_MESSAGE(samples::read_file(folder + name + ".xml") == lines, name);
    }
}

TEST_CASE("no row of the table of mail coming in is without a test")
{
    const auto shown = rows();
    const auto tests = all_tests();
    const auto cases = names();
    for (const auto& [row, by] : shown) {
        CHECK_MESSAGE(!by.empty(), row);
        for (const auto& each : by) {
            const bool is_case = std::find(cases.begin(), cases.end(), each) != cases.end();
            CHECK_MESSAGE((is_case || tests.find(each) != std::string::npos), row << ": " << each);
        }
    }
    for (const auto& name : cases)
        CHECK_MESSAGE(std::any_of(shown.begin(), shown.end(),
                          [&](const auto& row) {
                              return std::find(row.second.begin(), row.second.end(), name) != row.second.end();
                          }),
            name << " shows no row");
    const std::vector<std::string> table{"Who is the originator?", "What may RCPT name?", "Who receives it?",
        "Own list or inherited?", "Which parents?", "Who had left?", "The same mail twice?", "Loops?", "The content?",
        "Legacy verbs: Supersedes", "Legacy verbs: Chat-Edit", "Legacy verbs: Chat-Delete",
        "Legacy verbs: Outlook's recall", "Legacy verbs: from an account",
        "Legacy verbs: from a correspondent, only if", "Legacy verbs: never for mail marked Auto-Submitted",
        "Legacy verbs: unless it carries our part", "Action address: +leave, +rejoin", "Action address: +edit",
        "Action address: +withdraw, +undelete", "Action address: +add",
        "Action address: alias+subscribe@, alias+unsubscribe@", "Action address: a-TOKEN@", "Action address: b-TOKEN@",
        "Action address: subscribing without a token", "Action address: every action is answered",
        "Bounce: reports and the bounces of real servers are recognised",
        "Bounce: a failure stands on the entry, and $Failed on the message", "Bounce: dead addresses get no more mail",
        "Bounce: late reports move the state on", "Bounce: never a bounce to a bounce",
        "Bounce: limits per thread and per person", "Bad input: a hundred thousand nested parts",
        "Bad input: a million headers", "Bad input: a header line of 100 MB", "Bad input: base64 that never ends",
        "Bad input: recursive TNEF", "Bad input: boundary tricks: x and xy, missing, reused inside",
        "Bad input: header injection through names and subjects", "Bad input: tokens forged",
        "Bad input: tokens replayed", "Bad input: tokens expired", "Bad input: tokens of another person",
        "Bad input: an action mail from a mailing list", "Bad input: an out-of-office answering a follow-up"};
    for (const auto& row : table) CHECK_MESSAGE(shown.contains(row), row);
    CHECK(shown.size() == table.size());
}
