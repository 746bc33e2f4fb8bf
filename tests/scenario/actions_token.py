"""actions_token: what tokens are worth: forged, replayed, of another person; what automata and mailing lists do with them; who is written to."""
import re

from harness import DOMAIN, LEGACY, document, eventually, stays
from mails import action_address, text_of
from steps_leave import get

DORA, MALLORY, FRED = f"dora@{LEGACY}", "mallory@other.test", f"fred@{LEGACY}"

def forged(token):
    """Another token of the right form."""
    return token[:-1] + ("a" if token[-1] != "a" else "b")


def leaving(desk, subject, who=DORA):
    """(name, address for leaving, token, the follow-up) of a conversation that `who` is told of."""
    r = desk.report
    name = desk.publish(subject, "One.", [f"bob@{DOMAIN}", who])
    r.must(f"{who} has it", eventually(lambda: any(subject.encode() in t.octets for t in desk.sent_to(who))))
    eventually(lambda: desk.http["alice"].message(name).delivery(who)[0] == "delivered")
    desk.http["alice"].rewrite(name, lambda t: "Two.")
    told = eventually(lambda: next((t for t in desk.sent_to(who) if b"Chat-Edit" in t.octets and subject.encode() in t.octets), None), 20)
    r.must("and the follow-up", told)
    address = re.search(r"a-([a-z2-7]{32})@one\.test", re.sub(r"\s+", "", text_of(told.octets)))
    r.must("which says how to leave", address)
    return name, address.group(0), address.group(1), told


def tokens(desk):
    r = desk.report
    name, address, token, _ = leaving(desk, "Tokens")
    mails = lambda who=DORA: len(desk.sent_to(who))  # noqa: E731
    membership = lambda: desk.http["alice"].message(name).membership(DORA)  # noqa: E731
    before = mails()
    reply, _ = desk.outside(DORA, [f"a-{forged(token)}@{DOMAIN}"], "x")
    r.equal("a forged token is no address", (reply[0], reply[1][:5]), (550, "5.1.1"))
    r.equal("nor a page", get(f"http://127.0.0.1:{desk.gateway.ports['http']}/a/{forged(token)}")[0], 404)
    status, page = get(f"http://127.0.0.1:{desk.gateway.ports['http']}/a/{token}")
    r.check("a page names nobody", status == 200 and not re.search(rb"\b(bob|alice|dora)@", page), page)

    desk.outside(DORA, [address], "Out of office", headers=[("Auto-Submitted", "auto-replied")])
    desk.outside(DORA, [address], "x", headers=[("List-Id", "<friends.list.test>"), ("Precedence", "list")])
    desk.outside(DORA, [address], "x", headers=[("Precedence", "bulk")])
    desk.outside(DORA, [address], "x", sender="")
    r.check("neither automata nor mailing lists act by it", stays(lambda: membership() == "in", 2), membership())
    r.equal("and nobody is answered", mails(), before)

    r.equal("by mail she leaves", desk.outside(DORA, [address], "x")[0][0], 250)
    r.check("she has left", eventually(lambda: membership() == "left"))
    r.must("and is told", eventually(lambda: mails() == before + 1))
    back = action_address(desk.sent_to(DORA)[-1].octets)
    r.must("with the way back", back and back != address)
    desk.outside(DORA, [address], "x")
    r.check("replayed, it does nothing and is not answered", stays(lambda: mails() == before + 1 and membership() == "left", 2), mails())
    known = len(desk.sent_to(MALLORY))
    desk.outside(MALLORY, [back], "Let me in")
    r.check("whoever has a token acts for its person alone", eventually(lambda: membership() == "in"))
    r.check("and learns nothing", stays(lambda: len(desk.sent_to(MALLORY)) == known, 2) and desk.http["alice"].message(name).entry(MALLORY) is None)
    r.must("its person is told", eventually(lambda: mails() == before + 2))


# As products say that somebody is away: RFC 3834 and Sieve, Gmail, Exchange; and by the subject alone.
AWAY = [("Out of office: Re: {}", [("Auto-Submitted", "auto-replied")]), ("Re: {}", [("Precedence", "bulk"), ("X-Autoreply", "yes")]),
        ("Away: {}", [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")]), ("Automatische Antwort: {}", [])]


def out_of_office(desk):
    r = desk.report
    name, address, _, told = leaving(desk, "Holidays", FRED)
    eventually(lambda: desk.http["alice"].message(name).delivery(FRED)[0] == "delivered")
    state = lambda: (desk.http["alice"].message(name).membership(FRED), desk.http["alice"].message(name).delivery(FRED), desk.http["alice"].message(name).revision)  # noqa: E731
    before, sent = state(), len(desk.sent_to(FRED))
    for subject, headers in AWAY:
        for recipient, sender in ((told.sender, ""), (told.sender, FRED), (address, FRED)):
            reply, _ = desk.outside(FRED, [recipient], subject.format("Holidays"), "I am away.\n", sender=sender, headers=headers, in_reply_to=name)
            r.check(f"an out-of-office to {recipient[:2]}… from <{sender}> is taken", reply[0] == 250, reply)
    uids = len(desk.imap["bob"].uids("INBOX"))
    reply, message_id = desk.outside(FRED, [name], "Out of office: Re: Holidays", "I am away.\n", headers=[("Auto-Submitted", "auto-replied")])
    r.equal("one to the message's address is taken", reply[0], 250)
    r.check("and shown to its author", eventually(lambda: desk.in_box("alice", message_id) or desk.in_box("alice", message_id, "Sent")))
    r.check("and to nobody else", stays(lambda: len(desk.imap["bob"].uids("INBOX")) == uids, 2))
    pair, later = desk.publish("Pair", "For you.", [FRED]), f"later@{LEGACY}"
    r.must("fred has another", eventually(lambda: any(b"Pair" in t.octets for t in desk.sent_to(FRED))))
    desk.http["alice"].change_list(pair, ("add", {"address": later}))
    r.must("somebody comes to it later", eventually(lambda: desk.sent_to(later), 20))
    sent = len(desk.sent_to(FRED))
    for subject, headers in [("Away: {}", []), *AWAY]:
        _, message_id = desk.outside(FRED, [f"alice@{DOMAIN}"], subject.format("Pair"), "I am away.\n", sender=FRED if headers or "Antw" in subject else "", in_reply_to=pair, headers=headers)
        r.check("an out-of-office to the author reaches her", eventually(lambda: desk.in_box("alice", message_id)))
    r.check("and is passed on to nobody", stays(lambda: len(desk.sent_to(later)) == 1, 2), len(desk.sent_to(later)))
    r.check("it changes nothing and is answered by nothing", stays(lambda: state() == before and len(desk.sent_to(FRED)) == sent, 3), (state(), len(desk.sent_to(FRED))))


def to_nobody_here(desk):
    """What is written to the envelope sender of an answer that we passed on for somebody outside."""
    r = desk.report
    name = desk.publish("Abroad", "One.", [DORA, FRED])
    r.must("both have it", eventually(lambda: all(any(b"Abroad" in t.octets for t in desk.sent_to(who)) for who in (DORA, FRED))))
    r.equal("one of them answers", desk.outside(DORA, [name], "Re: Abroad", "From Dora.\n")[0][0], 250)
    passed_on = eventually(lambda: next((t for t in desk.sent_to(FRED) if b"From Dora." in t.octets), None), 20)
    r.must("the other one gets it", passed_on)
    reply, _ = desk.outside(FRED, [passed_on.sender], "Re: Abroad", "To you alone.\n")
    r.equal("nobody here reads what is no report: it is not taken", (reply[0], reply[1][:5]), (550, "5.7.1"))
    reply, _ = desk.outside(FRED, [passed_on.sender], "Away", "I am away.\n", headers=[("Auto-Submitted", "auto-replied")])
    r.equal("from a program it is taken, and no more", reply[0], 250)


def over_a_restart(desk):
    """The last: everybody's sessions end with the gateway."""
    r = desk.report
    name, address, token, _ = leaving(desk, "Restarted", f"rita@{LEGACY}")
    membership = lambda: desk.http["alice"].message(name).membership(f"rita@{LEGACY}")  # noqa: E731
    r.equal("SIGTERM ends it with status 0", desk.gateway.stop(), 0)
    desk.gateway.start()
    r.equal("a link of before shows its page", get(f"http://127.0.0.1:{desk.gateway.ports['http']}/a/{token}")[0], 200)
    r.equal("and did nothing by that", membership(), "in")
    r.equal("an address of before is one", desk.outside(f"rita@{LEGACY}", [address], "x")[0][0], 250)
    r.check("and does what it was given for", eventually(lambda: membership() == "left"), membership())
    back = eventually(lambda: next((t for t in desk.sent_to(f"rita@{LEGACY}") if b"You left this conversation" in t.octets), None), 20)
    r.must("its person is told", back)


def third_parties(desk):
    r = desk.report
    desk.gateway.command("account", "lists", f"alice@{DOMAIN}")
    got = desk.http["alice"].publish(news())
    r.must("there is a list", got.status == 201, got)
    root = got.xml.get("id")
    victim = f"victim@{LEGACY}"
    reply, _ = desk.outside(victim, [f"tidings+subscribe@{DOMAIN}"], "please", sign=False, sender="mallory@nowhere.test")
    r.equal("who only claims to be somebody is refused", (reply[0], reply[1][:5]), (550, "5.7.1"))
    reply, _ = desk.outside(MALLORY, [f"tidings+subscribe@{DOMAIN}"], "please", headers=[("Reply-To", victim), ("Sender", victim)])
    r.equal("a proven one may ask", reply[0], 250)
    r.check("and is asked, nobody else", eventually(lambda: [t for t in desk.sent_to(MALLORY) if b"subscribe" in t.octets]))
    asked = len(desk.sent_to(MALLORY))
    for extra in ([], [("Auto-Submitted", "auto-replied")], [("List-Id", "<x.y>")]):
        desk.outside(MALLORY, [f"tidings+subscribe@{DOMAIN}"], "please!", headers=extra)
        desk.outside(MALLORY, [f"tidings+unsubscribe@{DOMAIN}"], "please!", headers=extra)
    other = f"zoe@{LEGACY}"
    desk.outside(other, [f"tidings+subscribe@{DOMAIN}"], "please", headers=[("List-Id", "<x.y>")])
    r.check("once a day, and never an automaton or a mailing list", stays(lambda: len(desk.sent_to(MALLORY)) == asked and not desk.sent_to(other), 2))
    r.equal("the victim got nothing at all", desk.sent_to(victim), [])
    for action in ("leave", "withdraw", "add", "edit"):
        guid, server = root.split("@")
        reply, _ = desk.outside(MALLORY, [f"{guid}+{action}@{server}"], "x", to=[victim])
        r.equal(f"+{action} is not for strangers", (reply[0], reply[1][:5]), (550, "5.7.1"))
    asked_once, asked = len(desk.sent_to(MALLORY)), next(t for t in desk.sent_to(MALLORY) if b"subscribe" in t.octets)
    confirm = re.search(r"a-[a-z2-7]{32}@one\.test", re.sub(r"\s+", "", text_of(asked.octets))).group(0)
    on_list = lambda: desk.http["alice"].message(root).membership(MALLORY)  # noqa: E731
    for subject, headers in AWAY:
        desk.outside(MALLORY, [confirm], subject.format("Please confirm"), headers=headers, in_reply_to="x@one.test")
        desk.outside(MALLORY, [f"tidings+subscribe@{DOMAIN}"], subject.format("Please confirm"), headers=headers, in_reply_to="x@one.test")
    r.check("no out-of-office does, nor is it answered", stays(lambda: on_list() != "in" and len(desk.sent_to(MALLORY)) == asked_once, 2), on_list())
    desk.outside(MALLORY, [confirm], "yes")
    r.check("the confirmation subscribes", eventually(lambda: on_list() == "in"), on_list())
    welcome = eventually(lambda: next((t for t in desk.sent_to(MALLORY) if b"You are on the list" in t.octets), None))
    r.must("and is answered", welcome)
    leave = re.search(r"a-[a-z2-7]{32}@one\.test", re.sub(r"\s+", "", text_of(welcome.octets))).group(0)
    for subject, headers in AWAY:
        reply, _ = desk.outside(MALLORY, [f"tidings@{DOMAIN}"], subject.format("News"), headers=headers, in_reply_to="x@one.test")
        r.equal("their out-of-office is no post", (reply[0], reply[1][:5]), (550, "5.7.1"))
    desk.outside(MALLORY, [leave], "bye")
    r.check("they leave", eventually(lambda: on_list() == "left"), on_list())
    reply, _ = desk.outside(MALLORY, [confirm], "yes")
    r.check("the old confirmation is worth nothing then", reply[0] == 550 and stays(lambda: on_list() == "left", 2), (reply, on_list()))


def news():
    made = document("Tidings", "A list.", [])
    made.set("alias", f"tidings@{DOMAIN}")
    made.set("posting", "members")
    return made


TOKENS = [("tokens", tokens), ("an out-of-office answering a follow-up", out_of_office), ("what comes back and is no report", to_nobody_here),
          ("no stranger makes us mail a third party", third_parties),
          ("tokens over a restart", over_a_restart)]
