// view: the messages of a mailbox as the client knows them, and how they come up to date, RFC
// 3501 7.4.1 and 5.2.
//
// Pure. Sequence numbers are places in the view; it changes only when the client is told.
#pragma once

#include "imap/mailboxes.h"
#include "imap/sequence_set.h"

#include <memory>
#include <span>
#include <vector>

namespace imap {

struct Permit {
    bool expunges = false;
    bool arrivals = false;
    bool flags = true;
};

// What a command's own answer has told or is about to tell, each ascending by UID.
struct Own {
    std::vector<MessageState> states;  // flags that the client knows already
    std::vector<Uid> gone;             // expunged by it: news at once, though the snapshot may lag behind
};

struct Changes {
    std::vector<std::uint32_t> expunged;  // sequence numbers, descending, so that none shifts another
    std::vector<Uid> gone;                // the same messages, ascending
    std::vector<Position> changed;        // flags to be told, by place in the view afterwards
    bool arrived = false;
};

class View {
public:
    explicit View(std::shared_ptr<const Snapshot> snapshot) : shown_{std::move(snapshot)} {}

    [[nodiscard]] std::span<const MessageState> messages() const { return shown_->messages; }

    // Everything up to it is told. Lower than the mailbox's own while something is held back: a client that goes on
    // from here after its connection broke misses nothing (RFC 7162 3.2).
    [[nodiscard]] ModSeq told() const { return shown_->highest_modseq; }

    // Whether there is nothing that it does not show of `now`.
    [[nodiscard]] bool shows(const std::shared_ptr<const Snapshot>& now) const { return shown_ == now; }

    // Takes over from `now` what may be told. One pass over both; shares `now` when nothing is held
    // back.
    Changes advance(const std::shared_ptr<const Snapshot>& now, Permit permit, const Own& own = {});

private:
    std::shared_ptr<const Snapshot> shown_;
};

// The newer of what `snapshot` and `known` say of a message.
[[nodiscard]] MessageState newest(const MessageState& known, const Snapshot& snapshot);

}  // namespace imap
