#!/usr/bin/env python3
"""run_first_light: steps 1 to 7 of the first scenario: a mailbox user, a native user and correspondents in one thread.

Everything is asserted from outside: IMAP and HTTP at the gateway, IMAP at the correspondents' Dovecot.
"""
import steps_edit
import steps_failure
import steps_leave
import steps_native
import steps_thread
from harness import LegacyWorld, both, run

SETTLE = 3  # seconds; long enough for two edits to fall into one, short enough to wait for


class Story:
    """What one step hands on to the next: the servers, the people's sessions, the messages by their names."""

    def __init__(self, report, gateway, legacy):
        self.report, self.gateway, self.legacy = report, gateway, legacy
        self.settle = SETTLE
        self.alice, self.bob = gateway.imap("alice"), gateway.imap("bob", security="starttls")
        self.carol, self.dave, self.erin = (legacy.imap(name) for name in ("carol", "dave", "erin"))
        self.alice_http, self.bob_http = gateway.http("alice"), gateway.http("bob")

    # Filled by the steps: Message-IDs, and guid@server names.
    root_id = reply_id = answer_id = None
    root = reply = None
    thread_id = None
    edit_mail = None


STEPS = [
    ("1 a mail of a correspondent to two people here", steps_thread.arrival),
    ("2 a reply to all by submission", steps_thread.reply_to_all),
    ("3 an edit over HTTP", steps_edit.edit),
    ("4a leaving and coming back by MOVE", steps_leave.by_move),
    ("4b leaving and coming back by COPY, \\Deleted, EXPUNGE", steps_leave.by_copy),
    ("4c expunging elsewhere leaves nothing", steps_leave.expunge_elsewhere),
    ("5 a correspondent leaves by one click and rejoins by mail", steps_leave.correspondent),
    ("6a a person is added natively", steps_native.added),
    ("6b withdraw and undelete", steps_native.withdraw),
    ("7a an unknown recipient", steps_failure.unknown_user),
    ("7b a deferring recipient", steps_failure.deferred),
]


def first_light(report):
    why = LegacyWorld.missing()
    if why:
        return report.skip("first light", why)
    gateway, legacy = both("light", followup={"settle": f"{SETTLE}s"})
    gateway.add_account("alice", "bob")
    story = Story(report, gateway, legacy)
    for title, step in STEPS:
        report.step(title, step, story)
    return report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("first light", first_light)
