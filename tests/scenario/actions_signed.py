"""actions_signed: edits by mail whose S/MIME signature holds wherever they arrive, or which only their readers can open. RFC 8551, mapping.md "Legacy verbs", "Action addresses".

OpenSSL signs as the author's client does, and judges as the readers' do.
"""
import os
import re
import subprocess

from harness import DOMAIN, LEGACY, eventually
from mails import as_edit, mail, new_id

CAROL, ERIK, WANDA, BOB = f"carol@{LEGACY}", f"erik@{LEGACY}", f"wanda@{LEGACY}", f"bob@{DOMAIN}"


class Seal:
    """The key and the certificate of one person."""
    def __init__(self, folder):
        self.key, self.certificate = (os.path.join(folder, name) for name in ("seal.key", "seal.crt"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN=Alice/emailAddress=alice@{DOMAIN}", "-keyout", self.key,
                        "-out", self.certificate], check=True, capture_output=True)

    def sign(self, text, files=()):
        """(Content-Type, body) of a signed content: a text, and files beside it."""
        inner = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" + text.replace("\n", "\r\n")
        if files:
            parts = [inner] + [f'Content-Type: text/csv; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n{data}\r\n' for name, data in files]
            inner = 'Content-Type: multipart/mixed; boundary="inner"\r\n\r\n' + "".join(f"--inner\r\n{part}\r\n" for part in parts) + "--inner--\r\n"
        made = subprocess.run(["openssl", "cms", "-sign", "-signer", self.certificate, "-inkey", self.key, "-outform", "SMIME"], input=inner.encode(), check=True,
                              capture_output=True).stdout
        head, body = re.sub(rb"\r?\n", b"\r\n", made).split(b"\r\n\r\n", 1)
        kind = re.search(rb"^Content-Type: (.*(?:\r\n[ \t].*)*)", head, re.M).group(1)
        return kind.decode(), body

    def encrypt(self, text):
        """(Content-Type, body) of a content for this person alone."""
        made = subprocess.run(["openssl", "cms", "-encrypt", "-aes256", "-outform", "SMIME", self.certificate], check=True, capture_output=True,
                              input=("Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.replace("\n", "\r\n")).encode()).stdout
        head, body = re.sub(rb"\r?\n", b"\r\n", made).split(b"\r\n\r\n", 1)
        return re.search(rb"^Content-Type: ([^\r]*)", head, re.M).group(1).decode(), body

    def opened(self, octets):
        """What OpenSSL reads in it with this person's key."""
        return subprocess.run(["openssl", "cms", "-decrypt", "-inform", "SMIME", "-inkey", self.key, "-recip", self.certificate], input=octets, capture_output=True).stdout

    def holds(self, octets):
        """Whether OpenSSL takes the mail for signed by this person."""
        judged = subprocess.run(["openssl", "cms", "-verify", "-inform", "SMIME", "-CAfile", self.certificate, "-purpose", "any"], input=octets, capture_output=True)
        return judged.returncode == 0


def enclosed(octets):
    """The octets of the messages that are attached to a mail."""
    found = []
    for part in re.finditer(rb"Content-Type: message/rfc822\r\n(?:[^\r\n]+\r\n)*\r\n", octets):
        boundary = octets.rfind(b"\r\n--", 0, part.start())
        line = octets[boundary + 2:octets.find(b"\r\n", boundary + 2)]
        found.append(octets[part.end():octets.find(b"\r\n" + line, part.end())])
    return found


def told(desk, who, words):
    """The follow-up of an edit that `who` got, with these words in it."""
    got = eventually(lambda: next((t.octets for t in desk.sent_to(who) if b"Chat-Edit" in t.octets and words in t.octets), None), 20)
    desk.report.must(f"{who} is told of it", got)
    return got


def edit_of_text(desk):
    r, seal = desk.report, desk.seal
    name = desk.publish("Sealed minutes", "We meet on Monday.", [BOB, CAROL])
    uid = desk.received("bob", name)
    r.must("carol has it", eventually(lambda: any(b"Sealed minutes" in t.octets for t in desk.sent_to(CAROL))))
    eventually(lambda: desk.http["alice"].message(name).delivery(CAROL)[0] == "delivered")
    kind, body = seal.sign("We meet on Tuesday, sealed.\n")
    guid, server = name.split("@")
    reply, _ = desk.inside("alice", [f"{guid}+edit@{server}"], "Re: Sealed minutes", body, body_type=kind)
    r.equal("alice edits by a signed mail", reply[0], 250)
    view = eventually(lambda: desk.http["bob"].message(name).revision == 2 and desk.http["bob"].message(name))
    r.must("there is a second revision", view)
    r.equal("the subject stays", view.subject, "Sealed minutes")
    new = eventually(lambda: [u for u in desk.in_box("bob", name) if u > uid])
    r.must("bob has it, by the same Message-ID", new)
    octets = desk.imap["bob"].octets_of(new[-1])
    r.check("its signature holds in bob's mailbox", seal.holds(octets), octets)
    follow_up = told(desk, CAROL, b"sealed.")
    r.check("and in what carol is sent", any(seal.holds(each) for each in enclosed(follow_up)), follow_up)
    r.equal("alice redacts", desk.http["alice"].request("POST", desk.http["alice"].path(name, "/redact")).status, 200)
    last = eventually(lambda: [u for u in desk.in_box("bob", name) if u > new[-1]])
    r.check("and after the past was redacted", last and seal.holds(desk.imap["bob"].octets_of(last[-1])))


def encrypted_edit_of_text(desk):
    r, seal = desk.report, desk.seal
    name = desk.publish("Secret minutes", "We meet on Monday.", [BOB])
    uid = desk.received("bob", name)
    kind, body = seal.encrypt("We meet on Tuesday, in secret.\n")
    guid, server = name.split("@")
    part = f"{kind}\r\nContent-Transfer-Encoding: base64"
    reply, _ = desk.inside("alice", [f"{guid}+edit@{server}"], "...", body, body_type=part)
    r.check("alice edits by an encrypted mail", reply[0] == 250, reply)
    new = eventually(lambda: [u for u in desk.in_box("bob", name) if u > uid])
    r.must("bob has it, by the same Message-ID", new)
    octets = desk.imap["bob"].octets_of(new[-1])
    r.check("who has the key reads it", b"Tuesday, in secret." in seal.opened(octets), octets)
    r.check("the old text is gone from it, the subject stays", b"Monday" not in octets and b"\r\nSubject: Secret minutes\r\n" in octets, octets)


def empty_edit(desk):
    r = desk.report
    name = desk.publish("Sealed silence", "We meet on Monday.", [BOB])
    desk.received("bob", name)
    kind, body = desk.seal.sign("\n")
    guid, server = name.split("@")
    reply, message_id = desk.inside("alice", [f"{guid}+edit@{server}"], "Re: Sealed silence", body, body_type=kind)
    r.check("a signed mail without any text is refused as an unsigned one is", 500 <= reply[0] < 600, reply)
    r.equal("and replaces nothing", desk.http["bob"].message(name).revision, 1)
    line = next((line for line in desk.gateway.log_text().splitlines() if "mail.refused" in line and message_id in line), "")
    r.check("the log tells it, with what finds the mail", f"to={guid}+edit@{server}" in line and f"code={reply[0]}" in line and f"account=alice@{DOMAIN}" in line, line)


def encrypted_addition(desk):
    r, seal = desk.report, desk.seal
    name = desk.publish("Secret circle", "We meet on Monday.", [BOB])
    desk.received("bob", name)
    kind, body = seal.encrypt("Welcome, in secret.\n")
    guid, server = name.split("@")
    part = f"{kind}\r\nContent-Transfer-Encoding: base64"
    reply, _ = desk.inside("alice", [f"{guid}+add@{server}", WANDA], "...", body, to=[WANDA], body_type=part)
    r.check("alice adds wanda by an encrypted mail", reply[0] == 250, reply)
    got = eventually(lambda: next((t.octets for t in desk.sent_to(WANDA) if b"Welcome, in secret." in seal.opened(t.octets)), None), 20)
    r.check("what it says reaches her", got)
    r.check("the log tells the action", f"what=add id={name}" in desk.gateway.log_text())


def superseding(desk):
    r, seal = desk.report, desk.seal
    _, first = desk.inside("alice", [BOB, CAROL], "Sealed plan", "Version one.\n")
    desk.received("bob", first)
    name = desk.http["bob"].named("Sealed plan")[0]
    eventually(lambda: desk.http["alice"].message(name).delivery(CAROL)[0] == "delivered")
    kind, body = seal.sign("Version two, sealed.\n", [("plan.csv", "one,two")])
    second = new_id(DOMAIN)
    _, data = mail(f"alice@{DOMAIN}", [BOB, CAROL], "Sealed plan", body, message_id=second, headers=[("Supersedes", f"<{first}>")], body_type=kind)
    r.check("OpenSSL takes it for signed as it is sent", seal.holds(data))
    with desk.gateway.submission("alice") as link:
        r.equal("alice supersedes her mail by a signed one", desk.last(link.transaction(f"alice@{DOMAIN}", [BOB, CAROL], data))[0], 250)
    r.must("there is a second revision", eventually(lambda: desk.http["bob"].message(name).revision == 2))
    octets = desk.imap["bob"].octets_of(desk.received("bob", first))
    kept = as_edit(data, first)
    r.check("bob has her very octets, by the first one's Message-ID", octets.endswith(kept), octets)
    r.check("and the signature holds", seal.holds(octets))
    view = desk.http["bob"].message(name)
    r.equal("natively: the second revision", (view.revision, view.text.strip()), (2, "Version two, sealed."))
    follow_up = told(desk, CAROL, b"Version two, sealed")
    r.check("carol is sent the very octets as well", kept in follow_up and any(seal.holds(each) for each in enclosed(follow_up)), follow_up)
    desk.http["alice"].change_list(name, ("add", {"address": ERIK, "role": "to"}))
    digest = eventually(lambda: next((t.octets for t in desk.sent_to(ERIK) if b"added you" in t.octets), None), 20)
    r.check("and so is who is added later", digest and any(seal.holds(each) for each in enclosed(digest)), digest)
    _, answer = desk.inside("bob", [f"alice@{DOMAIN}", CAROL], "Re: Sealed plan", "Fine.\n", in_reply_to=second)
    desk.received("alice", answer)
    r.check("what answers the new one is in the thread", eventually(lambda: desk.http["bob"].named("Re: Sealed plan", thread=name)))


def appended(desk):
    r, seal, alice = desk.report, desk.seal, desk.imap["alice"]
    _, first = desk.inside("alice", [BOB], "Sealed law", "Article one.\n")
    old = desk.received("bob", first)
    kind, body = seal.sign("Article two, sealed.\n")
    _, data = mail(f"alice@{DOMAIN}", [BOB], "Sealed law", body, headers=[("Supersedes", f"<{first}>")], body_type=kind)
    r.equal("APPEND with Supersedes", alice.append("Sent", data, "\\Seen").status, "OK")
    kept = as_edit(data, first)
    new = eventually(lambda: [u for u in desk.in_box("bob", first) if u > old])
    r.check("bob has the very octets, by the first one's Message-ID", new and desk.imap["bob"].octets_of(new[-1]).endswith(kept))
    mine = alice.with_message_id("Sent", first)
    r.check("and alice reads them back", mine and alice.octets_of(mine[-1]) == kept)


SIGNED_EDITS = [("+edit, signed", edit_of_text), ("+edit, encrypted", encrypted_edit_of_text), ("+edit, signed and empty", empty_edit), ("+add, encrypted", encrypted_addition),
                ("Supersedes, signed", superseding), ("APPEND with Supersedes, signed", appended)]
