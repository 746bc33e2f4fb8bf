"""steps_failure: step 7: an unknown recipient becomes a DSN and a failure in the XML; a deferring one is retried and delivered."""
from harness import eventually, stays
from mails import ids_named, mail, parsed


def unknown_user(story):
    r, alice, http = story.report, story.alice, story.alice_http
    message_id, data = mail("alice@one.test", ["nosuch@legacy.test"], "Anybody there", "Hello?\n")
    story.gateway.submit("alice", ["nosuch@legacy.test"], data)
    sent = eventually(lambda: alice.with_message_id("Sent", message_id))
    r.must("the message is in Sent", sent)
    criteria = ("HEADER", "CONTENT-TYPE", '"delivery-status"')
    found = eventually(lambda: alice.uids("INBOX", *criteria), 20)
    r.must("a DSN lies in alice's mailbox", found)
    r.check("it answers the message", message_id in ids_named(alice.octets_of(found[0])), alice.octets_of(found[0]))
    dsn = parsed(alice.octets_of(found[0]))
    r.equal("it is a multipart/report", dsn.get_content_type(), "multipart/report")
    status = next((p.get_payload() for p in dsn.walk() if p.get_content_type() == "message/delivery-status"), None)
    fields = "\n".join(str(block) for block in status) if isinstance(status, list) else str(status)
    r.check("with the recipient and the status", "nosuch@legacy.test" in fields and "5.1.1" in fields and "failed" in fields, fields)
    thread = alice.field(found[0], "THREADID")
    alice.refresh("Sent")
    r.equal("under the message", thread, alice.field(sent[0], "THREADID"))
    r.check("the message has $Failed", eventually(lambda: alice.uids("Sent", "KEYWORD", "$Failed", "HEADER", "MESSAGE-ID", f'"{message_id}"')))
    name = http.named("Anybody there", folder="Sent")
    r.must("natively it is one message", len(name) == 1, name)
    r.equal("its entry has the failure with the status", http.message(name[0]).delivery("nosuch@legacy.test"), ("failed", "5.1.1"))
    r.check("there is one DSN", stays(lambda: len(alice.uids("INBOX", *criteria)) == 1, 3))


def deferred(story):
    r, http = story.report, story.alice_http
    story.legacy.rig("reject", "erin@legacy.test", "451 4.2.0 rig: try again later")
    message_id, data = mail("alice@one.test", ["erin@legacy.test"], "Patience", "In your own time.\n")
    story.gateway.submit("alice", ["erin@legacy.test"], data)
    name = eventually(lambda: http.named("Patience", folder="Sent"))
    r.must("natively it is one message", len(name or []) == 1, name)
    r.check("its entry is deferred, with the status", eventually(
        lambda: http.message(name[0]).delivery("erin@legacy.test") == ("deferred", "4.2.0")), http.get(name[0]))
    r.equal("she has nothing yet", story.erin.with_message_id("INBOX", message_id), [])
    story.legacy.rig("accept")
    r.check("when she takes mail again, it is delivered", eventually(lambda: story.erin.with_message_id("INBOX", message_id), 120))
    r.check("its entry says delivered", eventually(lambda: http.message(name[0]).delivery("erin@legacy.test")[0] == "delivered"))
    r.check("she has it once", stays(lambda: len(story.erin.with_message_id("INBOX", message_id)) == 1, 4))
