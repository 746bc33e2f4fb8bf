"""watch: open IMAP sessions that note what they were told while the gateway or its database died. RFC 5530 UNAVAILABLE."""
import threading
import time
from collections import Counter

from imap_client import Closed, Refused, Silent

ANSWER_SECONDS = 15  # a command that gets nothing for so long is silence
KILL_SECONDS = 3     # after a kill of the gateway an end without BYE is what the kernel does


class Watcher(threading.Thread):
    """IDLE for a second, then some commands, over and over; reconnects when it was told to go."""

    def __init__(self, connect, killed):
        """connect: makes a logged-in Imap; killed: the times at which the gateway itself was killed."""
        super().__init__(daemon=True)
        self.connect, self.killed = connect, killed
        self.told, self.wrong = Counter(), []
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            try:
                session = self.connect(timeout=ANSWER_SECONDS)
            except (Silent, TimeoutError):
                self.wrong.append("silence before LOGIN was answered")
                continue
            except (OSError, Closed):
                self.over.wait(0.2)
                continue
            except Refused as no:
                self.told["NO at LOGIN"] += 1
                if "UNAVAILABLE" not in str(no):
                    self.wrong.append(f"LOGIN: {no}")
                self.over.wait(0.2)
                continue
            self.follow(session)

    def follow(self, session):
        news = []
        try:
            session.select("INBOX")
            while not self.over.is_set():
                session.idle()
                news = session.idle_news
                session.idle_until(lambda n: any(r.kind == "BYE" for r in n), 1)
                session.done()
                for words in (("NOOP",), ("UID FETCH", "*", "(FLAGS BODY.PEEK[])"), ("STATUS", "Trash", "(MESSAGES)")):
                    self.judge(words[0], session.command(*words))
        except Silent:
            self.wrong.append("silence")
        except Refused as no:
            self.told["NO"] += 1
            if "UNAVAILABLE" not in str(no):
                self.wrong.append(str(no))
        except (Closed, OSError):
            self.ended(session, news)
        session.close()

    def judge(self, verb, answer):
        self.told[answer.status] += 1
        if answer.status == "BAD" or (answer.status == "NO" and answer.code != "UNAVAILABLE"):
            self.wrong.append(f"{verb}: {answer}")

    def ended(self, session, news):
        if session.said_bye or any(r.kind == "BYE" for r in news):
            self.told["BYE"] += 1
        elif any(0 <= time.time() - at < KILL_SECONDS for at in list(self.killed)):
            self.told["cut off by the kill"] += 1
        else:
            self.wrong.append("the connection ended without BYE")

    def stop(self):
        self.over.set()
        self.join(ANSWER_SECONDS + 5)
