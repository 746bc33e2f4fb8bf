"""bad_smtp: hostile and broken SMTP clients. RFC 5321, 2920, 3207, 4954."""
import base64

from harness import PASSWORD, Closed, Silent, eventually
from mails import mail, new_id

MAIL, RCPT = "MAIL FROM:<carol@legacy.test>", "RCPT TO:<alice@one.test>"


def alive(link):
    """NOOP gets 250, and is not answered by what came before it."""
    return link.code("NOOP") == 250 and link.quiet()


def commands(target):
    r, link = target.report, target.smtp()
    for what, line, codes in (
            ("an unknown command", "FROB x", (500, 502)), ("an empty line", "", (500,)), ("RCPT before MAIL", RCPT, (503,)),
            ("DATA before MAIL", "DATA", (503,)), ("MAIL without an argument", "MAIL", (500, 501)),
            ("MAIL with a broken path", "MAIL FROM:carol@@legacy<", (501, 553)), ("an unknown parameter", MAIL + " FOO=1", (555, 501, 504)),
            ("SIZE that is no number", MAIL + " SIZE=many", (501,)), ("a SIZE above the limit", MAIL + " SIZE=99999999", (552,)),
            ("NUL in a command", b"MAIL FROM:<a\0b@legacy.test>", (500, 501)), ("8-bit in HELO", b"HELO \xff\xfe", (500, 501, 250)),
            ("a bare CR in a command", b"NOOP a\rb", (500, 501)),
            ("VRFY", "VRFY alice", (252, 502, 550)), ("BDAT before RCPT", "BDAT 0 LAST", (503,)),
            ("AUTH without TLS on the MX port", "AUTH NTLM", (500, 502, 503, 504, 530, 538))):
        try:
            got = link.code(line)
            r.check(f"{what} gets {codes[0]}", got in codes, got)
            if not r.check("and the session goes on", alive(link)):
                link = target.smtp()
        except (Closed, Silent) as error:
            r.check(f"{what} gets {codes[0]}, and the session goes on", False, repr(error))
            link = target.smtp()
    link.write(b"NOOP a\n")  # a client that ends its lines so waits for an answer
    r.check("a line that ends with a bare LF gets 500", link.reply()[0] == 500)
    r.check("and the session goes on", alive(link))
    got = link.code("NOOP " + "x" * 3000)
    r.check("a line of 3,000 octets gets a 5xx or 250", got in (250, 500, 501), got)
    link.write(b"NOOP " + b"x" * 200_000 + b"\r\n")
    r.check("a line of 200,000 octets gets 500, then 221, or the session goes on", too_long(link), "")
    link = target.smtp()
    r.check("wrong states: RCPT after RCPT's transaction was reset", [link.code(c) for c in (MAIL, RCPT, "RSET", RCPT)] == [250, 250, 250, 503])
    got = [link.code(c) for c in (MAIL, "RCPT TO:<nobody@one.test>", "RCPT TO:<x@elsewhere.test>", "RCPT TO:<alice%elsewhere.test@one.test>")]
    r.check("unknown users and other domains are refused for good", got[0] == 250 and all(c in (550, 551, 553, 554) for c in got[1:]), got)
    r.check("a dozen unknown commands end in an error each, or in 421", a_dozen(link))
    link.close()


def too_long(link):
    try:
        code, _ = link.reply()
        if code == 421:
            return True
        return code in (500, 554) and alive(link)
    except Closed:
        return True


def a_dozen(link):
    try:
        for _ in range(12):
            code = link.code("FROB")
            if code == 421:
                return True
            if code not in (500, 502):
                return False
    except Closed:
        return False
    return alive(link)


def send(link, octets, recipient=RCPT):
    """The reply to DATA's end; octets go as they are, with CRLF.CRLF behind."""
    for line in (MAIL, recipient):
        code = link.code(line)
        if code != 250:
            return code
    code = link.code("DATA")
    if code != 354:
        return code
    link.write(octets + b"\r\n.\r\n")
    return link.reply()[0]


def octets(target):
    r, link = target.report, target.smtp()
    for what, data in (("NUL", b"Subject: x\r\n\r\na\0b"), ("a bare CR", b"Subject: x\r\n\r\na\rb"), ("a bare LF", b"Subject: x\r\n\r\na\nb"),
                       ("a bare LF in the header", b"Subject: x\nFrom: y\r\n\r\nb"), ("CR CR LF", b"Subject: x\r\n\r\na\r\r\nb")):
        got = send(link, data)
        r.check(f"{what} is refused with a 5xx", 500 <= got < 600, got)
        r.check("and the session goes on", alive(link))
    for what, data in (("8-bit without BODY=8BITMIME", b"Subject: x\r\n\r\n\xff"), ("a mail without a header", b"\r\nbody"),
                       ("an empty mail", b""), ("an unknown charset", b"Content-Type: text/plain; charset=klingon-8\r\n\r\n\xe0\xe1"),
                       ("an encoded word of an unknown charset", b"Subject: =?klingon-8?q?=e0?=\r\n\r\nx")):
        got = send(link, data)
        r.check(f"{what} is taken", got == 250, got)
    around = b"".join(b"Received: by mx%d.test; Mon, 23 Nov 2026 06:48:00 +0000\r\n" % n for n in range(51))
    mark = b"X-Email2-Delivered: by=one.test; to=" + RCPT.encode().partition(b"<")[2].partition(b">")[0] + b"\r\n"
    for what, header in (("a mail that went around fifty servers", around), ("a mail that we sent to this very address before", mark)):
        got = send(link, header + b"Subject: loop\r\n\r\nx")
        r.check(f"{what} is refused: 554", got == 554, got)
        r.check("and the session goes on", alive(link))
    link.close()


def smuggling(target):
    """Only CRLF.CRLF ends a mail; nothing that another server might take for it does."""
    r = target.report
    for what, end in (("LF.LF", b"\n.\n"), ("LF.CRLF", b"\n.\r\n"), ("CR.CR", b"\r.\r"), ("CRLF.LF", b"\r\n.\n"), ("CR.CRLF", b"\r.\r\n")):
        link, inner = target.smtp(), new_id("smuggled.test")
        link.code(MAIL), link.code(RCPT), link.code("DATA")
        link.write(b"Subject: outer\r\n\r\nx" + end + b"MAIL FROM:<evil@one.test>\r\nRCPT TO:<alice@one.test>\r\nDATA\r\n"
                   b"Message-ID: <" + inner.encode() + b">\r\n\r\nevil\r\n.\r\n")
        code, _ = link.reply()
        r.check(f"{what} ends no mail: one refusal", 500 <= code < 600 and alive(link), code)
        link.close()
        with target.gateway.imap("alice") as session:
            r.check("and nothing is smuggled", not session.with_message_id("INBOX", inner))


def too_much(target):
    r, link = target.report, target.smtp()
    got = send(link, b"Subject: big\r\n\r\n" + (b"x" * 76 + b"\r\n") * (target.size // 70))
    r.equal("a mail above limits.message_size gets 552", got, 552)
    r.check("and the session goes on", alive(link))
    got = send(link, b"Subject: long line\r\n\r\n" + b"x" * 100_000)
    r.check("a text line of 100,000 octets is taken or refused with a 5xx", got == 250 or 500 <= got < 600, got)
    r.check("and the session goes on", alive(link))
    got = send(link, b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\nbody")
    r.check("20,000 header fields are taken or refused with a 5xx", got == 250 or 500 <= got < 600, got)
    got = send(link, b"Received: from a by b; Mon, 23 Nov 2026 10:00:00 +0000\r\n" * 60 + b"Subject: loop\r\n\r\nx")
    r.equal("60 Received fields are a loop: 554", got, 554)
    link.close()
    ten_thousand(target)
    bdat(target)


def ten_thousand(target):
    r, link = target.report, target.smtp()
    link.code(MAIL)
    codes = {}
    for start in range(0, 10_000, 500):
        try:
            link.write("".join(f"RCPT TO:<alice+{n}@one.test>\r\n" for n in range(start, start + 500)).encode())
            for _ in range(500):
                code = link.reply()[0]
                codes[code] = codes.get(code, 0) + 1
        except Closed:
            break
    r.check("ten thousand recipients: some are taken, the rest are told 452 (or 421)", codes.get(250) and set(codes) <= {250, 452, 421}
            and codes.get(250) < 10_000, codes)
    if 421 not in codes:
        r.check("and the session goes on", alive(link))
    link.close()


def bdat(target):
    r, link = target.report, target.smtp()
    for what, line in (("no size", "BDAT"), ("a size that is no number", "BDAT x LAST"), ("a size of twenty digits", "BDAT 99999999999999999999 LAST")):
        link.code("RSET"), link.code(MAIL), link.code(RCPT)
        try:
            got = link.code(line)
            r.check(f"BDAT with {what} gets a 5xx or 421", 500 <= got < 600 or got == 421, got)
        except Closed:
            r.check(f"BDAT with {what} gets a reply", False, "closed")
        link.close()
        link = target.smtp()
    link.code(MAIL), link.code(RCPT)
    body = b"Subject: chunk\r\n\r\na\0b\r\n"
    link.write(b"BDAT %d LAST\r\n" % len(body) + body)
    code = link.reply()[0]
    r.check("NUL in a chunk is refused with a 5xx", 500 <= code < 600, code)
    r.check("and the session goes on", alive(link))
    link.close()


def authentication(target):
    r = target.report
    link = target.smtp("submission")
    plain = base64.b64encode(f"\0alice@one.test\0{PASSWORD}".encode()).decode()
    wrong = base64.b64encode(b"\0alice@one.test\0wrong").decode()
    for what, line, codes in (("bad base64", "AUTH PLAIN !!!", (501,)), ("half a base64 group", "AUTH PLAIN abc", (501, 535)),
                              ("an unknown mechanism", "AUTH FROB", (504, 501)), ("PLAIN without NULs", "AUTH PLAIN YWJj", (501, 535)),
                              ("MAIL before AUTH", MAIL, (530,)), ("a wrong password", "AUTH PLAIN " + wrong, (535,))):
        got = link.code(line)
        r.check(f"{what} gets {codes[0]}", got in codes, got)
        r.check("and the session goes on", alive(link))
    r.equal("a dialogue is offered", link.code("AUTH PLAIN"), 334)
    r.check("'*' ends it: 501", link.code("*") == 501, "")
    r.equal("a dialogue is offered again", link.code("AUTH LOGIN"), 334)
    got = link.code("?")
    r.check("bad base64 in it: 501", got == 501, got)
    got = link.code("AUTH PLAIN " + plain)
    r.equal("after all that, the right password is taken", got, 235)
    r.equal("AUTH a second time: 503", link.code("AUTH PLAIN " + plain), 503)
    got = [link.code(c) for c in ("MAIL FROM:<bob@one.test>", RCPT, "DATA")]
    _, data = mail("bob@one.test", ["alice@one.test"], "forged", "x\n")
    if got[-1] == 354:
        link.write(data + b"\r\n.\r\n")
        got.append(link.reply()[0])
    r.check("a From that the account may not use is refused: 550", 550 in got or 553 in got, got)
    link.close()
    for what, fields in (("a second author", "From: alice@one.test, boss@big.test"), ("a second From", "From: alice@one.test\r\nFrom: boss@big.test"),
                         ("a group with somebody else", "From: Us: alice@one.test, bob@one.test;")):
        with target.gateway.submission("alice") as link:
            got = link.transaction("alice@one.test", ["bob@one.test"], f"{fields}\r\nSubject: x\r\n\r\nx\r\n".encode())
        r.check(f"{what} in From is refused: 550", got[-1][0] == 550, got)


def injection(target):
    """What was sent in plain behind STARTTLS is never taken for encrypted. RFC 3207 4.2."""
    r = target.report
    for service in ("smtp", "submission"):
        link = target.smtp(service)
        link.write(b"STARTTLS\r\nNOOP injected\r\n")
        got = [link.reply()[0]]
        try:
            got.append(link.reply(timeout=2)[0])
        except (Silent, Closed) as end:
            got.append(type(end).__name__)
        r.check(f"{service}: a command behind STARTTLS is not answered in plain as one after it", 250 not in got, got)
        link.close()
    r.check("STARTTLS still works", eventually(lambda: target.gateway.submission("alice").noop()[0] == 250))
