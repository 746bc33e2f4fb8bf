// mapping_in: any octets as a mail: facts, content, attachments, submission, bounce, and what
// follows from them.

#include "email2/xml.h"
#include "gateway/mapping/address_forms.h"
#include "gateway/mapping/bounce.h"
#include "gateway/mapping/follow_up.h"
#include "gateway/mapping/legacy_verb.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/mapping/new_text.h"
#include "gateway/mapping/word_diff.h"

#include <cstdlib>

namespace {

const email2::Name id{"0192f0c1-7a3b-7c11-8d22-3e4f50617283", "one.test"};

void require(bool holds)
{
    if (!holds) std::abort();
}

// Text from outside reaches follow-ups: whatever it is, they stay one mail with the fields that are
// ours.
void follow_up(const email2::Content& content, std::string_view bytes)
{
    gateway::mapping::FollowUpContext context{.message = {.id = id, .thread = id, .content = content}};
    context.message_id = id.str();
    context.recipient = {.address = "carol@legacy.test", .name = content.subject};
    context.actor = content.subject;
    const auto mail = gateway::mapping::edited(
        context, email2::Content{.subject = "before", .body = {.text = std::string(bytes.substr(0, 500))}});
    if (!mail) return;
    const auto again = mime::parse(mail->bytes);
    require(mime::find(again.root, mail->bytes, "bcc") == nullptr);
    require(gateway::mapping::read_facts(again, mail->bytes).message_id == mail->message_id);
    const auto digest = gateway::mapping::added(context, {std::string(bytes)});
    require(!digest.bytes.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto message = mime::parse(bytes);
    const auto facts = gateway::mapping::read_facts(message, bytes);
    for (const auto& parent : gateway::mapping::parent_ids(facts)) (void)gateway::mapping::own_message_id(parent);
    for (const auto& address : facts.to) (void)gateway::mapping::meaning_of(address.spec());

    const auto content = gateway::mapping::content_of(message, bytes);
    const email2::Message document{.id = id, .thread = id, .from = {.address = "a@one.test"}, .content = content};
    require(email2::read_message(email2::write(document)).has_value());

    const auto whole = [&](const gateway::mapping::Attachment& attachment, std::string_view octets) {
        if (attachment.line_length == 0) return;
        require(gateway::mapping::encode_base64_lines(octets, attachment.line_length) == attachment.encoded.of(bytes));
    };
    (void)gateway::mapping::attachments(message, bytes, 0, whole);

    const auto submitted = gateway::mapping::as_submitted(message, bytes, facts, id, {}, "alice@one.test");
    (void)gateway::mapping::as_edit(message, bytes, id.str(), {});
    const auto again = mime::parse(submitted);
    require(mime::find(again.root, submitted, "bcc") == nullptr);

    // What a mail does to another one names a field that it can be held to, and what replaces a text is a document
    // again.
    if (const auto verb = gateway::mapping::legacy_verb(message, bytes, facts)) require(!verb->field.empty());
    (void)gateway::mapping::is_automatic(message, bytes, facts);
    if (auto body = gateway::mapping::with_text_of(content.body, content.body)) {
        const email2::Message edited{
            .id = id, .thread = id, .from = {.address = "a@one.test"}, .content = {content.subject, std::move(*body)}};
        require(email2::read_message(email2::write(edited)).has_value());
    }

    (void)gateway::mapping::read_bounce(message, bytes);
    follow_up(content, bytes);
    return 0;
}
