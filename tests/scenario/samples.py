"""samples: every mail of the third parties' corpus as (name, octets), mboxes split; a few of our own where it is absent."""
import os
import re

from mails import SIGNED, SIGNED_TYPE, mail
from places import ROOT

# What lies beside the mails in the corpus: expectations, decoded attachments, DNS, licences.
NOT_MAIL = re.compile(r"LICENSE|README|_decoded_|/spf/|/encoders/|/size-\d$|\.rlug(-\d)?$|"
                      r"\.(json|yml|xml|out|tsv|dat|md|list|source|gitattributes|tnef|png|gif|jpe?g|tiff|webp|wav|exr|bmp|p[bgnp]m|ras|sgi|"
                      r"xbm|bin|uu|ntx|au|aif[cf]|b64|key|asc|pem)$", re.I)


def files(folder):
    for path, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            full = os.path.join(path, name)
            if not NOT_MAIL.search(full[len(folder):]) and os.path.getsize(full):
                yield full


def is_mbox(path, octets):
    return octets.startswith(b"From ") and ("mbox" in path.lower() or "mailbox" in path.lower())


def split(octets):
    """The mails of an mbox, without their From lines."""
    parts = re.split(rb"(?:(?<=\n\n)|(?<=\n\r\n)|\A)(?=From \S+ .*\d)", octets)
    return [mail for part in parts for mail in [part.partition(b"\n")[2] if part.startswith(b"From ") else part] if mail.strip()]


def from_corpus(folder):
    for path in files(folder):
        with open(path, "rb") as f:
            octets = f.read()
        name = os.path.relpath(path, folder)
        if is_mbox(path, octets):
            yield from ((f"{name}#{n}", part) for n, part in enumerate(split(octets), 1))
        else:
            yield name, octets


def own():
    """Small samples of this project: its MIME samples where they are, and mails of the usual and the unusual shapes."""
    folder = os.path.join(ROOT, "tests", "mime", "samples")
    if os.path.isdir(folder):
        yield from from_corpus(folder)
    a, b = "carol@legacy.test", ["alice@one.test"]
    yield "plain", mail(a, b, "plain", "one line\n")[1]
    yield "dots", mail(a, b, "dots", ".\n..\n. a\n\n.\n")[1]
    yield "no end of line", mail(a, b, "no end", "cut here")[1]
    yield "signed", mail(a, b, "signed", SIGNED, body_type=SIGNED_TYPE)[1]
    yield "8-bit", mail(a, b, "8-bit", bytes(range(128, 256)) + b"\n", body_type="text/plain; charset=nonsense-17")[1]
    yield "no body", b"From: a@legacy.test\r\nSubject: no body\r\n"
    yield "no header", b"\r\njust a body\r\n"
    yield "8-bit header", "From: Jörg <j@legacy.test>\r\nSubject: Grüße\r\n\r\nx\r\n".encode()
    yield "trailing space", b"Subject:  a \r\n\tb \r\n \r\nX: y\r\n\r\nend  \r\n\r\n\r\n"
    yield "From line", b">From x\r\nSubject: quoted From\r\n\r\nFrom here on\r\n>From there\r\n"
    yield "open multipart", b"Subject: open\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\none\r\n--xy\r\ntwo\r\n"
    yield "bare CR", b"Subject: bare\r\n\r\na\rb\r\n"
    yield "NUL", b"Subject: nul\r\n\r\na\0b\r\n"


def on_the_wire(octets):
    """As a stock client sends it: each LF is CRLF, and the last line ends."""
    made = re.sub(rb"\r?\n", b"\r\n", octets)
    return made if made.endswith(b"\r\n") else made + b"\r\n"


def unsafe(octets):
    """What smtp.bare_newline = refuse refuses: NUL, and a CR or LF of its own."""
    return b"\0" in octets or re.search(rb"\r(?!\n)|(?<!\r)\n", octets) is not None
