#!/usr/bin/env python3
"""run_proven: who is proven and who only claims: what SPF and DMARC decide at the door, at message addresses and in what is recorded."""
import re

from harness import DOMAIN, Gateway, Smtp, document, eventually, run, state_folder
from mails import mail

LEGACY, STRICT, MILD = "legacy.test", "strict.test", "mild.test"
ALICE = f"alice@{DOMAIN}"


class Door:
    def __init__(self, report, gateway):
        self.report, self.gateway, self.names = report, gateway, gateway.names
        self.alice = gateway.imap("alice")

    def send(self, sender, recipients, author=None, **more):
        """(the reply to the mail, its Message-ID); the first refusal when it does not come so far."""
        message_id, data = mail(author or sender or f"carol@{LEGACY}", [ALICE], more.pop("subject", "Hello"), "x\n", **more)
        with Smtp(self.gateway.at("smtp")) as link:
            got = link.transaction(sender, recipients, data)
        reply = next((g for g in got if g[0] not in (250, 251)), got[-1])
        return (reply[0], reply[1].decode()), message_id

    def arrived(self, message_id, box="INBOX"):
        uids = eventually(lambda: self.alice.with_message_id(box, message_id))
        return uids and self.alice.octets_of(uids[0])

    def message(self, subject):
        name = eventually(lambda: self.gateway.http("alice").named(subject, folder="INBOX"))[0]
        return self.gateway.http("alice").message(name)

    def proof(self, subject):
        space = "{urn:email2:1}"
        xml = self.message(subject).xml
        auth = xml.find(f"{space}origin/{space}auth")
        return xml.find(space + "from").get("proof"), dict(auth.attrib) if auth is not None else None


def recorded(door):
    r = door.report
    reply, message_id = door.send(f"carol@{LEGACY}", [ALICE], subject="Proven")
    r.equal("mail that SPF proves is taken", reply[0], 250)
    top = re.match(rb"Return-Path:[^\r\n]*\r\nAuthentication-Results: ((?:[^\r\n]|\r\n\t)*)", door.arrived(message_id))
    r.check("its trace begins with what was found", top and top.group(1).startswith(b"mx.one.test;\r\n\tspf=pass smtp.mailfrom=legacy.test"), top)
    r.equal("its author is proven", door.proof("Proven"), ("spf", {"spf": "pass", "dkim": "none", "dmarc": "none", "domain": LEGACY}))
    door.send(f"eve@{STRICT}", [ALICE], f"carol@{LEGACY}", subject="Claimed")
    r.equal("an author of another domain than the sender's is claimed only",
            door.proof("Claimed"), (None, {"spf": "fail", "dkim": "none", "dmarc": "none"}))


def message_address(door):
    r = door.report
    door.send(f"carol@{LEGACY}", [ALICE], subject="A conversation")
    name = door.message("A conversation").xml.get("id")
    reply, _ = door.send(f"carol@{LEGACY}", [name], subject="Re: A conversation")
    r.equal("a proven correspondent on its list answers at a message's address", reply[0], 250)
    reply, _ = door.send("bounce-17=carol@elsewhere.test", [name], f"carol@{LEGACY}", subject="Re: A conversation")
    r.equal("one who only claims to be on it does not", (reply[0], reply[1][:5]), (550, "5.7.1"))
    reply, _ = door.send(f"bounce-17=carol@silent.{LEGACY}", [name], f"carol@{LEGACY}", subject="Re: A conversation")
    r.equal("nor by a sender of a subdomain that says nothing", reply[0], 550)
    reply, _ = door.send(f"bounce-17=carol@bounces.{LEGACY}", [name], f"carol@{LEGACY}", subject="Re: A conversation")
    r.equal("with a sender like VERP's she answers, proven by what is aligned", reply[0], 250)
    reply, _ = door.send(f"mallory@{LEGACY}", [name], subject="Re: A conversation")
    r.equal("proven, but not on its list: no", (reply[0], reply[1][:5]), (550, "5.7.1"))
    door.names.broken.add("late.test")
    reply, _ = door.send("carol@late.test", [name], subject="Re: A conversation")
    r.equal("when that is not known now, later", (reply[0], reply[1][:6]), (451, "4.7.24"))
    reply, message_id = door.send("carol@late.test", [ALICE], subject="Not known now")
    r.equal("other mail does not wait for it", reply[0], 250)
    r.check("and says so", b"spf=temperror" in (door.arrived(message_id) or b""))


def policies(door):
    r = door.report
    reply, _ = door.send(f"carol@{LEGACY}", [ALICE], f"boss@{STRICT}")
    r.equal("p=reject, and nothing proves it: refused", (reply[0], reply[1][:6]), (550, "5.7.26"))
    reply, _ = door.send(f"carol@{LEGACY}", [ALICE], f"boss@mail.{STRICT}")
    r.equal("sp=none asks for nothing", reply[0], 250)
    reply, message_id = door.send(f"carol@{LEGACY}", [ALICE], f"boss@{MILD}")
    r.equal("p=quarantine is taken", reply[0], 250)
    r.check("into Junk, with what was found", b"dmarc=fail" in (door.arrived(message_id, "Junk") or b""))
    r.equal("and nowhere else", door.alice.with_message_id("INBOX", message_id), [])
    reply, message_id = door.send(f"boss@{MILD}", [ALICE], f"boss@{MILD}")
    r.check("the same domain's own mail is in the INBOX", door.arrived(message_id))
    list_at_one = document("Talk", "All about it.", [])
    list_at_one.set("alias", f"talk@{DOMAIN}")
    list_at_one.set("posting", "anyone")
    door.gateway.command("account", "lists", ALICE)
    r.equal("a list to which anyone posts", door.gateway.http("alice").publish(list_at_one).status, 201)
    reply, _ = door.send(f"carol@{LEGACY}", [f"talk@{DOMAIN}"], f"boss@{MILD}")
    r.equal("does not pass such mail on", (reply[0], reply[1][:6]), (550, "5.7.26"))
    reply, _ = door.send(f"carol@{LEGACY}", [ALICE], f"carol@{LEGACY}>, <boss@{STRICT}")
    r.equal("nor does a second author help", (reply[0], reply[1][:6]), (550, "5.7.26"))
    door.names.broken.add(f"gone._domainkey.{STRICT}")
    reply, _ = door.send(f"carol@{LEGACY}", [ALICE], f"boss@{STRICT}", headers=[
        ("DKIM-Signature", f"v=1; a=rsa-sha256; d={STRICT}; s=gone; h=from; bh=AAAA; b=AAAA")])
    r.equal("a key that is not known now: later", (reply[0], reply[1][:6]), (451, "4.7.24"))
    reply, _ = door.send("", [ALICE], f"boss@{STRICT}")
    r.equal("the null sender proves nothing", reply[0], 550)
    reply, _ = door.send(f"carol@{LEGACY}", [ALICE], f"bob@{DOMAIN}", subject="As one of us")
    r.equal("an address of ours in From is no account's mail", door.proof("As one of us")[0], None)


def forged(door):
    r = door.report
    reply, _ = door.send(f"carol@{LEGACY}", [ALICE], headers=[("Authentication-Results", "mx.one.test; dkim=pass header.d=bank.test")])
    r.equal("results in our name from outside are refused", (reply[0], reply[1][:5]), (550, "5.7.1"))
    reply, _ = door.send(f"carol@{LEGACY}", [ALICE], headers=[("Authentication-Results", "mx.legacy.test; dkim=pass header.d=bank.test")])
    r.equal("those in another's name stay", reply[0], 250)


def proven(report):
    gateway = Gateway(state_folder("pr"))
    gateway.names[STRICT, "TXT"] = ["v=spf1 -all"]
    for name, text in ((f"_dmarc.{STRICT}", "v=DMARC1; p=reject; sp=none"), (f"_dmarc.{MILD}", "v=DMARC1; p=quarantine"),
                       ("elsewhere.test", "v=spf1 +all"), (f"bounces.{LEGACY}", "v=spf1 ip4:127.0.0.1 -all"), (MILD, "v=spf1 ip4:127.0.0.1 -all")):
        gateway.names[name, "TXT"] = [text]
    gateway.start()
    gateway.add_account("alice", "bob")
    door = Door(report, gateway)
    for title, step in (("what is recorded", recorded), ("a message's address", message_address), ("what domains ask for", policies),
                        ("forged results", forged)):
        report.step(title, step, door)
    gateway.stop()
    gateway.configure(smtp={"dmarc": "record"})
    gateway.start()
    door = Door(report, gateway)
    reply, _ = door.send(f"carol@{LEGACY}", [ALICE], f"boss@{STRICT}", subject="Recorded")
    report.equal('with smtp.dmarc = "record" it is taken in', reply[0], 250)
    report.equal("as claimed", door.proof("Recorded")[0], None)
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("proven", proven)
