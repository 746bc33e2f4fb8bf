"""mails: the mails that the scenario's people write, as exact octets, and what is read out of those they get. RFC 5322, 3156."""
import email
import email.policy
import email.utils
import re
import uuid

TOKEN_ADDRESS = re.compile(r"\ba-[a-z2-7]{32}@one\.test\b")
TRACE = (b"return-path", b"received", b"authentication-results", b"delivered-to", b"x-original-to")


def new_id(domain):
    return f"{uuid.uuid4().hex}@{domain}"


def mail(sender, to, subject, text, cc=(), message_id=None, in_reply_to=None, references=(), headers=(), body_type=None):
    """(Message-ID, octets) of a plain mail as a client writes it; text may be bytes in any charset."""
    message_id = message_id or new_id(sender.split("@")[1])
    lines = [f"From: {sender.split('@')[0].capitalize()} <{sender}>", "To: " + ", ".join(to)]
    if cc:
        lines.append("Cc: " + ", ".join(cc))
    lines += [f"Subject: {subject}", f"Date: {email.utils.formatdate()}", f"Message-ID: <{message_id}>"]
    if in_reply_to:
        lines.append(f"In-Reply-To: <{in_reply_to}>")
        lines.append("References: " + "\r\n ".join(f"<{r}>" for r in (*references, in_reply_to)))
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["MIME-Version: 1.0", f"Content-Type: {body_type or 'text/plain; charset=utf-8'}"]
    if not body_type:
        lines.append("Content-Transfer-Encoding: 8bit")
    body = text if isinstance(text, bytes) else text.encode()
    return message_id, "\r\n".join(lines).encode() + b"\r\n\r\n" + re.sub(rb"\r?\n", b"\r\n", body)


SIGNED = """This is an OpenPGP/MIME signed message (RFC 4880 and 3156)\r
--------------sEpaRaToR0123456789\r
Content-Type: text/plain; charset=UTF-8; format=flowed\r
Content-Transfer-Encoding: quoted-printable\r
\r
Caf=C3=A9 at ten. Trailing space is part of what is signed:=20\r
\r
-- =20\r
Carol\r
\r
--------------sEpaRaToR0123456789\r
Content-Type: application/pgp-signature; name="OpenPGP_signature.asc"\r
Content-Description: OpenPGP digital signature\r
Content-Disposition: attachment; filename="OpenPGP_signature.asc"\r
\r
-----BEGIN PGP SIGNATURE-----\r
\r
wnsEABYIACMWIQTmE5NyT0Nh3sVJmFVgjGvJ0UUyAQUCZ0GfUAUDAAAAAAAKCRBgjGvJ0UUyAcZ1\r
AP9V7a6L1Jm5y0tYcQ0u7Q3r1vWJbq2K8mK1mJt3w8mJzgD+Jr1eW7r0lq3T9C3n1xw9o0hKq9T8\r
b2m0J6y5xkz3fQ8=\r
=9sQa\r
-----END PGP SIGNATURE-----\r
\r
--------------sEpaRaToR0123456789--\r
"""
SIGNED_TYPE = ('multipart/signed; micalg=pgp-sha256;\r\n protocol="application/pgp-signature";\r\n'
               ' boundary="------------sEpaRaToR0123456789"')


def parsed(octets):
    return email.message_from_bytes(octets, policy=email.policy.default)


def untraced(octets):
    """(the names of the trace fields at the top, the octets below them)."""
    names = []
    while True:
        found = re.match(rb"([!-9;-~]+)[ \t]*:(?:[^\r\n]*\r\n(?=[ \t]))*[^\r\n]*\r\n", octets)
        if not found or found.group(1).lower() not in TRACE:
            return names, octets
        names.append(found.group(1).decode())
        octets = octets[found.end():]


def added_in_front(octets, original):
    """The fields that stand before the original octets; None when these are not all there, as they were, at the end."""
    if not octets or not octets.endswith(original):
        return None
    names, rest = untraced(octets[:len(octets) - len(original)])
    return names if not rest else None


def text_of(octets):
    """The readable text of a mail: all text/plain that is not inside an attached message."""
    found = []

    def walk(part):
        if part.get_content_type() == "message/rfc822":
            return
        if part.is_multipart():
            for inner in part.iter_parts():
                walk(inner)
        elif part.get_content_type() == "text/plain":
            found.append(part.get_content())
    walk(parsed(octets))
    return "\n".join(found)


def attached_mails(octets):
    """The mails inside a digest, as messages, in order."""
    return [p.get_payload(0) for p in parsed(octets).walk() if p.get_content_type() == "message/rfc822"]


def message_id_of(octets):
    return str(parsed(octets)["Message-ID"] or "").strip().strip("<>")


def ids_named(octets):
    """Every id in In-Reply-To and References."""
    message = parsed(octets)
    return re.findall(r"<([^<>\s]+)>", f"{message['In-Reply-To'] or ''} {message['References'] or ''}")


def one_click(octets):
    """The http address of List-Unsubscribe, when List-Unsubscribe-Post allows one click. RFC 8058."""
    message = parsed(octets)
    if "one-click" not in str(message["List-Unsubscribe-Post"] or "").lower():
        return None
    found = re.search(r"<(https?://[^>]+)>", re.sub(r"\s+", "", str(message["List-Unsubscribe"] or "")))
    return found and found.group(1)


def action_address(octets):
    """The a-TOKEN address that a mail offers: of its Reply-To, else of its text, else of List-Unsubscribe."""
    message = parsed(octets)
    for place in (str(message["Reply-To"] or ""), text_of(octets), str(message["List-Unsubscribe"] or "")):
        found = TOKEN_ADDRESS.search(place)
        if found:
            return found.group(0)
    return None


def as_edit(data, message_id):
    """A submitted mail as it is kept when it is an edit: by the message's first Message-ID, and without Supersedes."""
    return f"Message-ID: <{message_id}>\r\n".encode() + re.sub(rb"(?m)^(?:Message-ID|Supersedes): .*\r\n", b"", data)
