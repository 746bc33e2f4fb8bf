// club: a village with a mailing list, news@one.test, that alice owns.
#pragma once

#include "gateway/store/admin.h"
#include "gateway/store/invariants.h"
#include "gateway/store/lists.h"
#include "gateway/store/rendition.h"
#include "village.h"

#include <string>
#include <vector>

namespace test {

inline email2::Publication list_document(
    const std::string& alias, email2::Posting posting, const std::vector<std::string>& subscribers = {})
{
    email2::Publication publication;
    publication.list = email2::MailingList{alias, posting};
    publication.content = text("News", "What is new.");
    for (const auto& address : subscribers) publication.entries.push_back({.address = address});
    return publication;
}

// A list that alice owns and subscribes to.
struct Club : Village {
    explicit Club(email2::Posting posting = email2::Posting::members,
        const std::vector<std::string>& subscribers = {"bob@one.test"})
    {
        REQUIRE(store::allow_lists(session, "alice@one.test", true));
        const auto made = verbs.publish("alice@one.test", list_document("news@one.test", posting, subscribers));
        REQUIRE_MESSAGE(made, (made ? "" : made.error().text));
        root = made->id;
    }

    // Whatever a test did, the store is sound.
    ~Club()
    {
        for (const auto& broken : store::broken_invariants(session))
            FAIL_CHECK(broken.invariant << ": " << broken.examples.front());
    }
    Club(const Club&) = delete;

    // By mail to the alias, from outside or an account; "" or the refusal's code.
    email2::Result<store::Published> mail(const std::string& from, const std::string& id, email2::Proof proof,
        std::vector<std::string> parents = {}, std::vector<store::Recipient> others = {})
    {
        auto message = letter(from, id, std::move(others), std::move(parents));
        message.lists = {root.str()};
        message.proof = proof;
        return writer.publish_blocking(std::move(message));
    }

    email2::Result<email2::Message> post(
        const std::string& from, const std::string& subject, const email2::Name& parent)
    {
        email2::Publication publication;
        publication.parents = {parent.str()};
        publication.inherit = true;
        publication.content = text(subject, subject);
        return verbs.publish(from, publication);
    }

    std::string bytes_of(std::int64_t message)
    {
        return store::read_content(session, number("select rendition_id from revision where message_id = " +
                                                   std::to_string(message) + " order by number desc limit 1"));
    }

    email2::Name root;
};

}  // namespace test
