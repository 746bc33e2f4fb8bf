"""actions_mail: what accounts do by action addresses and legacy verbs, and what correspondents' verbs do, row by row."""
from harness import DOMAIN, LEGACY, eventually, stays
from mails import as_edit, mail, new_id

CAROL, CARL = f"carol@{LEGACY}", f"carl@{LEGACY}"
BOB = f"bob@{DOMAIN}"


def at(name, action):
    guid, server = name.split("@")
    return f"{guid}+{action}@{server}"


# --- accounts, by action addresses
def leave_and_rejoin(desk):
    r = desk.report
    name = desk.publish("Leaving", "A thread.", [BOB])
    desk.received("bob", name)
    r.equal("bob leaves by mail", desk.inside("bob", [at(name, "leave")], "x")[0][0], 250)
    r.check("he is off the list", eventually(lambda: desk.http["alice"].message(name).membership(BOB) == "left"))
    desk.answered("bob", "You left this conversation")
    notice = desk.told("bob", "You left this conversation")[0]
    r.check("with the way back", at(name, "rejoin") in "".join(notice.split()), notice)
    r.equal("he rejoins by mail", desk.inside("bob", [at(name, "rejoin")], "x")[0][0], 250)
    r.check("he is on it again", eventually(lambda: desk.http["alice"].message(name).membership(BOB) == "in"))
    desk.answered("bob", "You are back in this conversation")
    r.equal("nobody else is told anything", desk.told("alice", "conversation"), [])
    r.equal("who is not on a list is told nothing of it", desk.inside("eve", [at(name, "leave")], "x")[0][0], 550)


def edit_by_address(desk):
    r = desk.report
    name = desk.publish("Minutes", "We meet on Monday.", [BOB, CAROL])
    uid = desk.received("bob", name)
    desk.imap["bob"].must("UID STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)")
    r.must("carol has it", eventually(lambda: len(desk.sent_to(CAROL)) == 1))
    reply, message_id = desk.inside("alice", [at(name, "edit")], "Re: Minutes", "We meet on Tuesday.\n")
    r.equal("alice edits by mail", reply[0], 250)
    view = eventually(lambda: desk.http["bob"].message(name).revision == 2 and desk.http["bob"].message(name))
    r.must("there is a second revision", view)
    r.equal("the body replaces the text, the subject stays", (view.text.strip(), view.subject), ("We meet on Tuesday.", "Minutes"))
    new = desk.received("bob", name)
    r.check("bob has it at a new UID, edited and unseen", new > uid and "$Edited" in desk.imap["bob"].flags(new) and "\\Seen" not in desk.imap["bob"].flags(new))
    r.check("carol is told", eventually(lambda: len(desk.sent_to(CAROL)) == 2))
    desk.answered("alice", "You edited this message")
    again = desk.inside("alice", [at(name, "edit")], "Re: Minutes", "We meet on Tuesday.\n", message_id=message_id)[0]
    r.equal("the same mail once more is taken", again[0], 250)
    r.equal("and acts once", desk.http["alice"].message(name).revision, 2)
    r.check("and is told once", stays(lambda: len(desk.told("alice", "You edited this message")) == 1, 2))
    desk.inside("alice", [at(name, "edit")], "Re: Minutes", "We meet on Friday.\n\nOn 23 November 2026, Alice wrote:\n> We meet on Tuesday.\n")
    r.equal("what the mail quotes of the text below is no part of the edit", desk.http["alice"].message(name).text.strip(), "We meet on Friday.")
    r.equal("a mail without a word is refused", desk.inside("alice", [at(name, "edit")], "Re: Minutes", "\n")[0][0], 550)
    r.equal("bob may not", desk.inside("bob", [at(name, "edit")], "x", "Mine now.\n")[0][0], 550)
    r.equal("a mail without a text is refused", desk.inside("alice", [at(name, "edit")], "x", b"AAAA", body_type="application/octet-stream")[0][0], 550)
    r.equal("one by a program is refused", desk.inside("alice", [at(name, "edit")], "x", headers=[("Auto-Submitted", "auto-generated")])[0][0], 550)
    r.equal("one that came by a mailing list is refused", desk.inside("alice", [at(name, "edit")], "x", headers=[("List-Id", "<x.list.test>")])[0][0], 550)
    r.equal("none of them did anything", desk.http["alice"].message(name).revision, 3)


def withdraw_and_undelete(desk):
    r = desk.report
    name = desk.publish("Secret", "Not for you.", [BOB])
    desk.received("bob", name)
    r.equal("bob may not withdraw it", desk.inside("bob", [at(name, "withdraw")], "x")[0][0], 550)
    r.equal("alice withdraws by mail", desk.inside("alice", [at(name, "withdraw")], "x")[0][0], 250)
    r.check("it is gone from bob's INBOX", eventually(lambda: not desk.in_box("bob", name)))
    desk.answered("alice", "You withdrew this message")
    r.equal("and undeletes it", desk.inside("alice", [at(name, "undelete")], "x")[0][0], 250)
    desk.received("bob", name)
    desk.answered("alice", "You brought this message back")


def add_people(desk):
    r = desk.report
    name = desk.publish("Party", "Who comes?", [BOB])
    desk.received("bob", name)
    there = len(desk.sent_to(CARL))
    reply, _ = desk.inside("alice", [at(name, "add"), f"eve@{DOMAIN}", CARL], "x", "", to=[at(name, "add"), f"eve@{DOMAIN}"], cc=[CARL])
    r.equal("alice adds two people by mail", reply[0], 250)
    desk.received("eve", name)
    r.equal("both are on the list", [desk.http["bob"].message(name).membership(a) for a in (f"eve@{DOMAIN}", CARL)], ["in", "in"])
    r.check("who is outside gets the thread", eventually(lambda: len(desk.sent_to(CARL)) == there + 1))
    r.check("and no empty mail beside it", stays(lambda: len(desk.sent_to(CARL)) == there + 1, 2), [t.octets[:300] for t in desk.sent_to(CARL)])
    desk.answered("alice", f"You added eve@{DOMAIN}, {CARL}")
    dora = f"dora@{LEGACY}"
    reply, message_id = desk.inside("bob", [at(name, "add"), dora], "Re: Party", "Dora may know.\n")
    r.equal("bob adds one more, with words", reply[0], 250)
    for who in ("alice", "eve"):
        desk.received(who, message_id)
    r.check("dora gets the thread and the words, each once", eventually(lambda: len(desk.sent_to(dora)) == 2) and stays(lambda: len(desk.sent_to(dora)) == 2, 2),
            len(desk.sent_to(dora)))
    r.equal("who is not on it adds nobody", desk.inside("eve", [at(desk.publish("Two", "x", [BOB]), "add"), CARL], "x")[0][0], 550)
    r.equal("an address that nobody has is refused", desk.inside("bob", [at(name, "add")], "x", to=[at(name, "add"), f"nobody@{DOMAIN}"])[0][0], 550)


# --- accounts, by legacy verbs
def supersedes_of_account(desk):
    r = desk.report
    _, first = desk.inside("alice", [BOB, CAROL], "Plan", "Version one.\n")
    uid = desk.received("bob", first)
    name = desk.http["bob"].named("Plan")[0]
    seen = len(desk.sent_to(CAROL))
    reply, second = desk.inside("alice", [BOB, CAROL], "The plan", "Version two.\n", headers=[("Supersedes", f"<{first}>")])
    r.equal("alice supersedes her mail by another", reply[0], 250)
    view = eventually(lambda: desk.http["bob"].message(name).revision == 2 and desk.http["bob"].message(name))
    r.must("it is an edit", view)
    r.equal("of subject and text", (view.subject, view.text.strip()), ("The plan", "Version two."))
    r.equal("no second message, and the first one's Message-ID", [len(desk.in_box("bob", m)) for m in (first, second)], [1, 0])
    r.check("carol is told, as of any edit", eventually(lambda: any(b"Chat-Edit" in t.octets for t in desk.sent_to(CAROL)[seen - 1:])))
    desk.answered("alice", "You edited this message")
    reply, third = desk.inside("bob", [f"alice@{DOMAIN}"], "Plan B", "Version three.\n", headers=[("Supersedes", f"<{first}>")])
    r.equal("bob may not: it is an ordinary mail", reply[0], 250)
    desk.received("alice", third)
    r.equal("and the plan is as it was", desk.http["bob"].message(name).revision, 2)
    reply, fourth = desk.inside("alice", [BOB, f"eve@{DOMAIN}"], "Plan", "For eve too.\n", headers=[("Supersedes", f"<{first}>")])
    desk.received("eve", fourth)
    desk.received("bob", fourth)
    r.equal("one that goes to more people is news: an ordinary mail", (reply[0], desk.http["bob"].message(name).revision), (250, 2))


def chat_of_account(desk):
    r = desk.report
    _, first = desk.inside("alice", [BOB], "Chat", "Helo.\n")
    desk.received("bob", first)
    name = desk.http["bob"].named("Chat")[0]
    desk.inside("alice", [BOB], "Re: Chat", "\u270f\ufe0fHello.\n", headers=[("Chat-Edit", f"<{first}>")])
    view = eventually(lambda: desk.http["bob"].message(name).revision == 2 and desk.http["bob"].message(name))
    r.must("Chat-Edit edits", view)
    r.equal("the text alone, without the pencil", (view.subject, view.text.strip()), ("Chat", "Hello."))
    reply, _ = desk.inside("alice", [BOB], "Re: Chat", "\U0001f6ae\n", headers=[("Chat-Delete", f"<{first}>")])
    r.equal("Chat-Delete is taken", reply[0], 250)
    r.check("and withdraws", eventually(lambda: not desk.in_box("bob", first)))
    r.check("the program knows what it did: no notice", stays(lambda: not desk.told("alice", "Chat"), 2))


def recall_of_account(desk):
    r = desk.report
    index = "Ac2PvBNoEcEDdmRxTvWAknQEITPwwg=="
    _, first = desk.inside("alice", [BOB], "Budget", "Wrong numbers.\n", headers=[("Thread-Index", index)])
    desk.received("bob", first)
    later = "Ac2PvBx7EcEDdmRxTvWAknQEITPwwg=="
    reply, _ = desk.inside("alice", [BOB], "Recall: Budget", "Alice would like to recall the message, \"Budget\".\n",
                           headers=[("Thread-Index", later), ("Content-Class", "urn:content-classes:recallmessage")])
    r.equal("Outlook's recall is taken", reply[0], 250)
    r.check("and withdraws what it means by its conversation", eventually(lambda: not desk.in_box("bob", first)))
    desk.answered("alice", "You withdrew this message")


def append_supersedes(desk):
    r, alice = desk.report, desk.imap["alice"]
    _, first = desk.inside("alice", [BOB], "Draft of a law", "Article one.\n")
    desk.received("bob", first)
    name = desk.http["bob"].named("Draft of a law")[0]
    second, data = mail(f"alice@{DOMAIN}", [BOB], "Draft of a law", "Article two.\n", headers=[("Supersedes", f"<{first}>")])
    got = alice.append("Sent", data, "\\Seen")
    r.check("APPEND with Supersedes naming an own message is taken", got.status == "OK", got)
    view = eventually(lambda: desk.http["bob"].message(name).revision == 2 and desk.http["bob"].message(name))
    r.must("it is an edit", view)
    r.equal("with the new text", view.text.strip(), "Article two.")
    r.equal("the message is in Sent, once", [len(desk.in_box("alice", m, "Sent")) for m in (first, second)], [1, 0])
    alice.append("Sent", data, "\\Seen")
    r.equal("the same once more acts once", desk.http["bob"].message(name).revision, 2)
    alice.append("Drafts", mail(f"alice@{DOMAIN}", [BOB], "Draft of a law", "Article three.\n")[1], "\\Draft")
    alice.select("Drafts")
    _, data = mail(f"alice@{DOMAIN}", [BOB], "Draft of a law", "Article three.\n", headers=[("Supersedes", f"<{first}>")])
    got = alice.command("UID REPLACE", '* "Sent" (\\Seen)', data)
    r.check("REPLACE of a draft by what supersedes it is the same edit", got.ok and desk.http["bob"].message(name).text.strip() == "Article three.", got)
    r.equal("the draft is gone, the message still once in Sent", (alice.uids("Drafts", "SUBJECT", '"Draft of a law"'), len(desk.in_box("alice", first, "Sent"))), ([], 1))
    _, data = mail(BOB, [f"alice@{DOMAIN}"], "x", "Mine.\n", headers=[("Supersedes", f"<{first}>")])
    refused = desk.imap["bob"].command("APPEND", '"Sent"', data)
    r.check("by anybody else it is refused: NOPERM", refused.status == "NO" and "NOPERM" in str(refused.code), refused)
    _, data = mail(BOB, [f"alice@{DOMAIN}"], "An import", "Old.\n", headers=[("Supersedes", f"<{new_id('far.test')}>")])
    r.equal("what names nothing that is here is an import", desk.imap["bob"].append("Archive", data).status, "OK")


def replace_of_own(desk):
    r, alice = desk.report, desk.imap["alice"]
    _, first = desk.inside("alice", [BOB], "House rules", "Rule one.\n")
    desk.received("bob", first)
    name = desk.http["bob"].named("House rules")[0]
    uid = eventually(lambda: desk.in_box("alice", first, "Sent"))[0]
    _, data = mail(f"alice@{DOMAIN}", [BOB], "House rules", "Rule two.\n")
    alice.select("Sent")
    got = alice.command("UID REPLACE", f'{uid} "Sent" (\\Seen)', data)
    r.check("REPLACE of an own message is taken", got.ok, got)
    view = eventually(lambda: desk.http["bob"].message(name).revision == 2 and desk.http["bob"].message(name))
    r.must("it is its edit", view)
    r.equal("with the text that was sent", view.text.strip(), "Rule two.")
    told = next((u.code for u in got.all("OK") if u.code), "")
    now = desk.in_box("alice", first, "Sent")
    r.equal("APPENDUID names it in Sent", [int(n) for n in told.split()[2:]], now)
    r.equal("where it reads back as it was, by the message's first Message-ID", now and alice.octets_of(now[0]), as_edit(data, first))
    bobs = desk.received("bob", first)
    refused = desk.imap["bob"].command("UID REPLACE", f'{bobs} "INBOX"', data)
    r.check("what somebody else wrote is not replaced: NOPERM", refused.status == "NO" and refused.code == "NOPERM", refused)
    r.equal("and stays as it is", (desk.http["bob"].message(name).revision, desk.received("bob", first)), (2, bobs))


# --- correspondents
def theirs(desk, subject, text="First words.\n", recipients=(BOB,), **more):
    """(name, Message-ID, UID) of a mail of carol's that bob has read."""
    _, message_id = desk.outside(CAROL, list(recipients), subject, text, **more)
    uid = desk.received("bob", message_id)
    desk.imap["bob"].must("UID STORE", str(uid), "+FLAGS.SILENT", "(\\Seen \\Flagged)")
    return desk.http["bob"].named(subject)[0], message_id, uid


def supersedes_of_correspondent(desk):
    r, bob = desk.report, desk.imap["bob"]
    name, first, uid = theirs(desk, "Offer")
    data = desk.signed(mail(CAROL, [BOB], "Better offer", "Other words.\n", message_id="better@legacy.test", headers=[("Supersedes", f"<{first}>")])[1])
    r.equal("carol supersedes her mail", desk.deliver(CAROL, [BOB], data)[0], 250)
    new = desk.received("bob", "better@legacy.test")
    r.equal("the old one is gone", desk.in_box("bob", first), [])
    flags = bob.flags(new)
    r.check("at a new UID, edited, not seen, other flags kept", new > uid and "$Edited" in flags and "\\Flagged" in flags and "\\Seen" not in flags, flags)
    octets = bob.octets_of(new)
    r.check("in her very bytes", octets.endswith(data))
    r.check("above them what ties it to answers to the first", f"\r\nReferences: <{first}>\r\n".encode() in octets[:-len(data)], octets[:1000])
    view = desk.http["bob"].message(name)
    r.equal("natively: the second revision", (view.revision, view.subject, view.text.strip()), (2, "Better offer", "Other words."))
    bob.must("UID STORE", str(new), "+FLAGS.SILENT", "(\\Seen)")
    r.equal("replayed, it is taken", desk.deliver(CAROL, [BOB], data)[0], 250)
    r.equal("and acts once", (desk.http["bob"].message(name).revision, desk.in_box("bob", "better@legacy.test")), (2, [new]))
    _, answer = desk.outside(CAROL, [BOB], "Re: Better offer", "Well?\n", in_reply_to="better@legacy.test")
    desk.received("bob", answer)
    r.check("what answers the new one is in the thread", eventually(lambda: desk.http["bob"].named("Re: Better offer", thread=name)))


def chat_of_correspondent(desk):
    r = desk.report
    name, first, uid = theirs(desk, "Chatter", "Helo.\n")
    _, second = desk.outside(CAROL, [BOB], "Re: Chatter", "\u270f\ufe0fHello.\n", headers=[("Chat-Edit", f"<{first}>")])
    new = desk.received("bob", second)
    view = desk.http["bob"].message(name)
    r.equal("Chat-Edit edits the text alone", (view.revision, view.subject, view.text.strip()), (2, "Chatter", "Hello."))
    r.check("unseen and edited", {"$Edited"} <= desk.imap["bob"].flags(new) and "\\Seen" not in desk.imap["bob"].flags(new))
    desk.imap["bob"].must("UID STORE", str(new), "+FLAGS.SILENT", "(\\Seen)")
    reply, third = desk.outside(CAROL, [BOB], "Re: Chatter", "\U0001f6ae\n", headers=[("Chat-Delete", f"<{first}>")])
    r.equal("Chat-Delete is taken", reply[0], 250)
    r.check("it sets $Withdrawn", eventually(lambda: "$Withdrawn" in desk.imap["bob"].flags(new)))
    r.equal("the mail stays, and no other comes", (desk.in_box("bob", second), desk.in_box("bob", third)), ([new], []))


def recall_of_correspondent(desk):
    r = desk.report
    _, first, uid = theirs(desk, "Quote", headers=[("Thread-Index", "Ac2PvBgtZD4JdnxMSku7d8GsBxG89w==")])
    reply, second = desk.outside(CAROL, [BOB], "Recall: Quote", "Carol would like to recall the message, \"Quote\".\n",
                                 headers=[("Thread-Index", "Ac2PvCENZD4JdnxMSku7d8GsBxG89w=="), ("Content-Class", "urn:content-classes:recallmessage")])
    r.equal("her recall is taken", reply[0], 250)
    r.check("it sets $Withdrawn", eventually(lambda: "$Withdrawn" in desk.imap["bob"].flags(uid)))
    r.equal("the mail stays, and no other comes", (desk.in_box("bob", first), desk.in_box("bob", second)), ([uid], []))


EVENT = ('<event xmlns="urn:email2:1" sequence="7" message="0192f0c1-1111-7111-8111-111111111111@legacy.test" revision="2" kind="{}" '
         'actor="carol@legacy.test" at="2026-11-23T07:02:11Z">{}</event>')


def told_by(kind, content=""):
    """(body, Content-Type) of a follow-up as another gateway sends it."""
    parts = ("text/plain", "Carol changed something.\r\n"), ("application/email2+xml", EVENT.format(kind, content))
    body = "".join(f"--cut\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts) + "--cut--\r\n"
    return body.encode(), 'multipart/mixed; boundary="cut"'


def events_of_gateway(desk):
    r, bob = desk.report, desk.imap["bob"]
    name, first, uid = theirs(desk, "From a gateway")

    def tell(kind, content="", headers=(), **more):
        body, body_type = told_by(kind, content)
        return desk.outside(CAROL, [BOB], "Re: From a gateway", body, body_type=body_type, in_reply_to=first,
                            headers=[("Auto-Submitted", "auto-generated"), *headers], **more)
    _, second = tell("edited", '<subject>From a gateway</subject><body><part type="text/plain">The real thing.</part></body>', [("Chat-Edit", f"<{first}>")])
    new = desk.received("bob", second)
    view = desk.http["bob"].message(name)
    r.equal("an edit is applied as the event says", (view.revision, view.text.strip()), (2, "The real thing."))
    reply, third = tell("withdrawn", headers=[("Chat-Delete", f"<{first}>")])
    r.check("a withdrawal", reply[0] == 250 and eventually(lambda: "$Withdrawn" in bob.flags(new)), reply)
    reply, _ = tell("undeleted")
    r.check("an undeletion", reply[0] == 250 and eventually(lambda: "$Withdrawn" not in bob.flags(new)), reply)
    r.equal("none of them is a mail of its own", desk.in_box("bob", third), [])
    _, fourth = tell("withdrawn", sign=False)
    desk.received("bob", fourth)
    r.check("without a signature it is one, and does nothing", "$Withdrawn" not in bob.flags(new))
    _, fifth = tell("to-changed")
    desk.received("bob", fifth)


def by_another_list(desk):
    """A mailing list that writes in its own name, and signs, for whoever posts there."""
    r, dev = desk.report, f"dev@{LEGACY}"
    fields = [("List-Id", f"Dev <dev.{LEGACY}>"), ("List-Post", f"<mailto:{dev}>"), ("Precedence", "list")]
    _, first = desk.outside(dev, [BOB], "[Dev] Plan", "Monday.\n", to=[dev], headers=fields)
    uid = desk.received("bob", first)
    name = desk.http["bob"].named("[Dev] Plan")[0]
    body, body_type = told_by("edited", '<subject>Plan</subject><body><part type="text/plain">Never.</part></body>')
    for more in ({"headers": [*fields, ("Supersedes", f"<{first}>")]}, {"headers": [*fields, ("Chat-Delete", f"<{first}>")]},
                 {"headers": [*fields, ("Auto-Submitted", "auto-generated")], "in_reply_to": first, "body_type": body_type, "text": body}):
        _, message_id = desk.outside(dev, [BOB], "[Dev] Re: Plan", to=[dev], **more)
        desk.received("bob", message_id)
    _, data = mail(dev, [dev], "[Dev] Lunch", "Twelve.\n", headers=fields)
    desk.deliver(dev, [BOB], desk.signed(data.replace(b"From: Dev <", b"From: Mallory via Dev <").replace(dev.encode(), b"list2@legacy.test")))
    r.check("its author is called as that mail says", eventually(lambda: any(e.get("name") == "Mallory via Dev" for n in desk.http["bob"].named("[Dev] Lunch") for e in desk.http["bob"].message(n).xml.iter())))
    ours = desk.http["alice"].message(desk.publish("To the list", "Words.", [f"list2@{LEGACY}"])).entry(f"list2@{LEGACY}")
    r.check("and the list is not called as one of its posters", ours is not None and "Mallory" not in (ours.get("name") or ""), ours.attrib)
    r.equal("one poster changes nothing of another's", (desk.http["bob"].message(name).revision, "$Withdrawn" in desk.imap["bob"].flags(uid)), (1, False))


def unproven_follow_up(desk):
    """Another gateway's follow-up that cannot be applied is for whom it was sent to: its links act in their name."""
    r, later = desk.report, f"later2@{LEGACY}"
    name, first, _ = theirs(desk, "Of another house")
    desk.http["bob"].change_list(name, ("add", {"address": later}))
    r.must("somebody comes to it later", eventually(lambda: desk.sent_to(later), 20))
    _, answer = desk.outside(CAROL, [BOB], "Re: Of another house", "To all.\n", in_reply_to=first)
    r.must("who gets the answers", eventually(lambda: len(desk.sent_to(later)) == 2, 20))
    body, body_type = told_by("edited", '<subject>S</subject><body><part type="text/plain">New.</part></body>')
    _, second = desk.outside(CAROL, [BOB], "Re: Of another house", body, body_type=body_type, in_reply_to=first, sign=False, headers=[("Auto-Submitted", "auto-generated")])
    desk.received("bob", second)
    r.check("it is passed on to nobody", stays(lambda: len(desk.sent_to(later)) == 2, 2), len(desk.sent_to(later)))


def conditions(desk):
    """Each mail lacks one thing: it is an ordinary child, and what it names stays as it is."""
    r = desk.report
    name, first, uid = theirs(desk, "Terms")
    verb = [("Supersedes", f"<{first}>")]
    names = [n for n in (b"From", b"To", b"Date", b"Message-ID", b"Subject", b"Supersedes")]
    rows = [
        ("not signed", CAROL, [BOB], {"sign": False}),
        ("signed without Supersedes", CAROL, [BOB], {"names": [n for n in names if n != b"Supersedes"]}),
        ("signed without Date", CAROL, [BOB], {"names": [n for n in names if n != b"Date"]}),
        ("signed without Message-ID", CAROL, [BOB], {"names": [n for n in names if n != b"Message-ID"]}),
        ("of another person of that domain", CARL, [BOB], {}),
        ("of that person at another domain", "carol@other.test", [BOB], {}),
        ("sent by a program", CAROL, [BOB], {"more": [("Auto-Submitted", "auto-replied")]}),
        ("to people who did not have it", CAROL, [BOB, f"eve@{DOMAIN}"], {}),
        ("that also takes it back", CAROL, [BOB], {"more": [("Chat-Delete", f"<{first}>")]}),
    ]
    for what, author, recipients, lacks in rows:
        more = lacks.pop("more", [])
        reply, message_id = desk.outside(author, recipients, "Other terms", headers=verb + more, **lacks)
        r.check(f"{what}: an ordinary mail", reply[0] == 250 and eventually(lambda: desk.in_box("bob", message_id)), reply)
    r.equal("and nothing became of what they name", (desk.http["bob"].message(name).revision, desk.in_box("bob", first), "\\Seen" in desk.imap["bob"].flags(uid)),
            (1, [uid], True))
    name, first, uid = theirs(desk, "Never signed", sign=False)
    reply, message_id = desk.outside(CAROL, [BOB], "Signed", headers=[("Supersedes", f"<{first}>")])
    desk.received("bob", message_id)
    r.equal("an original that was not signed is not changed by one that is", desk.http["bob"].message(name).revision, 1)
    name = desk.publish("Ours", "An account's.", [BOB, CAROL])
    _, message_id = desk.outside(CAROL, [BOB], "Theirs", headers=[("Supersedes", f"<{name}>")])
    desk.received("bob", message_id)
    r.equal("nor is what somebody else wrote", desk.http["bob"].message(name).revision, 1)


def act_and_mark(desk):
    """What a mail does, that it did, and what is said of it are one step: it fails whole, and comes again whole."""
    r, sql = desk.report, desk.gateway.sql
    failing = ("create function fail() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$; "
               "create trigger failing before insert on {} for each row when ({}) execute function fail()")
    for table, condition in (("idempotency", "new.key like 'mail %'"), ("egress", "new.kind = 7")):
        name = desk.publish(f"In one step, {table}", "Monday.", [BOB])
        desk.received("bob", name)
        sql(failing.format(table, condition))
        try:
            reply, edit_id = desk.inside("alice", [at(name, "edit")], "x", "Tuesday.\n")
            r.equal(f"{table}: an action that cannot be noted is for later", reply[0] // 100, 4)
            r.equal(f"{table}: and was not done", desk.http["alice"].message(name).revision, 1)
            reply, undo_id = desk.inside("alice", [BOB], "x", "x\n", headers=[("Chat-Delete", f"<{name}>")])
            later = table == "idempotency"  # a chat program is told nothing, so only the mark can fail
            if later:
                r.equal(f"{table}: so is a legacy verb", reply[0] // 100, 4)
                r.equal(f"{table}: which did nothing", desk.http["alice"].get(name).status, 200)
        finally:
            sql(f"drop trigger failing on {table}; drop function fail()")
        if not later:
            continue
        r.equal("the same mail again", desk.inside("alice", [at(name, "edit")], "x", "Tuesday.\n", message_id=edit_id)[0][0], 250)
        r.equal("acts", desk.http["alice"].message(name).text.strip(), "Tuesday.")
        r.equal("and the other one", desk.inside("alice", [BOB], "x", "x\n", message_id=undo_id, headers=[("Chat-Delete", f"<{name}>")])[0][0], 250)
        r.check("as well", eventually(lambda: desk.http["bob"].get(name).status != 200 or desk.http["bob"].get(name).xml.get("state") == "withdrawn"))


OF_ACCOUNTS = [("+leave and +rejoin", leave_and_rejoin), ("+edit", edit_by_address), ("+withdraw and +undelete", withdraw_and_undelete), ("+add", add_people),
               ("Supersedes, by an account", supersedes_of_account), ("Chat-Edit and Chat-Delete, by an account", chat_of_account),
               ("Outlook's recall, by an account", recall_of_account), ("APPEND with Supersedes", append_supersedes), ("REPLACE of an own message", replace_of_own),
               ("an act and its mark", act_and_mark)]
CORRESPONDENTS = [("Supersedes, by a correspondent", supersedes_of_correspondent), ("Chat-Edit and Chat-Delete, by a correspondent", chat_of_correspondent),
                  ("Outlook's recall, by a correspondent", recall_of_correspondent), ("events of another gateway", events_of_gateway),
                  ("a list that writes for many", by_another_list), ("a follow-up that is not proven", unproven_follow_up),
                  ("what a correspondent's verb must have", conditions)]
