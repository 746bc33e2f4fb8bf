"""steps_thread: steps 1 and 2: a mail arrives once for two people, byte for byte; a reply to all stays one message."""
from harness import eventually, quoted
from mails import SIGNED, SIGNED_TYPE, added_in_front, ids_named, mail, untraced


def arrival(story):
    r = story.report
    both = ["alice@one.test", "bob@one.test"]
    story.root_id, plain = mail("carol@legacy.test", both, "Minutes", "Grüße, the minutes:\n. a line with a dot\n.\nend ✓\n")
    signed_id, signed = mail("carol@legacy.test", both, "Signed minutes", SIGNED, body_type=SIGNED_TYPE)
    latin_id, latin = mail("carol@legacy.test", both, "Latin", b"caf\xe9 \xa4 \xff\n", body_type="text/plain; charset=iso-8859-1",
                           headers=[("Content-Transfer-Encoding", "8bit")])
    for data in (plain, signed, latin):
        story.legacy.send("carol", both, data)
    for what, message_id, data in (("an 8-bit UTF-8 mail", story.root_id, plain), ("a PGP/MIME signed mail", signed_id, signed),
                                   ("an 8-bit Latin-1 mail", latin_id, latin)):
        rows = []
        for name, session in (("alice", story.alice), ("bob", story.bob)):
            uids = eventually(lambda: session.with_message_id("INBOX", message_id), 20)
            r.must(f"{what} arrives at {name} once", len(uids or []) == 1, uids)
            octets = session.octets_of(uids[0])
            front = added_in_front(octets, data)
            r.check(f"{name} reads {what} byte for byte below the trace", front is not None, (octets or b"")[:300])
            r.check("the trace has Return-Path and Received", front and {"Return-Path", "Received"} <= set(front), front)
            r.equal("RFC822.SIZE is its exact size", int(session.field(uids[0], "RFC822.SIZE")), len(octets))
            rows.append((session.field(uids[0], "EMAILID"), session.field(uids[0], "THREADID"), octets))
        r.check(f"{what} has one EMAILID for both", rows[0][0] and rows[0][0] == rows[1][0], rows[0][0])
        r.check(f"{what} has one THREADID for both", rows[0][1] and rows[0][1] == rows[1][1], rows[0][1])
        r.check(f"{what} is the same octets for both", rows[0][2] == rows[1][2])
        if message_id == story.root_id:
            story.thread_id = rows[0][1]
    names = [http.named("Minutes", folder="INBOX") for http in (story.alice_http, story.bob_http)]
    r.must("natively, both hold a reference to one message", len(names[0]) == 1 and names[0] == names[1], names)
    story.root = names[0][0]
    seen = story.alice_http.message(story.root)
    r.equal("natively, the message has both people on its list", [seen.membership(a) for a in both], ["in", "in"])


def reply_to_all(story):
    r = story.report
    story.reply_id, data = mail("alice@one.test", ["carol@legacy.test"], "Re: Minutes",
                                "Thank you. The plan is to meet on Monday at nine.\n", cc=["bob@one.test"], in_reply_to=story.root_id)
    story.gateway.submit("alice", ["carol@legacy.test", "bob@one.test"], data)
    uids = eventually(lambda: story.bob.with_message_id("INBOX", story.reply_id))
    r.must("bob has the reply once", len(uids or []) == 1, uids)
    r.equal("under the same THREADID", story.bob.field(uids[0], "THREADID"), story.thread_id)
    copies = eventually(lambda: story.carol.with_message_id("INBOX", story.reply_id), 20)
    r.must("carol's Dovecot has one copy", len(copies or []) == 1, copies)
    at_carol = story.carol.octets_of(copies[0])
    r.check("threaded under her own mail", story.root_id in ids_named(at_carol), ids_named(at_carol))
    r.check("with the reply's own octets below the trace", untraced(at_carol)[1].endswith(data.split(b"\r\n\r\n", 1)[1]))

    saved = story.alice.append("Sent", data, "\\Seen")
    r.check("saving to Sent is answered with APPENDUID", (saved.code or "").startswith("APPENDUID"), saved)
    in_sent = story.alice.with_message_id("Sent", story.reply_id)
    r.equal("there is one message in Sent", len(in_sent), 1)
    r.check("the Sent copy reads back as the client's own octets", in_sent and story.alice.octets_of(in_sent[0]) == data)
    if (saved.code or "").startswith("APPENDUID") and in_sent:
        r.equal("APPENDUID names it", int(saved.code.split()[2]), in_sent[0])
    r.equal("bob still has it once", len(story.bob.with_message_id("INBOX", story.reply_id)), 1)
    r.equal("carol still has it once", len(story.carol.with_message_id("INBOX", story.reply_id)), 1)
    own = story.alice.with_message_id("INBOX", story.reply_id)
    r.check("alice's own message is in the thread's folder, seen", len(own) == 1 and "\\Seen" in story.alice.flags(own[0]), own)
    names = story.alice_http.named("Re: Minutes", thread=story.root)
    r.must("natively, there is one message", len(names) == 1, names)
    story.reply = names[0]
    seen = story.alice_http.message(story.reply)
    r.equal("its parent is carol's mail", seen.parents()[:1], [story.root])
    r.equal("its thread is carol's mail", seen.thread, story.root)
    r.check("its list is inherited", seen.xml.find("{urn:email2:1}to").get("inherit") == "true")
    r.check("carol's delivery is recorded", eventually(
        lambda: story.alice_http.message(story.reply).delivery("carol@legacy.test")[0] == "delivered"))
    r.check("a search by header text finds it", story.bob.uids("INBOX", "SUBJECT", quoted("Minutes")))
