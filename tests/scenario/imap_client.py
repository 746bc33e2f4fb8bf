"""imap_client: an IMAP client for tests: every response as a value, IDLE with a deadline, literals of any bytes. RFC 3501, 2177.

Plain and small on purpose: what the server says is kept as it is (Response.raw), nothing is repaired.
"""
import re
import socket
import ssl
import time

STATUS = ("OK", "NO", "BAD", "BYE", "PREAUTH")


class Refused(Exception):
    """The server answered NO or BAD to a command that had to succeed."""


class Closed(Exception):
    """The server closed the connection."""


class Silent(Exception):
    """The server did not answer within the deadline."""


def unverified():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def parse_tokens(text, literals):
    """Atoms and quoted strings as str, literals as bytes, NIL as None, parentheses as lists."""
    stack, i = [[]], 0
    while i < len(text):
        c = text[i]
        if c == " ":
            i += 1
        elif c == "(":
            stack.append([])
            i += 1
        elif c == ")":
            done = stack.pop()
            stack[-1].append(done)
            i += 1
        elif c == '"':
            found = re.compile(r'"((?:[^"\\]|\\.)*)"').match(text, i)
            stack[-1].append(re.sub(r"\\(.)", r"\1", found.group(1)))
            i = found.end()
        elif c == "\0":
            end = text.index("\0", i + 1)
            stack[-1].append(literals[int(text[i + 1:end])])
            i = end + 1
        else:
            start = i
            while i < len(text) and text[i] not in ' ()"\0':
                i = text.index("]", i) + 1 if text[i] == "[" else i + 1
            atom = text[start:i]
            stack[-1].append(None if atom.upper() == "NIL" else atom)
    return stack[0]


class Response:
    """One untagged response."""

    def __init__(self, raw, literals):
        self.raw, self.number, self.code, self.text, self.data = raw, None, None, "", []
        first, _, rest = raw.partition(" ")
        if first.isdigit():
            self.number = int(first)
            first, _, rest = rest.partition(" ")
        self.kind = first.upper()
        if self.kind in STATUS:
            self.code, self.text = split_code(rest)
        else:
            self.data = parse_tokens(rest, literals)

    def __repr__(self):
        return f"<* {self.raw[:120]!r}>"


def split_code(text):
    found = re.match(r"\[([^\]]*)\] ?(.*)", text)
    return (found.group(1), found.group(2)) if found else (None, text)


class Answer:
    """What a command got: status, response code, text, and the untagged responses before it."""

    def __init__(self, status, code, text, untagged):
        self.status, self.code, self.text, self.untagged = status, code, text, untagged
        self.ok = status == "OK"

    def all(self, kind):
        return [r for r in self.untagged if r.kind == kind]

    def __repr__(self):
        return f"<{self.status} [{self.code}] {self.text!r}>"


class Imap:
    def __init__(self, address, user=None, password=None, security="tls", timeout=20):
        self.timeout = timeout
        self.sock = socket.create_connection(address, timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.count = 0
        self.exists = 0
        self.box = None
        self.said_bye = False
        if security == "tls":
            self.sock = unverified().wrap_socket(self.sock)
        self.greeting = self.response(time.monotonic() + timeout)
        if security == "starttls":
            self.must("STARTTLS")
            self.sock = unverified().wrap_socket(self.sock)
        if user:
            self.must("LOGIN", quoted(user), quoted(password))

    # --- the wire
    def fill(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise Silent("no answer in time")
        self.sock.settimeout(left)
        try:
            got = self.sock.recv(262144)
        except (TimeoutError, socket.timeout):
            raise Silent("no answer in time") from None
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed(str(error)) from None
        if not got:
            raise Closed("end of file")
        self.buffer += got

    def line(self, deadline):
        while b"\r\n" not in self.buffer:
            self.fill(deadline)
        got, self.buffer = self.buffer.split(b"\r\n", 1)
        return got

    def octets(self, size, deadline):
        parts, have = [], 0
        while have < size:
            if not self.buffer:
                self.fill(deadline)
            piece, self.buffer = self.buffer[:size - have], self.buffer[size - have:]
            parts.append(piece)
            have += len(piece)
        return b"".join(parts)

    def logical_line(self, deadline):
        text, literals = "", []
        while True:
            part = self.line(deadline).decode("latin-1")
            found = re.search(r"~?\{(\d+)\}$", part)
            if not found:
                return text + part, literals
            literals.append(self.octets(int(found.group(1)), deadline))
            text += part[:found.start()] + f"\0{len(literals) - 1}\0"

    def response(self, deadline):
        """The next response: a Response for '*', (tag, rest) for others ('+' included)."""
        text, literals = self.logical_line(deadline)
        tag, _, rest = text.partition(" ")
        if tag != "*":
            return tag, rest
        got = Response(rest, literals)
        if got.kind == "EXISTS":
            self.exists = got.number
        elif got.kind == "BYE":
            self.said_bye = True
        elif got.kind == "EXPUNGE":
            self.exists -= 1
        return got

    def write(self, data):
        self.sock.settimeout(self.timeout)
        try:
            self.sock.sendall(data)
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed(str(error)) from None

    # --- commands
    def send(self, *pieces):
        """Sends a command; str pieces as they are, bytes as LITERAL+ literals. Hands back its tag."""
        self.count += 1
        tag = f"a{self.count}"
        out = tag.encode()
        for piece in pieces:
            out += b" " + (b"{%d+}\r\n" % len(piece) + piece if isinstance(piece, bytes) else piece.encode())
        self.write(out + b"\r\n")
        return tag

    def answer(self, tag, timeout=None):
        deadline, untagged = time.monotonic() + (timeout or self.timeout), []
        while True:
            got = self.response(deadline)
            if isinstance(got, Response):
                untagged.append(got)
            elif got[0] == tag:
                status, _, rest = got[1].partition(" ")
                code, text = split_code(rest)
                return Answer(status.upper(), code, text, untagged)
            else:
                raise AssertionError(f"unexpected {got}")

    def command(self, *pieces, timeout=None):
        return self.answer(self.send(*pieces), timeout)

    def must(self, *pieces, timeout=None):
        got = self.command(*pieces, timeout=timeout)
        if not got.ok:
            raise Refused(f"{pieces[0]} {pieces[1] if len(pieces) > 1 else ''}: {got}")
        return got

    def select(self, box="INBOX", verb="SELECT"):
        got = self.must(verb, quoted(box))
        self.box = box
        self.uid_validity = next((int(r.code.split()[1]) for r in got.all("OK") if (r.code or "").startswith("UIDVALIDITY")), None)
        return got

    def refresh(self, box):
        """Selects the box, or asks for news when it is selected already."""
        if self.box == box:
            self.must("NOOP")
        else:
            self.select(box)

    def uids(self, box, *criteria):
        self.refresh(box)
        got = self.must("UID SEARCH", *(criteria or ("ALL",)))
        return sorted(int(n) for r in got.all("SEARCH") for n in r.data)

    def with_message_id(self, box, message_id):
        """UIDs in the box of the mails with exactly this Message-ID (without brackets)."""
        return self.uids(box, "HEADER", "MESSAGE-ID", quoted(f"<{message_id}>"))

    def fetch(self, uids, items):
        """{uid: {ITEM: value}} by UID FETCH."""
        if isinstance(uids, (list, tuple, set)):
            uids = ",".join(map(str, uids))
        if not uids:
            return {}
        found = {}
        for r in self.must("UID FETCH", str(uids), items).all("FETCH"):
            pairs = r.data[0]
            row = {pairs[i].upper(): pairs[i + 1] for i in range(0, len(pairs) - 1, 2)}
            if "UID" in row:
                found.setdefault(int(row["UID"]), {}).update(row)
        return found

    def octets_of(self, uid):
        row = self.fetch(uid, "(BODY.PEEK[])").get(uid, {})
        body = row.get("BODY[]")
        return body.encode("latin-1") if isinstance(body, str) else body

    def field(self, uid, item):
        """One FETCH item; a list of one (EMAILID, THREADID) is unwrapped."""
        got = self.fetch(uid, f"({item})").get(uid, {}).get(item.upper())
        return got[0] if isinstance(got, list) and len(got) == 1 else got

    def flags(self, uid):
        return set(self.fetch(uid, "(FLAGS)").get(uid, {}).get("FLAGS") or [])

    def append(self, box, data, flags="", date="", timeout=None):
        pieces = [p for p in (f"({flags})" if flags else "", f'"{date}"' if date else "") if p]
        return self.must("APPEND", quoted(box), *pieces, data, timeout=timeout)

    # --- IDLE
    def idle(self):
        tag = self.send("IDLE")
        while True:
            got = self.response(time.monotonic() + self.timeout)
            if not isinstance(got, Response):
                if got[0] != "+":
                    raise Refused(f"IDLE: {got}")
                break
        self.idle_tag, self.idle_news = tag, []

    def idle_until(self, condition, seconds=15):
        """Reads news until the condition on all news so far holds; hands back whether it did."""
        deadline = time.monotonic() + seconds
        while not condition(self.idle_news):
            try:
                got = self.response(deadline)
            except Silent:
                return False
            if isinstance(got, Response):
                self.idle_news.append(got)
        return True

    def done(self):
        self.write(b"DONE\r\n")
        return self.answer(self.idle_tag)

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass

    def logout(self):
        try:
            self.command("LOGOUT", timeout=5)
        except (Closed, Silent):
            pass
        self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.logout()


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
