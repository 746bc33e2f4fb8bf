#!/usr/bin/env python3
"""run_follow_ups: what reaches correspondents and mailbox users after sending, with a sink that records each mail. mapping.md "After sending"."""
import email
import email.policy
import os
import re
import sys

from harness import LEGACY, ROOT, Gateway, document, eventually, free_ports, run, state_folder, stays
from http_client import Q
from mails import parsed, text_of

sys.path.insert(0, os.path.join(ROOT, "tests", "rigs"))

from sink import Sink  # noqa: E402
from steps_leave import get  # noqa: E402

CAROL, DORA = f"carol@{LEGACY}", f"dora@{LEGACY}"


class Desk:
    def __init__(self, report, gateway, sink):
        self.report, self.gateway, self.sink = report, gateway, sink
        self.alice, self.bob = gateway.http("alice"), gateway.http("bob")
        self.mailbox = gateway.imap("bob")
        self.read = 0

    def publish(self, subject, text, to, **more):
        got = self.alice.publish(document(subject, text, [(a, "to") for a in to], **more))
        self.report.must(f"{subject}: published", got.status == 201, got)
        return got.xml.get("id")

    def of(self, address):
        return [t for t in list(self.sink.taken) if address in t.recipients]

    def next(self, address, seen, seconds=20):
        """The next mail to that address after the first `seen`."""
        return eventually(lambda: len(self.of(address)) > seen and self.of(address)[seen], seconds)


def body_of(taken):
    return text_of(taken.octets)


def link_after(taken, words):
    found = re.search(re.escape(words) + r"\s*(http\S+)", body_of(taken))
    return found and found.group(1)


def no_defects(report, taken):
    message = email.message_from_bytes(taken.octets, policy=email.policy.default)
    wrong = [d for part in message.walk() for d in part.defects] + [d for k, v in message.items() for d in getattr(v, "defects", ())]
    report.check("python's email finds no defect in it", not wrong and not taken.faults, (wrong, taken.faults))


def edit_and_opt_out(desk):
    r = desk.report
    name = desk.publish("Minutes", "We meet on Monday.", ["bob@one.test", CAROL])
    r.must("carol has the message", desk.next(CAROL, 0))
    desk.alice.rewrite(name, lambda t: t.replace("Monday", "Tuesday"))
    told = desk.next(CAROL, 1)
    r.must("carol is told of the edit", told)
    no_defects(r, told)
    r.check("first who and when, then the text", body_of(told).startswith("alice@one.test edited this message on"), body_of(told)[:200])
    r.check("with the difference", "[-Monday.-] {+Tuesday.+}" in body_of(told), body_of(told))
    message = parsed(told.octets)
    r.check("marked as made by a program, for Chat-Edit, with the event",
            message["Auto-Submitted"] and message["Chat-Edit"] and "application/email2+xml" in [p.get_content_type() for p in message.walk()])
    r.check("in Outlook's conversation", message["Thread-Index"] and message["Thread-Topic"] == "Minutes", message["Thread-Topic"])
    off = link_after(told, "No more mails of this kind, in any conversation:")
    r.must("it has a link that turns such mails off", off, body_of(told))
    status, page = get(off)
    r.check("GET shows a page", status == 200 and b"<form" in page, (status, page[:200]))
    other = desk.publish("Plan", "Version one.", [CAROL])
    r.must("she has the other message", desk.next(CAROL, 2))
    desk.alice.rewrite(other, lambda t: t.replace("one", "two"))
    r.must("GET changed nothing", desk.next(CAROL, 3))
    status, page = get(off, "POST", "List-Unsubscribe=One-Click")
    r.check("POST is taken", status == 200, status)
    desk.alice.rewrite(other, lambda t: t.replace("two", "three"))
    r.check("edits are told no more, in no conversation", stays(lambda: len(desk.of(CAROL)) == 4, 5), len(desk.of(CAROL)))
    r.equal("withdrawals still are", desk.alice.withdraw(other).status, 204)
    r.must("carol is told of the withdrawal", desk.next(CAROL, 4))
    again = re.search(rb'action="?([a-z2-7]{32})', page)
    r.must("the page offers to turn them on again", again, page)
    get(off.rsplit("/", 1)[0] + "/" + again.group(1).decode(), "POST", "x=y")
    desk.alice.rewrite(name, lambda t: t.replace("Tuesday", "Friday"))
    r.must("then they come again", desk.next(CAROL, 5))


def previews(desk):
    r = desk.report
    name = desk.publish("Preview", "One word.", ["bob@one.test", DORA])
    r.must("dora has the message", desk.next(DORA, 0))
    eventually(lambda: desk.bob.message(name).delivery(DORA)[0] == "delivered")  # else that changes meanwhile
    before = desk.bob.get(name).body
    got = desk.alice.rewrite(name, lambda t: t.replace("One", "Another"), query="?preview=1")
    r.equal("a preview of an edit: 200", got.status, 200)
    r.equal("what it says", got.xml.findtext(Q + "summary"), "1 mailbox changes, 1 correspondent gets a mail.")
    shown = got.xml.find(Q + "follow-up")
    r.check("with the follow-up", shown is not None and "[-One-] {+Another+} word." in shown.findtext(Q + "text"), got)
    r.check("without anybody's links", shown is not None and not re.search(r"/a/(?!x{32})[a-z2-7]{32}", shown.findtext(Q + "text")))
    added = desk.alice.change_list(name, ("add", {"address": "eve@one.test"}), query="?preview=1")
    r.check("a preview of an addition counts the notice", added.status == 200 and added.xml.get("notices") == "1", added)
    gone = desk.alice.withdraw(name, query="?preview=1")
    r.check("a preview of a withdrawal", gone.status == 200 and gone.xml.get("mails") == "1", gone)
    r.check("nothing changed", desk.bob.get(name).body == before and stays(lambda: len(desk.of(DORA)) == 1, 4), len(desk.of(DORA)))
    done = desk.alice.rewrite(name, lambda t: t.replace("One", "Another"))
    r.equal("the edit itself", done.status, 200)
    told = desk.next(DORA, 1)
    r.check("sends what was shown", told and "[-One-] {+Another+} word." in body_of(told), told and body_of(told))


def joined(desk):
    r = desk.report
    name = desk.publish("Team", "Who is in?", ["bob@one.test"])
    r.must("bob has it", eventually(lambda: desk.mailbox.uids("INBOX", "SUBJECT", '"Team"')))
    desk.alice.change_list(name, ("add", {"address": "eve@one.test"}), ("add", {"address": CAROL}))
    uids = eventually(lambda: len(desk.mailbox.uids("INBOX", "SUBJECT", '"Re: Team"')) == 1 and desk.mailbox.uids("INBOX", "SUBJECT", '"Re: Team"'), 20)
    r.must("he gets one notice in the thread", uids)
    notice = desk.mailbox.octets_of(uids[0])
    r.check("that says who was added by whom", "alice@one.test added" in text_of(notice) and "eve@one.test and " + CAROL in text_of(notice), text_of(notice))
    r.equal("an answer to it goes to the conversation", parsed(notice)["From"].addresses[0].addr_spec if hasattr(parsed(notice)["From"], "addresses")
            else parsed(notice)["From"].split("<")[-1].rstrip(">"), name)
    r.check("who was added is not told so twice", not desk.gateway.imap("eve").uids("INBOX", "SUBJECT", '"Re: Team"'))
    r.check("nor who did it", not desk.gateway.imap("alice").uids("INBOX", "SUBJECT", '"Re: Team"'))


def summary(desk):
    r = desk.report
    fred = f"fred@{LEGACY}"
    names = [desk.publish(f"Number {n}", "Before.", [fred]) for n in range(1, 7)]
    r.must("fred has six messages", eventually(lambda: len(desk.of(fred)) == 6))
    for name in names:
        desk.alice.rewrite(name, lambda t: t.replace("Before", "After"))
    r.must("four follow-ups reach him", eventually(lambda: len(desk.of(fred)) == 10, 20), len(desk.of(fred)))
    r.check("and no more", stays(lambda: len(desk.of(fred)) == 10, 4), len(desk.of(fred)))
    listed = desk.gateway.command("queue", "list").stdout
    r.check("the summary waits for the day's end", fred in listed, listed)


def follow_ups(report):
    sink = Sink(free_ports(1)[0]).start()
    gateway = Gateway(state_folder("follow-ups"), {LEGACY: "%s:%d" % sink.address}, followup={"settle": "1s", "max_per_day": 4}).start()
    gateway.add_account("alice", "bob", "eve")
    desk = Desk(report, gateway, sink)
    for title, step in (("an edit, and turning such mails off", edit_and_opt_out), ("previews", previews), ("somebody joins", joined),
                        ("a day's worth", summary)):
        report.step(title, step, desk)
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("follow-ups", follow_ups)
