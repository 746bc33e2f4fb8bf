"""smtp_client: SMTP for tests: smtplib for well-behaved sessions, raw sockets for the others. RFC 5321."""
import smtplib
import socket
import time

from imap_client import Closed, Silent, unverified


class Smtp(smtplib.SMTP):
    """A session that said EHLO, did STARTTLS and AUTH where asked. Bytes go over the wire as given (dots stuffed)."""

    def __init__(self, address, user=None, password=None, security="plain", timeout=30, source=None):
        super().__init__(*address, local_hostname="client.test", timeout=timeout, source_address=source and (source, 0))
        self.ehlo()
        if security == "starttls":
            self.starttls(context=unverified())
            self.ehlo()
        if user:
            self.login(user, password)

    def transaction(self, sender, recipients, data, options=()):
        """MAIL, RCPT..., DATA; the replies to each as (code, text). No exception on a refusal."""
        got = [self.mail(sender, options)]
        accepted = 0
        for recipient in recipients:
            got.append(self.rcpt(recipient))
            accepted += got[-1][0] in (250, 251)
        if got[0][0] != 250 or not accepted:
            self.rset()
            return got
        try:
            got.append(self.data(data))
        except smtplib.SMTPDataError as error:
            got.append((error.smtp_code, error.smtp_error))
        return got


def deliver(address, sender, recipients, data, **session):
    """One mail over a connection of its own; raises when anything is refused."""
    with Smtp(address, **session) as link:
        refused = link.sendmail(sender, recipients, data, mail_options=["BODY=8BITMIME"] if link.has_extn("8bitmime") else [])
        if refused:
            raise smtplib.SMTPRecipientsRefused(refused)


class RawSmtp:
    """A socket and reply lines: for what no decent client sends."""

    def __init__(self, address, timeout=20, greeting=True):
        self.sock = socket.create_connection(address, timeout)
        self.timeout, self.buffer = timeout, b""
        if greeting:
            self.greeting = self.reply()

    def reply(self, timeout=None):
        """(code, lines) of the next reply."""
        deadline, lines = time.monotonic() + (timeout or self.timeout), []
        while True:
            while b"\r\n" not in self.buffer:
                self.sock.settimeout(max(0.01, deadline - time.monotonic()))
                try:
                    got = self.sock.recv(65536)
                except (TimeoutError, socket.timeout):
                    raise Silent("no reply in time") from None
                except ConnectionError as error:
                    raise Closed(str(error)) from None
                if not got:
                    raise Closed("end of file")
                self.buffer += got
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            lines.append(line[4:].decode("latin-1"))
            if line[3:4] != b"-":
                return int(line[:3]), lines

    def write(self, data):
        self.sock.settimeout(self.timeout)
        try:
            self.sock.sendall(data)
        except ConnectionError as error:
            raise Closed(str(error)) from None

    def say(self, line, timeout=None):
        self.write((line.encode("latin-1") if isinstance(line, str) else line) + b"\r\n")
        return self.reply(timeout)

    def code(self, line, timeout=None):
        return self.say(line, timeout)[0]

    def quiet(self):
        """True when no reply is left over."""
        try:
            self.reply(0.05)
            return False
        except Silent:
            return True

    def hello(self):
        return self.code("EHLO client.test")

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
