// every_mail_test: a mail of every kind that we make, in every language, of plain content and of the worst: what
// Python's email package finds wrong with them. A template without a row here, or a row without one, fails.

#include "gateway/mapping/bounce.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/texts.h"
#include "samples.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <unistd.h>

using namespace gateway::mapping;

namespace {

struct World {  // what the mails are about
    const char* name;
    std::string subject, actor, before, after;
    std::vector<std::string> people;
};

const std::vector<World>& worlds()
{
    const std::string word(300, 'x'), line(1'500, 'y');
    static const std::vector<World> all{
        {"plain", "Minutes of the board", "Alice <alice@one.test>", "We meet on Monday.\n", "We meet on Tuesday.\n",
            {"Dave <dave@one.test>"}},
        {"empty", "", "alice@one.test", "", "Something.\n", {}},
        {"hard", "Übersicht: „Größe\" " + word + "\r\nBcc: x@one.test, =?utf-8?q?=41?= \xF0\x9F\x8E\x89",
            "Ålice \"Q.\" (x), with; <all> \xF0\x9F\x8E\x89 " + word + " <alice@one.test>",
            "From here\n.\n..\n-- \n" + line + "\n> quoted  \n",
            "From there\n.\n\xE6\x97\xA5\xE6\x9C\xAC\n" + line + "\n\n\n>" + line + " \nFrom \n",
            std::vector<std::string>(60, "Ærø, \"Ø\" \r\nX: y <x@one.test>")},
    };
    return all;
}

email2::Content content(const World& world, const std::string& text)
{
    return {.subject = world.subject, .body = samples::text_part(text)};
}

FollowUpContext context(const World& world, const std::string& language)
{
    auto context = samples::context(content(world, world.after));
    context.actor = world.actor;
    context.language = language;
    context.own_id = "own@one.test";
    context.recipient.name = world.actor;
    context.mute_url = "https://one.test/a/mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm";
    return context;
}

std::vector<std::string> thread(const World& world)
{
    auto rendering = samples::rendering(content(world, world.before));
    rendering.from.name = world.actor;
    rendering.content.body =
        samples::multipart("mixed", {samples::text_part(world.before), samples::html_part("<p>" + world.before),
                                        samples::blob_part("image/png", world.subject, std::string("\0\xFF\n", 3))});
    return {"From: carol@legacy.test\r\nSubject: Minutes?\r\n\r\nWhen?\r\n", render(rendering, {}, samples::blob)};
}

std::string report(const World& world, const std::string& language, BounceAction action, bool full)
{
    DsnFacts facts{.hostname = "mail.one.test",
        .id = {"0192f0c1-7a3b-7c11-8d22-3e4f50617299", "one.test"},
        .to = "alice@one.test",
        .message_id = samples::minutes.str()};
    facts.references = {"first@legacy.test"};
    facts.subject = world.subject;
    facts.envid = "QQ+2B314159";
    facts.full = full;
    facts.language = language;
    for (const auto* address : {"dave@legacy.test", "jürgen@straße.test"})
        facts.recipients.push_back({.address = address,
            .action = action,
            .failure = {.status = "5.1.1",
                .remote = "mx.legacy.test",
                .text = "550 5.1.1 " + world.actor + "\r\n" + world.subject},
            .orcpt = "rfc822;Dave+2Bx@legacy.test"});
    const auto original = thread(world).back();
    facts.original = original;
    facts.arrived = samples::at(0);
    facts.now = samples::at(3);
    return compose_dsn(facts);
}

FollowUpContext on_list(FollowUpContext context, const World& world)
{
    context.mailing_list = {.address = "news@one.test", .kind = email2::Class::native, .name = world.subject};
    return context;
}

using Maker = std::function<std::vector<std::string>(const World&, const std::string& language)>;

Maker follow_up(std::function<FollowUp(const FollowUpContext&, const World&)> make)
{
    return [make](const World& world, const std::string& language) {
        return std::vector{make(context(world, language), world).bytes};
    };
}

Maker reports(BounceAction action)
{
    return [action](const World& world, const std::string& language) {
        return std::vector{report(world, language, action, false), report(world, language, action, true)};
    };
}

// Every sentence that answers an action or asks to confirm one.
std::vector<std::string> answers(const World& world, const std::string& language)
{
    std::vector<std::string> mails;
    std::string words;
    for (const auto& file : template_files())
        if (file.language == language && file.name == "words") words = file.text;
    for (std::size_t at = 0; at < words.size(); at = words.find('\n', at) + 1) {
        const auto key = words.substr(at, words.find(" = ", at) - at);
        if (!key.starts_with("done.") && !key.starts_with("confirm.")) continue;
        const std::map<std::string, std::string, std::less<>> values{{"list", world.subject}, {"people", world.actor},
            {"address", "a-abcdefghijklmnopqrstuvwxyz234567@one.test"}, {"url", "https://one.test/a/x"}};
        mails.push_back(answered(context(world, language), {.said = Texts(language).word(key, values)}).bytes);
    }
    CHECK(mails.size() > 10);
    return mails;
}

std::vector<std::string> edits(const World& world, const std::string& language)
{
    auto about = context(world, language);
    about.message.content.body = samples::multipart(
        "mixed", {samples::text_part(world.after), samples::blob_part("image/png", world.subject, "\xFF")});
    std::vector<std::string> mails;
    for (const auto& before : {std::optional(content(world, world.before)), std::optional<email2::Content>()})
        if (const auto mail = edited(about, before, samples::blob)) mails.push_back(mail->bytes);
    return mails;
}

// By the template that it is made of.
const std::map<std::string, Maker>& makers()
{
    static const std::map<std::string, Maker> all{
        {"added", follow_up([](const auto& c, const World& w) { return added(c, thread(w)); })},
        {"answered", answers},
        {"edited", edits},
        {"joined", follow_up([](const auto& c, const World& w) { return joined(c, w.people); })},
        {"left", follow_up([](const auto& c, const World&) { return left(c); })},
        {"left-list", follow_up([](const auto& c, const World& w) { return left(on_list(c, w)); })},
        {"rejoined", follow_up([](const auto& c, const World& w) { return rejoined(c, thread(w)); })},
        {"rejoined-nothing", follow_up([](const auto& c, const World&) { return rejoined(c, {}); })},
        {"removed", follow_up([](const auto& c, const World&) { return removed(c); })},
        {"removed-list", follow_up([](const auto& c, const World& w) { return removed(on_list(c, w)); })},
        {"report-delayed", reports(BounceAction::delayed)},
        {"report-delivered", reports(BounceAction::delivered)},
        {"report-expanded", reports(BounceAction::expanded)},
        {"report-failed", reports(BounceAction::failed)},
        {"report-relayed", reports(BounceAction::relayed)},
        {"restored", follow_up([](const auto& c, const World& w) { return restored(c, thread(w).back()); })},
        {"skipped", follow_up([](const auto& c, const World& w) { return skipped(c, w.people); })},
        {"summary", follow_up([](const auto& c, const World& w) {
             return summary(c,
                 {{email2::EventKind::edited, w.subject, w.actor, samples::at(3)},
                     {email2::EventKind::withdrawn, w.subject, w.actor, samples::at(5)}},
                 thread(w));
         })},
        {"withdrawn", follow_up([](const auto& c, const World&) { return withdrawn(c); })},
    };
    return all;
}

struct Folder {
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("mapping-every-mail-" + std::to_string(getpid()));
};

}  // namespace

TEST_CASE("a mail of every kind, in every language, of whatever content, has no defect for Python's email package")
{
    std::set<std::string> templates, languages;
    for (const auto& file : template_files()) {
        languages.emplace(file.language);
        if (file.name != "footer" && file.name != "words") templates.emplace(file.name);
    }
    std::set<std::string> kinds;
    for (const auto& [kind, make] : makers()) kinds.insert(kind);
    CHECK(kinds == templates);

    const Folder folder;
    std::vector<std::string> paths;
    for (const auto& [kind, make] : makers())
        for (const auto& language : languages)
            for (const auto& world : worlds())
                for (const auto& bytes : make(world, language)) {
                    CAPTURE(kind);
                    CAPTURE(language);
                    CAPTURE(world.name);
                    const auto name =
                        kind + "-" + language + "-" + world.name + "-" + std::to_string(paths.size()) + ".eml";
                    paths.push_back((folder.path / name).string());
                    std::ofstream(paths.back(), std::ios::binary) << bytes;
                    const auto parsed = mime::parse(bytes);
                    CHECK(read_facts(parsed, bytes).from.size() == 1);
                    CHECK(mime::text_of(parsed.root, bytes, "x").empty());  // nobody's text became a field
                    CHECK(mime::text_of(parsed.root, bytes, "bcc").empty());
                    CHECK(mime::text_of(parsed.root, bytes, "auto-submitted") != "");
                }
    CHECK(paths.size() > 200);
    CHECK(samples::python_defects(paths) == "");
}
