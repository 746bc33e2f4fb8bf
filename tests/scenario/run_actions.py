#!/usr/bin/python3
"""run_actions: what mail can do: action addresses, legacy verbs of accounts and correspondents, and what tokens are worth.

mapping.md "Legacy verbs" and "Action addresses". The steps that judge are actions_*.py. /usr/bin/python3: that is the one whose
modules Debian's packages are for (dkimpy signs as legacy.test does).
"""
import base64
import os
import re
import subprocess
import sys

from harness import DOMAIN, LEGACY, ROOT, Gateway, Smtp, document, eventually, free_ports, run, state_folder
from mails import mail, text_of

sys.path.insert(0, os.path.join(ROOT, "tests", "rigs"))

import dkim  # noqa: E402
from actions_mail import CORRESPONDENTS, OF_ACCOUNTS  # noqa: E402
from actions_signed import SIGNED_EDITS, Seal  # noqa: E402
from actions_token import TOKENS  # noqa: E402
from sink import Sink  # noqa: E402

SIGNED = [b"From", b"To", b"Date", b"Message-ID", b"Subject", b"Content-Type", b"Supersedes", b"Chat-Edit", b"Chat-Delete", b"Content-Class"]


class Desk:
    def __init__(self, report, gateway, sink):
        self.report, self.gateway, self.sink = report, gateway, sink
        self.http = {name: gateway.http(name) for name in ("alice", "bob", "eve")}
        self.imap = {name: gateway.imap(name) for name in ("alice", "bob", "eve")}
        self.key = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], capture_output=True, check=True).stdout
        public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=self.key, capture_output=True, check=True).stdout
        for domain in (LEGACY, "other.test"):
            gateway.names[f"sel._domainkey.{domain}", "TXT"] = ["v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()]
        self.seal = Seal(gateway.folder)
        gateway.names["other.test", "TXT"] = ["v=spf1 ip4:127.0.0.0/8 -all"]

    # --- mail
    def signed(self, data, domain=LEGACY, names=None):
        fields = [n for n in (names or SIGNED) if re.search(rb"^" + n + rb":", data.split(b"\r\n\r\n")[0], re.M | re.I)]
        return dkim.sign(data, b"sel", domain.encode(), self.key, include_headers=fields) + data

    def outside(self, author, recipients, subject, text="Words.\n", sign=True, sender=None, names=None, to=None, message_id=None, **more):
        """(the reply to DATA or the first refusal, its Message-ID) of a mail from the world."""
        message_id, data = mail(author, to or [r for r in recipients], subject, text, message_id=message_id, **more)
        if sign:
            data = self.signed(data, author.split("@")[1], names)
        return self.deliver(author if sender is None else sender, recipients, data), message_id

    def deliver(self, sender, recipients, data):
        with Smtp(self.gateway.at("smtp")) as link:
            return self.last(link.transaction(sender, recipients, data))

    def inside(self, name, recipients, subject, text="Words.\n", to=None, message_id=None, **more):
        message_id, data = mail(f"{name}@{DOMAIN}", to or recipients, subject, text, message_id=message_id, **more)
        with self.gateway.submission(name) as link:
            return self.last(link.transaction(f"{name}@{DOMAIN}", recipients, data)), message_id

    @staticmethod
    def last(replies):
        code, text = next((g for g in replies if g[0] not in (250, 251)), replies[-1])
        return code, text.decode()

    # --- what there is
    def publish(self, subject, text, to, name="alice", **more):
        got = self.http[name].publish(document(subject, text, [(a, "to") for a in to], **more))
        self.report.must(f"{subject}: published", got.status == 201, got)
        return got.xml.get("id")

    def sent_to(self, address):
        return [t for t in list(self.sink.taken) if address in t.recipients]

    def in_box(self, name, message_id, box="INBOX"):
        return self.imap[name].with_message_id(box, message_id)

    def received(self, name, message_id, box="INBOX"):
        """Its UID once it is there."""
        uids = eventually(lambda: self.in_box(name, message_id, box))
        self.report.must(f"{name} has it in {box}", uids)
        return uids[-1]

    def texts(self, name, box="INBOX"):
        imap = self.imap[name]
        return {uid: text_of(imap.octets_of(uid)) for uid in imap.uids(box)}

    def told(self, name, words, box="INBOX"):
        """The notices in a box whose text has these words."""
        return [text for text in self.texts(name, box).values() if words in " ".join(text.split())]

    def answered(self, name, words):
        self.report.check(f"{name} is told: {words}", eventually(lambda: self.told(name, words), 20), self.texts(name))


def actions(report):
    sink = Sink(free_ports(1)[0]).start()
    where = "%s:%d" % sink.address
    gateway = Gateway(state_folder("actions"), {LEGACY: where, "other.test": where}, followup={"settle": "1s"}).start()
    gateway.add_account("alice", "bob", "eve")
    desk = Desk(report, gateway, sink)
    for title, step in OF_ACCOUNTS + SIGNED_EDITS + CORRESPONDENTS + TOKENS:
        report.step(title, step, desk)
    log = gateway.log_text()
    report.check("the log has a line for each mail that left, each refusal and each click",
                 all(event in log for event in (" egress.delivered ", " mail.refused ", " acted.by_token ")), log[-2000:])
    report.check("and nobody's token", not re.search(r"\b[ab]-[a-z2-7]{32}|/a/[a-z2-7]{32}", log))
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("actions", actions)
