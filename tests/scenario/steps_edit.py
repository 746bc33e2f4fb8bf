"""steps_edit: step 3: an edit reaches an open IDLE session as a new UID, and a correspondent as one mail."""
from away import Away
from harness import eventually, stays
from mails import ids_named, message_id_of, one_click, parsed, text_of


def edit_mails(session, original_id):
    """UIDs at a correspondent of follow-ups in the thread that are marked as made by a program."""
    return session.uids("INBOX", "HEADER", "IN-REPLY-TO", f'"{original_id}"', "HEADER", "AUTO-SUBMITTED", '"auto-generated"')


def edit(story):
    r, bob, http = story.report, story.bob, story.alice_http
    old = bob.with_message_id("INBOX", story.reply_id)[0]
    bob.must("UID STORE", str(old), "+FLAGS", "(\\Seen \\Flagged work)")
    date = bob.field(old, "INTERNALDATE")
    before_octets = bob.octets_of(old)
    position = bob.exists
    away = Away(story.gateway.imap("bob"), "INBOX")
    watching = story.gateway.imap("bob")
    watching.must("NOTIFY", "SET", "(mailboxes INBOX (MessageNew MessageExpunge))")
    watching.idle_news = []
    bob.idle()
    first = http.rewrite(story.reply, lambda text: text.replace("Monday at nine", "Tuesday at nine"))
    r.must("the first edit is taken", first.status == 200, first)
    r.equal("its ETag is the new revision", first.headers.get("ETag"), '"2"')
    gone_and_come = bob.idle_until(lambda news: any(n.kind in ("EXPUNGE", "VANISHED") for n in news)
                                   and any(n.kind == "EXISTS" for n in news), 10)
    r.check("bob's open IDLE sees the old go and the new come", gone_and_come, bob.idle_news)
    bob.done()
    with watching:
        told = watching.idle_until(lambda news: any(n.kind == "STATUS" for n in news), 10)
        r.check("who has asked by NOTIFY is told by STATUS, with nothing selected", told, watching.idle_news)
    stale = http.edit(story.reply, 1, http.message(story.reply).xml)
    r.check("an edit of a stale revision is a conflict", (stale.status, stale.error) == (409, "conflict"), stale)
    second = http.rewrite(story.reply, lambda text: text.replace("Tuesday at nine", "Tuesday at ten"))
    r.must("a second edit inside the settle time is taken", second.status == 200, second)

    eventually(lambda: any(b"Tuesday at ten" in (bob.octets_of(u) or b"") for u in bob.with_message_id("INBOX", story.reply_id)))
    uids = bob.with_message_id("INBOX", story.reply_id)
    r.must("bob has the message once", len(uids) == 1, uids)
    new = uids[0]
    r.check("at a higher UID", new > old, (old, new))
    r.check("in a mailbox of the same size", bob.exists == position, (bob.exists, position))
    r.equal("what was at the old UID is gone", bob.fetch(old, "(FLAGS)"), {})
    octets = bob.octets_of(new)
    r.check("it is the new text", "Tuesday at ten" in text_of(octets), text_of(octets))
    r.check("with other octets than before", octets != before_octets)
    r.equal("the internal date is kept", bob.field(new, "INTERNALDATE"), date)
    flags = bob.flags(new)
    r.check("flags are kept", {"\\Flagged", "work"} <= flags, flags)
    r.check("$Edited is set and \\Seen is cleared", "$Edited" in flags and "\\Seen" not in flags, flags)
    r.equal("the thread id is kept", bob.field(new, "THREADID"), story.thread_id)
    bob.must("UID STORE", str(new), "-FLAGS", "(\\Flagged)")
    told, there = away.back(story.gateway.imap("bob"))
    r.equal("away: one SELECT told exactly what went, came and changed", told, there)
    r.check("the old UID went, the new one came", old in away.gone and new in away.changed, (away.gone, away.changed))
    follow_up(story)
    history(story)


def follow_up(story):
    r, carol = story.report, story.carol
    found = eventually(lambda: edit_mails(carol, story.reply_id), story.settle + 20)
    r.must("carol gets a mail about the edit", found, "none arrived")
    r.check("and one only", stays(lambda: len(edit_mails(carol, story.reply_id)) == 1, story.settle + 3),
            edit_mails(carol, story.reply_id))
    story.edit_mail = octets = carol.octets_of(found[0])
    text = text_of(octets)
    first_line = text.strip().splitlines()[0] if text.strip() else ""
    r.check("its first line says edited, and by whom", "edited" in first_line.lower() and "alice" in first_line.lower(), first_line)
    r.check("it has the new text", "Tuesday at ten" in text, text)
    r.check("it shows the difference in words", "Monday" in text and "Tuesday" in text, text)
    r.equal("its subject threads", str(parsed(octets)["Subject"]), "Re: Minutes")
    r.check("it is threaded under the original", story.reply_id in ids_named(octets), ids_named(octets))
    r.check("its Message-ID is its own", message_id_of(octets) != story.reply_id, message_id_of(octets))
    r.check("it is from alice", "alice@one.test" in str(parsed(octets)["From"]), parsed(octets)["From"])
    types = [p.get_content_type() for p in parsed(octets).walk()]
    r.check("it carries the event as application/email2+xml", "application/email2+xml" in types, types)
    r.check("it offers one click to leave", one_click(octets), parsed(octets)["List-Unsubscribe"])
    r.equal("she has the original as it was, once", len(carol.with_message_id("INBOX", story.reply_id)), 1)


def history(story):
    r = story.report
    got = story.bob_http.history(story.reply)
    r.must("bob may read the history", got.status == 200, got)
    revisions = sorted(int(e.get("number")) for e in got.xml.iter("{urn:email2:1}revision"))
    r.equal("it shows all three revisions", revisions, [1, 2, 3])
    texts = [story.bob_http.get(story.reply, n).body.decode() for n in (1, 2, 3)]
    r.check("each revision reads as it was", all(w in t for w, t in zip(("Monday at nine", "Tuesday at nine", "Tuesday at ten"), texts)))
    original = story.alice.with_message_id("INBOX", story.root_id)
    r.check("carol's own mail is as it was", original and story.alice.octets_of(original[0]).endswith(b"end \xe2\x9c\x93\r\n"))
