// facts: a message as the store knows it, and how somebody stands to it. Reading for the verbs; decisions are
// email2/rules.h.
#pragma once

#include "email2/message.h"
#include "email2/rules.h"
#include "email2/xml.h"
#include "gateway/mapping/mail_in.h"
#include "gateway/store/lists.h"
#include "gateway/store/people.h"
#include "gateway/store/session.h"

#include <optional>
#include <string>
#include <vector>

namespace gateway::store {

struct Facts {
    std::int64_t id = 0, thread = 0, list = 0;
    std::vector<std::int64_t> holders;  // of its list, the first one is `list`
    email2::Name name;
    std::int32_t originator = 0, revision = 1, withdrawn_by = 0;
    int kind = 0;
    email2::State state = email2::State::present;
    email2::Proof proof = email2::Proof::none;
    Time created{};
    std::optional<std::string> mid;  // the origin's Message-ID
    std::optional<ListRoot> root;    // the list root that holds its list: itself, or the one that it inherits from
    [[nodiscard]] std::optional<email2::Person> mailing_list() const
    {
        return root ? std::optional(root->person()) : std::nullopt;
    }
    email2::Standing standing;  // of the actor that was asked for
    bool blind = false;  // the actor is blind on the message's own list, and so on no list that an answer could inherit
    [[nodiscard]] std::string message_id() const { return mid ? *mid : name.str(); }
};

// nullopt: there is no such message. `actor`: a person's id.
[[nodiscard]] std::optional<Facts> facts_of(Session& session, const email2::Name& name, std::int32_t actor);
[[nodiscard]] std::optional<Facts> facts_of(Session& session, std::int64_t message, std::int32_t actor);

// The list as `viewer` may see it (0: without the blind, for renditions): every entry, the originator's included, with
// its delivery. Of a mailing list everybody sees their own entry, its owners see all at the root; on posts the
// subscribers are never repeated.
[[nodiscard]] std::vector<email2::Entry> list_of(Session& session, const Facts& facts, std::int32_t viewer);
// The same reduced to who is in: what a rendition shows. The subscribers of a mailing list are shown as its alias.
[[nodiscard]] std::vector<email2::Entry> shown_list(Session& session, const Facts& facts);

// The content of a revision, what stands beside it from other namespaces, and what was wrong with the mail that it came
// as; nullopt when it was redacted. Throws std::out_of_range for a revision that never was.
struct RevisionDocument {
    email2::Content content;
    std::vector<std::string> foreign;
    std::vector<mime::Defect> defects;
};
[[nodiscard]] std::optional<RevisionDocument> document_of_revision(
    Session& session, std::int64_t message, std::int32_t revision);
[[nodiscard]] std::optional<email2::Content> content_of_revision(
    Session& session, std::int64_t message, std::int32_t revision);
// Bytes (without trace) of the public rendition of a revision.
[[nodiscard]] std::string bytes_of_revision(Session& session, std::int64_t message, std::int32_t revision);

// The whole message as `viewer` may see it.
[[nodiscard]] email2::Message message_of(
    Session& session, const Facts& facts, std::int32_t viewer, std::optional<std::int32_t> revision);

// Message-IDs for threading: of the parents, in order, and the chain of References for an answer to the first of them.
struct Threading {
    std::vector<std::string> parents, references;
    std::string thread_index;
};  // thread_index: the first parent's
[[nodiscard]] Threading threading_of(Session& session, const std::vector<std::int64_t>& parents);
[[nodiscard]] std::vector<std::int64_t> parents_of(Session& session, std::int64_t message);

// A document's content as it is kept in revision.document.
[[nodiscard]] std::string document_of(const email2::Content& content, const std::vector<std::string>& foreign = {});

}  // namespace gateway::store
