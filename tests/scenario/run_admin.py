#!/usr/bin/env python3
"""run_admin: administration by commands, beside a running gateway and without one, and over HTTP; mail from files and to them, killed
in the middle; a person handed over and erased, killed at each step."""
import glob
import io
import json
import mailbox
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import xml.etree.ElementTree as ET

import harness
from harness import DOMAIN, PASSWORD, Gateway, RawSmtp, Refused, deliver, eventually, program, run, state_folder
from http_client import Q
from mails import mail

FROM = "From dora@legacy.test Tue Nov 14 22:13:20 2023\n"
STEPS = ("close", "forget", "leave", "references", "unheld", "written", "renditions", "end")  # gateway/store/erase.h


def address(name):
    return f"{name}@{DOMAIN}"


def document(element, **attributes):
    return ET.Element(Q + element, {k.replace("_", "-"): v for k, v in attributes.items()})


class Office:
    """The administration of one gateway: commands, SQL beside them, files."""

    def __init__(self, report, gateway):
        self.report, self.gateway = report, gateway

    def say(self, *words, code=0, stdin=None, seconds=120):
        done = self.gateway.command(*words, stdin=stdin, seconds=seconds)
        self.report.equal(f"{' '.join(words[:3])}: {code}", done.returncode, code) or print(done.stdout[-300:], done.stderr[-600:])
        return done

    def rows(self, *words):
        return json.loads(self.say(*words, "--json").stdout)

    def file(self, name):
        return os.path.join(self.gateway.folder, name)

    def sql(self, text):
        [socket] = glob.glob(os.path.join(self.gateway.data, "**", ".s.PGSQL.5432"), recursive=True)
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", os.path.dirname(socket), "-U", "email2", "email2", "-c", text],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def octets(self, name, folder):
        """Every mail of a folder as its owner fetches it, in order."""
        with self.gateway.imap(name) as session:
            session.select(folder)
            found = session.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
            octets = {uid: x.encode("latin-1") if isinstance(x := row["BODY[]"] or b"", str) else x for uid, row in found.items()}
            return [(octets[uid], sorted(set(row["FLAGS"]) - {"\\Recent"}), row["INTERNALDATE"]) for uid, row in sorted(found.items())]


def mbox_of(count, start=0, broken=()):
    """An mbox of so many mails, each answering the one before the last; and their octets with CRLF."""
    text, mails = [], []
    for n in range(start, start + count):
        answers = f"In-Reply-To: <archive{n - 2}@legacy.test>\n" if n > start + 1 else ""
        one = f"From: Dora <dora@legacy.test>\nMessage-ID: <archive{n}@legacy.test>\n{answers}Subject: archive {n}\n\nThis is {n}.\nFrom here on\n\n"
        mails.append(one.replace("\n", "\r\n").encode())
        text.append(FROM + one.replace("\nFrom ", "\n>From ").replace("\n\n", "\nStatus: RO\nX-Status: F\n\n", 1) + "\n")
        text += [broken[n]] if n in broken else []
    return "".join(text), mails


# --- the steps

def commands(office):
    """Everything is there beside a running gateway, and without one."""
    r, gateway = office.report, office.gateway
    for state in ("running", "stopped"):
        if state == "stopped":
            r.equal("the gateway stops", gateway.stop(), 0)
        name = address("dave-" + state)
        office.say("account", "add", name, "--name", "Dave", "--password", PASSWORD)
        office.say("account", "add", name, "--password", PASSWORD, code=1)
        office.say("account", "quota", name, "5GB")
        office.say("account", "quota", name, "much", code=1)
        office.say("account", "admin", name)
        office.say("account", "suspend", name)
        row = office.rows("account", "show", name)[0]
        r.check(f"{state}: account show tells what was changed", row["state"] == "suspended" and row["quota"] == 5 << 30 and row["admin"] and row["name"] == "Dave", row)
        office.say("account", "resume", name)
        office.say("alias", "add", address("d-" + state), name)
        office.say("alias", "add", address("d-" + state), name, code=1)
        r.check(f"{state}: alias list has it", {"alias": address("d-" + state), "target": name} in office.rows("alias", "list"))
        office.say("alias", "remove", address("d-" + state))
        post = address("list-" + state)
        office.say("list", "add", post, "--owner", name, "--name", "Posts", "--posting", "owners")
        office.say("list", "add", post, "--owner", name, code=1)
        office.say("list", "posting", post, "anyone")
        office.say("list", "owner", "add", post, address("bob"))
        row = office.rows("list", "show", post)[0]
        r.check(f"{state}: list show tells what was made", row["posting"] == "anyone" and row["members"] == 1 and row["owners"] == f"{address('bob')} {name}", row)
        office.say("account", "add", post, "--password", "x", code=1)
        office.say("list", "remove", post)
        office.say("list", "show", post, code=1)
        office.say("account", "remove", name)
        office.say("account", "show", name, code=1)
        lines = [line for line in office.rows("audit", "--account", name) if line["id"].startswith("a")]  # of admins
        acts = [line["act"] for line in lines]
        r.equal(f"{state}: the audit has each act in order", acts, ["account.add", "account.quota", "account.admin", "account.suspend", "account.resume",
                                                                     "alias.add", "alias.remove", "list.add", "account.remove"])
        r.check(f"{state}: and who did it, and no password", all("command line" in line["actor"] for line in lines) and PASSWORD not in json.dumps(lines), lines)
        office.say("audit", "--since", "yesterday", code=1)
    office.say("account", "quota", code=2)
    office.say("import", "x.mbox", code=2)
    for words in ("account", "account quota", "import", "export", "person erase", "audit"):
        shown = office.say(*words.split(), "--help")
        r.check(f"{words} --help explains itself", len(shown.stdout) > 200, shown.stdout)
    gateway.start()


def over_http(office):
    """Admins do the same over HTTP; nobody else does."""
    r, gateway = office.report, office.gateway
    office.say("account", "admin", address("alice"))
    alice, bob = gateway.http("alice"), gateway.http("bob")
    requests = [("GET", "accounts", None), ("POST", "accounts", document("account", address=address("eve"), password="x", name="Eve")),
                ("GET", "accounts/" + address("bob"), None), ("PATCH", "accounts/" + address("eve"), document("account", quota="1048576", state="suspended")),
                ("GET", "aliases", None), ("POST", "aliases", document("alias", alias=address("sales"), target=address("bob"))),
                ("DELETE", "aliases/" + address("sales"), None), ("GET", "queue", None),
                ("POST", "lists", document("list", alias=address("news"), owner=address("bob"))), ("GET", "lists", None),
                ("PUT", f"lists/{address('news')}/owners/{address('carol')}", None), ("DELETE", "lists/" + address("news"), None), ("GET", "domains", None), ("GET", "audit?account=" + address("eve"), None),
                ("DELETE", "accounts/" + address("eve"), None), ("GET", "accounts/" + address("eve"), None)]
    wanted = {"alice": [200, 201, 200, 200, 200, 201, 204, 200, 201, 200, 204, 204, 200, 200, 204, 404], "bob": [403] * 16, None: [401] * 16}
    for name, codes in wanted.items():
        web = gateway.http(name)
        got = [web.request(verb, "/v1/admin/" + path, body).status for verb, path, body in requests]
        r.equal(f"administration by {name or 'nobody'}", got, codes)
    r.check("forbidden is said as a document", bob.request("GET", "/v1/admin/accounts").error == "forbidden")
    audit = alice.request("GET", "/v1/admin/audit?account=" + address("eve")).xml
    r.check("the audit names the admin", [line.get("actor") for line in audit] == [address("alice")] * 4, ET.tostring(audit))
    bad = alice.request("POST", "/v1/admin/accounts", document("account", address="x@elsewhere.test", password="x"))
    r.check("an account at another domain is invalid", bad.status == 400 and bad.error == "invalid", bad)
    twice = alice.request("POST", "/v1/admin/accounts", document("account", address=address("bob"), password="x"))
    r.check("one that exists is a conflict", twice.status == 409, twice)
    office.say("account", "suspend", address("alice"))
    r.check("a suspended admin is none", eventually(lambda: alice.request("GET", "/v1/admin/accounts").status in (401, 403)))
    office.say("account", "resume", address("alice"))
    office.say("account", "admin", address("alice"), "--off")
    r.equal("nor one whose right was taken", alice.request("GET", "/v1/admin/accounts").status, 403)


def person_over_http(office):
    """Admins hand a person over and erase them over HTTP as by the command."""
    r, gateway = office.report, office.gateway
    gateway.add_account("greta")
    office.say("account", "admin", address("alice"))
    alice, bob = gateway.http("alice"), gateway.http("bob")
    got = gateway.http("greta").publish(harness.document("Plan of G", "We meet.", [(address("bob"), "to")]))
    name = r.must("published", got.xml.get("id"), got)
    target = "/v1/admin/people/" + address("greta")
    for verb in ("GET", "DELETE"):
        r.equal(f"{verb} of a person by who is no admin", bob.request(verb, target).status, 403)
        r.equal(f"{verb} of nobody", alice.request(verb, "/v1/admin/people/" + address("nobody")).status, 404)
    handed = alice.request("GET", target)
    r.equal("a person is handed over", handed.status, 200)
    with tarfile.open(fileobj=io.BytesIO(handed.body)) as tar:
        names = tar.getnames()
    wanted = ("account.xml", "messages/" + name.split("@")[0] + ".xml", "events/", "audit/", "mail/.Sent/cur/")
    r.check("with account, messages, events, audit and mail", all(any(n.startswith(x) for n in names) for x in wanted), names)
    r.equal("of whom nothing was begun", alice.request("GET", target + "/erasure").status, 404)
    begun = alice.request("DELETE", target)
    r.check("erasing is begun, and goes on by itself", begun.status == 202 and begun.headers.get("location", "").endswith("/erasure"), (begun.status, begun.headers))
    r.equal("how far it is stands there", alice.request("GET", begun.headers["location"]).status, 200)
    r.equal("for admins", bob.request("GET", target + "/erasure").status, 403)
    r.check("it comes to its end", eventually(lambda: alice.request("GET", target + "/erasure").xml.get("state") == "done", 60))
    r.equal("which may be asked for again", alice.request("DELETE", target).status, 204)
    r.equal("nobody has the address", alice.request("GET", "/v1/admin/accounts/" + address("greta")).status, 404)
    shown = bob.get(name)
    r.check("what bob holds stays without the name", shown.status == 200 and b"We meet." in shown.body and b"greta" not in shown.body, shown)
    acts = [line["act"] for line in office.rows("audit") if line["act"].startswith("person.") and line["actor"] == address("alice")]
    r.equal("the audit says who did it", acts, ["person.export", "person.erase"])
    office.say("account", "admin", address("alice"), "--off")


def killed_erasing(office):
    """Begun over HTTP; the gateway is killed in the middle, and ends it when it is there again."""
    r, gateway = office.report, office.gateway
    gateway.add_account("henry")
    office.say("account", "admin", address("alice"))
    got = gateway.http("henry").publish(harness.document("Plan of H", "We meet.", [(address("bob"), "to")]))
    name = r.must("published", got.xml.get("id"), got)
    # One that stops where it leaves the lists, for as long as it is alive.
    office.sql("create function fail() returns trigger language plpgsql as $$ begin perform pg_sleep(600); return new; end $$; "
               "create trigger failing before update on erasure for each row when (new.step = 3) execute function fail()")
    target = "/v1/admin/people/" + address("henry")
    r.equal("begun", gateway.http("alice").request("DELETE", target).status, 202)
    r.check("it is at it", eventually(lambda: office.sql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == "1", 30))
    gateway.kill()
    gateway.start()
    office.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'; drop trigger failing on erasure; drop function fail()")
    office.say("check", "--store", seconds=300)
    state = gateway.http("alice").request("GET", target + "/erasure").xml.get("state")
    r.equal("it was not done", state, "running")
    office.say("maintain", seconds=300)  # at the latest in a minute by itself
    r.equal("now it is", gateway.http("alice").request("GET", target + "/erasure").xml.get("state"), "done")
    shown = gateway.http("bob").get(name)
    r.check("what bob holds stays without the name", shown.status == 200 and b"We meet." in shown.body and b"henry" not in shown.body, shown)
    office.say("account", "admin", address("alice"), "--off")


def audit_of_messages(office):
    r, alice = office.report, office.gateway.http("alice")
    got = alice.publish(harness.document("Audited", "secret-content", [(address("bob"), "to")]))
    name = r.must("published", got.xml.get("id"), got)
    alice.change_list(name, ("add", {"address": address("carol")}))
    office.gateway.http("bob").leave(name)
    lines = office.rows("audit", "--message", name)
    r.equal("who did what to a message", [(x["actor"], x["act"], x["account"]) for x in lines],
            [(address("alice"), "published", ""), (address("alice"), "to-changed", address("carol")), (address("bob"), "left", address("bob"))])
    r.check("and never its content", "secret-content" not in json.dumps(lines))


def import_mbox(office):
    r = office.report
    text, mails = mbox_of(50, broken={10: FROM + "\n", 20: FROM + "Subject: huge\n\n" + "x" * 300_000 + "\n\n"})
    path = office.file("old.mbox")
    with open(path, "w") as out:
        out.write(text)
    done = office.say("import", "--account", address("alice"), "--folder", "Old/2023", path, code=1)
    r.check("broken mails are named and counted", "50 imported, 0 there already, 2 refused" in done.stdout and "empty" in done.stderr and "larger" in done.stderr, done)
    got = office.octets("alice", "Old/2023")
    r.check("every mail is there, octet by octet, in order", [x[0] for x in got] == mails, len(got))
    r.check("with its flags and its date", all(x[1] == ["\\Flagged", "\\Seen"] and "14-Nov-2023 22:13:20" in x[2] for x in got), got[:1])
    again = office.say("import", "--account", address("alice"), "--folder", "Old/2023", path, code=1)
    r.check("the second time none is put there again", "0 imported, 50 there already, 2 refused" in again.stdout, again)
    office.say("import", "--account", address("nobody"), path, code=1)
    office.say("import", "--account", address("alice"), office.file("missing"), code=1)


def wire(box):
    return box.replace("ü", "&APw-")


def import_maildir(office):
    """A Maildir++ that Dovecot made, and a tree of Maildirs that mbsync made from this gateway's own IMAP."""
    r, folder = office.report, office.file("dovecot")
    if not shutil.which("doveadm"):
        r.skip("a Maildir made by Dovecot", "no doveadm")
        return
    os.makedirs(folder)
    with open(os.path.join(folder, "dovecot.conf"), "w") as out:
        out.write(f"mail_location = maildir:{folder}/Maildir\nnamespace inbox {{\n inbox = yes\n separator = /\n}}\nmail_uid = nobody\nmail_gid = nogroup\n"
                  f"first_valid_uid = 0\nfirst_valid_gid = 0\nlog_path = /dev/stderr\nbase_dir = {folder}/run\nssl = no\n")
    subprocess.run(["chown", "-R", "nobody:nogroup", folder], check=True)
    environment = {**os.environ, "HOME": folder, "USER": "nobody"}

    def doveadm(*words, stdin=None):
        subprocess.run(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "doveadm", "-c", os.path.join(folder, "dovecot.conf"), *words],
                       input=stdin, env=environment, check=True, stderr=subprocess.PIPE, timeout=60)
    doveadm("mailbox", "create", "Work/2026", "Entwürfe")
    sent = {}
    for n, box in enumerate(("INBOX", "INBOX", "Work/2026", "Entwürfe")):
        _, octets = mail("dora@legacy.test", [address("dan")], f"dovecot {n}", f"in {box}\nFrom me\n")
        doveadm("save", "-m", box, stdin=octets)
        sent.setdefault(box, []).append(octets)
    doveadm("flags", "add", "\\Seen \\Answered project $Forwarded", "mailbox", "INBOX", "SUBJECT", "dovecot 1")
    done = office.say("import", "--account", address("dan"), os.path.join(folder, "Maildir"))
    r.check("all of Dovecot's mails came", "4 imported" in done.stdout, done)
    for box, octets in sent.items():
        r.check(f"{box} has them as they were", [x[0] for x in office.octets("dan", wire(box))] == octets, office.octets("dan", wire(box)))
    flags = [x[1] for x in office.octets("dan", "INBOX")]
    r.equal("with flags and keywords", flags, [[], ["$Forwarded", "\\Answered", "\\Seen", "project"]])
    if not shutil.which("mbsync"):
        r.skip("a tree of Maildirs made by mbsync", "no mbsync")
        return
    tree, rc = office.file("mbsync"), os.path.join(office.gateway.folder, "mbsyncrc")
    os.makedirs(tree)
    host, port = office.gateway.at("imap")
    with open(rc, "w") as out:
        out.write(f"IMAPStore far\nHost {host}\nPort {port}\nUser {address('dan')}\nPass {PASSWORD}\nSSLType None\n\nMaildirStore near\nPath {tree}/\nInbox {tree}/INBOX\n"
                  "SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nCopyArrivalDate yes\nSyncState *\n")
    subprocess.run(["mbsync", "-q", "-c", rc, "-a"], check=True, timeout=120)
    office.say("import", "--account", address("bob"), "--folder", "Synced", tree)
    wanted = office.octets("dan", "INBOX")
    # mbsync marks each mail with a field of its own, X-TUID, which it may leave behind.
    got = [(b"\r\n".join(x for x in octets.split(b"\r\n") if not x.startswith(b"X-TUID")), flags, date) for octets, flags, date in office.octets("bob", "Synced")]
    r.check("what mbsync fetched came with octets and dates", [(x[0], x[2]) for x in got] == [(x[0], x[2]) for x in wanted], (got, wanted))
    r.check("and with the flags that it keeps", all(set(x[1]) & {"\\Seen", "\\Answered"} == set(y[1]) & {"\\Seen", "\\Answered"} for x, y in zip(got, wanted)), got)


def killed_import(office):
    """Killed at moments all over it and started again, an import puts each mail there once."""
    r = office.report
    text, mails = mbox_of(3000, start=10_000)
    path = office.file("long.mbox")
    with open(path, "w") as out:
        out.write(text)
    words = [program(), "import", "--account", address("dave"), "--folder", "Long", path, "--config", office.gateway.config]
    count = "select count(*) from ref r join person p on p.id = r.user_id where p.address = '%s'" % address("dave")
    killed, before = 0, 0
    for _ in range(40):
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: int(office.sql(count)) > before + 100 or process.poll() is not None, 60, 0.01)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += 1
        before = int(office.sql(count))
    r.check("it was killed in the middle, more than once", killed >= 2, killed)
    done = office.say(*words[1:-2], seconds=300)
    got = office.octets("dave", "Long")
    r.check("each mail is there once, and in order", [x[0] for x in got] == mails, (killed, len(got), done.stdout))
    threads = office.sql("select count(distinct thread_id) from message m join person p on p.id = m.originator where p.address = '%s'" % address("dave"))
    r.equal("threads are as they were", threads, "2")
    text, _ = mbox_of(5000, start=20_000)
    with open(path + "2", "w") as out:
        out.write(text)
    begun = time.monotonic()
    office.say("import", "--account", address("dave"), "--folder", "Fast", path + "2", seconds=300)
    print(f"note: {5000 / (time.monotonic() - begun):.0f} mails a second were imported")


def round_trip(office):
    """What is exported and imported again is the same: octets, flags, keywords, dates, folders."""
    r, gateway = office.report, office.gateway
    odd = {"bare line ends": b"Subject: bare\n\none\ntwo\n", "no end": b"Subject: no end\r\n\r\nno end", "mixed": b"Subject: mixed\r\n\r\na\nb\rc\r\r\nd\r\n",
           "From": b"Subject: from\r\n\r\nFrom me\r\n>From you\r\n\r\nFrom a@b Tue Nov 14 22:13:20 2023\r\n\r\n", "own fields": b"Status: RO\r\nX-Status: F\r\nContent-Length: 3\r\n\r\nabc\r\n",
           "no header": b"\r\nbody\r\n", "8 bit": b"Subject: \xff\xfe\r\n\r\n\xe9\r\n", "empty lines": b"Subject: x\r\n\r\n\r\n\r\n\r\n"}
    with gateway.imap("bob") as session:
        for box in ("INBOX", "Sorted/A.b", "Sorted/Entw&APw-rfe"):
            if box != "INBOX":
                session.must("CREATE", f'"{box}"')
            for n, octets in enumerate(odd.values()):
                own = b"X-Box: " + box.encode() + (b"\n" if n == 0 else b"\r\n")
                session.append(box, own + octets if n != 5 else octets + box.encode(), "\\Seen urgent" if n % 3 else "")
    boxes = ("INBOX", "Sorted/A.b", "Sorted/Entw&APw-rfe")
    before = {box: office.octets("bob", box) for box in boxes}
    for form in ("maildir", "mbox"):
        path, name = office.file("export-" + form), "copy-" + form
        gateway.add_account(name)
        office.say("export", "--account", address("bob"), "--format", form, path)
        office.say("import", "--account", address(name), path)
        for box in boxes:
            after = office.octets(name, box)
            r.check(f"{form}: {box} is the same after export and import", after == before[box], [x for x in zip(before[box], after) if x[0] != x[1]][:2] or (len(after), len(before[box])))
    r.check("Python's mailbox reads the Maildir as well", len(mailbox.Maildir(office.file("export-maildir"), create=False)) == len(before["INBOX"]))
    r.check("and the mbox", len(mailbox.mbox(os.path.join(office.file("export-mbox"), "INBOX.mbox"), create=False)) == len(before["INBOX"]))
    single = office.file("single.mbox")
    office.say("export", "--account", address("bob"), "--folder", "INBOX", "--format", "mbox", single)
    office.say("export", "--account", address("bob"), "--folder", "INBOX", "--format", "mbox", single, code=1)
    office.say("export", "--account", address("bob"), "--folder", "None", "--format", "mbox", office.file("none"), code=1)


def hand_over(office):
    r, path = office.report, office.file("alice.tar")
    office.say("person", "export", address("alice"), path)
    with tarfile.open(path) as tar:
        names = tar.getnames()
        account = tar.extractfile("account.xml").read().decode()
    r.check("account, messages, events, audit and mail are in the tar", all(any(n.startswith(x) for n in names) for x in ("account.xml", "messages/", "events/", "audit/", "mail/cur", "mail/.Old.2023/cur/")), names[:20])
    r.check("the account without its password", address("alice") in account and "SCRAM" not in account and PASSWORD not in account, account)
    office.say("person", "export", address("alice"), office.file("alice"))
    r.check("or in a directory", os.path.exists(os.path.join(office.file("alice"), "account.xml")))
    office.say("person", "export", address("nobody"), office.file("none.tar"), code=1)


def erase_once(office, name, number, failure):
    """A person with something of everything; erased with that failure at that step, and again without."""
    r, gateway = office.report, office.gateway
    gateway.add_account(name)
    office.say("alias", "add", address(name + "-alias"), address(name))
    web = gateway.http(name)
    web.publish(harness.document("Note", "to myself", []))
    shared = web.publish(harness.document(f"Plan of {name}", "We meet.", [(address("bob"), "to")])).xml.get("id")
    _, octets = mail("dora@legacy.test", [address(name)], "lonely " + name, "x\n")
    deliver(gateway.at("smtp"), "dora@legacy.test", [address(name)], octets)
    with gateway.imap(name) as session:
        eventually(lambda: session.uids("INBOX"))
    act = "raise exception 'injected'" if failure == "error" else "perform pg_sleep(60)"
    office.sql(f"create function fail() returns trigger language plpgsql as $$ begin {act}; return new; end $$; "
               f"create trigger failing before insert or update on erasure for each row when (new.step = {number}) execute function fail()")
    words = ["person", "erase", "--yes", address(name)]
    if failure == "error":
        r.equal(f"{name}: a step that fails: 1", gateway.command(*words).returncode, 1)
    else:
        process = subprocess.Popen([program(), *words, "--config", gateway.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: office.sql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == "1", 30)
        process.kill()
        process.wait()
        office.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'")
        eventually(lambda: office.sql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == "0", 30)
    office.sql("drop trigger failing on erasure; drop function fail()")
    office.say(*words)
    r.equal(f"{name}: nothing is left under the address",
            office.sql(f"select (select count(*) from person where address like '{name}%'), (select count(*) from alias where address like '{name}%'), "
                       f"(select count(*) from ref r where not exists (select from mailbox b where b.id = r.mailbox_id)), "
                       f"(select count(*) from body b where not exists (select from rendition d where d.id = b.rendition_id))"), "0|0|0|0")
    shown = gateway.http("bob").get(shared)
    r.check(f"{name}: what bob holds keeps its content and loses the name", shown.status == 200 and b"We meet." in shown.body and name.encode() not in shown.body.replace(f"Plan of {name}".encode(), b""), shown)
    with gateway.imap("bob") as session:
        uid = session.uids("INBOX", "SUBJECT", f'"Plan of {name}"')
        session.select("INBOX")
        octets = session.fetch(str(uid[0]), "(BODY.PEEK[])")[uid[0]]["BODY[]"] if len(uid) == 1 else b""
    r.check(f"{name}: in his mailbox too", b"We meet." in octets and b"From: erased account" in octets and address(name).encode() not in octets, octets)
    for local in (name, name + "-alias"):
        def answer():
            with RawSmtp(gateway.at("smtp")) as client:
                client.hello()
                client.say("MAIL FROM:<dora@legacy.test>")
                return client.say(f"RCPT TO:<{address(local)}>")
        # It was seen at the door a moment ago: the news that it closed makes it forgotten.
        r.check(f"{local}: mail to the address is refused", eventually(lambda: answer()[0] == 550 and "5.1.1" in str(answer()), 3, 0.1), answer())
    try:
        gateway.imap(name)
        r.check(f"{name}: nobody logs in", False)
    except Refused:
        r.check(f"{name}: nobody logs in", True)


def erase(office):
    r = office.report
    for number, step in enumerate(STEPS, 1):
        erase_once(office, f"gone-{step}", number, "error")
        erase_once(office, f"dead-{step}", number, "kill")
    office.say("account", "add", address("gone-close"), "--password", "x", code=1)
    office.say("account", "add", address("gone-close"), "--password", PASSWORD, "--reuse")
    with office.gateway.imap("gone-close") as session:
        r.equal("who gets the address by intent gets nothing else", session.uids("INBOX"), [])
    audit = json.dumps(office.rows("audit"))
    r.check("the audit tells of it without the address", "person.erase" in audit and address("dead-close") not in audit)
    office.say("person", "erase", address("alice"), code=1, stdin="no\n")


def admin(report):
    gateway = Gateway(state_folder("admin"), limits={"message_size": "200KB"}).start()
    gateway.add_account("alice", "bob", "carol", "dan", "dave")
    office = Office(report, gateway)
    for title, step in (("commands", commands), ("over HTTP", over_http), ("a person over HTTP", person_over_http), ("killed erasing", killed_erasing), ("audit of messages", audit_of_messages), ("mbox", import_mbox),
                        ("Maildir", import_maildir), ("killed import", killed_import), ("round trip", round_trip), ("hand over", hand_over),
                        ("erase", erase)):
        report.step(title, step, office)
    office.say("check", "--store", seconds=300)
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("administration", admin)
