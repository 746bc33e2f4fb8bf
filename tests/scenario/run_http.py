#!/usr/bin/env python3
"""run_http: what a native client relies on beyond the verbs themselves: events by WebSocket, tokens, large attachments, keys, pages, refusals."""
import hashlib
import os
import socket
import threading
import time
import xml.etree.ElementTree as ET

from harness import PASSWORD, Gateway, document, eventually, run, state_folder
from http_client import Q
from web_socket import CLOSE, PING, PONG, WebSocket

MB = 1 << 20
LARGE = 200 * MB
GROWTH_MB = 64  # what an upload of LARGE may cost; 30 is what is wanted, and what is measured is said
BINARY = {"Content-Type": "application/octet-stream"}


class Desk:
    def __init__(self, report, gateway):
        self.report, self.gateway = report, gateway
        self.alice, self.bob, self.eve = (gateway.http(n) for n in ("alice", "bob", "eve"))

    def socket(self, who, after):
        return WebSocket(self.gateway.at("http"), f"/v1/events?after={after}", who.basic)

    def last_event(self, who):
        last = 0
        while True:
            got = who.request("GET", f"/v1/events?after={last}&wait=0").xml
            if not list(got):
                return last
            last = int(got.get("last"))


def told(text):
    event = ET.fromstring(text)
    return int(event.get("sequence")), event.get("kind"), event.get("message")


def events(desk):
    r = desk.report
    start = desk.last_event(desk.bob)
    follows, stranger = desk.socket(desk.bob, start), desk.socket(desk.eve, desk.last_event(desk.eve))
    r.must("an upgrade is answered with 101 and its proof", follows.status == 101 and follows.agreed, follows.answer)
    first = desk.alice.publish(document("Followed", "one", [("bob@one.test", "to")])).xml.get("id")
    r.equal("an event is a frame", told(follows.text())[1:], ("published", first))
    follows.send(PING, b"still there?")
    r.equal("a ping is answered", follows.receive(), (PONG, b"still there?"))
    desk.alice.rewrite(first, lambda t: t + "!")
    r.equal("the next event comes", told(follows.text())[1:], ("edited", first))
    try:
        r.check("who is not on the list hears nothing", stranger.text(1) is None, "a frame")
    except TimeoutError:
        r.check("who is not on the list hears nothing", True)
    stranger.close()
    again = desk.socket(desk.bob, start)
    seen = [told(again.text()) for _ in range(2)]
    r.equal("another socket begins where it says", [kind for _, kind, _ in seen], ["published", "edited"])
    again.close()

    code = []
    watcher = threading.Thread(target=lambda: (follows.text(60), code.append(follows.code)))
    watcher.start()
    r.equal("SIGTERM ends the gateway with status 0", desk.gateway.stop(), 0)
    watcher.join(20)
    r.equal("and tells the socket that it goes away", code, [1001])
    desk.gateway.start()
    later = desk.socket(desk.bob, seen[0][0])
    r.equal("after a restart it is resumed from any number", told(later.text()), seen[1])
    answer = desk.alice.publish(document("Re: Followed", "two", parents=[first], inherit=True)).xml.get("id")
    r.equal("and goes on", told(later.text())[1:], ("published", answer))
    later.send(CLOSE, b"\x03\xe8")
    frame = later.receive()
    r.check("a client that closes is answered", frame and frame[0] == CLOSE and later.code == 1000, frame)


def crowd(desk):
    r = desk.report
    sockets = [desk.socket(desk.bob, desk.last_event(desk.bob)) for _ in range(200)]
    r.check("200 sockets are open", all(s.status == 101 for s in sockets))
    names = [desk.alice.publish(document(f"Crowd {n}", "x", [("bob@one.test", "to")])).xml.get("id") for n in range(5)]
    heard = [[told(s.text())[2] for _ in names] for s in sockets]
    r.check("each hears each event once, in order", all(h == names for h in heard))
    for s in sockets:
        s.close()
    followers = lambda: [line for line in desk.alice.request("GET", "/metrics").body.decode().splitlines() if line.startswith("e2_followers")]
    r.check("and nobody follows when they are gone", eventually(lambda: followers() and followers()[0].split()[-1] in ("0", "0.0")), followers())


def tokens(desk):
    r = desk.report
    made = desk.alice.request("POST", "/v1/tokens", ET.Element(Q + "token", {"name": "laptop"}))
    r.must("a token is made: 201", made.status == 201, made)
    secret, number = made.xml.get("secret"), made.xml.get("id")
    bearer = {"Authorization": f"Bearer {secret}"}
    nobody = desk.gateway.http()
    first = desk.alice.publish(document("By password", "x")).xml.get("id")
    r.equal("it opens the account", nobody.request("GET", nobody.path(first), headers=bearer).status, 200)
    r.equal("an invented one does not", nobody.request("GET", nobody.path(first), headers={"Authorization": "Bearer e2_" + "a" * 32}).status, 401)
    listed = desk.alice.request("GET", "/v1/tokens").xml
    r.equal("it is listed without its secret", [(e.get("name"), e.get("secret")) for e in listed.iter(Q + "token")], [("laptop", None)])
    more = nobody.request("POST", "/v1/tokens", ET.Element(Q + "token", {"name": "x"}), bearer)
    r.equal("it makes no others", (more.status, more.error), (403, "forbidden"))
    r.equal("others cannot revoke it", desk.bob.request("DELETE", f"/v1/tokens/{number}").status, 404)
    desk.gateway.stop()
    desk.gateway.start()
    r.equal("it holds over a restart", nobody.request("GET", nobody.path(first), headers=bearer).status, 200)
    r.equal("revoked: 204", desk.alice.request("DELETE", f"/v1/tokens/{number}").status, 204)
    r.equal("it opens nothing any more", nobody.request("GET", nobody.path(first), headers=bearer).status, 401)


def account_changes(desk):
    r, eve = desk.report, desk.eve
    r.equal("a password opens", eve.request("GET", "/v1/folders").status, 200)
    desk.gateway.command("account", "suspend", "eve@one.test")
    r.check("a suspended account is refused", eventually(lambda: eve.request("GET", "/v1/folders").status == 401, 4))
    desk.gateway.command("account", "suspend", "eve@one.test", "--off")
    r.check("and let in again", eventually(lambda: eve.request("GET", "/v1/folders").status == 200, 4))
    desk.gateway.command("account", "password", "eve@one.test", "--password", "another")
    r.check("the old password is refused", eventually(lambda: eve.request("GET", "/v1/folders").status == 401, 4))
    desk.gateway.command("account", "password", "eve@one.test", "--password", PASSWORD)
    r.check("the newest opens", eventually(lambda: eve.request("GET", "/v1/folders").status == 200, 4))


def pss_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Pss:")) / 1024


class Watch:
    """The most memory that a process had while this ran, in MB beyond what it had before."""

    def __init__(self, pid):
        self.pid, self.before = pid, pss_mb(pid)
        self.most, self.stop = self.before, False
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.stop:
            self.most = max(self.most, pss_mb(self.pid))
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop = True
        self.thread.join()

    @property
    def growth(self):
        return self.most - self.before


def large_octets():
    """LARGE octets in pieces, the same each time."""
    piece = hashlib.sha512(b"large").digest() * (MB // 64)
    for n in range(LARGE // MB):
        yield n.to_bytes(8, "big") + piece[8:]


def request_head(desk, verb, path, length, who):
    return (f"{verb} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {who.basic}\r\nContent-Length: {length}\r\n\r\n").encode()


def put_large(desk, path, pieces, announced, linger=True):
    link = socket.create_connection(desk.gateway.at("http"), 120)
    link.sendall(request_head(desk, "PUT", path, announced, desk.alice))
    for piece in pieces:
        link.sendall(piece)
    answer = link.recv(65536) if linger else b""
    link.close()
    return answer.split(b"\r\n")[0].decode()


def count_of(desk, path, who, headers=None):
    """How many octets come, and their SHA-256."""
    link = socket.create_connection(desk.gateway.at("http"), 120)
    link.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {who.basic}\r\n\r\n".encode())
    digest, count, head = hashlib.sha256(), 0, b""
    while b"\r\n\r\n" not in head:
        head += link.recv(65536)
    piece = head.partition(b"\r\n\r\n")[2] or link.recv(1 << 20)
    while piece:
        digest.update(piece)
        count += len(piece)
        piece = link.recv(1 << 20)
    return count, digest.hexdigest()


def large(desk):
    r = desk.report
    pid = desk.gateway.process.pid
    digest = hashlib.sha256()
    for piece in large_octets():
        digest.update(piece)
    name = digest.hexdigest()
    path = f"/v1/blobs/{name}"
    half = [p for n, p in enumerate(large_octets()) if n < 20]
    put_large(desk, path, half, LARGE, linger=False)
    r.equal("an upload that breaks off is not there", desk.alice.request("GET", path).status, 404)
    wrong = "/v1/blobs/" + "0" * 64
    r.check("one with another SHA-256 is refused", " 400 " in put_large(desk, wrong, half, 20 * MB))
    r.equal("and is not there", desk.alice.request("GET", wrong).status, 404)
    with Watch(pid) as watch:
        answer = put_large(desk, path, large_octets(), LARGE)
    r.must("200 MB are put: 201", " 201 " in answer, answer)
    print(f"note: putting 200 MB cost {watch.growth:.1f} MB of the gateway's memory", flush=True)
    r.check(f"within {GROWTH_MB} MB of memory", watch.growth < GROWTH_MB, watch.growth)

    made = document("Large", "see there", [("bob@one.test", "to")])
    body = made.find(Q + "body")
    text = body.find(Q + "part")
    body.remove(text)
    mixed = ET.SubElement(body, Q + "part", {"type": "multipart/mixed"})
    mixed.append(text)
    ET.SubElement(mixed, Q + "part", {"type": "application/octet-stream", "name": "large.bin", "disposition": "attachment",
                                      "size": str(LARGE), "sha256": name})
    with Watch(pid) as watch:
        got = desk.alice.publish(made)
    r.must("a message names it: 201", got.status == 201, got)
    print(f"note: publishing a message with it cost {watch.growth:.1f} MB", flush=True)
    r.check(f"within {GROWTH_MB} MB of memory", watch.growth < GROWTH_MB, watch.growth)
    with Watch(pid) as watch:
        r.equal("bob gets it whole", count_of(desk, path, desk.bob), (LARGE, name))
    print(f"note: getting it cost {watch.growth:.1f} MB", flush=True)
    r.check(f"within {GROWTH_MB} MB of memory", watch.growth < GROWTH_MB, watch.growth)
    part = desk.bob.request("GET", path, headers={"Range": f"bytes={100 * MB}-{100 * MB + 15}"})
    r.equal("a range of it is a moment's work", (part.status, part.body[:8]), (206, (100).to_bytes(8, "big")))
    r.equal("eve does not find it", desk.eve.request("GET", path).status, 404)
    outward = document("Large", "see there", [("carol@legacy.test", "to")])
    outward.remove(outward.find(Q + "body"))
    outward.append(body)
    refused = desk.alice.publish(outward)
    r.equal("it is too large for mail", (refused.status, refused.error), (413, "too-large"))
    mailbox = desk.gateway.imap("bob")
    uids = eventually(lambda: mailbox.uids("INBOX", "SUBJECT", '"Large"'))
    r.check("bob's mailbox has the mail", uids, uids)


def ranges(desk):
    r = desk.report
    data = os.urandom(600_000)
    name = hashlib.sha256(data).hexdigest()
    path, tag = f"/v1/blobs/{name}", f'"{name}"'
    r.equal("put: 201", desk.alice.request("PUT", path, data, BINARY).status, 201)
    r.equal("put again: 200", desk.alice.request("PUT", path, data, BINARY).status, 200)
    for wanted, status, octets in (("bytes=0-0", 206, data[:1]), ("bytes=262143-262144", 206, data[262143:262145]), ("bytes=-5", 206, data[-5:]),
                                   ("bytes=599999-", 206, data[-1:]), ("bytes=0-1,5-6", 200, data), ("bytes=600000-", 416, None)):
        got = desk.alice.request("GET", path, headers={"Range": wanted})
        r.check(f"{wanted}: {status}", got.status == status and octets in (None, got.body), (got.status, len(got.body)))
    r.equal("If-None-Match: 304", desk.alice.request("GET", path, headers={"If-None-Match": tag}).status, 304)
    r.equal("If-Range of another content: the whole", desk.alice.request("GET", path, headers={"Range": "bytes=0-1", "If-Range": '"x"'}).status, 200)
    r.equal("HEAD says how long it is", desk.alice.request("HEAD", path).headers.get("Content-Length"), "600000")


def keys_and_tags(desk):
    r = desk.report
    one, two = document("Key", "one"), document("Key", "two")
    first = desk.alice.publish(one, "key")
    r.equal("the same request with the same key gives the same message", desk.alice.publish(one, "key").xml.get("id"), first.xml.get("id"))
    other = desk.alice.publish(two, "key")
    r.equal("another one with it is a conflict", (other.status, other.error), (409, "conflict"))
    r.check("another account's key is another", desk.bob.publish(one, "key").xml.get("id") != first.xml.get("id"))
    path = desk.alice.path(first.xml.get("id"))
    r.equal("If-None-Match of its revision: 304", desk.alice.request("GET", path, headers={"If-None-Match": '"1"'}).status, 304)
    r.equal("an edit names what it replaces: else 400", desk.alice.request("PUT", path, one).error, "invalid")
    r.equal("a stale one: 409", desk.alice.request("PUT", path, one, {"If-Match": '"7"'}).status, 409)
    r.equal("OPTIONS says what may be done", desk.alice.request("OPTIONS", path).headers.get("Allow"), "GET, HEAD, PUT, DELETE, OPTIONS")
    no = desk.alice.request("PATCH", path)
    r.equal("what may not: 405 with Allow", (no.status, no.headers.get("Allow")), (405, "GET, HEAD, PUT, DELETE, OPTIONS"))
    r.equal("HEAD has the ETag and no content", (lambda a: (a.status, a.headers.get("ETag"), a.body))(desk.alice.request("HEAD", path)), (200, '"1"', b""))


def foreign(desk):
    r = desk.report
    made = document("Marked", "text", [("bob@one.test", "to")])
    ET.SubElement(made, "{urn:example:marks}mark", {"colour": "red"}).text = "why"
    name = desk.alice.publish(made).xml.get("id")
    marks = lambda who: [e.get("colour") for e in who.message(name).xml.iter("{urn:example:marks}mark")]
    r.equal("what other namespaces say is kept and passed on", marks(desk.bob), ["red"])
    r.equal("edited: 200", desk.alice.rewrite(name, lambda t: t + "!").status, 200)
    r.equal("it is there after an edit of what was read", marks(desk.bob), ["red"])
    view = desk.alice.message(name).xml
    next(view.iter("{urn:example:marks}mark")).set("colour", "blue")
    r.equal("and can be edited itself", (desk.alice.edit(name, 2, view).status, marks(desk.bob)), (200, ["blue"]))
    r.equal("redacted: 200", desk.alice.request("POST", desk.alice.path(name, "/redact")).status, 200)
    history = desk.bob.history(name).xml
    r.equal("of what was before, who and when is left", [(e.get("redacted"), e.find(Q + "body") is None) for e in history.iter(Q + "revision")],
            [("true", True)] * 3 + [(None, False)])


def pages(desk):
    r = desk.report
    name = desk.alice.publish(document("Pages", "0", [("bob@one.test", "to")])).xml.get("id")
    for n in range(1, 5):
        desk.alice.rewrite(name, lambda t, n=n: str(n))
    numbers, after = [], 0
    while True:
        page = desk.bob.request("GET", desk.bob.path(name, f"/revisions?after={after}&limit=2")).xml
        numbers += [int(e.get("number")) for e in page.iter(Q + "revision")]
        if page.get("more") != "true":
            break
        after = numbers[-1]
    r.equal("revisions come in pages", numbers, [1, 2, 3, 4, 5])
    folders, after = [], ""
    while True:
        page = desk.bob.request("GET", f"/v1/folders?limit=2&after={after}").xml
        folders += [e.get("name") for e in page.iter(Q + "folder")]
        if page.get("more") != "true":
            break
        after = folders[-1]
    r.equal("folders as well", folders, sorted(folders))
    r.check("all of them", {"INBOX", "Sent", "Trash"} <= set(folders), folders)
    for n in range(5):
        desk.alice.publish(document(f"Zebra {n}", "stripes and more stripes", [("bob@one.test", "to")]))
    found, after = [], 0
    while True:
        page = desk.bob.store(q="STRIPES", limit=2, after=after).xml
        rows = list(page.iter(Q + "reference"))
        found += [e.findtext(Q + "subject") for e in rows]
        if page.get("more") != "true":
            break
        after = rows[-1].get("position")
    r.equal("what is searched too, each once", found, [f"Zebra {n}" for n in range(5)])
    for query in ("limit=x", "after=-1", "limit=1001", "thread=x"):
        got = desk.bob.request("GET", "/v1/store?" + query)
        r.equal(f"{query} is invalid, and the answer says what", (got.status, got.xml.get("path")), (400, "?" + query.split("=")[0]))


def attacks(desk):
    r = desk.report
    start = '<message xmlns="urn:email2:1">'
    body = '<body><part type="text/plain">{}</part></body></message>'
    cases = {
        "a DOCTYPE": ("<!DOCTYPE message>" + start + body.format("x"), "/"),
        "an entity bomb": ('<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + start + body.format("&b;"), "/"),
        "a control character": (start + body.format("a\x01b"), "/message/body/part"),
        "a wrong octet": ((start + body.format("a")).encode().replace(b">a<", b">\xff<"), "/message/body/part"),
        "another encoding": ('<?xml version="1.0" encoding="UTF-16"?>' + start + body.format("x"), "/"),
        "an address twice": (start + '<to><entry address="bob@one.test"/><entry address="BOB@one.test"/></to>' + body.format("x"), "/message/to/entry[2]/@address"),
        "an attribute twice": (start + '<to><entry address="bob@one.test" address="eve@one.test"/></to>' + body.format("x"), "/message/to"),
        "an account that is not here": (start + '<to><entry address="nobody@one.test"/></to>' + body.format("x"), "/message/to/entry/@address"),
        "a parent that is not shown": (start + '<parent ref="0192f0c1-7a00-7000-8000-000000000002@one.test"/>' + body.format("x"), "/message/parent/@ref"),
        "an attachment that is not here": (start + '<body><part type="a/b" size="1" sha256="' + "a" * 64 + '"/></body></message>', "/message/body/part/@sha256"),
    }
    for title, (xml, path) in cases.items():
        got = desk.alice.request("POST", "/v1/messages", xml if isinstance(xml, bytes) else xml.encode())
        r.equal(f"{title}: invalid, with its path", (got.status, got.error, got.xml.get("path")), (400, "invalid", path))
    got = desk.alice.request("POST", "/v1/messages", (start + "<x:a xmlns:x='urn:x'>" * 100_000).encode())
    r.equal("100,000 levels: invalid", (got.status, got.error), (400, "invalid"))
    with Watch(desk.gateway.process.pid) as watch:
        link = socket.create_connection(desk.gateway.at("http"), 60)
        link.sendall((f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: {desk.alice.basic}\r\nTransfer-Encoding: chunked\r\n\r\n").encode())
        text, sent = b"x" * MB, 0
        try:
            link.sendall(b"%x\r\n" % len(start) + start.encode() + b"\r\n")
            while sent < 1024 * MB:
                link.sendall(b"%x\r\n" % MB + text + b"\r\n")
                sent += MB
        except OSError:
            pass  # it hangs up
        try:
            answer = link.recv(65536).split(b"\r\n")[0].decode()
        except OSError:
            answer = ""
        link.close()
    r.check("1 GB of text in one element is cut short", sent < 100 * MB and answer in ("", "HTTP/1.1 413 Content Too Large"), (sent, answer))
    print(f"note: it cost {watch.growth:.1f} MB, and {sent // MB} MB were taken", flush=True)
    r.check("and cost little memory", watch.growth < 80, watch.growth)
    r.check("the gateway is well", desk.gateway.answers())


def http(report):
    gateway = Gateway(state_folder("http")).start()
    gateway.add_account("alice", "bob", "eve")
    desk = Desk(report, gateway)
    for title, step in (("200 MB", large),  # first: memory that others have used and left would hide what it costs
                        ("keys, tags, methods", keys_and_tags), ("foreign elements, redaction", foreign), ("pages and search", pages),
                        ("documents that mean harm", attacks), ("ranges", ranges), ("tokens", tokens),
                        ("changes of accounts", account_changes), ("events by WebSocket", events), ("a crowd", crowd)):
        report.step(title, step, desk)
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("http", http)
