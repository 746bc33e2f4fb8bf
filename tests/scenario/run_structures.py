#!/usr/bin/env python3
"""run_structures: mails as tangled as Zawinski's torture mails, taken apart by a stock Dovecot and by the gateway. RFC 2046, RFC 9051 7.5.2.

Those mails themselves may not be passed on. These have the same structures (multiparts and messages within each other, digests, parts without
header, body or end, text around them, boundaries that begin like others), drawn by a fixed seed; what they consist of, to the octet and the
line, is what Dovecot says. Without Dovecot nothing is compared.
"""
import random

from harness import Gateway, run, state_folder
from legacy import LegacyWorld

SEED, MAILS, DEEPEST = 2046, 153, 5
LINE = "\r\n"


class Tangle:
    """One mail after another, each as deep and as broken as its number draws."""

    def __init__(self, number):
        self.draw, self.boundaries = random.Random(SEED * 1000 + number), 0

    def mail(self):
        head = ["From: a@one.test", "To: b@one.test", f"Subject: {self.words(3)}", "Date: Mon, 23 Nov 2026 06:48:00 +0000", "MIME-Version: 1.0"]
        fields, body = self.part(0, "text/plain")
        return (LINE.join(head + fields) + LINE + LINE + body).encode()

    def part(self, depth, default):
        """(its Content-* fields, its body)"""
        kinds = ["text"] * 3 + ["octets", "nothing", "external"]
        if depth < DEEPEST:
            kinds += ["multipart"] * (6 if depth < 2 else 2) + ["message"] * 2
        return getattr(self, self.draw.choice(kinds))(depth, default)

    def text(self, depth, default):
        kind = self.draw.choice(["plain", "html", "enriched", "x-unknown"])
        fields = [f"Content-Type: text/{kind};{LINE}\tcharset={self.draw.choice(['us-ascii', 'utf-8', 'iso-8859-1'])}"]
        if default == "text/plain" and self.draw.random() < 0.3:
            fields = []
        elif self.draw.random() < 0.3:
            fields += ["Content-Transfer-Encoding: quoted-printable", f"Content-Description: {self.words(2)}"]
        return fields, self.lines(0, 6)

    def octets(self, depth, default):
        name = f"{self.words(1)}.bin"
        fields = [f'Content-Type: {self.draw.choice(["image/gif", "audio/basic", "application/octet-stream"])}; name="{name}"',
                  "Content-Transfer-Encoding: base64", f'Content-Disposition: attachment; filename="{name}"', f"Content-ID: <{self.words(1)}@x>"]
        return fields, LINE.join("QUJD" * self.draw.randint(1, 18) for _ in range(self.draw.randint(1, 4))) + self.draw.choice(["", LINE])

    def nothing(self, depth, default):
        return ["Content-Type: application/x-empty"], ""

    def external(self, depth, default):
        return ['Content-Type: message/external-body; access-type=local-file; name="/tmp/x"'], "Content-Type: image/gif" + LINE + LINE

    def message(self, depth, default):
        fields, body = self.part(depth + 1, "text/plain")
        head = [f"Subject: {self.words(2)}", "From: c@one.test"] if self.draw.random() < 0.8 else []
        return ["Content-Type: message/rfc822"], LINE.join(head + fields) + LINE + LINE + body

    def multipart(self, depth, default):
        kind = self.draw.choice(["mixed", "mixed", "alternative", "parallel", "related", "digest", "x-other"])
        self.boundaries += 1
        # Some begin like others: "b1", "b10"; some need quotes.
        boundary = self.draw.choice(["b{}", "b1{}", "--- {} ---x", "=_{}", "'{}:,"]).format(self.boundaries)
        inner = "message/rfc822" if kind == "digest" else "text/plain"
        body = self.lines(0, 2) + LINE if self.draw.random() < 0.5 else ""
        for _ in range(self.draw.randint(1, 4)):
            if kind == "digest" and self.draw.random() < 0.8:
                fields, content = self.message(depth + 1, inner)
                fields = [] if self.draw.random() < 0.7 else fields
            else:
                fields, content = self.part(depth + 1, inner)
            head = LINE.join(fields) + LINE if fields else ""
            body += f"--{boundary}{self.draw.choice(['', '', ' ', chr(9)])}{LINE}{head}{LINE}{content}{LINE}"
        if self.draw.random() < 0.85:
            body += f"--{boundary}--" + (LINE + self.lines(0, 2) if self.draw.random() < 0.5 else "")
        return [f'Content-Type: multipart/{kind};{LINE} boundary="{boundary}"'], body

    def words(self, n):
        return " ".join(self.draw.choice(["alpha", "beta", "gamma", "delta", "x-y", "boundary", "--b1"]) for _ in range(n)).replace("--b1", "b1--")

    def lines(self, least, most):
        kinds = [lambda: self.words(self.draw.randint(1, 9)), lambda: "", lambda: "-- ", lambda: "--", lambda: "--b", lambda: "  indented: text"]
        return LINE.join(self.draw.choice(kinds)() for _ in range(self.draw.randint(least, most)))


def leaves(structure, path=""):
    """Each section that can be asked for, with what it is."""
    if isinstance(structure[0], list):
        for n, child in enumerate((c for c in structure if isinstance(c, list) and c and isinstance(c[0], (list, str)) and is_part(c)), 1):
            yield from leaves(child, f"{path}{n}.")
        return
    yield path[:-1] or "1", structure
    if structure[0].lower() == "message" and structure[1].lower() == "rfc822":
        inner, path = structure[8], path or "1."
        yield from leaves(inner, path if isinstance(inner[0], list) else path + "1.")


def is_part(value):
    return isinstance(value[0], list) or (len(value) >= 7 and isinstance(value[1], str))


def ends_with_multipart(message):
    inner = message[8]
    return isinstance(inner[0], list) or (is_message(inner) and ends_with_multipart(inner))


def is_message(part):
    return isinstance(part[0], str) and (part[0].lower(), part[1].lower()) == ("message", "rfc822")


def settled(theirs, ours):
    """Dovecot's structure, as ours has it in the one point where they differ: the line end before a boundary is the boundary's (RFC 2046
    5.1.1), also where a message ends there whose last part is a multipart; Dovecot counts it as the message's. MimeKit's offsets of
    Zawinski's mails are as ours."""
    if not isinstance(theirs, list) or not isinstance(ours, list) or len(theirs) != len(ours):
        return theirs
    made = [settled(a, b) for a, b in zip(theirs, ours)]
    if made and len(made) > 9 and is_message(made) and ends_with_multipart(made) and int(theirs[6]) - int(ours[6]) == 2 and int(theirs[9]) - int(ours[9]) in (0, 1):
        made[6], made[9] = ours[6], ours[9]
    return made


def plain(value):
    """Without what servers may write in different ways: case."""
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value.decode("latin-1").lower() if isinstance(value, bytes) else value.lower() if isinstance(value, str) else value


class Reader:
    """One server's mailbox with all the mails."""

    def __init__(self, session, mails):
        self.session = session
        session.must("CREATE", "Tangles")
        for data in mails:
            if not session.append("Tangles", data).ok:
                raise AssertionError("APPEND")
        session.select("Tangles")
        self.uids = session.uids("Tangles")

    def structure(self, n):
        row = self.session.fetch(self.uids[n], "(RFC822.SIZE BODYSTRUCTURE)")[self.uids[n]]
        return int(row["RFC822.SIZE"]), row["BODYSTRUCTURE"]

    def octets(self, n, section):
        row = self.session.fetch(self.uids[n], f"(BODY.PEEK[{section}])")[self.uids[n]]
        body = next((v for k, v in row.items() if k.startswith("BODY[")), None)
        return body.encode("latin-1") if isinstance(body, str) else body or b""


def same(theirs, ours, part):
    return theirs == ours or (is_message(part) and ends_with_multipart(part) and theirs == ours + LINE.encode())


def compare(report, theirs, ours, mails):
    deepest, parts = 0, 0
    for n, data in enumerate(mails):
        size, structure = theirs.structure(n)
        our_size, our_structure = ours.structure(n)
        report.must(f"mail {n}: of one size", size == our_size == len(data), (size, our_size, len(data)))
        report.check(f"mail {n}: the same structure, types, octets and lines", plain(settled(structure, our_structure)) == plain(our_structure),
                     f"{plain(structure)}\n{plain(our_structure)}\n{data.decode()}")
        sections = [section for section, _ in leaves(our_structure)]
        parts += len(sections)
        deepest = max(deepest, max(section.count(".") for section in sections))
        wrong = [s for s, part in leaves(our_structure) for form in (s, s + ".MIME") if not same(theirs.octets(n, form), ours.octets(n, form), part)]
        report.check(f"mail {n}: {len(sections)} parts with the same octets", not wrong, (wrong, data.decode()))
    report.check("they were tangled", deepest >= 4 and parts > 3 * len(mails), (deepest, parts))


def structures(report):
    missing = LegacyWorld.missing()
    if missing:
        report.skip("the same structure as Dovecot's", missing)
        return
    folder = state_folder("structures")
    gateway = Gateway(folder).start()
    gateway.add_account("alice")
    world = LegacyWorld(folder).start(gateway.ports["smtp"])
    mails = [Tangle(n).mail() for n in range(MAILS)]
    report.step(f"{len(mails)} mails", lambda: compare(report, Reader(world.imap("alice"), mails), Reader(gateway.imap("alice"), mails), mails))
    world.stop()
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    run("structures", structures)
