// resync: what a client that was away is told of a mailbox, RFC 7162 3.2.5 and 3.2.6.
//
// Pure.
#pragma once

#include "imap/command.h"

#include <span>
#include <vector>

namespace imap {

// Of the UIDs `expunged` (ascending, apart) those that the client may know and the view does not have.
[[nodiscard]] std::vector<UidRange> vanished(
    std::span<const UidRange> expunged, const command::Resync& resync, std::span<const MessageState> view);
// The same of a set that may have "*", which is no end here: what is gone may have had the highest UID.
[[nodiscard]] std::vector<UidRange> vanished(
    std::span<const UidRange> expunged, const SequenceSet& among, std::span<const MessageState> view);

// Places in the view of what is newer than the client's modseq, as far as it asks about that.
[[nodiscard]] std::vector<Position> changed(const command::Resync& resync, std::span<const MessageState> view);

// The highest UID of which the client has the right sequence number; 0: there is none. Nothing below it can have gone
// without the client's knowing.
[[nodiscard]] Uid proven(const SequenceSet& numbers, const SequenceSet& uids, std::span<const MessageState> view);

}  // namespace imap
