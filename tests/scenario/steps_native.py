"""steps_native: step 6: a correspondent added natively gets the thread so far; withdraw and undelete reach everyone once."""
from harness import eventually, stays
from mails import attached_mails, ids_named, mail, message_id_of, text_of


def newer(session, seen):
    return [u for u in session.uids("INBOX") if u not in seen]


def added(story):
    r, dave = story.report, story.dave
    before = dave.uids("INBOX")
    changed = story.alice_http.change_list(story.root, ("add", {"address": "dave@legacy.test", "role": "cc"}))
    r.must("alice adds dave", changed.status == 200, changed)
    r.check("the answer is the list with him", any(e.get("address") == "dave@legacy.test" for e in changed.xml.iter()), changed)
    got = eventually(lambda: newer(dave, before), story.settle + 20)
    r.must("he receives the thread so far", got)
    r.check("in one mail", stays(lambda: len(newer(dave, before)) == 1, story.settle + 2), newer(dave, before))
    digest = dave.octets_of(got[0])
    inside = attached_mails(digest)
    ids = [message_id_of(bytes(m)) for m in inside]
    r.check("the digest begins with carol's mail", ids[:1] == [story.root_id], ids)
    r.check("it has the reply in its newest revision", story.reply_id in ids
            and any("Tuesday at ten" in text_of(bytes(m)) for m in inside), ids)
    r.check("it says who added him", "alice" in text_of(digest).lower(), text_of(digest))
    answer_id, data = mail("dave@legacy.test", ["alice@one.test", "bob@one.test"], "Re: Minutes", "Hello, dave here.\n",
                           cc=["carol@legacy.test"], in_reply_to=message_id_of(digest))
    story.legacy.send("dave", ["alice@one.test", "bob@one.test", "carol@legacy.test"], data)
    for name, session in (("alice", story.alice), ("bob", story.bob)):
        uids = eventually(lambda: session.with_message_id("INBOX", answer_id), 20)
        r.must(f"his reply arrives at {name} once", len(uids or []) == 1, uids)
        r.equal("in the thread", session.field(uids[0], "THREADID"), story.thread_id)
    r.check("carol has it once", len(eventually(lambda: story.carol.with_message_id("INBOX", answer_id), 20) or []) == 1)
    r.check("and stays so", stays(lambda: len(story.carol.with_message_id("INBOX", answer_id)) == 1, 2))


def withdraw(story):
    r, bob, carol = story.report, story.bob, story.carol
    before = carol.uids("INBOX")
    old = bob.with_message_id("INBOX", story.reply_id)
    r.must("bob has the message", len(old) == 1, old)
    text = text_of(bob.octets_of(old[0]))
    not_his = story.bob_http.withdraw(story.reply)
    r.check("bob may not withdraw alice's message", (not_his.status, not_his.error) == (403, "forbidden"), not_his)
    gone = story.alice_http.withdraw(story.reply)
    r.must("alice withdraws it", gone.status == 204, gone)
    r.check("it is gone from bob's mailbox", eventually(lambda: not bob.with_message_id("INBOX", story.reply_id)))
    r.check("and from alice's", eventually(lambda: not story.alice.with_message_id("INBOX", story.reply_id)
                                           and not story.alice.with_message_id("Sent", story.reply_id)))
    r.check("the answers stay", bob.with_message_id("INBOX", story.answer_id) and story.alice.with_message_id("INBOX", story.answer_id))
    r.equal("natively it shows as withdrawn", story.bob_http.message(story.reply).xml.get("state"), "withdrawn")
    told = eventually(lambda: newer(carol, before), story.settle + 20)
    r.must("carol is told", told)
    r.check("once", stays(lambda: len(newer(carol, before)) == 1, story.settle + 2), newer(carol, before))
    notice = carol.octets_of(told[0])
    r.check("in the thread", story.reply_id in ids_named(notice), ids_named(notice))
    r.check("without repeating it", "Tuesday at ten" not in notice.decode("utf-8", "replace"))
    r.check("saying that it was withdrawn", "withdr" in text_of(notice).lower(), text_of(notice))

    before = carol.uids("INBOX")
    back = story.alice_http.undelete(story.reply)
    r.must("alice undeletes it", back.status == 204, back)
    uids = eventually(lambda: bob.with_message_id("INBOX", story.reply_id))
    r.must("bob has it again, once", len(uids or []) == 1, uids)
    r.check("at a new UID", uids[0] > old[0], (old, uids))
    r.equal("with its text", text_of(bob.octets_of(uids[0])), text)
    restored = eventually(lambda: newer(carol, before), story.settle + 20)
    r.must("carol has it again", restored)
    r.check("once", stays(lambda: len(newer(carol, before)) == 1, story.settle + 2), newer(carol, before))
    octets = carol.octets_of(restored[0])
    r.check("with the text", b"Tuesday at ten" in octets)
    r.check("threaded under the original", story.reply_id in ids_named(octets), ids_named(octets))
