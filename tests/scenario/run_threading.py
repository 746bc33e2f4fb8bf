#!/usr/bin/env python3
"""run_threading: stock software sees the tree that the store has: Dovecot's THREAD at the correspondent's and over the mailbox
user's mails, and neomutt in the mailbox user's INBOX. The tree is thread_story's; ../clients/thunderbird_probe.py asks Thunderbird.
"""
import os
import re
import shutil
import subprocess

from harness import PASSWORD, LegacyWorld, both, eventually, run
from thread_story import Story, among, from_levels, from_thread_answer, top

ALICE, BOB, CAROL = "alice@one.test", "bob@one.test", "carol@legacy.test"


class Table:
    """The story, who looks at it, and what each of them must see."""

    def __init__(self, report, gateway, legacy):
        self.report, self.gateway, self.legacy = report, gateway, legacy
        self.carol = legacy.imap("carol")
        self.story = Story(report.must, gateway.http("alice"), gateway.imap("bob"), (ALICE, BOB, CAROL),
                           lambda to, data: gateway.submit("bob", to, data), lambda to, data: legacy.send("carol", to, data))


def threaded(session, box):
    """The tree that the server's THREAD=REFS gives: by references alone, and not by subject."""
    session.select(box)
    answer = session.must("UID THREAD REFS UTF-8 ALL")
    ids = {}
    for uid in session.uids(box, "ALL"):
        octets = session.octets_of(uid)
        ids[uid] = re.search(rb"(?im)^message-id:\s*<([^>]+)>", octets)[1].decode()
    return {ids[child]: ids.get(parent) for child, parent in from_thread_answer(answer.all("THREAD")[0].raw)}


def grow(table):
    table.story.grow()
    table.report.equal("every message has a native name", len(table.story.names), 8)


def store(table):
    tree = table.story.tree()
    table.report.equal("one thread of seven, one of one", sorted(sum(1 for m in tree if top(tree, m) == t) for t in {top(tree, m) for m in tree}), [1, 7])
    table.expected = tree


def edits(table):
    table.story.edit()
    table.report.equal("edits leave the store's tree as it is", table.story.tree(), table.expected)
    table.story.answer_what_was_edited()
    table.expected = table.story.tree()
    table.report.equal("answers to what was edited stand under it", [table.expected[m] for m in list(table.expected)[8:]],
                       [table.story.second, table.story.third])


def mails_about_edits(table):
    """What carol got about the two edits, [(Message-ID, what is its parent in her Dovecot)]."""
    return [(m, p) for m, p in threaded(table.carol, "INBOX").items() if m not in table.expected]


def correspondent(table):
    r, session, story = table.report, table.carol, table.story
    for data in story.sent_by_carol:  # her client's own copies
        r.must("carol's client saves what she sent", session.append("INBOX", data).ok)
    r.check("carol's Dovecot has all of it, and a mail about each edit",
            eventually(lambda: len(session.uids("INBOX", "ALL")) == len(story.names) + 2, 30), session.uids("INBOX", "ALL"))
    r.equal("Dovecot's THREAD at the correspondent's is the store's tree", among(threaded(session, "INBOX"), story.names), table.expected)
    about = mails_about_edits(table)
    r.equal("and each mail about an edit hangs under its message", {p for _, p in about}, {story.second, story.third})
    [(message_id, _)] = [row for row in about if row[1] == story.second]
    story.carol_writes("Re: Re: Plan", "ten, to the mail about the edit", message_id, references=(story.root, story.second))
    table.expected = story.tree()
    r.equal("an answer to that mail stands in the store under what was edited", list(table.expected.values())[-1], story.second)


def mailbox_user(table):
    r, story = table.report, table.story
    judge = table.legacy.imap("dave")
    for uid in story.bob.uids("INBOX", "ALL"):
        r.must("a mail of bob's INBOX is given to Dovecot", judge.append("INBOX", story.bob.octets_of(uid)).ok)
    r.equal("Dovecot's THREAD over a mailbox user's INBOX is the store's tree", among(threaded(judge, "INBOX"), story.names), table.expected)


def neomutt(table):
    r, gateway, story = table.report, table.gateway, table.story
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
        return [(m[1], m[2]) for m in found if m]

    def level(subject):  # "| |->Re: Plan": two columns for each
        mark = re.match(r"^[|` \-*=&?]*>", subject)
        return len(mark[0]) // 2 if mark else 0

    def complete():
        return set(story.names) <= {message_id for message_id, _ in lines()}

    tmux("-f", "/dev/null", "new-session", "-d", "-x", "220", "-y", "50", f"neomutt -n -F {rc}")
    try:
        r.must("neomutt lists bob's INBOX", eventually(complete, 30, 0.3), tmux("capture-pane", "-p"))
        tree = among(from_levels([(m, level(subject)) for m, subject in lines()]), story.names)
        # Of two messages that are answered neomutt takes the last that In-Reply-To names; all others, and we, the last of References.
        r.equal("neomutt shows the store's tree", tree, {**table.expected, story.both: story.late})
    finally:
        tmux("kill-server")


def threading(report):
    why = LegacyWorld.missing()
    if why:
        return report.skip("threading", why)
    gateway, legacy = both("threading", followup={"settle": "1s"})
    gateway.add_account("alice", "bob")
    table = Table(report, gateway, legacy)
    for title, step in (("a tree grows", grow), ("in the store", store), ("edits, and answers to what was edited", edits),
                        ("the correspondent's Dovecot", correspondent), ("neomutt", neomutt),
                        ("the mailbox user's mails in Dovecot", mailbox_user)):
        report.step(title, step, table)
    return report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("threading", threading)
