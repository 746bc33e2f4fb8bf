#!/usr/bin/env python3
"""run_corpus: every mail of the corpus goes in by SMTP and by APPEND and comes out of IMAP byte for byte.

What is compared is what went over the wire. Mails with NUL or a bare CR are refused by SMTP (smtp.bare_newline = refuse).
"""
import hashlib
import re
import smtplib
import threading
from collections import Counter

import samples
from harness import Gateway, Refused, Smtp, corpus, eventually, run, state_folder
from mails import TRACE, untraced

CONNECTIONS = 4
FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(?:[^\r\n]*\r\n(?=[ \t]))*[^\r\n]*\r\n")


def digest(octets):
    return hashlib.sha256(octets).digest()


def group(name):
    return name.split("/", 1)[0]


class BySmtp:
    """Sends mails over a few connections, each mail once; notes the reply to each."""

    def __init__(self, gateway, mails):
        self.gateway, self.todo, self.lock = gateway, list(mails), threading.Lock()
        self.replies = {}

    def run(self):
        threads = [threading.Thread(target=self.work) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.replies

    def next(self):
        with self.lock:
            return self.todo.pop() if self.todo else None

    def work(self):
        link = Smtp(self.gateway.at("smtp"))
        while (item := self.next()) is not None:
            name, octets = item
            try:
                reply = link.transaction("corpus@legacy.test", ["alice@one.test"], octets, ["BODY=8BITMIME"])[-1]
            except (smtplib.SMTPServerDisconnected, OSError) as error:
                reply = (0, f"disconnected: {error}".encode())
            self.replies[name] = reply
            if reply[0] in (0, 421):
                link = Smtp(self.gateway.at("smtp"))
        link.close()


def recognise(octets, sent):
    """(name, trace field names) of the sent mail that these octets are, below fields of the trace; None, [] when none."""
    rest, front = octets, []
    while True:
        found = sent.get(digest(rest))
        if found:
            return found, front
        field = FIELD.match(rest)
        if not field or field.group(1).lower() not in TRACE:
            return None, front
        front.append(field.group(1).decode().lower())
        rest = rest[field.end():]


def fetch_all(session, box):
    session.select(box)
    uids = session.uids(box)
    for start in range(0, len(uids), 100):
        for uid, row in session.fetch(uids[start:start + 100], "(RFC822.SIZE BODY.PEEK[])").items():
            body = row["BODY[]"]
            yield uid, int(row["RFC822.SIZE"]), body if isinstance(body, bytes) else (body or "").encode("latin-1")


def by_smtp(report, gateway, mails):
    wire = [(name, samples.on_the_wire(octets)) for name, octets in mails]
    replies = BySmtp(gateway, wire).run()
    refused = [name for name, octets in wire if samples.unsafe(octets)]
    report.check(f"the {len(refused)} mails with NUL or bare CR are refused with a 5xx",
                 all(500 <= replies[n][0] < 600 for n in refused), [(n, replies[n]) for n in refused if replies[n][0] // 100 != 5][:3])
    good = [(name, octets) for name, octets in wire if not samples.unsafe(octets)]
    not_taken = [(n, replies[n]) for n, _ in good if replies[n][0] != 250]
    report.check(f"the {len(good)} others are taken by SMTP", not not_taken, f"{len(not_taken)}: {not_taken[:4]}")
    sent = {digest(octets): name for name, octets in good}
    with gateway.imap("alice", timeout=60) as session:
        distinct = {digest(untraced(o)[1]) for n, o in good if replies[n][0] == 250}
        eventually(lambda: len(session.uids("INBOX")) >= len(distinct), 20)
        found, fronts, strange, sizes = Counter(), Counter(), 0, 0
        for _, size, octets in fetch_all(session, "INBOX"):
            name, front = recognise(octets, sent)
            found[name] += 1
            fronts[tuple(front)] += 1
            strange += name is None
            sizes += size != len(octets)
    # The same mail by another way, as its trace says, is the same message (mapping.md "The same mail twice?").
    mail_of = {name: digest(untraced(octets)[1]) for name, octets in good}
    there = {mail_of[name] for name in found if name}
    for folder in sorted({group(n) for n, _ in good}):
        names = {n for n in sent.values() if group(n) == folder}
        lost = sorted(n for n in names if mail_of[n] not in there and replies[n][0] == 250)
        report.check(f"{folder}: {len(names)} mails come out byte for byte", not lost, f"{len(lost)} do not, e.g. {lost[:5]}")
    report.equal("nothing else lies there", strange, 0)
    report.equal("RFC822.SIZE is the exact size of each", sizes, 0)
    report.check("the trace has Return-Path and Received", all({"return-path", "received"} <= set(f) for f in fronts), fronts)


def by_append(report, gateway, mails):
    wrong, refused, sizes = {}, [], 0
    with gateway.imap("alice", timeout=60) as session:
        session.must("CREATE", "Corpus")
        uids = {}
        for name, octets in mails:
            octets = samples.on_the_wire(octets)
            try:
                code = session.append("Corpus", octets, date="01-Feb-2003 04:05:06 +0000").code or ""
                uids[int(code.split()[2])] = (name, octets)
            except Refused as no:
                (refused if b"\0" in octets else wrong.setdefault(group(name), [])).append(f"{name}: {no}")
        for uid, size, octets in fetch_all(session, "Corpus"):
            name, wanted = uids.pop(uid, ("?", b""))
            sizes += size != len(octets)
            if octets != wanted:
                wrong.setdefault(group(name), []).append(name)
    if refused:
        print(f"note: {len(refused)} mails with NUL are refused by APPEND, as RFC 3501 has it", flush=True)
    for name, _ in uids.values():
        wrong.setdefault(group(name), []).append(f"{name} is not there")
    for folder in sorted({group(n) for n, _ in mails}):
        report.check(f"{folder}: what is appended comes out byte for byte", folder not in wrong,
                     f"{len(wrong.get(folder, []))}: {wrong.get(folder, [])[:4]}")
    report.equal("RFC822.SIZE is the exact size of each", sizes, 0)


def structures(report, gateway):
    """Whatever its form, each mail has an ENVELOPE and a BODYSTRUCTURE that a client can read."""
    with gateway.imap("alice", timeout=60) as session:
        for box in ("INBOX", "Corpus"):
            session.select(box)
            rows = session.fetch("1:*", "(ENVELOPE BODYSTRUCTURE INTERNALDATE)")
            bad = [u for u, row in rows.items() if len(row.get("ENVELOPE") or []) != 10 or not row.get("BODYSTRUCTURE")]
            report.check(f"each of the {len(rows)} mails in {box} has ENVELOPE and BODYSTRUCTURE", rows and not bad, bad[:5])


def whole_corpus(report):
    mails = list(samples.own())
    folder = corpus()
    if folder:
        mails += samples.from_corpus(folder)
    else:
        print("note: the corpus is absent (E2_CORPUS, ../shared/corpus); only the small samples are tried", flush=True)
    gateway = Gateway(state_folder("corpus")).start()
    gateway.add_account("alice")
    report.step(f"{len(mails)} mails by SMTP", by_smtp, report, gateway, mails)
    report.step(f"{len(mails)} mails by APPEND", by_append, report, gateway, mails)
    report.step("structures", structures, report, gateway)
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("the corpus", whole_corpus)
