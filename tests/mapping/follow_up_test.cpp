// follow_up_test: the degradation table's cells for correspondents, as mails to be looked at
// (golden/).

#include "gateway/mapping/bounce.h"
#include "gateway/mapping/flowed.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/mapping/texts.h"
#include "samples.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace gateway::mapping;

namespace {

const std::string old_text = "Dear all,\n\nwe meet on Monday at ten in the small hall.\n\nPlease "
                             "bring the plan, and tell those who are not on this list.\n\nAlice\n";
const std::string new_text = "Dear all,\n\nwe meet on Tuesday at ten in the large hall, because the small one is being "
                             "painted and nobody wants to smell of it.\n\n"
                             "Please bring the plan, and tell those who are not on this list.\n\nAlice\n";

email2::Content content(const std::string& text)
{
    return {.subject = "Minutes of the board", .body = samples::text_part(text)};
}

struct Read {
    MailFacts facts;
    mime::Message message;
    std::string bytes;

    std::string field(std::string_view name) const { return mime::text_of(message.root, bytes, name); }

    std::string text() const
    {
        const auto* part = &message.root;
        while (!part->parts.empty()) part = &part->parts.front();
        return unflowed(mime::text(*part, bytes), false);
    }
};

Read read(const FollowUp& mail)
{
    auto message = mime::parse(mail.bytes);
    auto facts = read_facts(message, mail.bytes);
    return {std::move(facts), std::move(message), mail.bytes};
}

std::string thread_message(const std::string& bcc)
{
    auto rendering = samples::rendering(content(old_text));
    rendering.parent_message_ids = {"first@legacy.test"};
    rendering.references = {"first@legacy.test"};
    return bcc + render(rendering, {}, samples::blob);
}

}  // namespace

TEST_CASE("an edit is told in the thread: who, when, the new text, the difference")
{
    auto after = content(new_text);
    after.body =
        samples::multipart("mixed", {after.body, samples::blob_part("image/png", "plan.png", std::string(48211, 'x'))});
    auto context = samples::context(after);
    context.message.edited = samples::at(14);
    const auto mail = edited(context, content(old_text));
    REQUIRE(mail);
    samples::check_golden("edited.eml", mail->bytes);
    CHECK_FALSE(mail->null_sender);
    CHECK(mail->message_id == samples::minutes.guid + ".e17@one.test");

    const auto it = read(*mail);
    CHECK(it.facts.message_id == mail->message_id);
    CHECK(it.facts.in_reply_to == std::vector<std::string>{samples::minutes.str()});
    CHECK(it.facts.references ==
          std::vector<std::string>{"first@legacy.test", "second@one.test", samples::minutes.str()});
    CHECK(it.facts.subject == "Re: Minutes of the board");
    CHECK(it.facts.from.front().spec() == "alice@one.test");
    CHECK(it.facts.to.front().spec() == "carol@legacy.test");
    CHECK(it.facts.cc.front().spec() == samples::minutes.str());
    CHECK(it.facts.auto_submitted == "auto-generated");
    CHECK(it.field("chat-edit") == "<" + samples::minutes.str() + ">");
    CHECK(it.field("list-unsubscribe-post") == "List-Unsubscribe=One-Click");
    CHECK(it.text().starts_with("Alice Ångström <alice@one.test> edited this message on 23 November 2026, 07:02 UTC."));
    CHECK(it.text().find("{+Tuesday+}") != std::string::npos);
    CHECK(it.text().find("new: plan.png (48.2 kB)") != std::string::npos);
}

TEST_CASE("another gateway reads the event that a follow-up carries")
{
    const auto it = read(*edited(samples::context(content(new_text)), content(old_text)));
    const auto event = enclosed_event(it.message, it.bytes);
    REQUIRE(event);
    CHECK(event->message == samples::minutes);
    CHECK(event->kind == email2::EventKind::edited);
    CHECK(event->revision == 2);
    CHECK(event->sequence == 17);
    CHECK(event->actor == "alice@one.test");
    CHECK(it.facts.edits == std::vector<std::string>{samples::minutes.str()});
    const std::string none = "Content-Type: application/email2+xml\r\n\r\n<!DOCTYPE x><event/>";
    CHECK_FALSE(enclosed_event(mime::parse(none), none));
}

TEST_CASE("an edit of white space alone, or back to what was known, is not told")
{
    CHECK_FALSE(edited(samples::context(content("a b\n\nc\n")), content("a  b\nc")));
    CHECK_FALSE(edited(samples::context(content("same")), content("same")));
}

TEST_CASE("an edit of HTML alone is told by its text")
{
    const email2::Content before{.subject = "s", .body = samples::html_part("<p>We meet on <b>Monday</b></p>")};
    const email2::Content bold{.subject = "s", .body = samples::html_part("<p><i>We</i> meet on Monday</p>")};
    const email2::Content after{.subject = "s", .body = samples::html_part("<p>We meet on <b>Tuesday</b></p>")};
    CHECK_FALSE(edited(samples::context(bold), before));
    const auto mail = edited(samples::context(after), before);
    REQUIRE(mail);
    CHECK(read(*mail).text().find("[-Monday-] {+Tuesday+}") != std::string::npos);
}

TEST_CASE("an edit of HTML behind an unchanged plain alternative is told as well")
{
    const auto both = [](const char* html) {
        return email2::Content{.subject = "s",
            .body = samples::multipart(
                "alternative", {samples::text_part("See the HTML part."), samples::html_part(html)})};
    };
    CHECK(edited(samples::context(both("<p>new words</p>")), both("<p>old words</p>")));
    CHECK_FALSE(edited(samples::context(both("<p>old words</p>")), both("<p>old  <b>words</b></p>")));
}

TEST_CASE("a changed subject is told under the subject that the recipient knows")
{
    auto after = content(old_text);
    after.subject = "Minutes, corrected";
    const auto mail = edited(samples::context(after), content(old_text));
    REQUIRE(mail);
    CHECK(read(*mail).facts.subject == "Re: Minutes of the board");
    CHECK(read(*mail).text().find("The subject is now: Minutes, corrected") != std::string::npos);
}

TEST_CASE("changed attachments are told by name and size")
{
    const auto with = [](std::vector<email2::Part> parts) {
        parts.insert(parts.begin(), samples::text_part(old_text));
        return email2::Content{.subject = "Plans", .body = samples::multipart("mixed", std::move(parts))};
    };
    const auto plan = samples::blob_part("image/png", "plan.png", "one"),
               other = samples::blob_part("image/png", "plan.png", std::string(2'500'000, '2'));
    const auto list = samples::blob_part("text/csv", "list.csv", "3");
    const auto mail = edited(samples::context(with({other})), with({plan, list}));
    REQUIRE(mail);
    samples::check_golden("edited-attachments.eml", mail->bytes);
    CHECK(read(*mail).text().find("changed: plan.png (2.5 MB, before 3 B)") != std::string::npos);
    CHECK(read(*mail).text().find("no longer there: list.csv (1 B)") != std::string::npos);
}

TEST_CASE("changed attachments come along, as far as they are small enough")
{
    const auto with = [](std::vector<email2::Part> parts) {
        parts.insert(parts.begin(), samples::text_part(old_text));
        return email2::Content{.subject = "Plans", .body = samples::multipart("mixed", std::move(parts))};
    };
    const auto old_plan = samples::blob_part("image/png", "plan.png", "one"),
               plan = samples::blob_part("image/png", "plan.png", "two"),
               list = samples::blob_part("text/csv", "list.csv", "3"),
               film = samples::blob_part("video/mp4", "film.mp4", std::string(11 << 20, 'f'));
    const auto mail = edited(samples::context(with({plan, list, film})), with({old_plan, list}), samples::blob);
    REQUIRE(mail);
    const auto it = read(*mail);
    REQUIRE(it.message.root.parts.size() == 3);  // text, plan, event
    CHECK(it.message.root.parts[1].filename == "plan.png");
    CHECK(mime::decoded(it.message.root.parts[1], it.bytes) == "two");
    CHECK(it.text().find("new: film.mp4") != std::string::npos);
}

TEST_CASE("a file that is text comes along as any other, and an invitation is a file")
{
    const auto with = [](std::string notes, std::string calendar) {
        auto file = samples::text_part(std::move(notes)), invitation = samples::text_part(std::move(calendar));
        file.name = "notes.txt";
        file.disposition = "attachment";
        invitation.type = "text/calendar";
        auto both = samples::multipart("alternative", {samples::text_part(old_text), std::move(invitation)});
        return email2::Content{
            .subject = "Plans", .body = samples::multipart("mixed", {std::move(both), std::move(file)})};
    };
    const std::string ten = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nX-HOUR:10\nEND:VCALENDAR\n",
                      eleven = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nX-HOUR:11\nEND:VCALENDAR\n";
    const auto mail = edited(samples::context(with("newer", eleven)), with("new", ten), samples::blob);
    REQUIRE(mail);
    const auto it = read(*mail);
    REQUIRE(it.message.root.parts.size() == 4);  // text, invitation, notes, event
    const auto& invitation = it.message.root.parts[1];
    CHECK(invitation.type.is("text", "calendar"));
    CHECK(invitation.type.parameter("method") == "REQUEST");
    CHECK(invitation.filename == "invite.ics");
    CHECK(mime::text(invitation, it.bytes) == eleven);
    CHECK(it.message.root.parts[2].filename == "notes.txt");
    CHECK(mime::text(it.message.root.parts[2], it.bytes) == "newer");
    CHECK(it.text().find("VCALENDAR") == std::string::npos);
}

TEST_CASE("an edit that is signed or encrypted comes along whole, and its signature is no attachment of it")
{
    const auto signature = samples::blob_part("application/pgp-signature", "signature.asc", "one"),
               cipher = samples::blob_part("application/octet-stream", "encrypted.asc", "two"),
               version = samples::blob_part("application/pgp-encrypted", "", "Version: 1");
    const auto sealed = [](const char* subtype, std::vector<email2::Part> parts) {
        return email2::Content{
            .subject = "Minutes of the board", .body = samples::multipart(subtype, std::move(parts))};
    };
    const std::string bytes = "From: alice@one.test\r\nSubject: Minutes\r\n\r\nWords.\r\n";
    auto mail = edited(samples::context(sealed("signed", {samples::text_part(new_text), signature})), content(old_text),
        samples::blob, bytes);
    REQUIRE(mail);
    auto it = read(*mail);
    CHECK(it.text().find("The signed message itself is attached.") != std::string::npos);
    CHECK(it.text().find("signature.asc") == std::string::npos);
    REQUIRE(it.message.root.parts.size() == 3);  // text, the message, event
    CHECK(it.message.root.parts[1].body.of(it.bytes).starts_with(bytes));
    samples::check_golden("edited-signed.eml", mail->bytes);

    const auto secret = sealed("encrypted", {version, cipher});
    mail = edited(samples::context(secret), content(old_text), samples::blob, bytes);
    REQUIRE(mail);
    it = read(*mail);
    CHECK(it.text().find("(encrypted)") != std::string::npos);
    CHECK(it.text().find("The encrypted message itself is attached.") != std::string::npos);
    CHECK(it.text().find("encrypted.asc") == std::string::npos);
    const auto other = samples::blob_part("application/octet-stream", "encrypted.asc", "three");
    CHECK(edited(samples::context(secret), sealed("encrypted", {version, other}), samples::blob, bytes));
    CHECK_FALSE(edited(samples::context(secret), secret, samples::blob, bytes));
    // A new signature of the same words is nothing new.
    CHECK_FALSE(edited(samples::context(sealed("signed", {samples::text_part(old_text), signature})), content(old_text),
        samples::blob, bytes));
}

TEST_CASE("an edit of what was redacted meanwhile tells the new text alone")
{
    const auto mail = edited(samples::context(content(new_text)), std::nullopt);
    REQUIRE(mail);
    CHECK(read(*mail).text().find("Tuesday at ten") != std::string::npos);
    CHECK(read(*mail).text().find("What changed") == std::string::npos);
}

TEST_CASE("who is removed is told so in one sentence, with nothing to leave")
{
    auto context = samples::context(content(old_text));
    context.mute_url = "https://one.test/a/mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm";
    const auto mail = removed(context);
    samples::check_golden("removed.eml", mail.bytes);
    const auto it = read(mail);
    CHECK(it.field("list-unsubscribe").empty());
    CHECK(it.text().find(context.mute_url) != std::string::npos);
    CHECK(it.text().find("small hall") == std::string::npos);
}

TEST_CASE("a summary tells the rest of a day in one mail, with what can still be read")
{
    auto context = samples::context(content(old_text));
    context.own_id = "summary@one.test";
    const std::vector<Told> told{
        {email2::EventKind::edited, "Minutes of the board", "Alice <alice@one.test>", samples::at(3)},
        {email2::EventKind::withdrawn, "Lunch", "Bob <bob@one.test>", samples::at(5)},
        {email2::EventKind::undeleted, "Dinner", "Bob <bob@one.test>", samples::at(7)},
        {email2::EventKind::to_changed, "", "Alice <alice@one.test>", samples::at(9)}};
    const auto mail = summary(context, told, {thread_message("")});
    samples::check_golden("summary.eml", mail.bytes);
    const auto it = read(mail);
    CHECK(it.facts.message_id == "summary@one.test");
    CHECK(it.facts.in_reply_to.empty());
    CHECK(it.facts.references.empty());
    CHECK(it.facts.subject == "More changes in your conversations");
    CHECK(it.text().find("edited \"Minutes of the board\"") != std::string::npos);
    CHECK(it.text().find("withdrew \"Lunch\"") != std::string::npos);
    context.language = "de";
    samples::check_golden("summary-de.eml", summary(context, told, {}).bytes);
}

TEST_CASE("accounts are told who was added, and whom a mail of theirs did not reach")
{
    auto context = samples::context(content(old_text));
    context.recipient = samples::bob;
    context.own_id = "notice@one.test";
    const auto added = joined(context, {"Dave <dave@one.test>", "erin@legacy.test", "Frank"});
    samples::check_golden("joined.eml", added.bytes);
    CHECK(read(added).text().find("Dave <dave@one.test>, erin@legacy.test and Frank") != std::string::npos);
    CHECK(read(added).facts.from.front().spec() == samples::minutes.str());  // answering it answers everybody
    const auto left = skipped(context, {"Dave <dave@one.test>"});
    samples::check_golden("skipped.eml", left.bytes);
    CHECK(read(left).facts.in_reply_to == std::vector<std::string>{samples::minutes.str()});
    context.language = "de";
    samples::check_golden("joined-de.eml", joined(context, {"Dave <dave@one.test>", "Frank"}).bytes);
    samples::check_golden("skipped-de.eml", skipped(context, {"Dave <dave@one.test>"}).bytes);
}

TEST_CASE("an edit is told in German to who reads German")
{
    auto context = samples::context(content(new_text));
    context.language = "de-AT";
    const auto mail = edited(context, content(old_text));
    REQUIRE(mail);
    samples::check_golden("edited-de.eml", mail->bytes);
    CHECK(
        read(*mail).text().find("hat diese Nachricht am 23. November 2026, 07:04 UTC geändert.") != std::string::npos);
}

TEST_CASE("who is added gets the thread so far as a digest, and replying answers the newest")
{
    const auto first =
        std::string("From: carol@legacy.test\r\nTo: alice@one.test\r\nBcc: secret@one.test\r\nDate: Mon, 23 "
                    "Nov 2026 06:00:00 +0000\r\n"
                    "Subject: Minutes?\r\nMessage-ID: <first@legacy.test>\r\n\r\nWhen do we meet?\r\n");
    const auto mail =
        added(samples::context(content(old_text)), {first, thread_message("Resent-Bcc: secret@two.test\r\n")});
    samples::check_golden("added.eml", mail.bytes);
    const auto it = read(mail);
    CHECK(it.facts.in_reply_to == std::vector<std::string>{samples::minutes.str()});
    CHECK(it.facts.references == std::vector<std::string>{"first@legacy.test", samples::minutes.str()});
    CHECK(it.text().starts_with("Alice Ångström <alice@one.test> added you to this conversation"));
    CHECK(it.text().find("The newest reads:") < it.text().find("small hall"));
    const auto other = read(added(samples::context(content("Not the newest.")), {thread_message(""), first}));
    CHECK(other.text().find("When do we meet?") != std::string::npos);
    CHECK(other.text().find("Not the newest.") == std::string::npos);
    const auto undated =
        read(added(samples::context(content(old_text)), {"From: carol@legacy.test\r\nSubject: When?\r\n\r\nx\r\n"}));
    CHECK(undated.text().find("\n- carol@legacy.test: When?\n") != std::string::npos);
    CHECK(mail.bytes.find("secret") == std::string::npos);
    REQUIRE(it.message.root.parts.size() == 3);
    CHECK(it.message.root.parts[1].type.is("multipart", "digest"));
    CHECK(it.message.root.parts[1].parts.size() == 2);
    CHECK(it.message.root.parts[2].type.is("application", "email2+xml"));
}

TEST_CASE("who left is told so, with a way back and nothing to leave")
{
    const auto mail = left(samples::context(content(old_text)));
    samples::check_golden("left.eml", mail.bytes);
    CHECK(mail.null_sender);
    const auto it = read(mail);
    CHECK(it.facts.auto_submitted == "auto-replied");
    CHECK(it.facts.from.front().spec() == samples::minutes.str());
    CHECK(it.facts.cc.empty());
    CHECK(it.text().find("https://one.test/a/234567abcdefghijklmnopqrstuvwxyz") != std::string::npos);
    CHECK(it.text().find("a-234567abcdefghijklmnopqrstuvwxyz@one.test") != std::string::npos);
    CHECK(it.field("list-unsubscribe").empty());
    CHECK(it.text().find("small hall") == std::string::npos);
}

TEST_CASE("who is back gets a digest of what was missed, and only that")
{
    const auto mail = rejoined(samples::context(content(old_text)), {thread_message("")});
    samples::check_golden("rejoined.eml", mail.bytes);
    CHECK(read(mail).text().starts_with("You are back in this conversation. What was written"));
    const auto nothing = rejoined(samples::context(content(old_text)), {});
    samples::check_golden("rejoined-nothing.eml", nothing.bytes);
    CHECK(read(nothing).text().find("Nothing was written meanwhile.") != std::string::npos);
    CHECK(read(nothing).facts.in_reply_to == std::vector<std::string>{samples::minutes.str()});
}

TEST_CASE("a withdrawal asks to disregard the message and never repeats it")
{
    const auto mail = withdrawn(samples::context(content(old_text)));
    samples::check_golden("withdrawn.eml", mail.bytes);
    const auto it = read(mail);
    CHECK(it.field("chat-delete") == "<" + samples::minutes.str() + ">");
    CHECK(it.facts.in_reply_to == std::vector<std::string>{samples::minutes.str()});
    CHECK(it.text().find("Please disregard it.") != std::string::npos);
    CHECK(mail.bytes.find("small hall") == std::string::npos);
}

TEST_CASE("a restored message comes again, threaded under the original")
{
    const auto mail = restored(samples::context(content(old_text)), thread_message("Bcc: secret@one.test\r\n"));
    samples::check_golden("restored.eml", mail.bytes);
    const auto it = read(mail);
    CHECK(it.text().find("small hall") != std::string::npos);
    REQUIRE(it.message.root.parts.size() == 3);
    CHECK(it.message.root.parts[1].type.is("message", "rfc822"));
    CHECK(mail.bytes.find("secret") == std::string::npos);
}

TEST_CASE("on a mailing list a follow-up is the list's, and what is left is the list")
{
    auto context = samples::context(content(new_text));
    context.mailing_list = {.address = "news@one.test", .kind = email2::Class::native, .name = "Néws"};
    const auto edit = edited(context, content(old_text));
    REQUIRE(edit);
    samples::check_golden("edited-list.eml", edit->bytes);
    CHECK(read(*edit).field("list-id") == "Néws <news.one.test>");
    CHECK(read(*edit).facts.cc.front().spec() == "news@one.test");
    CHECK(read(*edit).text().find("Leave the list news@one.test: https://") != std::string::npos);
    CHECK(read(*edit).text().find("Leave this conversation") == std::string::npos);
    CHECK(read(removed(context)).text().find("took you off the list news@one.test on") != std::string::npos);

    context.message.list = email2::MailingList{"news@one.test", email2::Posting::members};  // the list itself
    context.message.content.subject = "Néws";
    const auto mail = left(context);
    samples::check_golden("left-list.eml", mail.bytes);
    CHECK(read(mail).facts.subject == "You are off the list Néws");
    CHECK(read(mail).facts.in_reply_to.empty());
    CHECK(read(mail).text().starts_with("You left the list news@one.test on"));
    context.language = "de";
    samples::check_golden("left-list-de.eml", left(context).bytes);
    CHECK(read(left(context)).facts.subject == "Sie stehen nicht mehr auf der Liste Néws");
}

TEST_CASE("an action is answered by a short mail in the thread")
{
    const auto mail = answered(
        samples::context(content(old_text)), {.said = "Bob <bob@one.test> was added. <x@y> could not be read."});
    samples::check_golden("answered.eml", mail.bytes);
    CHECK(mail.null_sender);
    CHECK(read(mail).text().starts_with("Bob <bob@one.test> was added. <x@y> could not be read.\n"));
}

TEST_CASE("nobody but an account here stands in From")
{
    auto context = samples::context(content(new_text));
    context.actor = "mallory@elsewhere.test";
    CHECK(read(*edited(context, content(old_text))).facts.from.front().spec() == "alice@one.test");
    context.message.from = samples::carol;
    CHECK(read(*edited(context, content(old_text))).facts.from.front().spec() == samples::minutes.str());
}

TEST_CASE("names and subjects cannot put fields into a follow-up")
{
    auto context = samples::context(content(new_text));
    context.actor = "Eve\r\nBcc: x@evil.test <alice@one.test>";
    context.recipient.name = "Carol\r\nBcc: y@evil.test";
    context.message_id = "id@one.test>\r\nBcc: z@evil.test";
    auto before = content(old_text);
    before.subject = "Hello\r\nBcc: w@evil.test\r\n\r\nbody";
    const auto it = read(*edited(context, before));
    CHECK(it.facts.bcc.empty());
    CHECK(mime::find(it.message.root, it.bytes, "bcc") == nullptr);
}

TEST_CASE("a delivery report says first what to do, then what RFC 3464 asks for")
{
    DsnFacts facts{.hostname = "mail.one.test",
        .id = {"0192f0c1-7a3b-7c11-8d22-3e4f50617299", "one.test"},
        .to = "alice@one.test",
        .message_id = samples::minutes.str()};
    facts.references = {"first@legacy.test"};
    facts.subject = "Minutes of the board";
    facts.envid = "QQ+2B314159";
    facts.recipients = {{.address = "dave@legacy.test",
                            .failure = {.status = "5.1.1",
                                .remote = "mx.legacy.test",
                                .text = "550 5.1.1 <dave@legacy.test>: no such user"},
                            .orcpt = "rfc822;Dave+2Bx@legacy.test"},
        {.address = "erin@slow.test",
            .action = BounceAction::delayed,
            .failure = {.status = "4.4.1", .text = "connection refused\r\nBcc: x"}}};
    const auto original = thread_message("");
    facts.original = original;
    facts.arrived = samples::at(0);
    facts.now = samples::at(3);
    const auto header_only = compose_dsn(facts);
    samples::check_golden("dsn-header.eml", header_only);
    CHECK(header_only.find("small hall") == std::string::npos);
    facts.full = true;
    facts.language = "de";
    const auto full = compose_dsn(facts);
    samples::check_golden("dsn-full.eml", full);
    CHECK(full.find("small hall") != std::string::npos);

    for (const auto& bytes : {header_only, full}) {
        const auto recipients = read_bounce(mime::parse(bytes), bytes);
        REQUIRE(recipients);
        REQUIRE(recipients->size() == 2);
        CHECK(recipients->at(0).address == "dave@legacy.test");
        CHECK(recipients->at(0).action == BounceAction::failed);
        CHECK(recipients->at(0).failure == facts.recipients[0].failure);
        CHECK(recipients->at(0).orcpt == "rfc822; Dave+x@legacy.test");
        CHECK(recipients->at(1).action == BounceAction::delayed);
        CHECK(recipients->at(1).failure.status == "4.4.1");
    }
}

TEST_CASE("the templates compiled in are the files of conf/templates")
{
    std::vector<std::string> texts;
    std::vector<std::array<std::string, 2>> names;
    for (const auto& path : samples::files_below(SOURCE_FOLDER "/conf/templates", ".txt")) {
        const std::filesystem::path file(path);
        names.push_back({file.parent_path().filename().string(), file.stem().string()});
        texts.push_back(samples::read_file(path));
    }
    std::vector<TemplateFile> files;
    for (std::size_t i = 0; i < names.size(); ++i) files.push_back({names[i][0], names[i][1], texts[i]});
    const auto source = source_of(files);
    const std::string path = SOURCE_FOLDER "/gateway/mapping/templates.cpp";
    if (samples::updating()) std::ofstream(path, std::ios::binary) << source;
    CHECK_MESSAGE(samples::read_file(path) == source, "write it anew with UPDATE=1 test_mapping, and build again");
}

TEST_CASE("every language has every template and every word")
{
    std::map<std::string, std::set<std::string>> names, words;
    for (const auto& file : template_files()) {
        names[std::string(file.language)].insert(std::string(file.name));
        if (file.name != "words") continue;
        for (std::size_t at = 0; at < file.text.size(); at = file.text.find('\n', at) + 1)
            words[std::string(file.language)].insert(std::string(file.text.substr(at, file.text.find(" = ", at) - at)));
    }
    for (const auto& [language, all] : names) CHECK_MESSAGE(all == names["en"], language);
    for (const auto& [language, all] : words) CHECK_MESSAGE(all == words["en"], language);
}

TEST_CASE("Python's email package finds no defect in any mail of our making")
{
    const auto mails = samples::files_below(TEST_FOLDER "/golden", ".eml");
    CHECK(mails.size() >= 12);
    CHECK(samples::python_defects(mails) == "");
}
