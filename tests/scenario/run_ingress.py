#!/usr/bin/env python3
"""run_ingress: what SMTP and IMAP offer, and how mail becomes messages: own and inherited lists, blind, elsewhere, twice, out of order."""
import re
import smtplib

from harness import DOMAIN, PASSWORD, Gateway, RawSmtp, Smtp, deliver, eventually, run, state_folder, unverified
from mails import mail, new_id

CAROL = "carol@legacy.test"
SMTP_WORDS = {"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES", "DSN", "STARTTLS"}
IMAP_WORDS = {"IMAP4REV1", "IDLE", "UIDPLUS", "MOVE", "REPLACE", "NAMESPACE", "SPECIAL-USE", "CHILDREN", "ID", "LITERAL+", "SASL-IR", "ENABLE", "UNSELECT", "QRESYNC", "NOTIFY",
              "ESEARCH", "CONDSTORE", "OBJECTID", "STATUS=SIZE", "LIST-EXTENDED", "LIST-STATUS"}
SPECIAL = {"\\Sent", "\\Drafts", "\\Trash", "\\Junk", "\\Archive"}


class Desk:
    def __init__(self, report, gateway):
        self.report, self.gateway = report, gateway
        self.alice, self.bob = gateway.imap("alice"), gateway.imap("bob")
        self.http = gateway.http("alice")

    def in_from_carol(self, recipients, data):
        deliver(self.gateway.at("smtp"), CAROL, recipients, data)

    def arrives(self, session, message_id, box="INBOX"):
        return eventually(lambda: session.with_message_id(box, message_id))

    def named(self, subject, folder="INBOX"):
        return eventually(lambda: self.http.named(subject, folder=folder))[0]


def offers(desk):
    r, gateway = desk.report, desk.gateway
    for service, more in (("smtp", set()), ("submission", set())):
        with RawSmtp(gateway.at(service)) as link:
            _, lines = link.say("EHLO client.test")
            words = {line.split(" ")[0].upper() for line in lines[1:]} | more
            r.check(f"{service} offers what it should", SMTP_WORDS <= words, SMTP_WORDS - words)
    with Smtp(gateway.at("submission"), security="starttls") as link:
        methods = set(link.esmtp_features.get("auth", "").upper().split())
        r.check("submission offers PLAIN, LOGIN and SCRAM-SHA-256", {"PLAIN", "LOGIN", "SCRAM-SHA-256"} <= methods, methods)
        r.check("over TLS no STARTTLS is offered", "starttls" not in link.esmtp_features)
    with smtplib.SMTP_SSL(*gateway.at("submissions"), context=unverified(), timeout=20) as link:
        r.equal("the implicit TLS port lets in", link.login(f"alice@{DOMAIN}", PASSWORD)[0], 235)
    got = desk.alice.must("CAPABILITY")
    words = {w.upper() for response in got.all("CAPABILITY") for w in response.data}
    r.check("IMAP offers what it should", IMAP_WORDS <= words, IMAP_WORDS - words)
    listed = desk.alice.must('LIST "" "*" RETURN (SPECIAL-USE)').all("LIST")
    uses = {attribute for response in listed for attribute in response.data[0]}
    r.check("each special mailbox is there", SPECIAL <= uses, SPECIAL - uses)
    with RawSmtp(gateway.at("submission")) as link:
        link.hello()
        r.equal("submission without a login: 530", link.code(f"MAIL FROM:<{CAROL}>"), 530)


def ways_in(desk):
    r = desk.report
    message_id, data = mail(CAROL, ["alice@one.test"], "In chunks", "first half, " + "x" * 500 + "\n")
    with RawSmtp(desk.gateway.at("smtp")) as link:
        link.hello()
        r.equal("pipelined MAIL, RCPT", [link.code(f"MAIL FROM:<{CAROL}>"), link.code("RCPT TO:<alice@one.test>")], [250, 250])
        link.write(b"BDAT 100\r\n" + data[:100])
        first = link.reply()[0]
        link.write(b"BDAT %d LAST\r\n" % (len(data) - 100) + data[100:])
        r.equal("BDAT in two chunks", (first, link.reply()[0]), (250, 250))
    uids = desk.arrives(desk.alice, message_id)
    r.check("it arrives as it was", uids and desk.alice.octets_of(uids[0]).endswith(data))
    message_id, data = mail(CAROL, ["alice@one.test"], "Grüße ✓", "ein Wort\n")
    with Smtp(desk.gateway.at("smtp")) as link:
        got = link.transaction("jörg@legacy.test", ["alice@one.test"], data, ["SMTPUTF8", "BODY=8BITMIME"])
    r.check("an SMTPUTF8 mail is taken", got[-1][0] == 250, got)
    r.check("and arrives", desk.arrives(desk.alice, message_id))
    message_id, data = mail(CAROL, ["alice+news@one.test"], "With detail", "x\n")
    desk.in_from_carol(["alice+news@one.test"], data)
    r.check("user+detail reaches user", desk.arrives(desk.alice, message_id))
    message_id, data = mail(CAROL, ["ALICE@One.Test"], "In capitals", "x\n")
    desk.in_from_carol(["ALICE@One.Test"], data)
    r.check("capitals do not matter", desk.arrives(desk.alice, message_id))
    for role in ("postmaster", "abuse"):
        with RawSmtp(desk.gateway.at("smtp")) as link:
            link.hello()
            r.equal(f"{role} is always taken", [link.code("MAIL FROM:<>"), link.code(f"RCPT TO:<{role}@one.test>")], [250, 250])


def lists(desk):
    r = desk.report
    root_id, data = mail(CAROL, ["alice@one.test"], "Blind and elsewhere", "x\n", cc=["zoe@legacy.test"])
    desk.in_from_carol(["alice@one.test", "bob@one.test"], data)
    r.must("the blind recipient has it", desk.arrives(desk.bob, root_id))
    name = desk.named("Blind and elsewhere")
    at_alice = desk.http.message(name)
    r.equal("others do not see the blind one", at_alice.entry("bob@one.test"), None)
    r.equal("he sees himself", desk.gateway.http("bob").message(name).entry("bob@one.test").get("role"), "blind")
    r.equal("who is in the header only has it by other means", at_alice.delivery("zoe@legacy.test")[0], "elsewhere")
    r.equal("with the role of the header", at_alice.entry("zoe@legacy.test").get("role"), "cc")

    first_id, data = mail("alice@one.test", ["bob@one.test"], "By name", "x\n", headers=[("Bcc", "carol@legacy.test")])
    desk.gateway.submit("alice", ["bob@one.test"], data)
    uids = desk.arrives(desk.bob, first_id)
    r.check("Bcc is cut from what was submitted", uids and b"\nbcc:" not in desk.bob.octets_of(uids[0]).lower())
    name = desk.named("By name", "Sent")
    answer_id, data = mail("bob@one.test", [name], "Re: By name", "an answer to the message itself\n")
    desk.gateway.submit("bob", [name], data)
    uids = desk.arrives(desk.alice, answer_id)
    r.must("a mail to guid@server reaches those on its list", uids)
    answer = desk.gateway.http("bob").message(desk.named("Re: By name"))
    r.equal("it answers that message", answer.parents()[:1], [name])
    r.equal("and inherits its list", answer.xml.find("{urn:email2:1}to").get("inherit"), "true")
    with RawSmtp(desk.gateway.at("smtp")) as link:
        link.hello()
        link.code("MAIL FROM:<stranger@legacy.test>")
        got = link.code(f"RCPT TO:<{name}>")
        r.check("a stranger may not mail a message", got in (550, 553, 554) or refused_at_data(link), got)


def refused_at_data(link):
    if link.code("DATA") != 354:
        return True
    _, data = mail("stranger@legacy.test", ["x@one.test"], "let me in", "x\n")
    link.write(data + b"\r\n.\r\n")
    return 500 <= link.reply()[0] < 600


def twice(desk):
    r = desk.report
    message_id, data = mail(CAROL, ["alice@one.test", "bob@one.test"], "Twice", "the same octets\n")
    desk.in_from_carol(["alice@one.test"], data)
    desk.arrives(desk.alice, message_id)
    desk.in_from_carol(["alice@one.test"], data)
    desk.in_from_carol(["bob@one.test"], data)
    r.must("the later recipient has it", desk.arrives(desk.bob, message_id))
    r.equal("the first has it once", len(desk.alice.with_message_id("INBOX", message_id)), 1)
    r.equal("it is one message", len(desk.http.named("Twice", folder="INBOX")), 1)
    _, other = mail(CAROL, ["alice@one.test"], "Twice", "other octets\n", message_id=message_id)
    desk.in_from_carol(["alice@one.test"], other)
    r.check("other octets under the same id are another message", eventually(
        lambda: len(desk.alice.with_message_id("INBOX", message_id)) == 2))


def out_of_order(desk):
    r = desk.report
    parent_id = new_id("legacy.test")
    child_id, child = mail(CAROL, ["alice@one.test"], "Re: Late parent", "first here\n", in_reply_to=parent_id)
    desk.in_from_carol(["alice@one.test"], child)
    at = desk.arrives(desk.alice, child_id)
    before = desk.alice.field(at[0], "THREADID")
    _, parent = mail(CAROL, ["alice@one.test"], "Late parent", "second here\n", message_id=parent_id)
    desk.in_from_carol(["alice@one.test"], parent)
    above = desk.arrives(desk.alice, parent_id)
    r.equal("a thread's id stays when its parent comes late", desk.alice.field(at[0], "THREADID"), before)
    r.equal("and the parent joins it", desk.alice.field(above[0], "THREADID"), before)
    child_name, parent_name = desk.named("Re: Late parent"), desk.named("Late parent")
    r.check("natively the parent is linked", eventually(lambda: desk.http.message(child_name).parents()[:1] == [parent_name]),
            desk.http.message(child_name).parents())
    other_id, other = mail(CAROL, ["alice@one.test"], "Re: Late parent", "no reference to it\n")
    desk.in_from_carol(["alice@one.test"], other)
    uids = desk.arrives(desk.alice, other_id)
    r.check("the same subject alone makes no thread", desk.alice.field(uids[0], "THREADID") != before)


def drafts(desk):
    r, alice = desk.report, desk.alice
    message_id, data = mail("alice@one.test", ["bob@one.test"], "A draft", "not yet\n")
    first = alice.append("Drafts", data, "\\Draft \\Seen")
    r.check("APPEND to Drafts tells APPENDUID", re.match(r"APPENDUID \d+ \d+$", first.code or ""), first)
    uid = int(first.code.split()[2])
    alice.select("Drafts")
    r.check("it reads back as it was", alice.octets_of(uid) == data)
    r.equal("nobody else has it", desk.bob.with_message_id("INBOX", message_id), [])
    _, again = mail("alice@one.test", ["bob@one.test"], "A draft", "now it is ready\n", message_id=message_id)
    second = int(alice.append("Drafts", again, "\\Draft \\Seen").code.split()[2])
    alice.must("UID STORE", str(uid), "+FLAGS.SILENT", "(\\Deleted)")
    alice.must("UID EXPUNGE", str(uid))
    r.equal("saved again, there is the new one", alice.with_message_id("Drafts", message_id), [second])
    name = desk.named("A draft", folder="Drafts")
    _, again = mail("alice@one.test", ["bob@one.test"], "A draft", "now it is\n", message_id=message_id)
    got = alice.command("UID REPLACE", f'{second} "Drafts" (\\Draft \\Seen)', again)
    r.check("by REPLACE it is saved in one step", got.ok and len(got.all("EXPUNGE")) == 1, got)
    second = alice.with_message_id("Drafts", message_id)[0]
    r.check("what was saved reads back as it was", alice.octets_of(second) == again)
    r.equal("and is the same draft at its next revision", (desk.named("A draft", folder="Drafts"), desk.http.message(name).revision), (name, 2))
    desk.gateway.submit("alice", ["bob@one.test"], again)
    r.check("sent, it arrives", desk.arrives(desk.bob, message_id))
    alice.must("UID STORE", str(second), "+FLAGS.SILENT", "(\\Deleted)")
    alice.must("UID EXPUNGE", str(second))
    r.equal("the draft is gone", alice.with_message_id("Drafts", message_id), [])
    r.equal("the message is not", len(desk.bob.with_message_id("INBOX", message_id)), 1)


def ingress(report):
    gateway = Gateway(state_folder("in")).start()
    gateway.add_account("alice", "bob")
    desk = Desk(report, gateway)
    for title, step in (("what is offered", offers), ("ways in", ways_in), ("lists", lists), ("the same mail twice", twice),
                        ("out of order", out_of_order), ("drafts", drafts)):
        report.step(title, step, desk)
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("ingress", ingress)
