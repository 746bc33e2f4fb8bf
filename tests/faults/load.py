"""load: many SMTP sessions at once that know of each mail whether it got a 250, was refused, or was cut off in between."""
import random
import smtplib
import threading
import uuid

from mails import mail

ACCEPTED, REFUSED, UNKNOWN = "accepted", "refused", "unknown"
PAUSE = (0.05, 0.5)  # seconds between two mails of a session: bursts, and about 150 mails a second over 50 sessions


class Sent:
    """A mail and what became of it. UNKNOWN: cut off, or told to try later; a client sends such a mail again."""

    def __init__(self, message_id, recipients, data):
        self.message_id, self.recipients, self.data, self.fate = message_id, recipients, data, UNKNOWN


class Sender(threading.Thread):
    """One session after the other, one mail after the other; what came to nothing is sent again at the end."""

    def __init__(self, connect, sender, choose, seed):
        super().__init__(daemon=True)
        self.connect, self.sender, self.choose = connect, sender, choose
        self.random = random.Random(seed)
        self.sent, self.odd = [], []
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            try:
                with self.connect() as link:
                    self.session(link)
            except (OSError, smtplib.SMTPException):
                self.over.wait(0.2)

    def session(self, link):
        for _ in range(self.random.randint(1, 12)):
            if self.over.wait(self.random.uniform(*PAUSE)):
                return
            self.one(link)

    def one(self, link):
        recipients = self.choose(self.random)
        text = "".join(f"line {n} {uuid.uuid4()}\n" for n in range(self.random.randint(1, 60))) + "the end\n"
        message_id, data = mail(self.sender, recipients, "kill " + uuid.uuid4().hex[:6], text)
        sent = Sent(message_id, recipients, data)
        self.sent.append(sent)
        self.transaction(link, sent)

    def transaction(self, link, sent):
        replies = [link.mail(self.sender)] + [link.rcpt(r) for r in sent.recipients]
        bad = [r for r in replies if r[0] not in (250, 251)]
        if bad:
            link.rset()
            reply = bad[0]
        else:
            reply = link.data(sent.data)
        if reply[0] == 250:
            sent.fate = ACCEPTED
        elif reply[0] >= 500:
            sent.fate = REFUSED
            self.odd.append(reply)

    def again(self):
        """Sends what is UNKNOWN once more, the same octets, as any client would."""
        unknown = [s for s in self.sent if s.fate == UNKNOWN]
        if unknown:
            with self.connect() as link:
                for sent in unknown:
                    self.transaction(link, sent)
        return len(unknown)


class Load:
    def __init__(self, senders):
        self.senders = senders

    def start(self):
        for sender in self.senders:
            sender.start()
        return self

    def stop(self):
        """Lets each finish its mail; whether all did."""
        for sender in self.senders:
            sender.over.set()
        for sender in self.senders:
            sender.join(40)
        return not any(s.is_alive() for s in self.senders)

    def again(self):
        return sum(sender.again() for sender in self.senders)

    def all(self, fate):
        return [s for sender in self.senders for s in list(sender.sent) if s.fate == fate]

    def accepted(self):
        return len(self.all(ACCEPTED))

    def odd(self):
        return [reply for sender in self.senders for reply in sender.odd]
