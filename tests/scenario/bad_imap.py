"""bad_imap: hostile and broken IMAP clients, and mails made to hurt. RFC 3501, 7888 (LITERAL+), 2595 (STARTTLS)."""
import base64
import time

from harness import PASSWORD, Closed, Silent, deliver, eventually
from mails import new_id


def alive(session):
    """NOOP is answered OK; answers to what came before it are passed over."""
    try:
        tag, deadline = session.send("NOOP"), time.monotonic() + 10
        while True:
            got = session.response(deadline)
            if isinstance(got, tuple) and got[0] == tag:
                return got[1].startswith("OK")
    except (Closed, Silent):
        return False


def asked(session, raw, seconds=20):
    """Sends octets as they are (tag x) and hands back the status of what is answered to them: BAD, NO, OK, BYE, closed, silent."""
    deadline = time.monotonic() + seconds
    try:
        session.write(raw)
    except Closed:
        return "closed"
    while True:
        try:
            got = session.response(deadline)
        except Closed:
            return "BYE" if session.said_bye else "closed"
        except Silent:
            return "silent"
        if isinstance(got, tuple):
            return "+" if got[0] == "+" else got[1].split(" ")[0].upper()
        if got.kind == "BAD":
            return "BAD"  # what has no tag that could be read


def each(target, session, rows, user="alice"):
    """Rows of (what, octets, statuses allowed); BYE ends a session, a new one takes its place."""
    r = target.report
    for what, raw, allowed in rows:
        got = asked(session, raw)
        r.check(f"{what} gets {allowed[0]}", got in allowed, got)
        goes_on = got not in ("BYE", "closed", "silent") and alive(session)
        if got in allowed and got not in ("BYE", "closed"):
            r.check("and the session goes on", goes_on)
        if not goes_on:
            session.close()
            session = target.gateway.imap(user, "plain")
            if user:
                session.select("INBOX")
    return session


def commands(target):
    r, no = target.report, ("BAD", "NO")
    before = each(target, target.gateway.imap(security="plain"), [
        ("an unknown command", b"x FROB\r\n", no), ("SELECT before login", b"x SELECT INBOX\r\n", no), ("no command", b"x\r\n", (*no, "BYE")),
        ("FETCH before login", b"x FETCH 1 FLAGS\r\n", no), ("a tag with +", b"+x NOOP\r\n", no),
        ("LOGIN without arguments", b"x LOGIN\r\n", (*no, "BYE"))], user=None)
    before.logout()

    session = target.gateway.imap("alice", "plain")
    got = asked(session, b"x FETCH 1 FLAGS\r\n")
    r.check("FETCH before SELECT gets BAD", got in ("BAD", "NO"), got)
    session.select("INBOX")
    session = each(target, session, [
        ("NUL in a command", b"x NOOP \0\r\n", ("BAD",)), ("a bare CR", b"x NOOP a\rb\r\n", ("BAD",)),
        ("8-bit in an atom", b"x SELECT \xff\xfe\r\n", ("BAD", "NO")), ("an open quoted string", b'x SELECT "INBOX\r\n', ("BAD",)),
        ("an open parenthesis", b"x FETCH 1 (FLAGS\r\n", ("BAD",)), ("a sequence of nothing", b"x FETCH , FLAGS\r\n", ("BAD",)),
        ("sequence number 0", b"x FETCH 0 FLAGS\r\n", ("BAD",)), ("a number of thirty digits", b"x FETCH " + b"9" * 30 + b" FLAGS\r\n", ("BAD",)),
        ("an unknown item", b"x FETCH 1 FROB\r\n", ("BAD",)), ("an unknown section", b"x FETCH 1 BODY[FROB]\r\n", ("BAD",)),
        ("an unknown search key", b"x SEARCH FROB\r\n", ("BAD", "NO")), ("an unknown charset", b"x SEARCH CHARSET KLINGON-8 SUBJECT x\r\n", ("NO", "BAD")),
        ("a broken date", b"x SEARCH SINCE 99-Foo-2026\r\n", ("BAD", "NO")), ("LOGIN when logged in", b"x LOGIN a b\r\n", ("BAD", "NO")),
        ("a mailbox that is not there", b"x STATUS Nowhere (MESSAGES)\r\n", ("NO",)), ("broken modified UTF-7", b'x CREATE "&broken"\r\n', ("NO", "BAD", "OK")),
        ("parentheses a thousand deep", b"x SEARCH " + b"(" * 1000 + b"ALL" + b")" * 1000 + b"\r\n", ("BAD", "NO", "OK", "BYE")),
        ("a line of 9,000 octets", b"x NOOP " + b"y" * 9_000 + b"\r\n", ("BAD",)),
        ("a set of 20,000 numbers", b"x UID FETCH " + b",".join(b"%d" % n for n in range(1, 40_000, 2)) + b" (FLAGS)\r\n", ("OK", "BAD", "BYE")),
        ("a line of ten million octets", b"x NOOP " + b"y" * 10_000_000 + b"\r\n", ("BYE", "closed", "BAD")),
    ])
    session.logout()


def literals(target):
    r = target.report
    session = target.gateway.imap("alice", "plain")
    session.select("INBOX")
    session = each(target, session, [
        ("a literal without a size", b"x APPEND INBOX {}\r\n", ("BAD",)), ("a negative size", b"x APPEND INBOX {-1}\r\n", ("BAD",)),
        ("a size of thirty digits", b"x APPEND INBOX {" + b"9" * 30 + b"}\r\n", ("BAD", "NO", "BYE")),
        ("a message above the limit", b"x APPEND INBOX {99999999}\r\n", ("NO", "BAD")),
        ("a mailbox name of 10 MB", b"x SELECT {10000000}\r\n", ("BAD", "NO", "BYE")),
        ("a literal+ of 100 MB announced for a name", b"x SELECT {100000000+}\r\n", ("BAD", "NO", "BYE", "closed")),
        ("NUL in a literal", b"x APPEND INBOX {20+}\r\nSubject: x\r\n\r\na\0bcd\r\n\r\n", ("BAD", "NO", "OK", "BYE")),
    ])
    got = asked(session, b"x APPEND INBOX {%d+}\r\n" % (target.size + 200_000) + b"x" * (target.size + 200_000) + b"\r\n")
    r.check("an announced and sent literal+ above the limit gets NO, or BYE", got in ("NO", "BAD", "BYE", "closed"), got)
    if got in ("NO", "BAD"):
        r.check("and the session goes on", alive(session))
    session.close()
    session = target.gateway.imap("alice", "plain")
    got = session.command("APPEND", "Nowhere", b"Subject: x\r\n\r\nx")
    r.check("APPEND to a mailbox that is not there gets NO [TRYCREATE]", (got.status, got.code) == ("NO", "TRYCREATE"), got)
    session.send("APPEND", "INBOX", "{50}")
    session.response(time.monotonic() + 10)
    session.close()
    r.check("a client that leaves in the middle of a literal leaves nothing behind", target.still_served())


def authentication(target):
    r = target.report
    plain = base64.b64encode(f"\0alice@one.test\0{PASSWORD}".encode())
    session = each(target, target.gateway.imap(security="plain"), [
        ("bad base64", b"x AUTHENTICATE PLAIN !!!\r\n", ("BAD", "NO")), ("an unknown mechanism", b"x AUTHENTICATE FROB\r\n", ("NO", "BAD")),
        ("PLAIN without NULs", b"x AUTHENTICATE PLAIN YWJj\r\n", ("NO", "BAD")),
        ("a wrong password", b"x LOGIN alice@one.test wrong\r\n", ("NO",)),
        ("an account that is not there", b"x LOGIN nobody@one.test wrong\r\n", ("NO",))], user=None)
    lines = [line for line in target.gateway.log_text().splitlines() if " login.failed peer=127.0.0.1 " in line]
    r.check("the log tells both logins by their address, and no name that is no account", len(lines) >= 2 and "nobody" not in "".join(lines), lines)
    r.equal("a dialogue is offered", asked(session, b"x AUTHENTICATE PLAIN\r\n"), "+")
    got = asked(session, b"*\r\n")
    r.check("'*' ends it: BAD", got in ("BAD", "NO"), got)
    r.equal("a dialogue is offered again", asked(session, b"x AUTHENTICATE PLAIN\r\n"), "+")
    got = asked(session, b"%%%\r\n")
    r.check("bad base64 in it: BAD", got in ("BAD", "NO"), got)
    r.equal("after all that, the right password is taken", asked(session, b"x AUTHENTICATE PLAIN " + plain + b"\r\n"), "OK")
    session.logout()


def injection(target):
    session = target.gateway.imap(security="plain")
    session.write(b"a STARTTLS\r\nb NOOP\r\n")
    tags = []
    try:
        while len(tags) < 2:
            got = session.response(time.monotonic() + 2)
            tags += [got[0]] if isinstance(got, tuple) else []
    except (Silent, Closed):
        pass
    target.report.check("a command behind STARTTLS is not answered in plain", "b" not in tags, tags)
    session.close()
    with target.gateway.imap("alice", "starttls") as session:
        target.report.check("STARTTLS still works", alive(session))


def nested(depth, leaf=b"Content-Type: text/plain\r\n\r\ndeep\r\n"):
    """A multipart in a multipart in a ...; built from the outside in, so that it stays small."""
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return head + leaf + b"".join(b"\r\n--b%d--\r\n" % n for n in reversed(range(depth)))


def hostile_mails(target):
    """By SMTP and by APPEND: taken, or refused with a 5xx; what is taken can be fetched like any other."""
    r = target.report
    message = b"Content-Type: message/rfc822\r\n\r\n"
    rows = [("multiparts 20 deep", nested(20)), ("multiparts 1,000 deep", nested(1_000)), ("multiparts 10,000 deep", nested(10_000)),
            ("messages 2,000 deep", message * 2_000 + b"Subject: x\r\n\r\nx"),
            ("20,000 parts", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20_000 + b"--b--\r\n"),
            ("an unknown charset", b"Content-Type: text/plain; charset=\"no such thing\"\r\n\r\n\x80\xff\r\n"),
            ("a broken base64 body", b"Content-Transfer-Encoding: base64\r\n\r\n=!not base64!=\r\n"),
            ("a To of 5,000 addresses", b"To: " + b",\r\n ".join(b"a%d@legacy.test" % n for n in range(5_000)) + b"\r\n\r\nx\r\n"),
            ("comments 5,000 deep", b"From: " + b"(" * 5_000 + b")" * 5_000 + b" a@legacy.test\r\n\r\nx\r\n"),
            ("a field of 100,000 octets", b"Subject: " + b"x" * 900 + b"\r\n " + (b"y" * 900 + b"\r\n ") * 110 + b"z\r\n\r\nx\r\n")]
    with target.gateway.imap("alice", timeout=60) as session:
        for what, data in rows:
            message_id = new_id("hostile.test")
            data = f"Message-ID: <{message_id}>\r\n".encode() + data
            taken = taken_by_smtp(target, data)
            r.check(f"{what}: taken, or refused with a 5xx", taken is True or 500 <= taken < 600, taken)
            if taken is True:
                eventually(lambda: session.with_message_id("INBOX", message_id))
                uids = session.with_message_id("INBOX", message_id)
                row = session.fetch(uids, "(ENVELOPE BODYSTRUCTURE RFC822.SIZE BODY.PEEK[])").get(uids[0], {}) if uids else {}
                r.check("it can be fetched, as it was", row.get("BODY[]", b"").endswith(data) and len(row["ENVELOPE"]) == 10, str(row)[:200])
            answer = session.command("APPEND", "Drafts", data)
            r.check("APPEND takes it or says NO", answer.status in ("OK", "NO"), answer)
            r.check("and the session goes on", alive(session))


def taken_by_smtp(target, data):
    try:
        deliver(target.gateway.at("smtp"), "carol@legacy.test", ["alice@one.test"], data)
        return True
    except Exception as error:
        return getattr(error, "smtp_code", 0)
