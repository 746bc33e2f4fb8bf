"""steps_leave: steps 4 and 5: Trash is leaving, out of it is rejoining; a correspondent leaves by one click, rejoins by mail."""
import http.client
import urllib.parse

from harness import eventually, stays
from mails import action_address, attached_mails, ids_named, mail, message_id_of, new_id, one_click, parsed, text_of

ALL = ["alice@one.test", "bob@one.test"]


def membership(story, address="bob@one.test"):
    return story.alice_http.message(story.root).membership(address)


def answer_of_carol(story, to, text):
    """Carol answers the newest she has of the reply; the Message-ID of her answer."""
    message_id, data = mail("carol@legacy.test", to, "Re: Minutes", text, in_reply_to=story.reply_id, references=[story.root_id])
    story.legacy.send("carol", to, data)
    return message_id


def thread_goes_and_returns(story, way, trash):
    """`trash` puts the first message into Trash in one way; all that follows is the same for each."""
    r, bob = story.report, story.bob
    first = bob.with_message_id("INBOX", story.root_id)[0]
    bob.must("UID STORE", str(first), "+FLAGS.SILENT", "(\\Seen \\Answered receipt)")
    reply_flags = bob.flags(bob.with_message_id("INBOX", story.reply_id)[0]) - {"\\Recent"}
    trash(first)
    r.check(f"{way}: the first message lies in Trash", eventually(lambda: bob.with_message_id("Trash", story.root_id)))
    inherited = [m for m in (story.reply_id, story.answer_id) if m]
    r.check("with all its answers to all", all(bob.with_message_id("Trash", m) for m in inherited))
    r.check("nothing of it is left in INBOX", not any(bob.with_message_id("INBOX", m) for m in [story.root_id, *inherited]))
    r.equal("his entry says left", eventually(lambda: membership(story) == "left") and membership(story), "left")

    to_all = answer_of_carol(story, ALL, f"To all, while bob is away ({way}).\n")
    r.must("alice has carol's answer to all", eventually(lambda: story.alice.with_message_id("INBOX", to_all), 20))
    in_trash = eventually(lambda: bob.with_message_id("Trash", to_all))
    r.check("carol's answer to all lies in bob's Trash", in_trash)
    r.check("unseen", in_trash and "\\Seen" not in bob.flags(in_trash[0]))
    r.equal("and not in his INBOX", bob.with_message_id("INBOX", to_all), [])
    to_him = answer_of_carol(story, ["bob@one.test"], f"For you alone ({way}).\n")
    r.check("her answer to him alone lies in INBOX", eventually(lambda: bob.with_message_id("INBOX", to_him), 20))
    r.equal("he is still away from the thread", membership(story), "left")

    bob.select("Trash")
    back = bob.with_message_id("Trash", story.root_id)[0]
    bob.must("UID MOVE", str(back), "INBOX")
    for what, message_id in (("the first message", story.root_id), ("the reply", story.reply_id), ("what was posted meanwhile", to_all)):
        r.check(f"moved back, INBOX has {what}", len(eventually(lambda: bob.with_message_id("INBOX", message_id)) or []) == 1)
    r.equal("his entry says in", membership(story), "in")
    root = bob.with_message_id("INBOX", story.root_id)
    r.check("the first message has his flags", root and {"\\Seen", "\\Answered", "receipt"} <= bob.flags(root[0]))
    reply = bob.with_message_id("INBOX", story.reply_id)
    r.check("the reply has its flags of before", reply and reply_flags <= bob.flags(reply[0]), reply_flags)
    r.equal("Trash holds nothing of the thread", bob.with_message_id("Trash", story.root_id)
            + bob.with_message_id("Trash", story.reply_id) + bob.with_message_id("Trash", to_all), [])
    story.answer_id = to_all


def by_move(story):
    def trash(uid):
        story.bob.select("INBOX")
        moved = story.bob.must("UID MOVE", str(uid), "Trash")
        told = [n.code or "" for n in moved.all("OK")] + [moved.code or ""]
        story.report.check("MOVE tells COPYUID", any(c.startswith("COPYUID") for c in told), told)
    thread_goes_and_returns(story, "MOVE", trash)


def by_copy(story):
    def trash(uid):
        story.bob.select("INBOX")
        story.bob.must("UID COPY", str(uid), "Trash")
        story.report.equal("with a copy in Trash alone he has not left", membership(story), "in")
        story.bob.must("UID STORE", str(uid), "+FLAGS", "(\\Deleted)")
        story.bob.must("EXPUNGE")
    thread_goes_and_returns(story, "COPY, \\Deleted, EXPUNGE", trash)


def expunge_elsewhere(story):
    r, bob = story.report, story.bob
    uid = bob.with_message_id("INBOX", story.root_id)[0]
    bob.must("UID STORE", str(uid), "+FLAGS.SILENT", "(\\Deleted)")
    bob.must("UID EXPUNGE", str(uid))
    r.equal("the reference is gone", bob.with_message_id("INBOX", story.root_id), [])
    r.equal("and is not in Trash", bob.with_message_id("Trash", story.root_id), [])
    r.equal("he is still on the list", membership(story), "in")
    message_id = answer_of_carol(story, ALL, "To all, after bob tidied up.\n")
    r.check("answers keep coming", eventually(lambda: bob.with_message_id("INBOX", message_id), 20))
    story.answer_id = message_id


# --- step 5

def get(url, verb="GET", body=None):
    parts = urllib.parse.urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    try:
        link.request(verb, parts.path + ("?" + parts.query if parts.query else ""), body,
                     {"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


def newer(session, seen):
    """UIDs of INBOX that were not there before."""
    return [u for u in session.uids("INBOX") if u not in seen]


def correspondent(story):
    r, carol = story.report, story.carol
    url = story.edit_mail and one_click(story.edit_mail)
    r.must("the follow-up has a one-click address", url)
    before = carol.uids("INBOX")
    status, page = get(url)
    r.check("GET shows a page", status == 200 and b"<" in page, (status, page[:100]))
    r.equal("GET changes nothing", membership(story, "carol@legacy.test"), "in")
    status, _ = get(url, "POST", "List-Unsubscribe=One-Click")
    r.check("POST is taken", 200 <= status < 300, status)
    r.check("her entry says left", eventually(lambda: membership(story, "carol@legacy.test") == "left"))
    told = eventually(lambda: newer(carol, before), 20)
    r.must("she gets the confirmation", told)
    confirmation = carol.octets_of(told[-1])
    back = action_address(confirmation)
    r.must("it has an address for coming back", back, text_of(confirmation))
    r.check("it is marked as made by a program", parsed(confirmation)["Auto-Submitted"])
    r.check("it has the null sender", b"Return-Path: <>" in confirmation, confirmation[:60])
    get(url, "POST", "List-Unsubscribe=One-Click")
    missed = meanwhile(story)
    r.equal("a second click tells her nothing more", newer(carol, before), told)
    come_back(story, back, missed)


def meanwhile(story):
    """Two answers to all that carol must not get; their Message-IDs."""
    r, carol = story.report, story.carol
    missed = []
    for n in (1, 2):
        message_id, data = mail("alice@one.test", ["bob@one.test"], "Re: Minutes", f"What carol misses, number {n}.\n",
                                cc=["carol@legacy.test"], in_reply_to=story.reply_id, references=[story.root_id])
        story.gateway.submit("alice", ["bob@one.test", "carol@legacy.test"], data)
        r.must(f"bob has answer {n}", eventually(lambda: story.bob.with_message_id("INBOX", message_id)))
        missed.append(message_id)
    other_id, other = mail("alice@one.test", ["carol@legacy.test"], "Lunch", "Something else altogether.\n")
    story.gateway.submit("alice", ["carol@legacy.test"], other)
    r.must("a mail outside the thread reaches her", eventually(lambda: carol.with_message_id("INBOX", other_id), 20))
    r.check("she is sent nothing of the thread", stays(lambda: not any(carol.with_message_id("INBOX", m) for m in missed), 3))
    carol.must("UID STORE", str(carol.with_message_id("INBOX", other_id)[0]), "+FLAGS.SILENT", "(\\Deleted)")
    carol.must("EXPUNGE")
    return missed


def come_back(story, address, missed):
    r, carol = story.report, story.carol
    before = carol.uids("INBOX")
    _, data = mail("carol@legacy.test", [address], "rejoin", "Take me back.\n", message_id=new_id("legacy.test"))
    story.legacy.send("carol", [address], data)
    r.check("her entry says in", eventually(lambda: membership(story, "carol@legacy.test") == "in", 20))
    got = eventually(lambda: newer(carol, before), 20)
    r.must("she receives a mail", got)
    r.check("and one only", stays(lambda: len(newer(carol, before)) == 1, story.settle + 2), newer(carol, before))
    digest = carol.octets_of(got[0])
    types = [p.get_content_type() for p in parsed(digest).walk()]
    r.check("it is a digest", "multipart/digest" in types, types)
    inside = [message_id_of(bytes(m)) for m in attached_mails(digest)]
    r.equal("with what she missed, in order, and only that", inside, missed)
    r.check("it is in the thread", {story.root_id, story.reply_id} & set(ids_named(digest)), ids_named(digest))
    message_id, data = mail("alice@one.test", ["bob@one.test", "carol@legacy.test"], "Re: Minutes", "All here again.\n",
                            in_reply_to=story.reply_id, references=[story.root_id])
    story.gateway.submit("alice", ["bob@one.test", "carol@legacy.test"], data)
    r.check("from now on she gets answers", eventually(lambda: carol.with_message_id("INBOX", message_id), 20))
