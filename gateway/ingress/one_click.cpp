#include "gateway/ingress/one_click.h"

#include "gateway/store/changes.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/store.h"

namespace gateway::ingress {

namespace {

struct Clicked {
    store::TokenMeaning meaning;
    std::string subject;
    std::optional<store::ListRoot> root;  // the list that it is about
};

std::optional<Clicked> read(store::Session& session, const std::string& token)
{
    const auto meaning = store::meaning_of_token(session, token);
    if (!meaning || meaning->action == store::TokenAction::bounce || meaning->action == store::TokenAction::relay) return std::nullopt;
    const auto facts = store::facts_of(session, meaning->message, meaning->person);
    if (!facts) return std::nullopt;
    std::string subject;
    if (facts->state == email2::State::present)
        if (const auto content = store::content_of_revision(session, facts->id, facts->revision)) subject = content->subject;
    // A list that is none any more, and who was removed from one: nothing can be done by a click.
    const bool subscribes = meaning->action == store::TokenAction::subscribe;
    if (subscribes && (!facts->standing.list_root || facts->standing.held == email2::Listed::removed)) return std::nullopt;
    return Clicked{*meaning, subject.empty() ? "this conversation" : "“" + subject + "”", facts->standing.list_root ? facts->root : std::nullopt};
}

// What people call a kind of follow-up.
const char* called(store::Mail kind)
{
    switch (kind) {
    case store::Mail::edited: return "edits of messages that you have";
    case store::Mail::added: return "conversations that somebody adds you to";
    case store::Mail::withdrawn: return "messages that were withdrawn";
    case store::Mail::restored: return "messages that were restored";
    case store::Mail::removed: return "conversations that you are taken off";
    default: return "changes";
    }
}

std::optional<Page> describe_muting(const store::TokenMeaning& meaning)
{
    if (const auto kind = store::muted_kind(meaning.action))
        return Page{"Turn off mails", std::string("You will get no more mails about ") + called(*kind) + ", in any conversation. Messages and answers still reach you.",
                    "Turn off"};
    if (const auto kind = store::unmuted_kind(meaning.action))
        return Page{"Turn on mails", std::string("You will get mails about ") + called(*kind) + " again.", "Turn on"};
    return std::nullopt;
}

std::optional<Page> perform_muting(store::Session& session, const store::TokenMeaning& meaning)
{
    if (const auto kind = store::muted_kind(meaning.action)) {
        store::mute(session, meaning.person, *kind);
        return Page{"Turned off", std::string("You get no more mails about ") + called(*kind) + ".", "Turn on again",
                    store::token_for(session, meaning.person, meaning.message, store::unmuting(*kind))};
    }
    if (const auto kind = store::unmuted_kind(meaning.action)) {
        store::unmute(session, meaning.person, *kind);
        return Page{"Turned on", std::string("You get mails about ") + called(*kind) + " again.", ""};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Page> describe(store::Session& session, const std::string& token)
{
    const auto clicked = read(session, token);
    if (!clicked) return std::nullopt;
    if (auto page = describe_muting(clicked->meaning)) return page;
    if (clicked->meaning.action == store::TokenAction::subscribe)
        return Page{"Subscribe to a list", "You will get what is posted to " + clicked->subject + ". You can leave at any time.", "Subscribe"};
    if (clicked->meaning.action == store::TokenAction::leave)
        return Page{"Leave a conversation", "You will get no more mail about " + clicked->subject + ". You can come back at any time.", "Leave"};
    return Page{"Come back", "You will get mail about " + clicked->subject + " again, and what you missed.", "Come back"};
}

std::optional<Page> perform(store::Session& session, const std::string& token)
{
    const auto clicked = read(session, token);
    if (!clicked) return std::nullopt;
    if (auto page = perform_muting(session, clicked->meaning)) return page;
    store::Transaction transaction(session);
    store::Changes changes;
    Page page;
    if (clicked->meaning.action == store::TokenAction::subscribe) {
        if (clicked->root) store::subscribe(session, changes, clicked->meaning.person, *clicked->root);
        page = {"You are on the list", "You get what is posted to " + clicked->subject + ". A mail that says how to leave is on its way.", ""};
    } else if (clicked->meaning.action == store::TokenAction::leave) {
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
