#!/usr/bin/env python3
"""run_face: what an administrator meets: the command line, health, metrics, logs, a clean stop, and a start that finds everything."""
import json
import re
import uuid

from harness import DOMAIN, HOST, PASSWORD, Gateway, Http, Imap, RawSmtp, Refused, deliver, eventually, free_ports, run, state_folder
from mails import mail


def check_command(report, gateway):
    r = report
    r.equal("check of a good configuration: 0", gateway.command("check").returncode, 0)
    r.equal("check --store of a sound one: ok", gateway.command("check", "--store").stdout, "ok\n")
    with open(gateway.config) as f:
        good = f.read()
    for what, line, sign in (("an unknown key", 'frob = "x"', "frob"), ("a wrong type", "message_size = [1]", "message_size"),
                             ("a duration that is none", 'undo = "ten apples"', "undo")):
        section = {"frob": "[smtp]", "message_size": "[limits]", "undo": "[egress]"}[sign]
        kept = [x for x in good.splitlines() if not x.startswith(sign + " ")]
        text = kept + ([] if section in kept else [section])
        at = text.index(section) + 1
        text.insert(at, line)
        with open(gateway.config, "w") as out:
            out.write("\n".join(text) + "\n")
        got = gateway.command("check")
        said = got.stdout + got.stderr
        r.check(f"{what}: 1", got.returncode == 1, (got.returncode, said))
        r.check("and the line and the key are named", str(at + 1) in said and sign in said, (at + 1, said))
    with open(gateway.config, "w") as out:
        out.write(good)
    r.equal("a word that is no command: 2", gateway.command("frob", "x").returncode, 2)
    r.equal("help: 0", gateway.command("--help").returncode, 0)


def may_log_in(gateway, name, password):
    try:
        Imap(gateway.at("imaps"), f"{name}@{DOMAIN}", password).logout()
        return True
    except Refused:
        return False


def accounts(report, gateway):
    r = report
    gateway.add_account("alice", "bob", "carol")
    listed = gateway.command("account", "list")
    r.check("account list shows them", all(f"{n}@{DOMAIN}" in listed.stdout for n in ("alice", "bob", "carol")), listed)
    rows = json.loads(gateway.command("account", "list", "--json").stdout)
    r.check("as JSON, a row each, postmaster's included", len(rows) == 4, rows)
    r.equal("an account that exists: 1", gateway.command("account", "add", f"alice@{DOMAIN}", "--password", "x").returncode, 1)
    r.equal("an account at another domain: 1", gateway.command("account", "add", "x@elsewhere.test", "--password", "x").returncode, 1)
    r.equal("a name that an action could have: 1", gateway.command("account", "add", f"a-{'a' * 32}@{DOMAIN}", "--password", "x").returncode, 1)
    address = f"carol@{DOMAIN}"
    r.check("the password lets in", may_log_in(gateway, "carol", PASSWORD))
    r.equal("a new password: 0", gateway.command("account", "password", address, "--password", "second").returncode, 0)
    r.check("the old one no longer lets in, the new one does", not may_log_in(gateway, "carol", PASSWORD) and may_log_in(gateway, "carol", "second"))
    r.equal("suspend: 0", gateway.command("account", "suspend", address).returncode, 0)
    r.check("a suspended account is not let in", not may_log_in(gateway, "carol", "second"))
    gateway.command("account", "suspend", address, "--off")
    r.check("and is again when that is lifted", may_log_in(gateway, "carol", "second"))
    r.equal("remove: 0", gateway.command("account", "remove", address).returncode, 0)
    r.check("who was removed is not let in", not may_log_in(gateway, "carol", "second"))


def queue(report, gateway):
    """The route of dead.test leads to a port where nobody listens."""
    r = report
    subject = "queued " + uuid.uuid4().hex[:6]
    _, data = mail("alice@one.test", ["x@dead.test"], subject, "waits\n")
    gateway.submit("alice", ["x@dead.test"], data)

    def rows():
        return json.loads(gateway.command("queue", "list", "--json").stdout or "[]")
    waiting = eventually(lambda: [row for row in rows() if "x@dead.test" in json.dumps(row)])
    r.must("queue list shows what waits", waiting, gateway.command("queue", "list"))
    r.check("as a table too", "x@dead.test" in gateway.command("queue", "list").stdout)
    entry = str(next(v for k, v in waiting[0].items() if k in ("id", "entry")))
    r.check("queue show shows it", "x@dead.test" in gateway.command("queue", "show", entry).stdout)
    r.equal("queue retry: 0", gateway.command("queue", "retry", entry).returncode, 0)
    r.equal("queue remove: 0", gateway.command("queue", "remove", entry).returncode, 0)
    r.check("it is gone", eventually(lambda: not [row for row in rows() if "x@dead.test" in json.dumps(row)]))
    r.equal("an entry that is not there: 1", gateway.command("queue", "show", "999999999").returncode, 1)
    name = gateway.http("alice").named(subject, folder="Sent")
    r.must("the message is known", name, gateway.http("alice").store(folder="Sent"))
    shown = gateway.command("message", "show", name[0])
    r.check("message show shows it as XML", shown.returncode == 0 and subject in shown.stdout and "urn:email2:1" in shown.stdout, shown)
    r.equal("a message that is not there: 1", gateway.command("message", "show", "01930000-0000-7000-8000-000000000000@one.test").returncode, 1)


def health(report, gateway):
    r, web = report, Http(gateway.at("http"))
    for path in ("/healthz", "/readyz", "/metrics"):
        r.equal(f"{path}: 200", web.request("GET", path).status, 200)
    text = web.request("GET", "/metrics").body.decode()
    wrong = [x for x in text.splitlines() if x and not re.match(r"#|[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})? [-+0-9.eEInfNa]+( \d+)?$", x)]
    r.check("metrics are Prometheus text", text.strip() and not wrong, wrong[:3])
    for path in ("/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"):
        got = web.request("GET", path + "?emailaddress=alice%40one.test")
        r.check(f"{path} configures a client", got.status == 200 and b"<clientConfig" in got.body and b'type="imap"' in got.body, got)


def silence_of_logs(report, gateway):
    """The log has no password and nothing of any mail."""
    secret = "secret" + uuid.uuid4().hex
    _, data = mail("alice@one.test", ["bob@one.test"], secret, f"{secret}\n")
    gateway.submit("alice", ["bob@one.test"], data)
    try:
        Imap(gateway.at("imaps"), "alice@one.test", secret)
    except Refused:
        pass
    Http(gateway.at("http"), "alice@one.test", secret).store(folder="INBOX")
    with gateway.imap("bob") as session:
        report.must("the mail is there", eventually(lambda: session.uids("INBOX", "SUBJECT", secret)))
    log = gateway.log_text()
    report.check("it logs", len(log.splitlines()) > 5, log)
    report.check("no password and no content is in the log", secret not in log and PASSWORD not in log)


def snapshot(gateway, name):
    """What a mailbox looks like to a client that was here before."""
    found = {}
    with gateway.imap(name) as session:
        for box in ("INBOX", "Sent", "Trash"):
            session.select(box)
            rows = session.fetch("1:*", "(FLAGS INTERNALDATE EMAILID THREADID RFC822.SIZE MODSEQ BODY.PEEK[])")
            found[box] = session.uid_validity, {u: {k: sorted(set(v) - {"\\Recent"}) if k == "FLAGS" else v for k, v in row.items()} for u, row in rows.items()}
    return found


def stop_and_start(report, gateway):
    r = report
    for n in range(5):
        _, data = mail("carol@legacy.test", ["alice@one.test"], f"kept {n}", f"kept {n}\n")
        deliver(gateway.at("smtp"), "carol@legacy.test", ["alice@one.test"], data)
    with gateway.imap("alice") as session:
        eventually(lambda: len(session.uids("INBOX")) >= 5)
        session.must("UID STORE", "1:3", "+FLAGS", "(\\Seen kept)")
        session.must("UID MOVE", str(session.uids("INBOX")[0]), "Trash")
    before = snapshot(gateway, "alice")
    idle, smtp = gateway.imap("alice"), RawSmtp(gateway.at("smtp"))
    smtp.hello()
    idle.select("INBOX")
    idle.idle()
    r.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)
    r.check("its PostgreSQL ended with it", not gateway.postgres_pid())
    try:
        idle.idle_until(lambda news: any(n.kind == "BYE" for n in news), 5)
    except Exception as end:  # the end of the connection, after the BYE
        r.check("the connection ended after the BYE", idle.said_bye, repr(end))
    r.check("an open IDLE was told BYE", idle.said_bye)
    try:
        code = smtp.reply(5)[0]
    except Exception as end:
        code = repr(end)
    r.equal("an open SMTP session was told 421", code, 421)
    gateway.start()
    after = snapshot(gateway, "alice")
    for box in before:
        r.check(f"{box} is as it was: UIDs, flags, ids, octets", before[box] == after[box], (before[box][0], after[box][0]))


def face(report):
    gateway = Gateway(state_folder("face"), {"dead.test": f"{HOST}:{free_ports(1)[0]}"}).start()
    for title, step in (("accounts", accounts), ("check", check_command), ("queue and message", queue), ("health and metrics", health),
                        ("logs", silence_of_logs), ("stop and start", stop_and_start)):
        report.step(title, step, report, gateway)
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("the face", face)
