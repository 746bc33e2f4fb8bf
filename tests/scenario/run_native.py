#!/usr/bin/env python3
"""run_native: every native verb over HTTP, and what mailbox users and correspondents see of it. email2.md "Over HTTP"."""
import hashlib
import os
import sys
import threading
import xml.etree.ElementTree as ET

from harness import LEGACY, ROOT, Gateway, deliver, document, eventually, free_ports, run, state_folder
from http_client import Q
from mails import mail, parsed, text_of

sys.path.insert(0, os.path.join(ROOT, "tests", "rigs"))

from sink import Sink  # noqa: E402


class Desk:
    def __init__(self, report, gateway, sink):
        self.report, self.gateway, self.sink = report, gateway, sink
        self.alice, self.bob, self.eve = (gateway.http(n) for n in ("alice", "bob", "eve"))
        self.mailbox = gateway.imap("bob")

    name = None

    def at_sink(self, subject):
        return [t for t in list(self.sink.taken) if f"Subject: {subject}\r\n".encode() in t.octets]

    def in_mailbox(self, subject):
        return self.mailbox.uids("INBOX", "SUBJECT", f'"{subject}"')


def publish(desk):
    r = desk.report
    to = [("bob@one.test", "to"), ("carol@legacy.test", "cc")]
    got = desk.alice.publish(document("Natively", "Hello ✓ world.", to), "key-1")
    r.must("published: 201", got.status == 201, got)
    desk.name = got.xml.get("id")
    r.check("Location names it", desk.name and got.headers.get("Location", "").replace("%40", "@").endswith(desk.name), got.headers.get("Location"))
    again = desk.alice.publish(document("Natively", "Hello ✓ world.", to), "key-1")
    r.equal("the same key gives the first result", again.xml.get("id"), desk.name)
    seen = desk.bob.get(desk.name)
    r.equal("bob gets it, with its ETag", (seen.status, seen.headers.get("ETag")), (200, '"1"'))
    r.equal("eve, who is not on the list, does not find it", (desk.eve.get(desk.name).status, desk.eve.get(desk.name).error), (404, "not-found"))
    uids = eventually(lambda: desk.in_mailbox("Natively"))
    r.must("bob's mailbox has it once", len(uids or []) == 1, uids)
    r.check("with the text", "Hello ✓ world." in text_of(desk.mailbox.octets_of(uids[0])))
    r.check("the correspondent gets one mail", eventually(lambda: len(desk.at_sink("Natively")) == 1))
    sent = desk.at_sink("Natively")[0]
    r.check("from an address for its bounces", sent.sender.startswith("b-") and sent.sender.endswith("@one.test"), sent.sender)
    r.check("clean on the wire, and no bulk mail", not sent.faults and b"\nlist-unsubscribe" not in sent.octets.lower(), sent.faults)
    r.check("with <guid@server> as Message-ID", sent.message_id == desk.name, sent.message_id)
    answer = desk.bob.publish(document("Re: Natively", "An answer.", parents=[desk.name], inherit=True))
    r.must("bob answers natively", answer.status == 201, answer)
    r.equal("in the thread", answer.xml.get("thread"), desk.name)
    r.check("alice sees it", eventually(lambda: desk.alice.named("Re: Natively", thread=desk.name)))
    r.check("the correspondent gets it", eventually(lambda: len(desk.at_sink("Re: Natively")) == 1))
    _, data = mail("carol@legacy.test", ["alice@one.test"], "Re: Natively", "by mail\n", cc=["bob@one.test"], in_reply_to=sent.message_id)
    deliver(desk.gateway.at("smtp"), "carol@legacy.test", ["alice@one.test", "bob@one.test"], data)
    r.check("her answer by mail is in the thread", eventually(lambda: len(desk.alice.references(thread=desk.name)) >= 3))


def edit(desk):
    r = desk.report
    got = desk.alice.rewrite(desk.name, lambda t: t.replace("world", "everyone"))
    r.equal("edited: 200 and revision 2", (got.status, got.headers.get("ETag")), (200, '"2"'))
    r.equal("the old revision can be read", "world" in desk.bob.get(desk.name, 1).body.decode(), True)
    r.equal("the history has both", [e.get("number") for e in desk.bob.history(desk.name).xml.iter(Q + "revision")], ["1", "2"])
    other = desk.bob.rewrite(desk.name, lambda t: t + "!")
    r.equal("only the originator edits", (other.status, other.error), (403, "forbidden"))


def people(desk):
    r = desk.report
    got = desk.bob.change_list(desk.name, ("add", {"address": "eve@one.test", "role": "cc"}))
    r.equal("bob adds eve: 200", got.status, 200)
    r.equal("she gets it", desk.eve.get(desk.name).status, 200)
    r.check("and the answers", eventually(lambda: desk.eve.named("Re: Natively", thread=desk.name)))
    r.equal("eve leaves: 204", desk.eve.leave(desk.name).status, 204)
    r.equal("her entry says left", desk.alice.message(desk.name).membership("eve@one.test"), "left")
    r.equal("eve rejoins: 204", desk.eve.rejoin(desk.name).status, 204)
    r.equal("her entry says in", desk.alice.message(desk.name).membership("eve@one.test"), "in")
    got = desk.alice.change_list(desk.name, ("remove", {"address": "eve@one.test"}))
    r.equal("the originator removes her: 200", got.status, 200)
    r.equal("she no longer finds it", desk.eve.get(desk.name).status, 404)
    r.check("who was removed cannot rejoin", desk.eve.rejoin(desk.name).status in (403, 404))


def store(desk):
    r, bob = desk.report, desk.bob
    made = bob.request("POST", "/v1/folders", ET.Element(Q + "folder", {"name": "Projects"}))
    r.equal("a folder is made: 201", made.status, 201)
    listed = bob.request("GET", "/v1/folders")
    r.check("and listed", "Projects" in [e.get("name") for e in listed.xml.iter(Q + "folder")], listed)
    path = "/v1/store/" + desk.name
    moved = bob.request("PATCH", path, ET.Element(Q + "reference", {"folder": "Projects", "whole-thread": "true"}))
    r.equal("the thread is filed there: 200", moved.status, 200)
    r.check("the mailbox shows it there", eventually(lambda: desk.mailbox.uids("Projects", "SUBJECT", '"Natively"')))
    flags = ET.Element(Q + "reference")
    ET.SubElement(flags, Q + "flag", {"add": "\\Flagged"})
    r.equal("it is flagged: 200", bob.request("PATCH", path, flags).status, 200)
    r.check("the mailbox shows the flag", eventually(lambda: desk.mailbox.uids("Projects", "FLAGGED")))
    uid = desk.mailbox.uids("Projects", "FLAGGED")[0]
    desk.mailbox.must("UID STORE", str(uid), "+FLAGS", "(\\Answered)")
    flagged = [[f.get("name") for f in e.iter(Q + "flag")] for e in bob.store(folder="Projects").xml.iter(Q + "reference") if e.get("message") == desk.name]
    r.check("and a flag set there shows natively", flagged and "\\Answered" in flagged[0], flagged)
    answer = desk.alice.publish(document("Re: Natively", "Where does this go?", parents=[desk.name], inherit=True))
    r.check("a later answer is filed beside it", answer.status == 201 and eventually(
        lambda: answer.xml.get("id") in [m for m, _ in bob.references(folder="Projects")]))
    renamed = bob.request("PUT", "/v1/folders/Projects", ET.Element(Q + "folder", {"name": "Work"}))
    r.equal("the folder is renamed: 200", renamed.status, 200)
    r.check("the mailbox shows the new name", eventually(lambda: desk.mailbox.uids("Work")))
    pages, after, seen = 0, 0, []
    while pages < 20:
        rows = list(bob.store(folder="Work", limit=1, after=after).xml.iter(Q + "reference"))
        if not rows:
            break
        pages, after = pages + 1, rows[-1].get("position")
        seen += [e.get("message") for e in rows]
    r.check("pages of one give each once", len(seen) == len(set(seen)) == len(bob.references(folder="Work")), seen)


def blobs(desk):
    r = desk.report
    data = os.urandom(300_000)
    name = hashlib.sha256(data).hexdigest()
    path, binary = f"/v1/blobs/{name}", {"Content-Type": "application/octet-stream"}
    r.equal("a blob is put: 201", desk.alice.request("PUT", path, data, binary).status, 201)
    r.check("and again", desk.alice.request("PUT", path, data, binary).status in (200, 201, 204))
    made = document("With a blob", "see there", [("bob@one.test", "to"), ("carol@legacy.test", "cc")])
    body = made.find(Q + "body")
    text = body.find(Q + "part")
    body.remove(text)
    mixed = ET.SubElement(body, Q + "part", {"type": "multipart/mixed"})
    mixed.append(text)
    ET.SubElement(mixed, Q + "part", {"type": "application/octet-stream", "name": "data.bin", "disposition": "attachment",
                                      "size": str(len(data)), "sha256": name})
    got = desk.alice.publish(made)
    r.must("a message names it: 201", got.status == 201, got)
    r.check("bob reads it", desk.bob.request("GET", path).body == data)
    part = desk.bob.request("GET", path, headers={"Range": "bytes=1000-1999"})
    r.check("and a range of it: 206", part.status == 206 and part.body == data[1000:2000], part.status)
    r.equal("eve does not find it", desk.eve.request("GET", path).status, 404)
    uids = eventually(lambda: desk.in_mailbox("With a blob"))
    r.must("his mailbox has the mail", uids)
    inside = [p.get_payload(decode=True) for p in parsed(desk.mailbox.octets_of(uids[0])).walk() if p.get_filename() == "data.bin"]
    r.check("with the attachment's octets", inside == [data], len(inside))


def quickly(http, after):
    """The events that are there already; None when the server waits for some to come."""
    try:
        return http.events(after, timeout=3)
    except TimeoutError:
        return None


def events(desk):
    r = desk.report
    last = 0
    while True:  # all that there is; the last one waits for nothing to come
        got = quickly(desk.alice, last)
        if got is None or not list(got.xml.iter(Q + "event")):
            break
        last = int(got.xml.get("last"))
    r.must("events tell where they end", last > 0, last)
    found = []
    waiter = threading.Thread(target=lambda: found.append(desk.alice.events(last)))
    waiter.start()
    answer = desk.bob.publish(document("Re: Natively", "Wake up.", parents=[desk.name], inherit=True))
    waiter.join(20)
    r.must("a waiting client is woken", found)
    kinds = [(e.get("kind"), e.get("message"), e.get("actor")) for e in found[0].xml.iter(Q + "event")]
    r.check("by the event of the publication", ("published", answer.xml.get("id"), "bob@one.test") in kinds, kinds)


def withdraw(desk):
    r = desk.report
    r.equal("withdrawn: 204", desk.alice.withdraw(desk.name).status, 204)
    seen = desk.bob.message(desk.name)
    r.check("it shows as withdrawn, without content", seen.xml.get("state") == "withdrawn" and "everyone" not in seen.text)
    r.check("the answers stay", desk.bob.named("Re: Natively", thread=desk.name))
    r.equal("undeleted: 204", desk.alice.undelete(desk.name).status, 204)
    r.check("it is back", "everyone" in desk.bob.message(desk.name).text)


def native(report):
    sink = Sink(free_ports(1)[0]).start()
    gateway = Gateway(state_folder("native"), {LEGACY: "%s:%d" % sink.address}).start()
    gateway.add_account("alice", "bob", "eve")
    desk = Desk(report, gateway, sink)
    for title, step in (("publish and get", publish), ("edit and history", edit), ("people", people), ("store, folders, flags", store),
                        ("blobs", blobs), ("events", events), ("withdraw and undelete", withdraw)):
        report.step(title, step, desk)
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("native", native)
