#include "gateway/ingress/one_click.h"

#include "gateway/store/changes.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/store.h"

namespace gateway::ingress {

namespace {

struct Clicked {
    store::TokenMeaning meaning;
    std::string subject;
};

std::optional<Clicked> read(store::Session& session, const std::string& token)
{
    const auto meaning = store::meaning_of_token(session, token);
    if (!meaning || meaning->action == store::TokenAction::bounce) return std::nullopt;
    const auto facts = store::facts_of(session, meaning->message, meaning->person);
    if (!facts) return std::nullopt;
    std::string subject;
    if (facts->state == email2::State::present)
        if (const auto content = store::content_of_revision(session, facts->id, facts->revision)) subject = content->subject;
    return Clicked{*meaning, subject.empty() ? "this conversation" : "“" + subject + "”"};
}

}  // namespace

std::optional<Page> describe(store::Session& session, const std::string& token)
{
    const auto clicked = read(session, token);
    if (!clicked) return std::nullopt;
    if (clicked->meaning.action == store::TokenAction::leave)
        return Page{"Leave a conversation", "You will get no more mail about " + clicked->subject + ". You can come back at any time.", "Leave"};
    return Page{"Come back", "You will get mail about " + clicked->subject + " again, and what you missed.", "Come back"};
}

std::optional<Page> perform(store::Session& session, const std::string& token)
{
    const auto clicked = read(session, token);
    if (!clicked) return std::nullopt;
    store::Transaction transaction(session);
    store::Changes changes;
    Page page;
    if (clicked->meaning.action == store::TokenAction::leave) {
        store::leave_outside(session, changes, clicked->meaning.person, clicked->meaning.message);
        page = {"You have left", "You get no more mail about " + clicked->subject + ". A mail that says how to come back is on its way.", ""};
    } else if (store::rejoin_outside(session, changes, clicked->meaning.person, clicked->meaning.message)) {
        page = {"You are back", "What you missed of " + clicked->subject + " is on its way to you.", ""};
    } else {
        page = {"You are on the list", "You get mail about " + clicked->subject + " as before.", ""};
    }
    store::finish(session, changes);
    transaction.commit();
    return page;
}

}  // namespace gateway::ingress
