#include "gateway/ingress/one_click.h"

#include "gateway/log.h"
#include "gateway/mapping/texts.h"
#include "gateway/store/changes.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/store.h"

namespace gateway::ingress {

namespace {

// What a token is about, in the words of whom it was given to.
struct Clicked {
    store::TokenMeaning meaning;
    std::string language, subject, person;
    email2::Name message;
    std::optional<store::ListRoot> root;  // the list that it is about
};

bool is_muting(store::TokenAction action)
{
    return store::muted_kind(action) || store::unmuted_kind(action);
}

// As they got it: how it is called since is for those who are there. A list's name everybody may know.
std::string subject_known(store::Session& session, const store::Facts& facts, std::int32_t person)
{
    if (facts.state != email2::State::present) return {};
    auto revision = facts.revision;
    if (!facts.standing.list_root) {
        const auto known =
            session.query("select revision from delivery where message_id = $1 and person_id = $2 and revision > 0",
                facts.id, person);
        if (known.empty()) return {};
        revision = static_cast<std::int32_t>(known.integer(0, 0));
    }
    const auto content = store::content_of_revision(session, facts.id, revision);
    return content ? content->subject : std::string{};
}

std::optional<Clicked> read(store::Session& session, const std::string& token)
{
    const auto meaning = store::meaning_of_token(session, token);
    if (!meaning || meaning->action == store::TokenAction::bounce ||
        meaning->action == store::TokenAction::bounce_of_follow_up || meaning->action == store::TokenAction::relay)
        return std::nullopt;
    const auto facts = store::facts_of(session, meaning->message, meaning->person);
    if (!facts) return std::nullopt;
    // A list that is none any more, and who was removed: nothing can be done by a click.
    const bool subscribes = meaning->action == store::TokenAction::subscribe;
    if (subscribes && !facts->standing.list_root) return std::nullopt;
    if (!is_muting(meaning->action) && facts->standing.held == email2::Listed::removed) return std::nullopt;
    auto subject = subject_known(session, *facts, meaning->person);
    const auto people = store::people_by_id(session, {meaning->person});
    const auto language = people.empty() ? std::string("en") : store::language_for(people.begin()->second);
    const mapping::Texts texts(language);
    if (subject.empty() && facts->standing.list_root) subject = facts->root->alias;
    subject = subject.empty() ? texts.word("page.conversation") : texts.word("page.subject", {{"subject", subject}});
    return Clicked{*meaning, language, std::move(subject),
        people.empty() ? std::string{} : people.begin()->second.address, facts->name,
        facts->standing.list_root ? facts->root : std::nullopt};
}

// What people call a kind of follow-up.
const char* called(store::Mail kind)
{
    switch (kind) {
    case store::Mail::edited: return "page.kind.edited";
    case store::Mail::added: return "page.kind.added";
    case store::Mail::withdrawn: return "page.kind.withdrawn";
    case store::Mail::restored: return "page.kind.restored";
    case store::Mail::removed: return "page.kind.removed";
    case store::Mail::summary: return "page.kind.summary";
    default: return "page.kind.other";
    }
}

// Never the token itself: whoever reads it could act by it.
void note(const Clicked& clicked, const char* what)
{
    log::info("acted.by_token", {{"what", what}, {"by", clicked.person}, {"id", clicked.message.str()}});
}

enum class Button { yes, no };

// The page of that name in conf/templates/*/words.txt.
Page page_of(const Clicked& clicked, const std::string& name, Button button, std::optional<store::Mail> kind = {})
{
    const mapping::Texts texts(clicked.language);
    const auto word = [&](const char* part) {
        return texts.word(
            "page." + name + part, {{"subject", clicked.subject}, {"kind", kind ? texts.word(called(*kind)) : ""}});
    };
    Page page;
    page.title = word(".title");
    page.text = word(".text");
    if (button == Button::yes) page.button = word(".button");
    page.language = clicked.language;
    return page;
}

std::optional<Page> describe_muting(const Clicked& clicked)
{
    if (const auto kind = store::muted_kind(clicked.meaning.action)) return page_of(clicked, "mute", Button::yes, kind);
    if (const auto kind = store::unmuted_kind(clicked.meaning.action))
        return page_of(clicked, "unmute", Button::yes, kind);
    return std::nullopt;
}

std::optional<Page> perform_muting(store::Session& session, const Clicked& clicked)
{
    const auto& meaning = clicked.meaning;
    if (const auto kind = store::muted_kind(meaning.action)) {
        store::mute(session, meaning.person, *kind);
        note(clicked, "mute");
        auto page = page_of(clicked, "muted", Button::yes, kind);
        page.token = store::token_for(session, meaning.person, meaning.message, store::unmuting(*kind));
        return page;
    }
    if (const auto kind = store::unmuted_kind(meaning.action)) {
        store::unmute(session, meaning.person, *kind);
        note(clicked, "unmute");
        return page_of(clicked, "unmuted", Button::no, kind);
    }
    return std::nullopt;
}

}  // namespace

std::optional<Page> describe(store::Session& session, const std::string& token)
{
    const auto clicked = read(session, token);
    if (!clicked) return std::nullopt;
    if (auto page = describe_muting(*clicked)) return page;
    switch (clicked->meaning.action) {
    case store::TokenAction::subscribe: return page_of(*clicked, "subscribe", Button::yes);
    case store::TokenAction::leave: return page_of(*clicked, clicked->root ? "leave-list" : "leave", Button::yes);
    default: return page_of(*clicked, clicked->root ? "subscribe" : "rejoin", Button::yes);
    }
}

std::optional<Page> perform(store::Session& session, const std::string& token)
{
    const auto clicked = read(session, token);
    if (!clicked) return std::nullopt;
    if (auto page = perform_muting(session, *clicked)) return page;
    store::Transaction transaction(session);
    store::Changes changes;
    const char* outcome = "there";
    if (clicked->meaning.action == store::TokenAction::subscribe) {
        if (clicked->root) store::subscribe(session, changes, clicked->meaning.person, *clicked->root);
        outcome = "subscribed";
    } else if (clicked->meaning.action == store::TokenAction::leave) {
        store::leave_outside(session, changes, clicked->meaning.person, clicked->meaning.message);
        outcome = clicked->root ? "left-list" : "left";
    } else if (store::rejoin_outside(session, changes, clicked->meaning.person, clicked->meaning.message)) {
        outcome = clicked->root ? "subscribed" : "rejoined";
    }
    store::finish(session, changes);
    transaction.commit();
    note(*clicked, outcome);
    return page_of(*clicked, outcome, Button::no);
}

}  // namespace gateway::ingress
