"""thread_story: a tree of messages as it grows between a native user, a mailbox user and a correspondent, and as the store has it:
what stock software must show as well.

Two branches, an answer to two messages, an answer under another subject, one that comes before its parent, another thread of the
same subject; and two messages that are edited, natively and by mail, with answers from before and after.
"""
import re

from checks import eventually
from http_client import document
from mails import mail, new_id


class Story:
    """The messages by their Message-IDs, and each one's native name. `must(sentence, good, detail)` ends what goes wrong."""

    def __init__(self, must, alice, bob, people, by_bob, by_carol):
        self.must, self.alice, self.bob = must, alice, bob            # sessions: native verbs, IMAP
        self.people = people                                          # addresses of alice, bob, carol
        self.from_bob, self.from_carol = by_bob, by_carol             # (recipients, octets): handed to submission, to the MX
        self.names = {}                                               # Message-ID: guid@server
        self.sent_by_carol = []

    # --- who writes
    def carol_writes(self, subject, text, parent=None, message_id=None, references=()):
        alice, bob, carol = self.people
        message_id, data = mail(carol, [alice], subject, text, cc=[bob], in_reply_to=parent, message_id=message_id, references=references)
        self.from_carol([alice, bob], data)
        self.sent_by_carol.append(data)
        return self.here(message_id)

    def bob_writes(self, subject, text, parent):
        alice, bob, carol = self.people
        message_id, data = mail(bob, [alice], subject, text, cc=[carol], in_reply_to=parent)
        self.from_bob([alice, carol], data)
        return self.here(message_id)

    def alice_writes(self, subject, text, *parents):
        answer = self.alice.publish(document(subject, text, [], [self.names[p] for p in parents], inherit=True))
        self.must(f"alice publishes {text!r}", answer.status == 201, answer)
        name = answer.xml.get("id")
        self.names[name] = name
        return self.here(name)

    def here(self, message_id):
        """Waits until bob has it, and learns its native name from alice's store."""
        uids = eventually(lambda: self.bob.with_message_id("INBOX", message_id), 20)
        self.must(f"bob has {message_id} once", len(uids or []) == 1, uids)
        for name, _ in self.alice.references(limit=200):
            origin = self.alice.message(name).xml.find("{urn:email2:1}origin")
            if name == message_id or (origin is not None and (origin.get("message-id") or "").strip("<>") == message_id):
                self.names[message_id] = name
        return message_id

    # --- what happens
    def grow(self):
        """Eight messages."""
        root = self.carol_writes("Plan", "one")
        second = self.alice_writes("Re: Plan", "two\n", root)
        third = self.bob_writes("Re: Plan", "three\n", second)
        fourth = self.alice_writes("Re: Plan", "four", root)
        late = new_id("legacy.test")
        self.carol_writes("Re: Plan", "five, before its parent", late, references=(root, third))
        self.carol_writes("Plan B (was: Plan)", "six, under another subject", third, message_id=late, references=(root, second))
        self.both, self.late = self.alice_writes("Re: Plan", "seven, to two", fourth, late), late
        self.carol_writes("Plan", "another plan")
        self.root, self.second, self.third = root, second, third

    def edit(self):
        """Alice edits the second, bob the third by mail: no new message, and each at a new UID of bob's INBOX."""
        alice, bob, _ = self.people
        before = {m: self.bob.with_message_id("INBOX", m) for m in (self.second, self.third)}
        edited = self.alice.rewrite(self.names[self.second], lambda text: text + "Better.\n")
        self.must("alice's edit is taken", edited.status == 200, edited)
        guid, domain = self.names[self.third].split("@")
        self.from_bob([f"{guid}+edit@{domain}"], mail(bob, [f"{guid}+edit@{domain}"], "Re: Plan", "three, and better\n")[1])
        self.must("each has the Message-ID of before, at a new UID", eventually(lambda: all(
            len(now := self.bob.with_message_id("INBOX", m)) == 1 and now != uids for m, uids in before.items()), 20))

    def answer_what_was_edited(self):
        """Two more messages."""
        self.bob_writes("Re: Plan", "eight, after the edit", self.second)
        self.alice_writes("Re: Plan", "nine, after the edit", self.third)

    def tree(self):
        """{Message-ID: the Message-ID of its parent in the store, or None}"""
        ids = {name: message_id for message_id, name in self.names.items()}
        found = {}
        for message_id, name in self.names.items():
            parents = self.alice.message(name).parents()
            found[message_id] = ids.get(parents[0]) if parents else None
        return found


def top(tree, message_id):
    while tree.get(message_id):
        message_id = tree[message_id]
    return message_id


def among(tree, known):
    """The tree of the known ones: who answers another is taken for an answer to what that one answers."""
    def parent(message_id):
        message_id = tree[message_id]
        while message_id and message_id not in known:
            message_id = tree.get(message_id)
        return message_id
    return {message_id: parent(message_id) for message_id in tree if message_id in known}


def from_levels(rows):
    """A tree of what is shown as [(Message-ID, level)] from the top down."""
    tree, path = {}, []
    for message_id, level in rows:
        path = path[:level]
        tree[message_id] = path[-1] if path else None
        path.append(message_id)
    return tree


def from_thread_answer(text):
    """[(number, the number above it or None)] of an IMAP THREAD answer: "(1 (2 3)(4))" """
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
