"""bad_disk: a gateway whose disk is a small tmpfs that fills up: temporary errors, no loss, and it goes on when there is room."""
import atexit
import os
import secrets
import subprocess

from harness import Closed, Gateway, Http, RawSmtp, Refused, Silent, eventually, state_folder
from mails import mail

DISK = "400m"   # PostgreSQL's initdb takes 40 MB, its log up to 80 before it is reused
LEFT = 1 << 20  # octets left free when it is "full": less than a segment of PostgreSQL's log


def full_disk(target):
    r, folder = target.report, state_folder("disk")
    data = os.path.join(folder, "gateway", "data")
    os.makedirs(data)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0755", "tmpfs", data], capture_output=True).returncode:
        return r.skip("a full disk", "no tmpfs can be mounted here")
    gateway = Gateway(folder)
    atexit.unregister(gateway.stop)
    atexit.register(lambda: (gateway.stop(), subprocess.run(["umount", data], capture_output=True)))
    gateway.start().add_account("alice")
    kept = [send(gateway, "before the disk is full")]
    r.must("mail is taken while there is room", kept[0][0] == 250, kept)
    filler = os.path.join(data, "filler")
    fill(data, filler)
    replies = [send(gateway, secrets.token_hex(450_000)) for _ in range(12)]  # what the database cannot compress
    codes = [code for code, _ in replies]
    r.check("with the disk full, SMTP says 4xx sooner or later", any(400 <= c < 500 for c in codes), codes)
    r.check("and never a 5xx, and never nothing", all(c == 250 or 400 <= c < 500 for c in codes), codes)
    kept += [reply for reply in replies if reply[0] == 250]
    r.check("APPEND says NO, or the session ends with BYE", append(gateway) in ("NO", "BYE", "OK"), "")
    got = Http(gateway.at("http")).request("GET", "/healthz")
    r.check("it is alive", got.status == 200, got)
    os.unlink(filler)
    r.check("with room again, mail is taken again, by itself", eventually(lambda: send(gateway, "room again")[0] == 250, 90))
    with gateway.imap("alice") as session:
        lost = [message_id for _, message_id in kept if not session.with_message_id("INBOX", message_id)]
        r.check(f"each of the {len(kept)} mails that got a 250 is there", not lost, lost)
    r.equal("SIGTERM ends it with status 0", gateway.stop(), 0)


def fill(folder, path):
    disk = os.statvfs(folder)
    with open(path, "wb") as out:
        os.posix_fallocate(out.fileno(), 0, max(0, disk.f_bavail * disk.f_frsize - LEFT))


def send(gateway, text):
    """(the last reply's code, Message-ID); 0 when there was none."""
    message_id, data = mail("carol@legacy.test", ["alice@one.test"], "disk", "\n".join(
        text[n:n + 70] for n in range(0, len(text), 70)) + "\n")
    try:
        with RawSmtp(gateway.at("smtp")) as link:
            link.hello()
            for line in ("MAIL FROM:<carol@legacy.test>", "RCPT TO:<alice@one.test>", "DATA"):
                code = link.code(line)
                if code not in (250, 354):
                    return code, message_id
            link.write(data + b"\r\n.\r\n")
            return link.reply()[0], message_id
    except (Closed, Silent, OSError):
        return 0, message_id


def append(gateway):
    try:
        with gateway.imap("alice") as session:
            return session.command("APPEND", "INBOX", b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n").status
    except Refused as no:
        return "NO" if "UNAVAILABLE" in str(no) else str(no)
    except Closed:
        return "BYE"
    except Silent:
        return "silence"
