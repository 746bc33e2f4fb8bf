// legacy_verb_test: mapping.md "Legacy verbs", row by row: what a mail wants to do to an earlier one; and texts put in
// place of others.

#include "gateway/mapping/legacy_verb.h"
#include "gateway/mapping/limits.h"
#include "gateway/mapping/new_text.h"
#include "mime/transfer_encoding.h"
#include "samples.h"
#include "tests/mime/tnef_writer.h"

#include <doctest/doctest.h>

using namespace gateway::mapping;

namespace {

std::optional<LegacyVerb> verb_of(const std::string& bytes)
{
    const auto message = mime::parse(bytes);
    return legacy_verb(message, bytes, read_facts(message, bytes));
}

std::string packed(const char* message_class)
{
    const auto octets = mime_test::TnefWriter().attribute(1, 0x8008, std::string(message_class) + '\0').octets();
    return "Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
           mime::encode_base64(octets) + "\r\n";
}

std::string enclosing(const std::string& event)
{
    return "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nText.\r\n--x\r\n"
           "Content-Type: application/email2+xml\r\n\r\n" +
           event + "\r\n--x--\r\n";
}

std::string event(const std::string& kind, const std::string& content = {})
{
    return "<event xmlns=\"urn:email2:1\" sequence=\"7\" message=\"" + samples::minutes.str() +
           "\" revision=\"2\" kind=\"" + kind + "\" actor=\"alice@one.test\" at=\"2026-11-23T07:02:11Z\">" + content +
           "</event>";
}

const std::string new_content = "<subject>S</subject><body><part type=\"text/plain\">New.</part></body>";
const std::string automatic = "Auto-Submitted: auto-generated\r\n";

}  // namespace

TEST_CASE("legacy verbs: each form names its act, its messages and the field that must be signed")
{
    using Ids = std::vector<std::string>;
    struct Row {
        const char* row;
        std::string mail;
        LegacyAct act;
        LegacyForm form;
        const char* field;
        Ids ids;
    };
    const Row rows[] = {
        {"Supersedes", "Supersedes: <a@x>\r\n\r\nNew.\r\n", LegacyAct::edit, LegacyForm::supersedes, "supersedes",
            {"a@x"}},
        {"Chat-Edit", "Chat-Edit: <a@x>\r\n\r\nNew.\r\n", LegacyAct::edit_text, LegacyForm::chat, "chat-edit", {"a@x"}},
        {"Chat-Delete", "Chat-Delete: <a@x> <b@x>\r\n\r\n\r\n", LegacyAct::withdraw, LegacyForm::chat, "chat-delete",
            {"a@x", "b@x"}},
        {"Outlook's recall, by Content-Class",
            "Content-Class: urn:content-classes:recallmessage\r\nIn-Reply-To: <a@x>\r\n\r\n", LegacyAct::withdraw,
            LegacyForm::recall, "content-class", {"a@x"}},
        {"Outlook's recall, packed", "References: <r@x> <a@x>\r\n" + packed("IPM.Outlook.Recall"), LegacyAct::withdraw,
            LegacyForm::recall, "content-type", {"a@x"}},
        {"another gateway's edit", automatic + "Chat-Edit: <a@x>\r\n" + enclosing(event("edited", new_content)),
            LegacyAct::edit, LegacyForm::gateway, "content-type", {"a@x", samples::minutes.str()}},
        {"another gateway's withdrawal", automatic + "Chat-Delete: <a@x>\r\n" + enclosing(event("withdrawn")),
            LegacyAct::withdraw, LegacyForm::gateway, "content-type", {"a@x", samples::minutes.str()}},
        {"another gateway's undeletion", automatic + "In-Reply-To: <a@x>\r\n" + enclosing(event("undeleted")),
            LegacyAct::undelete, LegacyForm::gateway, "content-type", {"a@x", samples::minutes.str()}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.row);
        const auto verb = verb_of(row.mail);
        REQUIRE(verb);
        CHECK(verb->act == row.act);
        CHECK(verb->form == row.form);
        CHECK(verb->field == row.field);
        CHECK(verb->ids == row.ids);
    }
}

TEST_CASE("legacy verbs: what is an ordinary mail all the same")
{
    struct Row {
        const char* what;
        std::string mail;
    };
    const Row rows[] = {
        {"none of these fields", "Subject: Recall: Minutes\r\nIn-Reply-To: <a@x>\r\n\r\nText.\r\n"},
        {"an empty one", "Supersedes:\r\n\r\nText.\r\n"},
        {"two messages for one content", "Supersedes: <a@x> <b@x>\r\n\r\nText.\r\n"},
        {"two ways at once", "Supersedes: <a@x>\r\nChat-Edit: <b@x>\r\n\r\nText.\r\n"},
        {"editing and taking back", "Supersedes: <a@x>\r\nChat-Delete: <a@x>\r\n\r\nText.\r\n"},
        {"Supersedes by a program", automatic + "Supersedes: <a@x>\r\n\r\nText.\r\n"},
        {"Chat-Delete by a program", "Auto-Submitted: auto-replied\r\nChat-Delete: <a@x>\r\n\r\nText.\r\n"},
        {"a recall by a program", automatic + "Content-Class: urn:content-classes:recallmessage\r\n\r\n"},
        {"the report of a recall", "Content-Class: urn:content-classes:recallreport\r\nIn-Reply-To: <a@x>\r\n\r\n"},
        {"an ordinary winmail.dat", "In-Reply-To: <a@x>\r\n" + packed("IPM.Note")},
        {"an event that is no verb", automatic + "In-Reply-To: <a@x>\r\n" + enclosing(event("to-changed"))},
        {"an edit without its content", automatic + "Chat-Edit: <a@x>\r\n" + enclosing(event("edited"))},
        {"no event but something else", automatic + "Chat-Edit: <a@x>\r\n" + enclosing("<event/>")},
        {"an event within a forwarded mail",
            "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n" + enclosing(event("withdrawn"))},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        CHECK_FALSE(verb_of(row.mail));
    }
}

TEST_CASE("a recall that names no message tells Outlook's conversation and the subject, in any language")
{
    const auto verb =
        verb_of("Subject: =?utf-8?q?R=C3=BCckruf=3A?= Minutes\r\nThread-Index: Ac2PvBx7EcEDdmRxTvWAknQEITPwwg==\r\n"
                "Content-Class: urn:content-classes:recallmessage\r\n\r\n");
    REQUIRE(verb);
    CHECK(verb->ids.empty());
    CHECK(verb->subject == "Minutes");
    CHECK(conversation_of(verb->thread_index) ==
          conversation_of("Ac2PvBNoEcEDdmRxTvWAknQEITPwwg=="));  // the original's, as Exchange makes them
    CHECK(conversation_of(verb->thread_index) != conversation_of("Ac2PvBgtZD4JdnxMSku7d8GsBxG89w=="));
    CHECK(conversation_of(verb->thread_index).size() == 16);
    for (const auto* none : {"", "AAAA", "no base64!", "Ac2PvBNoEcEDdmRxTvWAknQEITPw"})
        CHECK(conversation_of(none).empty());
}

TEST_CASE("a follow-up about an edit brings what another gateway needs to apply it")
{
    email2::Content content;
    content.subject = "Minutes";
    content.body = samples::text_part("We meet on Tuesday.");
    auto before = content;
    before.body.text = "We meet on Monday.";
    const auto told = edited(samples::context(content), before);
    REQUIRE(told);
    const auto verb = verb_of(told->bytes);
    REQUIRE(verb);
    CHECK(verb->act == LegacyAct::edit);
    CHECK(verb->form == LegacyForm::gateway);
    CHECK(verb->content == content);
    CHECK(verb->ids.front() == samples::minutes.str());

    content.body.text =
        std::string(limits::told_content, 'x');  // too long to be told twice: people read it, gateways show the mail
    const auto longer = edited(samples::context(content), before);
    REQUIRE(longer);
    CHECK_FALSE(verb_of(longer->bytes));
    const auto message = mime::parse(longer->bytes);
    CHECK(enclosed_event(message, longer->bytes));
}

TEST_CASE("what comes from programs and through mailing lists is nobody's act")
{
    const auto is = [](const std::string& header) {
        const auto bytes = header + "\r\nText.\r\n";
        const auto message = mime::parse(bytes);
        return is_automatic(message, bytes, read_facts(message, bytes));
    };
    for (const auto* header : {"Auto-Submitted: auto-replied\r\n", "Auto-Submitted: auto-generated (vacation)\r\n",
             "Precedence: bulk\r\n", "Precedence:  List\r\n", "precedence: JUNK\r\n", "Precedence: auto_reply\r\n",
             "List-Id: <x.y>\r\n", "List-Unsubscribe: <mailto:x@y>\r\n", "X-Autoreply: yes\r\n", "X-Autorespond: x\r\n",
             "X-Mailing-List: x@y\r\n"})
        CHECK_MESSAGE(is(header), header);
    const auto answers = [](const std::string& header) {
        const auto bytes = header + "\r\nText.\r\n";
        const auto message = mime::parse(bytes);
        return is_automatic_answer(message, bytes, read_facts(message, bytes));
    };
    for (const auto* header : {"Auto-Submitted: auto-replied\r\n", "X-Autoreply: yes\r\n", "Precedence: auto_reply\r\n",
             "Precedence: bulk\r\nX-Autoreply: yes\r\n",                                                   // Gmail
             "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nIn-Reply-To: <x@y>\r\n",  // Exchange
             "Subject: Automatische Antwort: Plan\r\nIn-Reply-To: <x@y>\r\n",
             "Subject: =?utf-8?q?R=C3=A9ponse_automatique=C2=A0=3A_Plan?=\r\nReferences: <x@y>\r\n",
             "Subject: AUTOMATIC REPLY: Plan\r\nIn-Reply-To: <x@y>\r\n"}) {
        CHECK_MESSAGE(answers(header), header);
        CHECK_MESSAGE(is(header), header);
    }
    for (const auto* header :
        {"Auto-Submitted: auto-generated\r\n", "Precedence: list\r\n", "List-Id: <x.y>\r\n", "",
            "Auto-Submitted: auto-generated\r\nIn-Reply-To: <x@y>\r\n",  // another gateway's follow-up
            "X-Auto-Response-Suppress: All\r\nIn-Reply-To: <x@y>\r\n", "Subject: Automatic reply: how to set it up\r\n",
            "Subject: Re: Automatic reply: Plan\r\nIn-Reply-To: <x@y>\r\n",
            "Subject: Automatic reply rules\r\nIn-Reply-To: <x@y>\r\n",
            "Subject: Accepted: Out of office day\r\nIn-Reply-To: <x@y>\r\n"})
        CHECK_MESSAGE(!answers(header), header);
    for (const auto* header : {"", "Auto-Submitted: no\r\n", "Precedence: first-class\r\n", "Subject: bulk\r\n"})
        CHECK_MESSAGE(!is(header), header);
}

TEST_CASE("what a mailing list writes in its own name edits nothing: whoever posts there writes so")
{
    const auto told = enclosing(event("edited", new_content));
    const std::string superseding = "Supersedes: <x@legacy.test>\r\n\r\nText.\r\n";
    for (const std::string list :
        {"From: Mallory via Dev <dev@lists.test>\r\nTo: dev@lists.test\r\nList-Id: Dev <dev.lists.test>\r\n",
            "From: \"'M' via Dev\" <Dev@lists.test>\r\nTo: x@y.test\r\nList-Post: <https://lists.test/dev>,\r\n "
            "<mailto:dev@lists.test>\r\n",
            "From: dev@lists.test\r\nCc: DEV@lists.test\r\nPrecedence: list\r\n",
            "From: dev@lists.test\r\nTo: undisclosed-recipients:;\r\nList-Id: <dev.lists.test>\r\n"}) {
        CHECK_MESSAGE(!verb_of(list + told), list);
        CHECK_MESSAGE(!verb_of(list + superseding), list);
    }
    for (const std::string author :
        {"From: alice@one.test\r\nTo: carol@two.test\r\nCc: news@one.test\r\nList-Post: <mailto:news@one.test>\r\n"
         "List-Id: News <news.one.test>\r\nPrecedence: list\r\n",
            "From: carol@two.test\r\nTo: carol@two.test\r\n"}) {
        CHECK_MESSAGE(verb_of(author + told), author);
        CHECK_MESSAGE(verb_of(author + superseding), author);
    }
}

TEST_CASE("+edit: the body replaces the text, and files stay")
{
    using samples::multipart, samples::text_part, samples::html_part, samples::blob_part;
    const auto plan = blob_part("image/png", "plan.png", "octets");
    const auto signature = blob_part("application/pgp-signature", "signature.asc", "-----BEGIN PGP SIGNATURE-----");
    const auto old_text = text_part("Old."), fresh = text_part("New.");
    const auto envelope = multipart(
        "encrypted", {blob_part("application/pgp-encrypted", "", "Version: 1"),
                         blob_part("application/octet-stream", "encrypted.asc", "-----BEGIN PGP MESSAGE-----")});
    const auto cms = blob_part("application/pkcs7-mime", "smime.p7m", "cipher");
    auto named = text_part("Notes.");
    named.name = "notes.txt";
    auto invitation = text_part("BEGIN:VCALENDAR");
    invitation.type = "text/calendar";
    struct Row {
        const char* what;
        email2::Part body, mail, wanted;
    };
    const Row rows[] = {
        {"text by text", old_text, fresh, fresh},
        {"text by both forms", old_text, multipart("alternative", {fresh, html_part("<p>New.</p>")}),
            multipart("alternative", {fresh, html_part("<p>New.</p>")})},
        {"both forms by text", multipart("alternative", {old_text, html_part("<p>Old.</p>")}), fresh, fresh},
        {"beside a file", multipart("mixed", {old_text, plan}), fresh, multipart("mixed", {fresh, plan})},
        {"the mail's own files are not taken", old_text, multipart("mixed", {fresh, plan}), fresh},
        {"files alone", multipart("mixed", {plan}), fresh, multipart("mixed", {fresh, plan})},
        {"one file", plan, fresh, multipart("mixed", {fresh, plan})},
        {"a signed mail is taken with its signature", old_text, multipart("signed", {fresh, signature}),
            multipart("signed", {fresh, signature})},
        {"beside a file that stays", multipart("mixed", {old_text, plan}), multipart("signed", {fresh, signature}),
            multipart("mixed", {multipart("signed", {fresh, signature}), plan})},
        {"with the file that is signed along", old_text,
            multipart("signed", {multipart("mixed", {fresh, plan}), signature}),
            multipart("signed", {multipart("mixed", {fresh, plan}), signature})},
        {"what is signed in another one is a text", old_text,
            multipart("mixed", {multipart("signed", {fresh, signature}), plan}), fresh},
        {"a signature does not outlive its text", multipart("signed", {old_text, signature}), fresh, fresh},
        {"nor a file's, which stays", multipart("signed", {multipart("mixed", {old_text, plan}), signature}), fresh,
            multipart("mixed", {fresh, plan})},
        {"an encrypted mail is taken as it is", old_text, envelope, envelope},
        {"beside a file, which is not encrypted with it", multipart("mixed", {old_text, plan}), envelope,
            multipart("mixed", {envelope, plan})},
        {"S/MIME has it in one part", multipart("alternative", {old_text, html_part("<p>Old.</p>")}), cms, cms},
        {"encrypted by encrypted", envelope, cms, cms},
        {"encrypted by text", cms, fresh, fresh},
        {"Apple's plain text goes on behind a file", multipart("mixed", {old_text, plan, text_part("Older.")}), fresh,
            multipart("mixed", {fresh, plan})},
        {"in the mail that replaces it as well", old_text, multipart("mixed", {fresh, plan, text_part("More.")}),
            text_part("New.\nMore.")},
        {"in both forms", old_text, multipart("mixed", {fresh, plan, html_part("<p>More.</p>")}),
            multipart("mixed", {fresh, html_part("<p>More.</p>")})},
        {"a text with a name is a file", multipart("mixed", {old_text, named}), fresh,
            multipart("mixed", {fresh, named})},
        {"Apple's rich text has files among its paragraphs",
            multipart("alternative",
                {old_text, multipart("mixed", {html_part("<p>Old.</p>"), plan, html_part("<p>Older.</p>")})}),
            fresh, multipart("mixed", {fresh, plan})},
        {"the pictures of HTML go with it",
            multipart("alternative", {old_text, multipart("related", {html_part("<img src=\"cid:x\">"), plan})}), fresh,
            fresh},
        {"an invitation is no text", multipart("alternative", {old_text, html_part("<p>Old.</p>"), invitation}), fresh,
            multipart("alternative", {fresh, invitation})},
        {"by both forms", multipart("mixed", {multipart("alternative", {old_text, invitation}), plan}),
            multipart("alternative", {fresh, html_part("<p>New.</p>")}),
            multipart("mixed", {multipart("alternative", {fresh, html_part("<p>New.</p>"), invitation}), plan})},
        {"a text that only stands in an envelope is none", old_text,
            multipart("encrypted", {fresh, blob_part("application/octet-stream", "x.asc", "x")}),
            multipart("encrypted", {fresh, blob_part("application/octet-stream", "x.asc", "x")})},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        CHECK(with_text_of(row.body, row.mail) == row.wanted);
    }
    CHECK_FALSE(with_text_of(old_text, plan));
    CHECK_FALSE(with_text_of(old_text, multipart("mixed", {envelope, plan})));
    auto file = fresh;
    file.disposition = "attachment";
    CHECK_FALSE(with_text_of(old_text, file));
    CHECK(without_edit_mark(text_part("\u270f\ufe0fNew.")).text == "New.");
    CHECK(without_edit_mark(multipart("alternative", {text_part("\u270f\ufe0fNew."), html_part("<p>x</p>")}))
              .parts[0]
              .text == "New.");
    CHECK(without_edit_mark(text_part("A \u270f\ufe0f.")).text == "A \u270f\ufe0f.");
    const auto sealed = multipart("signed", {text_part("\u270f\ufe0fNew."), signature});
    CHECK(without_edit_mark(sealed) == sealed);
    CHECK(has_text(fresh));
    CHECK_FALSE(has_text(text_part(" \n\t\n")));
    CHECK_FALSE(has_text(html_part("<p>&nbsp;</p>")));
    const auto blob = [](const char* type) { return email2::Part{.type = type, .size = 1, .sha256 = "00"}; };
    CHECK(says_something(fresh));
    CHECK(says_something(blob("application/pkcs7-mime")));
    CHECK(says_something({.type = "multipart/encrypted", .parts = {blob("application/pgp-encrypted")}}));
    CHECK(says_something({.type = "multipart/mixed", .parts = {text_part("\n"), blob("application/pdf")}}));
    // Thunderbird signs, and brings its key along.
    const email2::Part with_key{.type = "multipart/mixed", .parts = {text_part("\n"), blob("application/pgp-keys")}};
    CHECK_FALSE(says_something({.type = "multipart/signed", .parts = {with_key, blob("application/pgp-signature")}}));
}

TEST_CASE("+edit: what is signed or encrypted stands in the new rendition as it stood in the mail")
{
    std::string name;
    SUBCASE("signed") name = "content-pgp-mime-signed";
    SUBCASE("PGP/MIME") name = "content-pgp-mime-encrypted";
    SUBCASE("S/MIME") name = "content-smime";
    CAPTURE(name);
    const auto mail = samples::read_file(TEST_FOLDER "/mail_in/" + name + ".eml");
    const auto parsed = mime::parse(mail);
    const auto body = content_of(parsed, mail).body;
    const auto kept = sealed_part(parsed, mail, body);
    REQUIRE(kept);
    const auto octets = mail.substr(mail.find("\r\n\r\n") + 4);
    CHECK(kept->body == octets);
    const auto plan = samples::blob_part("image/png", "plan.png", "octets");
    for (const auto& wanted : {body, samples::multipart("mixed", {body, plan})}) {
        auto rendering = samples::rendering({.subject = "Minutes", .body = wanted});
        rendering.kept = kept;
        const auto bytes = render(rendering, {}, samples::blob);
        CHECK(bytes.find("\r\n\r\n" + octets) != std::string::npos);
        const auto again = mime::parse(bytes);
        CHECK(again.defects.empty());
        CHECK(content_of(again, bytes).body == wanted);
        CHECK(mime::text_of(again.root, bytes, "Subject") == "Minutes");
    }
    const std::string plain = "Subject: x\r\n\r\nWords.\r\n";
    CHECK_FALSE(sealed_part(mime::parse(plain), plain, content_of(mime::parse(plain), plain).body));
}

TEST_CASE("an edit by mail is what was written, without the quote of what it edits")
{
    using namespace samples;
    const auto original = text_part("We meet on Monday.\n\n> Where?\nAt the office.\n\n-- \nAlice\n");
    const std::string unsigned_quote = "> We meet on Monday.\n>\n> > Where?\n> At the office.\n";
    const auto edit = [&](const std::string& text) { return without_quote(text_part(text), original).text; };
    CHECK(edit("We meet on Tuesday.\n\nOn Monday, 23 November 2026,\nAlice wrote:\n" + unsigned_quote) ==
          "We meet on Tuesday.\n");
    CHECK(edit("We meet on Tuesday.\n\nAm 23.11.2026 schrieb Alice:\n\n" + unsigned_quote + ">\n> -- \n> Alice\n") ==
          "We meet on Tuesday.\n");
    CHECK(
        edit(
            "Tuesday.\r\n\r\n________________________________\r\nFrom: Alice <alice@one.test>\r\nSent: Monday\r\nTo: Bob\r\n"
            "Subject: Plan\r\n\r\nWe meet on Monday.\r\n\r\n> Where?\r\nAt the office.\r\n") == "Tuesday.\n");
    // What is written between the lines, or quotes somebody else, was written.
    for (const auto* kept :
        {"We meet on Tuesday.\n\n> Where?\nAt home.\n", "> We meet on Monday.\nNo.\n> At the office.\n",
            "Bob wrote:\n> Where?\n", "We meet on Monday.\n\n> Where?\nAt the office.\n"})
        CHECK(edit(kept) == kept);
    CHECK(edit(unsigned_quote).empty());
    const auto html =
        html_part("<p>Tuesday.</p><div>On 23 November 2026 Alice wrote:</div><blockquote>We meet on Monday.<br><br>"
                  "&gt; Where?<br>At the office.</blockquote>");
    CHECK(without_quote(html, original).text == "Tuesday.\n");
    const auto both = multipart("alternative", {text_part("Tuesday.\n\nAlice wrote:\n" + unsigned_quote), html});
    CHECK(without_quote(both, original) == text_part("Tuesday.\n"));
    const auto sealed = multipart(
        "signed", {text_part("Tuesday.\n\nAlice wrote:\n" + unsigned_quote), {.type = "application/pgp-signature"}});
    CHECK(without_quote(sealed, original) == sealed);
}

TEST_CASE("an edit keeps the octets of what is signed or encrypted, and a signature does not outlive them")
{
    std::string name;
    SUBCASE("signed") name = "content-pgp-mime-signed";
    SUBCASE("PGP/MIME") name = "content-pgp-mime-encrypted";
    SUBCASE("S/MIME") name = "content-smime";
    CAPTURE(name);
    const auto mail = samples::read_file(TEST_FOLDER "/mail_in/" + name + ".eml");
    const auto parsed = mime::parse(mail);
    const auto body = content_of(parsed, mail).body;
    const auto plan = samples::blob_part("image/png", "plan.png", "octets");
    for (const auto& next : {body, samples::multipart("mixed", {body, plan})}) {
        const auto kept = still_sealed(parsed, mail, body, next);
        REQUIRE(kept);
        CHECK(kept->part == body);
        CHECK(kept->body == mail.substr(mail.find("\r\n\r\n") + 4));
        CHECK(without_stale_signatures(next, body) == next);
        // In the next edit it stands deeper.
        auto rendering = samples::rendering({.subject = "Minutes", .body = next});
        rendering.kept = kept;
        const auto bytes = render(rendering, {}, samples::blob);
        const auto again = still_sealed(mime::parse(bytes), bytes, next, body);
        REQUIRE(again);
        CHECK(again->body == kept->body);
        CHECK(again->fields == kept->fields);
    }
    CHECK_FALSE(still_sealed(parsed, mail, body, plan));
    if (body.type != "multipart/signed") return;
    auto other = body;
    other.parts.front() = samples::text_part("Other words.");
    CHECK_FALSE(still_sealed(parsed, mail, body, other));
    CHECK(without_stale_signatures(other, body) == other.parts.front());
    CHECK(without_stale_signatures(samples::multipart("mixed", {other, plan}), body) ==
          samples::multipart("mixed", {other.parts.front(), plan}));
    other.parts.back() = samples::blob_part("application/pgp-signature", "signature.asc", "another");
    CHECK(without_stale_signatures(other, body) == other);  // of whoever edits
}
