"""bad_http: documents that the schema or XML itself forbids, and broken requests. email2.md "Over HTTP"."""
import base64
import select
import socket
import time

from harness import Http, PASSWORD, document, eventually

NS = 'xmlns="urn:email2:1"'
BODY = '<subject>s</subject><body><part type="text/plain">t</part></body>'


def documents(target):
    r, http = target.report, target.gateway.http("alice")
    good = http.publish(document("good", "text", [("bob@one.test", "to")]), "key-1")
    r.must("a good document is published", good.status == 201, good)
    again = http.publish(document("good", "text", [("bob@one.test", "to")]), "key-1")
    r.check("the same key again gives the first result", again.headers.get("Location") == good.headers.get("Location"), again)
    entities = "".join(f'<!ENTITY e{n} "&e{n - 1};&e{n - 1};&e{n - 1};&e{n - 1};">' for n in range(1, 20))
    for what, text in (
            ("a DOCTYPE", f'<!DOCTYPE message><message {NS}><to/>{BODY}</message>'),
            ("an external entity", f'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><message {NS}><to/><subject>&x;</subject></message>'),
            ("a billion laughs", f'<!DOCTYPE m [<!ENTITY e0 "ha">{entities}]><message {NS}><to/><subject>&e19;</subject></message>'),
            ("no XML", "hello"), ("nothing", ""), ("half a document", f"<message {NS}><to>"), ("another root", f"<frob {NS}/>"),
            ("no namespace", f"<message><to/>{BODY}</message>"), ("an unknown element", f"<message {NS}><frob/><to/>{BODY}</message>"),
            ("an unknown role", f'<message {NS}><to><entry address="bob@one.test" role="king"/></to>{BODY}</message>'),
            ("an address that is none", f'<message {NS}><to><entry address="not an address" role="to"/></to>{BODY}</message>'),
            ("two bodies", f"<message {NS}><to/>{BODY}{BODY}</message>"),
            ("elements 5,000 deep", f"<message {NS}><to/><subject/><body>" + "<part type='multipart/mixed'>" * 5_000),
            ("an unknown encoding", f'<?xml version="1.0" encoding="klingon-8"?><message {NS}/>'),
            ("NUL", f"<message {NS}><to/><subject>a\0b</subject></message>"),
            ("bytes that are no UTF-8", b"<message xmlns='urn:email2:1'><to/><subject>\xff\xfe</subject></message>")):
        started = time.monotonic()
        got = http.publish(text.encode() if isinstance(text, str) else text)
        r.check(f"{what} is refused as invalid", (got.status, got.error) == (400, "invalid"), got)
        r.check("at once", time.monotonic() - started < 5)
    name = good.headers["Location"].rsplit("/", 1)[1]
    got = http.request("PUT", "/v1/messages/" + name, document("x", "y"), {})
    r.check("an edit without If-Match is refused", got.status in (400, 409, 412, 428), got)
    got = http.request("POST", "/v1/messages/" + name + "/to", b"<!DOCTYPE change><change xmlns='urn:email2:1'/>")
    r.equal("a DOCTYPE in a change of the list is refused", (got.status, got.error), (400, "invalid"))
    got = http.request("PUT", "/v1/blobs/" + "0" * 64, b"these are not the octets")
    r.check("a blob that is not what its name says is refused", got.status == 400, got)


def requests(target):
    r, gateway = target.report, target.gateway
    http, nobody = gateway.http("alice"), Http(gateway.at("http"))
    r.equal("without authentication: 401", nobody.store(folder="INBOX").status, 401)
    r.equal("with a wrong password: 401", Http(gateway.at("http"), "alice@one.test", "x" + PASSWORD).store(folder="INBOX").status, 401)
    line = next((line for line in gateway.log_text().splitlines() if " login.failed " in line and "account=alice@one.test" in line), "")
    r.check("which the log tells, without the password", "peer=127.0.0.1" in line and PASSWORD not in line, line)
    r.equal("with broken Basic: 401", nobody.request("GET", "/v1/store?folder=INBOX", headers={"Authorization": "Basic %%%"}).status, 401)
    for what, verb, path, statuses in (
            ("an unknown path", "GET", "/v1/frob", (404,)), ("an unknown verb", "FROB", "/v1/messages", (400, 404, 405, 501)),
            ("a name that is none", "GET", "/v1/messages/nonsense", (400, 404)),
            ("a message that is not there", "GET", "/v1/messages/01930000-0000-7000-8000-000000000000%40one.test", (404,)),
            ("a path that climbs", "GET", "/v1/../../etc/passwd", (400, 404)), ("a broken percent sign", "GET", "/v1/messages/%zz", (400, 404)),
            ("a number that is none", "GET", "/v1/events?after=soon", (400,)), ("a folder that is not there", "GET", "/v1/store?folder=Nowhere", (404, 200)),
            ("an action token that is none", "GET", "/a/nonsense", (404, 400, 410))):
        got = http.request(verb, path)
        r.check(f"{what} gets {statuses[0]}", got.status in statuses, got)
    mine = http.publish(document("for alice alone", "secret"))
    name = mine.headers.get("Location", "").rsplit("/", 1)[-1]
    got = gateway.http("bob").request("GET", "/v1/messages/" + name)
    r.equal("what one may not see is not found", (got.status, got.error), (404, "not-found"))
    large = http.request("POST", "/v1/messages", b"<message xmlns='urn:email2:1'><to/><subject>" + b"x" * 3_000_000 + b"</subject></message>")
    r.check("a document above the limit: 413", large.status in (413, 400), large)
    for what, raw in (("no HTTP", b"\x16\x03\x01garbage\r\n\r\n"), ("a header of 1 MB", b"GET / HTTP/1.1\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n"),
                      ("a negative length", b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n"),
                      ("two lengths", b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")):
        got = raw_http(gateway.at("http"), raw)
        r.check(f"{what}: a 4xx, or the connection ends", got == b"" or got[9:10] == b"4", got[:60])
    r.check("the server goes on", eventually(lambda: http.store(folder="INBOX").status == 200))


GIGABYTE, PIECE = 1 << 30, 1 << 20
GROWTH = 150_000  # kB of memory that one document may cost: email2/limits.h has 32 MB of XML, 8 MB in one element


def peak(pid):
    """The most memory that a process ever had, kB."""
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))


def gigabyte(target):
    """1 GB of text in one element: announced, or piece after piece. Refused at the limit, in bounded memory."""
    r, gateway = target.report, target.gateway
    login = "Basic " + base64.b64encode(f"alice@one.test:{PASSWORD}".encode()).decode()
    begin = f'<message {NS}><to/><subject/><body><part type="text/plain">'.encode()
    for what, field in (("announced", f"Content-Length: {GIGABYTE}"), ("in chunks", "Transfer-Encoding: chunked")):
        before, sent, answer = peak(gateway.process.pid), 0, b""
        chunk = b"x" * PIECE if "Length" in field else f"{PIECE:x}\r\n".encode() + b"x" * PIECE + b"\r\n"
        first = begin if "Length" in field else f"{len(begin):x}\r\n".encode() + begin + b"\r\n"
        with socket.create_connection(gateway.at("http"), 30) as sock:
            try:
                sock.sendall(f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: {login}\r\n{field}\r\n\r\n".encode() + first)
                while sent < GIGABYTE and not select.select([sock], [], [], 0)[0]:
                    sock.sendall(chunk)
                    sent += PIECE
                answer = sock.recv(4096)
            except ConnectionError:
                pass
        r.check(f"1 GB {what} is refused: 413", answer.startswith(b"HTTP/1.1 413"), answer[:200])
        r.check(f"1 GB {what}: long before its end", sent < GIGABYTE // 4, sent)
        grown = peak(gateway.process.pid) - before
        r.check(f"1 GB {what} costs less than {GROWTH} kB", grown < GROWTH, f"{grown} kB")
    r.check("the server goes on", eventually(lambda: gateway.http("alice").store(folder="INBOX").status == 200))


def raw_http(address, data):
    with socket.create_connection(address, 10) as sock:
        try:
            sock.sendall(data)
            return sock.recv(4096)
        except ConnectionError:
            return b""
        except (TimeoutError, socket.timeout):
            return b"silence"
