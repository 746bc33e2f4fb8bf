// legacy_verb: see legacy_verb.h. RFC 4021 2.1.46 (Supersedes), RFC 3834 (Auto-Submitted), [MS-OXCMSG] message classes.

#include "gateway/mapping/legacy_verb.h"

#include "email2/text.h"
#include "gateway/mapping/limits.h"
#include "mime/tnef.h"
#include "mime/transfer_encoding.h"

#include <algorithm>
#include <array>

namespace gateway::mapping {
namespace {

// The first part that is `wanted`, not looking into enclosed messages: what is in those is their own.
template <class Wanted>
const mime::Part* first_part(const mime::Part& part, const Wanted& wanted)
{
    if (wanted(part)) return &part;
    if (!part.multipart()) return nullptr;
    for (const auto& each : part.parts)
        if (const auto* found = first_part(each, wanted)) return found;
    return nullptr;
}

bool is_tnef(const mime::Part& part)
{
    return part.type.is("application", "ms-tnef") ||
           (part.type.type == "application" && email2::ascii_lower(part.filename) == "winmail.dat");
}

// How Outlook asks to take a mail back: Exchange writes the class as Content-Class, or packs all of it. What must be
// signed is told.
std::string_view recall_field(const mime::Message& message, std::string_view bytes)
{
    const auto content_class = email2::ascii_lower(mime::text_of(message.root, bytes, "content-class"));
    if (content_class.find("urn:content-classes:recallmessage") != std::string::npos) return "content-class";
    const auto* packed = first_part(message.root, is_tnef);
    if (packed == nullptr || packed->body.length > limits::recall_part) return {};
    const auto tnef = mime::read_tnef(mime::decoded(*packed, bytes));
    const bool recall = tnef && email2::ascii_lower(tnef->message_class).starts_with("ipm.outlook.recall");
    return recall ? "content-type" : std::string_view{};
}

// "Recall: Minutes", "Rückruf: Minutes": what was before the colon is in Outlook's language.
std::string recalled_subject(const std::string& subject)
{
    const auto colon = subject.find(": ");
    return colon == std::string::npos ? std::string{} : subject.substr(colon + 2);
}

std::optional<LegacyVerb> recall(const mime::Message& message, std::string_view bytes, const MailFacts& facts)
{
    const auto field = recall_field(message, bytes);
    if (field.empty()) return std::nullopt;
    LegacyVerb verb{
        .act = LegacyAct::withdraw, .form = LegacyForm::recall, .field = std::string(field), .ids = parent_ids(facts)};
    verb.thread_index = facts.thread_index;
    verb.subject = recalled_subject(facts.subject);
    return verb;
}

// A gateway's event is in the body, which every signature without l= covers; what makes a part of it is Content-Type.
std::optional<LegacyVerb> told(email2::ToldEvent event, const MailFacts& facts)
{
    LegacyVerb verb{.form = LegacyForm::gateway, .field = "content-type"};
    switch (event.event.kind) {
    case email2::EventKind::edited: verb.act = LegacyAct::edit; break;
    case email2::EventKind::withdrawn: verb.act = LegacyAct::withdraw; break;
    case email2::EventKind::undeleted: verb.act = LegacyAct::undelete; break;
    default: return std::nullopt;
    }
    if (verb.act == LegacyAct::edit && !event.content) return std::nullopt;
    verb.content = std::move(event.content);
    // What it is called here: the Message-ID that it was sent with, which its own mails name.
    for (const auto* ids : {&facts.edits, &facts.withdraws, &facts.in_reply_to})
        verb.ids.insert(verb.ids.end(), ids->begin(), ids->end());
    verb.ids.push_back(event.event.message.str());
    return verb;
}

std::optional<LegacyVerb> by_field(const mime::Message& message, std::string_view bytes, const MailFacts& facts)
{
    if (facts.edits.empty() == facts.withdraws.empty()) return std::nullopt;
    if (!facts.withdraws.empty())
        return LegacyVerb{
            .act = LegacyAct::withdraw, .form = LegacyForm::chat, .field = "chat-delete", .ids = facts.withdraws};
    const bool supersedes = mime::find(message.root, bytes, "supersedes") != nullptr;
    const bool chat = mime::find(message.root, bytes, "chat-edit") != nullptr;
    if (supersedes == chat || facts.edits.size() != 1) return std::nullopt;
    if (supersedes)
        return LegacyVerb{
            .act = LegacyAct::edit, .form = LegacyForm::supersedes, .field = "supersedes", .ids = facts.edits};
    return LegacyVerb{.act = LegacyAct::edit_text, .form = LegacyForm::chat, .field = "chat-edit", .ids = facts.edits};
}

template <class Names>
bool has_any(const mime::Message& message, std::string_view bytes, const Names& names)
{
    return std::any_of(
        names.begin(), names.end(), [&](auto name) { return mime::find(message.root, bytes, name) != nullptr; });
}

std::string precedence_of(const mime::Message& message, std::string_view bytes)
{
    return email2::ascii_lower(mime::text_of(message.root, bytes, "precedence"));
}

constexpr std::array<std::string_view, 3> list_marks{"list-id", "list-unsubscribe", "x-mailing-list"};

// What Exchange and others put before the subject of what they answer; not all set a field that says so. Who answers
// such a mail begins with "Re:".
constexpr std::array<std::string_view, 36> away_words{"automatic reply", "automatische antwort", "réponse automatique",
    "respuesta automática", "risposta automatica", "automatisch antwoord", "resposta automática", "automatiskt svar",
    "autosvar", "automatisk svar", "automaattinen vastaus", "odpowiedź automatyczna", "automatyczna odpowiedź",
    "automatická odpověď", "automatická odpoveď", "automatikus válasz", "otomatik yanıt", "răspuns automat",
    "samodejni odgovor", "automatski odgovor", "Автоматический ответ", "Автоматична відповідь", "Αυτόματη απάντηση",
    "自动答复", "自動回覆", "自動応答", "自動返信", "자동 회신", "out of office", "out of office autoreply",
    "auto-reply", "autoreply", "auto reply", "abwesenheitsnotiz", "abwesenheitsassistent", "absence du bureau"};

bool says_away(std::string_view subject)
{
    constexpr std::array<std::string_view, 4> colons{":", " :", "\u00A0:", "："};
    const auto lower = email2::ascii_lower(subject);
    return std::any_of(away_words.begin(), away_words.end(), [&](std::string_view words) {
        if (!lower.starts_with(words)) return false;
        const auto rest = std::string_view(lower).substr(words.size());
        return std::any_of(
            colons.begin(), colons.end(), [&](std::string_view colon) { return rest.starts_with(colon); });
    });
}

// Exchange calls its out-of-office "auto-generated", as others call what nobody's mail has caused.
bool answers_by_itself(const mime::Message& message, std::string_view bytes, const MailFacts& facts)
{
    if (facts.in_reply_to.empty() && facts.references.empty()) return false;
    const bool wants_none = mime::find(message.root, bytes, "x-auto-response-suppress") != nullptr;
    return (wants_none && !facts.auto_submitted.empty()) || says_away(facts.subject);
}

}  // namespace

std::optional<LegacyVerb> legacy_verb(const mime::Message& message, std::string_view bytes, const MailFacts& facts)
{
    if (writes_for_many(message, bytes, facts)) return std::nullopt;
    if (auto event = enclosed_told_event(message, bytes)) return told(std::move(*event), facts);
    if (!facts.auto_submitted.empty()) return std::nullopt;
    if (auto verb = by_field(message, bytes, facts)) return verb;
    if (!facts.edits.empty() || !facts.withdraws.empty()) return std::nullopt;
    return recall(message, bytes, facts);
}

bool writes_for_many(const mime::Message& message, std::string_view bytes, const MailFacts& facts)
{
    const auto post = email2::ascii_lower(mime::text_of(message.root, bytes, "list-post"));
    if (facts.from.empty() ||
        (post.empty() && !has_any(message, bytes, list_marks) && precedence_of(message, bytes) != "list"))
        return false;
    const auto id = email2::ascii_lower(mime::text_of(message.root, bytes, "list-id"));
    return std::any_of(facts.from.begin(), facts.from.end(), [&](const mime::Address& from) {
        const auto spec = email2::ascii_lower(from.spec());
        const auto is_it = [&](const mime::Address& to) { return email2::ascii_lower(to.spec()) == spec; };
        auto dotted = spec;
        std::replace(dotted.begin(), dotted.end(), '@', '.');
        return post.find("mailto:" + spec) != std::string::npos || id.find("<" + dotted + ">") != std::string::npos ||
               std::any_of(facts.to.begin(), facts.to.end(), is_it) ||
               std::any_of(facts.cc.begin(), facts.cc.end(), is_it);
    });
}

std::optional<email2::ToldEvent> enclosed_told_event(const mime::Message& message, std::string_view bytes)
{
    const auto* part =
        first_part(message.root, [](const mime::Part& each) { return each.type.is("application", "email2+xml"); });
    if (part == nullptr || part->body.length > limits::event_part) return std::nullopt;
    auto told = email2::read_told_event(mime::decoded(*part, bytes));
    if (!told) return std::nullopt;
    return std::move(*told);
}

bool is_automatic(const mime::Message& message, std::string_view bytes, const MailFacts& facts)
{
    if (!facts.auto_submitted.empty() || is_automatic_answer(message, bytes, facts)) return true;
    if (has_any(message, bytes, list_marks)) return true;
    constexpr std::array<std::string_view, 3> bulk{"list", "bulk", "junk"};
    return std::find(bulk.begin(), bulk.end(), precedence_of(message, bytes)) != bulk.end();
}

bool is_automatic_answer(const mime::Message& message, std::string_view bytes, const MailFacts& facts)
{
    constexpr std::array<std::string_view, 6> marks{
        "x-autoreply", "x-autoreply-from", "x-mail-autoreply", "x-autorespond", "x-autoresponder", "x-vacation"};
    const auto precedence = precedence_of(message, bytes);
    return facts.auto_submitted == "auto-replied" || has_any(message, bytes, marks) || precedence == "auto_reply" ||
           precedence == "auto-reply" || answers_by_itself(message, bytes, facts);
}

std::string conversation_of(std::string_view thread_index)
{
    constexpr std::size_t time = 6, guid = 16, longest = 900;
    if (thread_index.size() > longest || !mime::is_base64(thread_index)) return {};
    const auto octets = mime::decode_base64(thread_index);
    return octets.size() < time + guid ? std::string{} : octets.substr(time, guid);
}

}  // namespace gateway::mapping
