// view: the messages of a mailbox as the client knows them, and how they come up to date.
#include "imap/view.h"

#include <algorithm>

namespace imap {

namespace {

// Walks along an ascending list beside the view.
template <class List, class Key>
bool reach(const List& list, std::size_t& at, Uid uid, Key key)
{
    while (at < list.size() && key(list[at]) < uid) ++at;
    return at < list.size() && key(list[at]) == uid;
}

constexpr auto uid_of = [](const MessageState& state) { return state.uid; };
constexpr auto itself = [](Uid uid) { return uid; };

class Merge {
public:
    Merge(const Snapshot& told, const Snapshot& now, Permit permit, const Own& own)
        : told_{told}, now_{now}, permit_{permit}, own_{own}
    {
        view_.messages.reserve(now.messages.size());
        view_.highest_modseq = now.highest_modseq;
    }

    void run()
    {
        for (std::size_t place = 0; place < told_.messages.size(); ++place) known(place);
        std::ranges::reverse(changes_.expunged);
        arrivals();
    }

    Changes changes_;
    Snapshot view_;

private:
    void known(std::size_t place)
    {
        auto state = told_.messages[place];
        const bool there = reach(now_.messages, at_, state.uid, uid_of);
        const bool own_gone = reach(own_.gone, own_gone_, state.uid, itself);
        const bool gone = own_gone || !there;
        if (own_gone || (gone && permit_.expunges)) {
            changes_.expunged.push_back(static_cast<std::uint32_t>(place) + 1);
            changes_.gone.push_back(state.uid);
            return;
        }
        if (gone) hold_back_from(told_.highest_modseq + 1);
        if (reach(own_.states, own_state_, state.uid, uid_of) && own_.states[own_state_].modseq >= state.modseq) {
            state = own_.states[own_state_];
        }
        // A snapshot may lag behind the session's own changes: only what is newer is news.
        if (there && now_.messages[at_].modseq > state.modseq) {
            const bool differs = now_.messages[at_].flags != state.flags;
            if (differs && permit_.flags) changes_.changed.push_back(static_cast<Position>(view_.messages.size()));
            if (differs && !permit_.flags) hold_back_from(now_.messages[at_].modseq);
            else state = now_.messages[at_];
        }
        view_.messages.push_back(state);
    }

    void arrivals()
    {
        view_.uid_next = told_.uid_next;
        view_.uid_validity = now_.uid_validity;
        const auto known = told_.messages.empty() ? Uid{0} : told_.messages.back().uid;
        const auto first =
            std::ranges::lower_bound(now_.messages, std::max(told_.uid_next, known + 1), {}, &MessageState::uid);
        for (auto message = first; message != now_.messages.end(); ++message) {
            if (!permit_.arrivals) {
                hold_back_from(message->modseq);
                continue;
            }
            if (std::ranges::binary_search(own_.gone, message->uid)) continue;
            view_.messages.push_back(*message);
            changes_.arrived = true;
        }
        if (permit_.arrivals) view_.uid_next = std::max(told_.uid_next, now_.uid_next);
    }

    // A change that has this modseq, or a later one, is not told yet.
    void hold_back_from(ModSeq modseq) { view_.highest_modseq = std::min(view_.highest_modseq, modseq - 1); }

    const Snapshot& told_;
    const Snapshot& now_;
    Permit permit_;
    const Own& own_;
    std::size_t at_ = 0, own_gone_ = 0, own_state_ = 0;
};

}  // namespace

Changes View::advance(const std::shared_ptr<const Snapshot>& now, Permit permit, const Own& own)
{
    if (shown_ == now && own.states.empty() && own.gone.empty()) return {};
    Merge merge{*shown_, *now, permit, own};
    merge.run();
    if (merge.view_.messages == now->messages && merge.view_.uid_next == now->uid_next) {
        shown_ = now;
    } else {
        shown_ = std::make_shared<const Snapshot>(std::move(merge.view_));
    }
    return std::move(merge.changes_);
}

MessageState newest(const MessageState& known, const Snapshot& snapshot)
{
    const auto found = std::ranges::lower_bound(snapshot.messages, known.uid, {}, &MessageState::uid);
    return found != snapshot.messages.end() && found->uid == known.uid && found->modseq > known.modseq ? *found : known;
}

}  // namespace imap
