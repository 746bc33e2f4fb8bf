#!/usr/bin/env python3
"""run_lists: mailing lists, quotas and abuse as people meet them: by HTTP, SMTP and IMAP. email2.md rules 9, 10 and 11."""
import os
import re
import sys

from harness import DOMAIN, LEGACY, ROOT, Gateway, Smtp, document, eventually, free_ports, quoted, run, state_folder
from http_client import Q
from mails import mail, parsed, text_of

sys.path.insert(0, os.path.join(ROOT, "tests", "rigs"))

from sink import Sink  # noqa: E402

ALIAS = f"news@{DOMAIN}"
DORA = f"dora@{LEGACY}"
NAMES = ("alice", "bob", "carol", "erin", "fred", "full")


class Desk:
    def __init__(self, report, gateway, sink):
        self.report, self.gateway, self.sink = report, gateway, sink
        self.http = {name: gateway.http(name) for name in NAMES}
        self.imap = {name: gateway.imap(name) for name in NAMES}
        self.root = None

    def at_sink(self, pattern):
        return [t for t in list(self.sink.taken) if re.search(pattern, t.octets.decode("utf-8", "replace"))]

    def has(self, name, subject, box="INBOX"):
        return self.imap[name].uids(box, "SUBJECT", quoted(subject))

    def gets(self, sentence, names, subject):
        for name in names:
            self.report.check(f"{sentence}: {name} has it once", eventually(lambda: len(self.has(name, subject)) == 1), subject)

    def outside(self, sender, recipients, subject, client="127.0.0.1", headers=(), size=0):
        """Replies as (code, text) of one transaction from outside."""
        _, data = mail(sender, [recipients[0]], subject, "text\n" + "x" * size, headers=headers)
        with Smtp(self.gateway.at("smtp"), source=client) as link:
            return link.transaction(sender, recipients, data, [f"size={len(data)}"])

    def door(self, sender, client):
        """How MAIL is answered, and nothing more."""
        with Smtp(self.gateway.at("smtp"), source=client) as link:
            return code([link.mail(sender)])

    def inside(self, name, recipients, subject, in_reply_to=None):
        _, data = mail(f"{name}@{DOMAIN}", [recipients[0]], subject, "text\n", in_reply_to=in_reply_to)
        with self.gateway.submission(name) as link:
            return link.transaction(f"{name}@{DOMAIN}", recipients, data)


def code(replies, at=-1):
    return f"{replies[at][0]} {replies[at][1].split()[0].decode()}"


def list_document(alias, posting, people=()):
    made = document("News", "What is new.", [(p, "to") for p in people])
    made.set("alias", alias)
    made.set("posting", posting)
    return made


def make(desk):
    r, alice = desk.report, desk.http["alice"]
    r.equal("without the right a list is refused", alice.publish(list_document(ALIAS, "members")).error, "forbidden")
    r.equal("the right is given on the command line", desk.gateway.command("account", "lists", f"alice@{DOMAIN}").returncode, 0)
    got = alice.publish(list_document(ALIAS, "members", [f"bob@{DOMAIN}"]))
    r.must("then it is made: 201", got.status == 201, got)
    desk.root = got.xml.get("id")
    r.equal("it says its alias", got.xml.get("alias"), ALIAS)
    r.equal("the same alias again is a conflict", alice.publish(list_document(ALIAS, "members")).error, "conflict")
    r.equal("an account cannot have it any more", desk.gateway.command("account", "add", ALIAS, "--password", "x").returncode, 1)
    r.check("it shows in no mailbox", not any(desk.has(n, "News", box) for n in ("alice", "bob") for box in ("INBOX", "Sent")))
    r.equal("a subscriber sees themselves alone", [e.get("address") for e in desk.http["bob"].message(desk.root).xml.iter(Q + "entry")], [f"bob@{DOMAIN}"])
    r.equal("the owner sees all", len(list(alice.message(desk.root).xml.iter(Q + "entry"))), 2)


def subscribe(desk):
    r = desk.report
    r.equal("carol subscribes natively: 204", desk.http["carol"].rejoin(desk.root).status, 204)
    r.equal("erin by mail", code(desk.inside("erin", [f"news+subscribe@{DOMAIN}"], "please")), "250 2.0.0")
    r.equal("dora, from outside, asks by mail", code(desk.outside(DORA, [f"news+subscribe@{DOMAIN}"], "please")), "250 2.0.0")
    again = desk.outside(DORA, [f"news+subscribe@{DOMAIN}"], "please!")
    r.equal("once more on the same day: refused", code(again), "550 5.7.1")
    r.check("which says what to do", b"answer that one, or write again tomorrow" in again[-1][1], again)
    r.equal("who only claims to be somebody is not answered", code(desk.outside("eve@nowhere.test", [f"news+subscribe@{DOMAIN}"], "please")), "550 5.7.1")
    r.check("dora is asked to confirm", eventually(lambda: desk.at_sink("asked to subscribe")))
    asked = desk.at_sink("asked to subscribe")
    r.equal("once, with the null sender", (len(asked), asked[0].sender), (1, ""))
    text = re.sub(r"\s+", " ", text_of(asked[0].octets))
    token = re.search(r"a-([a-z2-7]{32})@one\.test", text)
    r.must("by a token", token, text)
    answers = lambda octets: [a.addr_spec for a in parsed(octets)["Reply-To"].addresses]  # noqa: E731
    r.equal("its subject says what it asks", str(parsed(asked[0].octets)["Subject"]), "Please confirm: subscribe to News")
    r.equal("a reply to it is the answer", answers(asked[0].octets), [token.group(0)])
    r.equal("she answers it", code(desk.outside(DORA, [token.group(0)], "Re: News")), "250 2.0.0")
    r.check("and is told", eventually(lambda: desk.at_sink("You are on the list")))
    people = [e.get("address") for e in desk.http["alice"].message(desk.root).xml.iter(Q + "entry")]
    subscriber_is_told(desk)
    r.equal("all are on it", sorted(people), sorted([DORA] + [f"{n}@{DOMAIN}" for n in ("alice", "bob", "carol", "erin")]))


def subscriber_is_told(desk):
    """What an account reads that subscribed by mail."""
    r = desk.report
    told = eventually(lambda: desk.has("erin", "News"))
    r.must("erin is told, by one mail", told and len(told) == 1, told)
    octets = desk.imap["erin"].octets_of(told[0])
    notice, text = parsed(octets), " ".join(text_of(octets).split())
    r.check("that she is on the list, and how to leave it", f"You are on the list {ALIAS} now." in text and f"news+unsubscribe@{DOMAIN}" in text, text)
    r.equal("from nobody whose answer would be a post", notice["From"].addresses[0].addr_spec, f"mailer-daemon@{DOMAIN}")
    r.check("in no thread, since she has no mail of the list yet", notice["In-Reply-To"] is None and notice["References"] is None, octets)
    r.equal("and it is no post", (notice["List-Id"], str(notice["Auto-Submitted"]), str(notice["Subject"])), (None, "auto-replied", "You are on the list News"))
    view = desk.http["erin"].references(folder="INBOX")
    r.equal("natively it stands at the top level", [subject for _, subject in view], ["You are on the list News"])
    r.equal("her asking again is told again, and changes nothing", code(desk.inside("erin", [f"news+subscribe@{DOMAIN}"], "please")), "250 2.0.0")
    r.check("in another such mail", eventually(lambda: len(desk.has("erin", "News")) == 2))
    r.equal("nobody else is told", [desk.has(name, "News") for name in ("alice", "bob", "carol")], [[], [], []])


def post(desk):
    r = desk.report
    made = document("First post", "Hello.", parents=[desk.root], inherit=True)
    got = desk.http["bob"].publish(made)
    r.must("a subscriber posts natively: 201", got.status == 201, got)
    r.equal("at the top level", got.xml.get("thread"), got.xml.get("id"))
    desk.gets("a native post", ("alice", "carol", "erin"), "First post")
    r.check("the correspondent gets it", eventually(lambda: len(desk.at_sink("Subject: First post")) == 1))
    shown = desk.at_sink("Subject: First post")[0].octets
    r.check("addressed to the alias", re.search(rb"^To: .*<news@one\.test>", shown, re.M) and b"carol@" not in shown, shown[:600])
    r.equal("a subscriber posts by submission", code(desk.inside("carol", [ALIAS], "Second post")), "250 2.0.0")
    desk.gets("a post by submission", ("alice", "bob", "erin"), "Second post")
    r.equal("a subscriber outside posts by mail that SPF proves", code(desk.outside(DORA, [ALIAS], "From outside")), "250 2.0.0")
    desk.gets("a post from outside", ("alice", "bob", "carol", "erin"), "From outside")
    answer = desk.inside("erin", [ALIAS], "Re: First post", in_reply_to=got.xml.get("id"))
    r.equal("an answer by mail to the alias", code(answer), "250 2.0.0")
    desk.gets("an answer", ("alice", "bob", "carol"), "Re: First post")
    r.check("is in the post's thread", eventually(lambda: desk.http["alice"].named("Re: First post", thread=got.xml.get("id"))))
    r.equal("a stranger here is refused at RCPT", code(desk.inside("fred", [ALIAS], "Let me in"), 1), "550 5.7.1")
    r.equal("a stranger outside after the data", code(desk.outside("mallory@legacy.test", [ALIAS], "Let me in")), "550 5.7.1")
    r.equal("natively the list is not shown to a stranger", desk.http["fred"].publish(document("x", "x", parents=[desk.root], inherit=True)).error, "invalid")
    r.equal("who is no subscriber reads no post", desk.http["fred"].get(got.xml.get("id")).status, 404)
    r.equal("carol leaves by mail", code(desk.inside("carol", [f"news+unsubscribe@{DOMAIN}"], "bye")), "250 2.0.0")
    r.equal("and posts no more", code(desk.inside("carol", [ALIAS], "One more"), 1), "550 5.7.1")
    desk.inside("bob", [ALIAS], "Third post")
    desk.gets("a later post", ("alice", "erin"), "Third post")
    r.equal("she does not get it", desk.has("carol", "Third post"), [])
    desk.http["carol"].rejoin(desk.root)
    r.check("back again, she does", eventually(lambda: desk.has("carol", "Third post")))


def folder(desk):
    """The folders in which alice and bob keep the list's posts."""
    r = desk.report

    def acl(name, box):
        [told] = desk.imap[name].must("GETACL", box).all("ACL")
        return dict(zip(told.data[1::2], told.data[2::2]))

    for name in ("alice", "bob"):
        session = desk.imap[name]
        session.must("CREATE", "News")
        posts = session.uids("INBOX", "TO", quoted(ALIAS))
        r.must(f"{name} files the posts", posts and session.must("UID MOVE", ",".join(map(str, posts)), "News"), posts)
    r.equal("ACL: an owner is told who is on the list", acl("alice", "News"), {
        f"alice@{DOMAIN}": "lrswipkxteacd", **{address: "lrp" for address in (DORA, *(f"{n}@{DOMAIN}" for n in ("bob", "carol", "erin")))}})
    r.equal("a subscriber is told the alias alone", acl("bob", "News"), {f"bob@{DOMAIN}": "lrswipkxtecd", ALIAS: "lrp"})
    r.equal("an INBOX is its user's", acl("bob", "INBOX"), {f"bob@{DOMAIN}": "lrswipktecd"})
    answer = desk.imap["alice"].command("SETACL", "News", f"fred@{DOMAIN}", "lr")
    r.equal("SETACL: NO [NOPERM]", (answer.status, answer.code), ("NO", "NOPERM"))
    for name in ("alice", "bob"):
        desk.imap[name].select("News")
        desk.imap[name].must("UID MOVE", "1:*", "INBOX")
        desk.imap[name].select("INBOX")
        desk.imap[name].must("DELETE", "News")


def open_list(desk):
    r, alias = desk.report, f"talk@{DOMAIN}"
    got = desk.http["alice"].publish(list_document(alias, "anyone", [f"bob@{DOMAIN}"]))
    r.must("a list to which anyone posts", got.status == 201, got)
    r.equal("a stranger outside posts", code(desk.outside(f"guest@{LEGACY}", [alias], "A question")), "250 2.0.0")
    desk.gets("a stranger's post", ("alice", "bob"), "A question")
    name = eventually(lambda: desk.http["bob"].named("A question"))[0]
    desk.http["bob"].publish(document("Re: A question", "An answer.", parents=[name], inherit=True))
    r.check("and gets the answers", eventually(lambda: [t for t in desk.at_sink("Subject: Re: A question") if t.recipients == [f"guest@{LEGACY}"]]))
    desk.inside("bob", [alias], "Something else")
    desk.gets("another post", ("alice",), "Something else")
    r.equal("but is no subscriber", desk.at_sink("Subject: Something else"), [])
    owners = desk.http["alice"].publish(list_document(f"announce@{DOMAIN}", "owners", [f"bob@{DOMAIN}"])).xml.get("id")
    r.equal("on an owners' list others do not post", desk.http["bob"].publish(document("x", "x", parents=[owners], inherit=True)).error, "forbidden")
    r.equal("the owner does", code(desk.inside("alice", [f"announce@{DOMAIN}"], "An announcement")), "250 2.0.0")
    desk.gets("an announcement", ("bob",), "An announcement")


def given_up(desk):
    """The address of a list that is none any more belongs to whom it is given next, in a gateway that knew the list."""
    r, gateway, address = desk.report, desk.gateway, f"passing@{DOMAIN}"
    r.equal("alice makes another list", desk.http["alice"].publish(list_document(address, "anyone")).status, 201)
    r.equal("it takes mail", code(desk.outside(f"ken@{LEGACY}", [address], "To the list")), "250 2.0.0")
    for words in (("list", "remove", address), ("alias", "add", address, f"bob@{DOMAIN}")):
        done = gateway.command(*words)
        r.equal(" ".join(words[:2]), done.returncode, 0)
    r.equal("the address is bob's now", code(desk.outside(f"ken@{LEGACY}", [address], "To bob alone")), "250 2.0.0")
    desk.gets("and so is its mail", ["bob"], "To bob alone")
    desk.outside(f"ken@{LEGACY}", [address.replace("@", "+x@")], "With a detail")
    desk.gets("with a detail as well", ["bob"], "With a detail")


def quota(desk):
    r, gateway = desk.report, desk.gateway
    r.equal("one store gets a limit", gateway.command("account", "quota", f"full@{DOMAIN}", "20000").returncode, 0)
    r.equal("a small mail fits", code(desk.outside(DORA, [f"full@{DOMAIN}"], "Small", size=100)), "250 2.0.0")
    got = desk.outside(DORA, [f"full@{DOMAIN}", f"fred@{DOMAIN}"], "Large", size=30000)
    r.equal("of two recipients the one without room is refused", [code(got, 1), code(got, 2), code(got)], ["452 4.2.2", "250 2.1.5", "250 2.0.0"])
    desk.gets("a mail that one had no room for", ("fred",), "Large")
    answer = desk.imap["full"].command("APPEND", "INBOX", b"Subject: large\r\n\r\n" + b"x" * 30000)
    r.equal("APPEND: NO [OVERQUOTA]", (answer.status, answer.code), ("NO", "OVERQUOTA"))
    told = [line.raw for line in desk.imap["full"].command("GETQUOTAROOT", "INBOX").untagged]
    r.check("GETQUOTAROOT says the root, the use and the limit", len(told) == 2 and told[0] == 'QUOTAROOT INBOX ""' and told[1].startswith('QUOTA "" (STORAGE ') and told[1].endswith(" 19)"), told)
    r.equal("and a small one is taken", desk.imap["full"].command("APPEND", "INBOX", b"Subject: small\r\n\r\nx").status, "OK")
    got = desk.http["fred"].publish(document("Big", "x" * 30000, [(f"full@{DOMAIN}", "to")]))
    r.equal("natively to a full store: over-quota, 507", (got.status, got.error), (507, "over-quota"))
    got = desk.http["fred"].publish(document("Big too", "x" * 30000, [(f"full@{DOMAIN}", "to"), (f"bob@{DOMAIN}", "to")]))
    r.equal("to others as well: 201", got.status, 201)
    r.equal("and its entry says why", desk.http["fred"].message(got.xml.get("id")).delivery(f"full@{DOMAIN}"), ("failed", "5.2.2"))
    desk.gets("the others'", ("bob",), "Big too")
    gateway.command("account", "quota", f"full@{DOMAIN}", "10")
    desk.imap["full"].select("INBOX")
    answer = desk.imap["full"].command("UID COPY", "1", "Archive")
    r.equal("COPY in a full store: NO [OVERQUOTA]", (answer.status, answer.code), ("NO", "OVERQUOTA"))
    words = " ".join(f"k{n}" for n in range(60))
    answer = desk.imap["full"].command("UID STORE", f"1 +FLAGS ({words})")
    r.equal("more keywords than there may be: NO [LIMIT]", (answer.status, answer.code), ("NO", "LIMIT"))
    old = desk.imap["full"].uids("INBOX")[-1]
    answer = desk.imap["full"].command("UID REPLACE", f"{old} INBOX", b"Subject: larger\r\n\r\n" + b"x" * 300)
    r.equal("REPLACE by more than there is room for: NO [OVERQUOTA]", (answer.status, answer.code), ("NO", "OVERQUOTA"))
    answer = desk.imap["full"].command("UID REPLACE", f"{old} INBOX", b"Subject: s\r\n\r\nx")
    r.equal("by as much as goes: OK", answer.status, "OK")
    r.check("with APPENDUID before the EXPUNGE", any((u.code or "").startswith("APPENDUID") for u in answer.all("OK")) and answer.all("EXPUNGE"), answer.untagged)
    r.equal("to Trash it is a way out", desk.imap["full"].command("UID COPY", "1", "Trash").status, "OK")
    r.equal("who is full does not send", code(desk.inside("full", [f"bob@{DOMAIN}"], "From a full one"), 0), "452 4.2.2")
    gateway.command("account", "quota", f"full@{DOMAIN}", "default")
    r.equal("without a limit it does", code(desk.inside("full", [f"bob@{DOMAIN}"], "From a full one")), "250 2.0.0")


def votes(desk):
    r, client, sender = desk.report, "127.0.5.1", "seller@junk.test"
    for n in ("1", "2"):
        r.equal(f"mail {n} of a new network is taken", code(desk.outside(sender, [f"{x}@{DOMAIN}" for x in ("alice", "bob", "carol", "erin")], f"Buy {n}", client)), "250 2.0.0")
        desk.gets("at first", ("alice", "bob", "carol", "erin"), f"Buy {n}")

    def junk(name, n):
        uid = desk.has(name, f"Buy {n}")[0]
        desk.imap[name].must("UID MOVE", str(uid), "Junk")
    last = int(desk.http["erin"].events(0).xml.get("last"))
    junk("alice", 1)
    junk("bob", 1)
    r.equal("two votes move nothing", len(desk.has("erin", "Buy 1")), 1)
    junk("carol", 1)
    r.check("three move it elsewhere, unseen", eventually(lambda: desk.has("erin", "Buy 1", "Junk") and not desk.has("erin", "Buy 1")))
    kinds = [e.get("kind") for e in desk.http["erin"].events(last).xml.iter(Q + "event")]
    r.check("by an event", "moderated" in kinds, kinds)
    r.check("the network is deferred", eventually(lambda: desk.door(sender, client) == "451 4.7.1", 20))
    name = desk.http["alice"].named("Buy 2")[0]
    for who in ("alice", "bob", "carol"):
        r.equal(f"{who} votes natively: 204", desk.http[who].request("PUT", desk.http[who].path(name, "/vote")).status, 204)
    r.check("and then refused", eventually(lambda: desk.door(sender, client) == "550 5.7.1", 20))
    r.equal("another network is not", code(desk.outside(sender, [f"alice@{DOMAIN}"], "Buy 5", "127.0.6.1")), "250 2.0.0")
    for who in ("alice", "bob", "carol"):
        desk.http[who].request("DELETE", desk.http[who].path(name, "/vote"))
    r.check("votes taken back, it is deferred again", eventually(
        lambda: desk.door(sender, client) == "451 4.7.1", 20))


def suspension(desk):
    r, gateway = desk.report, desk.gateway
    gateway.stop()
    gateway.configure(abuse={"rate": "1s", "kept_up": "2s", "suspension": "1h"})
    gateway.start()
    erin = gateway.http("erin")
    note = document("Note", "Again.", [(f"bob@{DOMAIN}", "to")])
    got = eventually(lambda: erin.publish(note).error, 30, 0.1)
    r.equal("who goes on too fast is stopped: rate-limited", got, "rate-limited")
    got = erin.publish(note)
    r.equal("natively 429", got.status, 429)
    until = rb"may not publish before 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    r.check("which says until when", re.search(until, got.body), got)
    r.check("and after how many seconds", 3000 < int(got.headers.get("Retry-After", "0")) <= 3600, got.headers)
    with gateway.submission("erin") as link:
        replies = link.transaction(f"erin@{DOMAIN}", [f"bob@{DOMAIN}"], b"Subject: x\r\n\r\nx\r\n")
        r.equal("by submission 451 4.7.1", code(replies, 0), "451 4.7.1")
        r.check("which says so too", re.search(until, replies[0][1]), replies)
    draft = document("A draft", "Later.", [(f"bob@{DOMAIN}", "to")])
    draft.set("draft", "true")
    r.equal("a draft is free", erin.publish(draft).status, 201)
    r.equal("others are not stopped", gateway.http("fred").publish(note).status, 201)
    r.equal("an administrator lifts it", gateway.command("account", "suspend", "--off", f"erin@{DOMAIN}").returncode, 0)
    r.equal("and she publishes", erin.publish(note).status, 201)
    people = [(f"p{n}@{LEGACY}", "to") for n in range(101)]
    r.equal("to 101 people others do not write: forbidden", gateway.http("fred").publish(document("Many", "x", people)).error, "forbidden")
    with gateway.submission("fred") as link:
        replies = link.transaction(f"fred@{DOMAIN}", [p for p, _ in people], b"Subject: many\r\n\r\nx\r\n")
        r.equal("by submission the 101st is refused", (code(replies, 100), code(replies, 101)), ("250 2.1.5", "550 5.7.1"))
    r.equal("who may own lists does", gateway.http("alice").publish(document("Many", "x", people)).status, 201)


def send_quota(desk):
    r, gateway = desk.report, desk.gateway
    gateway.stop()
    gateway.configure(quota={"send": 1, "period": "2h"})
    gateway.start()
    fred = gateway.http("fred")
    note = document("Note", "Again.", [(f"bob@{DOMAIN}", "to")])

    def refused():
        answer = fred.publish(note)
        return answer if answer.status == 429 else None
    got = eventually(refused, 10, 0.1)
    until = rb"has published as much as it may, and may not publish before 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    if r.check("who has used up a send quota is refused: 429", got):
        r.check("and told until when", re.search(until, got.body), got)
        r.check("and for how many seconds", 0 < int(got.headers.get("Retry-After", "0")) <= 7200, got.headers)
    with gateway.submission("fred") as link:
        replies = link.transaction(f"fred@{DOMAIN}", [f"bob@{DOMAIN}"], b"Subject: x\r\n\r\nx\r\n")
        r.equal("by submission 451 4.7.1 to the data", code(replies), "451 4.7.1")
        r.check("which says until when the quota is used up", re.search(until, replies[-1][1]), replies)


def lists(report):
    sink = Sink(free_ports(1)[0]).start()
    address = "%s:%d" % sink.address
    gateway = Gateway(state_folder("lists"), {LEGACY: address, "junk.test": address}).start()
    gateway.add_account(*NAMES)
    desk = Desk(report, gateway, sink)
    for title, step in (("a list is made", make), ("subscribing", subscribe), ("posting", post), ("a folder of posts", folder),
                        ("strangers and owners", open_list), ("a list that is given up", given_up),
                        ("quota", quota), ("votes and trust", votes), ("rates and long lists", suspension),
                        ("a send quota", send_quota)):
        report.step(title, step, desk)
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("lists", lists)
