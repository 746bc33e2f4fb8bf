// outbox_make: what a row of the queue says when it leaves. mapping.md "Mail out", "After sending: the degradation
// table".
//
// Whoever sends a mail and whoever previews it asks here, so that the two cannot differ.
#pragma once

#include "gateway/egress/relayed.h"
#include "gateway/store/follow_ups.h"
#include "gateway/store/writer.h"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gateway::store {

struct MakeSettings {
    std::string public_url;              // one click: public_url + "/a/TOKEN"
    std::size_t digest_max = 20;         // messages
    std::size_t digest_size = 10 << 20;  // octets
    std::size_t list_min = 10;           // people from which a mail carries List-Unsubscribe
    std::size_t max_per_day = 10;        // follow-ups to one person; 0: no limit
};

struct QueuedMail {  // a row of the queue, and what it is about
    std::int64_t id = 0, message = 0, event = 0;
    std::int32_t person = 0;
    Mail kind = Mail::message;
    Time queued{};
    std::optional<Time> since;  // rejoined
    std::string content;        // opaque, answer
    std::string recipient;
    std::optional<std::int32_t> known;  // the revision that they have
    bool by_account = true;             // the message's author is one of ours
    bool withdrawn = false;             // the message
    bool gone = false;                  // they left, or were removed
};

struct Enclosed {  // a message that a mail brings along
    std::int64_t message = 0;
    std::int32_t revision = 0;
};

struct MadeMail {
    std::string fields;               // on top of the message's rendition; or:
    std::string bytes;                // a mail of our making
    std::string language;             // that it is in
    std::vector<NewMessage> notices;  // or these go into the thread, and nothing leaves
    std::vector<Enclosed> enclosed;   // of a digest: whoever gets it has these
    std::optional<egress::Relayed> relayed;
    bool on_list = false;  // to the subscribers of a mailing list
};

// A preview shows nobody's tokens: whoever knows them can act as that person.
enum class Making { to_send, to_preview };

// nullopt: there is nothing to say (any more). Throws what a hostile content may make a mapping throw.
[[nodiscard]] std::optional<MadeMail> make_mail(
    Session& session, const MakeSettings& settings, const QueuedMail& mail, Making making);

// Whether its recipient wants to be told: they turned off what they do not. Locks the person's row; call it for all of
// a claim in ascending id.
[[nodiscard]] bool wants(Session& session, const QueuedMail& mail);
// Whether a follow-up may go to its recipient today, and that it does. False: it waits for the summary (queued here
// when there was none). Ask for what there is something to say of: what is never sent counts for nothing.
[[nodiscard]] bool may_tell_today(Session& session, const MakeSettings& settings, const QueuedMail& mail);
// Those of these rows (ids) that would wait for it, were they to leave now. Changes nothing.
[[nodiscard]] std::set<std::int64_t> would_wait(
    Session& session, const MakeSettings& settings, const std::vector<std::int64_t>& rows);
// The summary reached its recipient: what it told is done with.
void summary_told(Session& session, std::int32_t person);

}  // namespace gateway::store
