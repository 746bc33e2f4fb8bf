#!/usr/bin/env python3
"""run_bad_input: what no decent client sends: each gets a protocol error, and the session goes on where the RFC allows.

The gateway runs with small limits, so that the limits are reached quickly. After each step a decent client is still served.
"""
import bad_disk
import bad_http
import bad_imap
import bad_smtp
import bad_world
from harness import Gateway, RawSmtp, deliver, eventually, run, state_folder
from mails import mail

MESSAGE_SIZE = 1_000_000  # octets: limits.message_size

STEPS = [
    ("SMTP: lines, words and states", bad_smtp.commands),
    ("SMTP: what must not be in DATA", bad_smtp.octets),
    ("SMTP: smuggling", bad_smtp.smuggling),
    ("SMTP: too much", bad_smtp.too_much),
    ("SMTP: authentication", bad_smtp.authentication),
    ("SMTP: STARTTLS injection", bad_smtp.injection),
    ("IMAP: lines, words and states", bad_imap.commands),
    ("IMAP: literals", bad_imap.literals),
    ("IMAP: authentication", bad_imap.authentication),
    ("IMAP: STARTTLS injection", bad_imap.injection),
    ("IMAP: hostile mails", bad_imap.hostile_mails),
    ("HTTP: documents", bad_http.documents),
    ("HTTP: requests", bad_http.requests),
    ("HTTP: a gigabyte in one element", bad_http.gigabyte),
    ("slow and silent clients", bad_world.slow),
    ("a lost database", bad_world.lost_database),
    ("a full disk", bad_disk.full_disk),
]


class Target:
    def __init__(self, report, gateway):
        self.report, self.gateway, self.size = report, gateway, MESSAGE_SIZE

    def smtp(self, service="smtp"):
        """A raw session after EHLO."""
        link = RawSmtp(self.gateway.at(service))
        link.hello()
        return link

    def still_served(self):
        message_id, data = mail("carol@legacy.test", ["alice@one.test"], "still there", "yes\n")
        deliver(self.gateway.at("smtp"), "carol@legacy.test", ["alice@one.test"], data)
        with self.gateway.imap("alice") as session:
            return eventually(lambda: session.with_message_id("INBOX", message_id))


def bad_input(report):
    limits = {"message_size": "1MB", "connections_per_address": 400}
    gateway = Gateway(state_folder("bad"), limits=limits).start()
    gateway.add_account("alice", "bob")
    target = Target(report, gateway)
    for title, step in STEPS:
        report.step(title, step, target)
        pid_before = gateway.process.poll()
        report.check("the gateway runs, and decent clients are served", pid_before is None and target.still_served())
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("bad input", bad_input)
