"""bad_world: clients that hardly write and never read, and a database that dies: others are served, nothing is lost."""
import os
import socket
import time

from harness import Closed, RawSmtp, Refused, Silent, deliver, eventually
from mails import mail, new_id

SLOW, DEAF = 60, 20          # clients at the same time
GROWTH = 150_000             # kB of memory that all of them together may cost
MAIL_SIZE = 900_000          # octets of the mail that the deaf ask for again and again


def memory(pid):
    """Resident memory of one process, kB."""
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def slow(target):
    r, gateway = target.report, target.gateway
    big_id, big = mail("carol@legacy.test", ["bob@one.test"], "big", ("x" * 70 + "\n") * (MAIL_SIZE // 72))
    deliver(gateway.at("smtp"), "carol@legacy.test", ["bob@one.test"], big)
    with gateway.imap("bob") as session:
        r.must("the big mail is there", eventually(lambda: session.with_message_id("INBOX", big_id)))
    before = memory(gateway.process.pid)
    slow_ones = [drip(gateway.at(service)) for service in ("smtp", "submission", "imap", "http") for _ in range(SLOW // 4)]
    deaf_ones = [deaf(gateway) for _ in range(DEAF)]
    started = time.monotonic()
    r.check(f"beside {SLOW} slow and {DEAF} deaf clients others are served", target.still_served())
    r.check("quickly", time.monotonic() - started < 5, time.monotonic() - started)
    eventually(lambda: False, 2)
    grown = memory(gateway.process.pid) - before
    r.check(f"they cost less than {GROWTH} kB", grown < GROWTH, f"{grown} kB")
    for sock in slow_ones:
        try:
            sock.sendall(b"O")
        except OSError:
            pass
    r.check("and others are served still", target.still_served())
    for link in slow_ones + deaf_ones:
        link.close()


def drip(address):
    """A client that has said one letter so far."""
    sock = socket.create_connection(address, 10)
    sock.sendall(b"N")
    return sock


def deaf(gateway):
    """A client that asks for a big mail fifty times and reads nothing of it."""
    session = gateway.imap("bob", "plain")
    session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    session.select("INBOX")
    session.write(b"".join(b"d%d FETCH * BODY.PEEK[]\r\n" % n for n in range(50)))
    return session


def lost_database(target):
    """While it is away: 4xx, NO [UNAVAILABLE] or BYE, 503. What had its answer before is there after."""
    r, gateway = target.report, target.gateway
    before_id, before = mail("carol@legacy.test", ["alice@one.test"], "before", "kept\n")
    deliver(gateway.at("smtp"), "carol@legacy.test", ["alice@one.test"], before)
    session, link = gateway.imap("alice"), RawSmtp(gateway.at("smtp"))
    link.hello()
    session.select("INBOX")
    r.must("PostgreSQL is killed", gateway.kill_postgres())
    r.check("SMTP says 4xx, or takes it", smtp_while_away(link), "")
    r.check("IMAP says NO [UNAVAILABLE], BYE or OK", imap_while_away(session), "")
    got = gateway.http("alice").store(folder="INBOX")
    r.check("HTTP says 503, or answers", got.status in (200, 503), got)
    r.check("a login is answered as well", login_while_away(gateway))
    r.check("it comes back by itself", eventually(gateway.answers, 60))
    with gateway.imap("alice") as session:
        r.check("what was there is there", session.with_message_id("INBOX", before_id))
    r.check("the gateway is the same process", gateway.process.poll() is None and os.path.exists(f"/proc/{gateway.process.pid}"))


def smtp_while_away(link):
    _, data = mail("carol@legacy.test", ["alice@one.test"], "while away", "x\n", message_id=new_id("legacy.test"))
    try:
        for line in ("MAIL FROM:<carol@legacy.test>", "RCPT TO:<alice@one.test>", "DATA"):
            code = link.code(line)
            if 400 <= code < 500:
                return True
            if code not in (250, 354):
                return False
        link.write(data + b"\r\n.\r\n")
        code = link.reply()[0]
        return code == 250 or 400 <= code < 500
    except (Closed, Silent):
        return False


def imap_while_away(session):
    try:
        for words in (("NOOP",), ("STATUS", "Sent", "(MESSAGES)"), ("UID FETCH", "1:*", "(BODY.PEEK[])")):
            got = session.command(*words)
            if not got.ok and got.code != "UNAVAILABLE":
                return False
        return True
    except Closed:
        return session.said_bye
    except Silent:
        return False


def login_while_away(gateway):
    try:
        gateway.imap("alice").logout()
        return True
    except Refused as no:
        return "UNAVAILABLE" in str(no)
    except (Closed, Silent, OSError):
        return False
