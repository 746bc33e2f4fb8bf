#!/usr/bin/env python3
"""run_threading: stock software sees the tree that the store has: Dovecot's THREAD at the correspondent's and over the mailbox
user's mails, and neomutt in the mailbox user's INBOX.

The tree has two branches, an answer to two messages, an answer under another subject, one whose parent comes after it, a thread of
the same subject that is another, and a mail about an edit.
"""
import os
import re
import shutil
import subprocess

from harness import PASSWORD, LegacyWorld, both, eventually, run
from http_client import document
from mails import mail, new_id

ALICE, BOB, CAROL = "alice@one.test", "bob@one.test", "carol@legacy.test"


class Table:
    """The messages of the story by their Message-IDs, and each one's native name."""

    def __init__(self, report, gateway, legacy):
        self.report, self.gateway, self.legacy = report, gateway, legacy
        self.alice, self.bob, self.carol = gateway.http("alice"), gateway.imap("bob"), legacy.imap("carol")
        self.names = {}   # Message-ID: guid@server
        self.sent_by_carol = []

    def by_carol(self, subject, text, parent=None, message_id=None, references=()):
        message_id, data = mail(CAROL, [ALICE], subject, text, cc=[BOB], in_reply_to=parent, message_id=message_id, references=references)
        self.legacy.send("carol", [ALICE, BOB], data)
        self.sent_by_carol.append(data)
        self.here(message_id)
        return message_id

    def by_bob(self, subject, text, parent):
        message_id, data = mail(BOB, [ALICE], subject, text, cc=[CAROL], in_reply_to=parent)
        self.gateway.submit("bob", [ALICE, CAROL], data)
        self.here(message_id)
        return message_id

    def natively(self, subject, text, *parents):
        answer = self.alice.publish(document(subject, text, [], [self.names[p] for p in parents], inherit=True))
        self.report.must(f"alice publishes {text!r}", answer.status == 201, answer)
        name = answer.xml.get("id")
        self.names[name] = name
        self.here(name)
        return name

    def here(self, message_id):
        """Waits until bob has it, and learns its native name from alice's store."""
        uids = eventually(lambda: self.bob.with_message_id("INBOX", message_id), 20)
        self.report.must(f"bob has {message_id} once", len(uids or []) == 1, uids)
        for name, _ in self.alice.references(limit=200):
            origin = self.alice.message(name).xml.find("{urn:email2:1}origin")
            if name == message_id or (origin is not None and (origin.get("message-id") or "").strip("<>") == message_id):
                self.names[message_id] = name

    def tree(self):
        """{Message-ID: the Message-ID of its parent in the store, or None}"""
        ids = {name: message_id for message_id, name in self.names.items()}
        found = {}
        for message_id, name in self.names.items():
            parents = self.alice.message(name).parents()
            found[message_id] = ids.get(parents[0]) if parents else None
        return found


def pairs(text):
    """[(child, parent or None)] of a THREAD answer: "(1 (2 3)(4))" """
    out, stack, last = [], [], None
    for word in re.findall(r"\(|\)|\d+", text):
        if word == "(":
            stack.append(last)
        elif word == ")":
            last = stack.pop()
        else:
            out.append((int(word), last))
            last = int(word)
    return out


def threaded(session, box):
    """The tree that the server's THREAD=REFS gives: by references alone, and not by subject."""
    session.select(box)
    answer = session.must("UID THREAD REFS UTF-8 ALL")
    ids = {}
    for uid in session.uids(box, "ALL"):
        octets = session.octets_of(uid)
        ids[uid] = re.search(rb"(?im)^message-id:\s*<([^>]+)>", octets)[1].decode()
    return {ids[child]: ids.get(parent) for child, parent in pairs(answer.all("THREAD")[0].raw)}


def grow(table):
    r = table.report
    root = table.by_carol("Plan", "one")
    second = table.natively("Re: Plan", "two", root)
    third = table.by_bob("Re: Plan", "three", second)
    fourth = table.natively("Re: Plan", "four", root)
    late = new_id("legacy.test")
    table.by_carol("Re: Plan", "five, before its parent", late, references=(root, third))
    table.by_carol("Plan B (was: Plan)", "six, under another subject", third, message_id=late, references=(root, second))
    table.both, table.late = table.natively("Re: Plan", "seven, to two", fourth, late), late
    table.by_carol("Plan", "another plan")
    table.root, table.second = root, second
    r.equal("every message has a native name", len(table.names), 8)


def store(table):
    r = table.report
    tree = table.tree()
    r.equal("one thread of seven, one of one", sorted(sum(1 for m in tree if top(tree, m) == t) for t in {top(tree, m) for m in tree}), [1, 7])
    table.expected = tree


def top(tree, message_id):
    while tree.get(message_id):
        message_id = tree[message_id]
    return message_id


def correspondent(table):
    r, session = table.report, table.carol
    for data in table.sent_by_carol:  # her client's own copies
        r.must("carol's client saves what she sent", session.append("INBOX", data).ok)
    r.check("carol's Dovecot has all of it", eventually(lambda: len(session.uids("INBOX", "ALL")) == len(table.names), 30),
            session.uids("INBOX", "ALL"))
    r.equal("Dovecot's THREAD at the correspondent's is the store's tree", threaded(session, "INBOX"), table.expected)
    r.equal("the edit is taken", table.alice.rewrite(table.names[table.second], lambda t: t + "Better.\n").status, 200)
    r.must("the mail about it arrives", eventually(lambda: len(session.uids("INBOX", "ALL")) == len(table.names) + 1, 30))
    more = {m: p for m, p in threaded(session, "INBOX").items() if m not in table.expected}
    r.equal("and hangs under its message", list(more.values()), [table.second])
    r.equal("the rest stands as it did", {m: p for m, p in threaded(session, "INBOX").items() if m in table.expected}, table.expected)


def mailbox_user(table):
    r = table.report
    judge = table.legacy.imap("dave")
    for uid in table.bob.uids("INBOX", "ALL"):
        r.must("a mail of bob's INBOX is given to Dovecot", judge.append("INBOX", table.bob.octets_of(uid)).ok)
    r.equal("Dovecot's THREAD over a mailbox user's INBOX is the store's tree", threaded(judge, "INBOX"), table.expected)


def neomutt(table):
    r, gateway = table.report, table.gateway
    missing = [name for name in ("neomutt", "tmux") if not shutil.which(name)]
    if missing:
        r.skip("neomutt shows the store's tree", f"{missing[0]} is not installed")
        return
    host, port = gateway.at("imap")
    home = os.path.join(gateway.folder, "neomutt")
    os.makedirs(home, exist_ok=True)
    rc = os.path.join(home, "rc")
    with open(rc, "w") as out:
        out.write("\n".join([
            'set imap_user="bob@one.test"', 'set imap_pass="' + PASSWORD + '"', f'set folder="imap://{host}:{port}/"', "set spoolfile=+INBOX",
            "set ssl_starttls=no", "set ssl_force_tls=no", "set sort=threads", "set strict_threads=yes", "set hide_thread_subject=no",
            "set ascii_chars=yes", "set wait_key=no", "set quit=yes", "set mail_check=60", "set record=''", 'set index_format="%i %s"']) + "\n")
    socket = os.path.join(home, "tmux")

    def tmux(*words):
        return subprocess.run(["tmux", "-u", "-S", socket, *words], capture_output=True, text=True, timeout=20,
                              env={**os.environ, "HOME": home, "TERM": "xterm-256color", "LANG": "C.UTF-8"}).stdout

    def lines():
        found = (re.match(r"\s*<?([^<>\s]+@[^<>\s]+)>? (.*)$", line) for line in tmux("capture-pane", "-p").splitlines())
        return [(m[1], m[2]) for m in found if m and m[1] in table.names]

    tmux("-f", "/dev/null", "new-session", "-d", "-x", "220", "-y", "50", f"neomutt -n -F {rc}")
    try:
        eventually(lambda: len(lines()) == len(table.names), 30, 0.3)
        shown = lines()
        r.must("neomutt lists bob's INBOX", len(shown) == len(table.names), tmux("capture-pane", "-p"))
        tree, path = {}, []
        for message_id, subject in shown:  # "| |->Re: Plan": two columns for each level
            mark = re.match(r"^[|` \-*=&?]*>", subject)
            depth = len(mark[0]) // 2 if mark else 0
            path = path[:depth]
            tree[message_id] = path[-1] if path else None
            path.append(message_id)
        # Of two messages that are answered neomutt takes the last that In-Reply-To names, others the last of References.
        r.equal("neomutt shows the store's tree", tree, {**table.expected, table.both: table.late})
    finally:
        tmux("kill-server")


def threading(report):
    why = LegacyWorld.missing()
    if why:
        return report.skip("threading", why)
    gateway, legacy = both("threading", followup={"settle": "1s"})
    gateway.add_account("alice", "bob")
    table = Table(report, gateway, legacy)
    for title, step in (("a tree grows", grow), ("in the store", store), ("neomutt", neomutt), ("the mailbox user's mails in Dovecot", mailbox_user),
                        ("the correspondent's Dovecot", correspondent)):
        report.step(title, step, table)
    return report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("threading", threading)
