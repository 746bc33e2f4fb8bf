// conversation: what the commands of one session share.
#pragma once

#include "imap/channel.h"
#include "imap/command_reader.h"
#include "imap/command_table.h"
#include "imap/mailboxes.h"
#include "imap/notify.h"
#include "imap/sasl.h"
#include "imap/selected.h"
#include "imap/settings.h"
#include "imap/wire.h"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>

namespace imap {

enum class InputWait { input, news, time, drained };  // what ended a wait

struct Conversation {
    Conversation(Wire& wire_, Door& door_, Sasl& sasl_, const SessionSettings& settings_)
        : wire{wire_}
        , door{door_}
        , sasl{sasl_}
        , settings{settings_}
        , channel{wire_, settings_.limits}
        , reader{channel, settings_.limits}
    {
    }

    Wire& wire;
    Door& door;
    Sasl& sasl;
    const SessionSettings& settings;
    Channel channel;
    CommandReader reader;

    std::unique_ptr<Mailboxes> mailboxes;  // once logged in
    std::optional<Selected> selected;
    bool condstore = false;           // the client has shown that it knows MODSEQ: RFC 7162 3.1
    bool qresync = false;             // it wants VANISHED: RFC 7162 3.2.3
    std::optional<Notifying> notify;  // since it has said NOTIFY: RFC 5465
    std::size_t bad_commands = 0, failed_logins = 0;

    // Of the command at hand:
    std::string tag;
    std::optional<mime::Spool> mail;  // what came with APPEND
    Own own;                          // what its answer has told of the selected mailbox
    bool brought_mail = false;        // it put mail into the selected mailbox itself: told with its answer

    bool over = false;  // nothing more is read
    bool draining = false;
    boost::asio::steady_timer* alarm = nullptr;  // of run(); cancelled to wake the session

    [[nodiscard]] State state() const
    {
        return selected ? State::selected : mailboxes ? State::authenticated : State::not_authenticated;
    }

    [[nodiscard]] bool private_enough() const { return wire.encrypted() || wire.loopback(); }

    [[nodiscard]] std::string& out() { return channel.out(); }

    // The messages that a set names; nullopt: BAD.
    [[nodiscard]] std::optional<std::vector<Position>> positions(const SequenceSet& set, Numbers numbers) const
    {
        return imap::positions(set, numbers, selected->view.messages());
    }

    [[nodiscard]] std::vector<Uid> uids(std::span<const Position> places) const;

    // Whether `name` is the selected mailbox.
    [[nodiscard]] bool is_selected(std::string_view name) const { return selected && selected->name == name; }

    // Waits for the first input, news of the selected mailbox (when `known` is given) or of those watched, `limit`, or
    // drain(). Throws Disconnected, and what the mailbox threw.
    Async<InputWait> wait(std::chrono::milliseconds limit, std::shared_ptr<const Snapshot> known = nullptr);
};

inline constexpr std::string_view bad_numbers = "No message has that number";

}  // namespace imap
