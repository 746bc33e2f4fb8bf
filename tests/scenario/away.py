"""away: a client that was away and comes back by QRESYNC (RFC 7162): what one SELECT made of what it knew."""
from imap_client import quoted


def states(answer):
    """{uid: flags} of the FETCH responses in an answer."""
    found = {}
    for r in answer.all("FETCH"):
        row = {r.data[0][i].upper(): r.data[0][i + 1] for i in range(0, len(r.data[0]) - 1, 2)}
        found[int(row["UID"])] = set(row["FLAGS"]) - {"\\Recent"}
    return found


def spread(text):
    """The UIDs of a set."""
    found = set()
    for part in text.split(","):
        first, _, last = part.partition(":")
        found |= set(range(int(first), int(last or first) + 1))
    return found


class Away:
    """What a client remembers when it leaves."""

    def __init__(self, connection, box):
        with connection as c:
            got = c.select(box)
            self.box, self.uid_validity, self.modseq = box, c.uid_validity, highest(got)
            self.known = states(c.must("UID FETCH", "1:*", "(FLAGS)"))

    def back(self, connection):
        """(what it knows after one SELECT, what is there)."""
        with connection as c:
            c.must("ENABLE", "QRESYNC")
            got = c.must("SELECT", quoted(self.box), f"(QRESYNC ({self.uid_validity} {self.modseq}))")
            told = dict(self.known)
            self.gone = set()
            for r in got.all("VANISHED"):
                self.gone |= spread(r.data[-1])
            for uid in self.gone:
                told.pop(uid, None)
            self.changed = states(got)
            told.update(self.changed)
            return told, states(c.must("UID FETCH", "1:*", "(FLAGS)"))


def highest(answer):
    return next(int(r.code.split()[1]) for r in answer.all("OK") if (r.code or "").startswith("HIGHESTMODSEQ"))
