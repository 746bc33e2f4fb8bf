#!/usr/bin/env python3
"""run_kill: kill -9 of the gateway, and of PostgreSQL, at random moments under 50 SMTP sessions, with egress running.

run_kill.py [--quick] [--seed N]: ten kills, or two. What got a 250 must be there exactly once; a correspondent may get a
mail twice only where a kill fell between their 250 and our commit; IMAP sessions are never left in silence.
"""
import argparse
import os
import random
import sys
import time
from collections import Counter

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, "scenario"), os.path.join(TESTS, "rigs"), os.path.dirname(os.path.abspath(__file__))]

from harness import DOMAIN, LEGACY, PASSWORD, Gateway, Smtp, eventually, free_ports, run, state_folder  # noqa: E402
from load import ACCEPTED, UNKNOWN, Load, Sender  # noqa: E402
from sink import Sink  # noqa: E402
from watch import Watcher  # noqa: E402

SESSIONS, WATCHERS, USERS = 50, 6, 8
RECOVERY_SECONDS = 60
COMMIT_SECONDS = 2  # a kill so soon after their 250 may have come before our commit
SINK_DELAY = 0.02   # seconds between taking a mail and saying 250: widens the gap that is to be hit
SINK_LATE = 1       # seconds by which the sink may read what a killed gateway had sent: this program has more to do


class Trial:
    def __init__(self, report, seed):
        self.report, self.random = report, random.Random(seed)
        folder = state_folder("kill")
        self.sink = Sink(free_ports(1)[0], SINK_DELAY).start()
        self.gateway = Gateway(folder, {LEGACY: "%s:%d" % self.sink.address}).start()
        self.users = [f"u{n}" for n in range(1, USERS + 1)]
        self.gateway.add_accounts(["alice", *self.users])
        self.kills = []           # (time, "gateway" or "PostgreSQL")
        self.gateway_kills = []
        self.load = Load([self.sender(n) for n in range(SESSIONS)])
        self.watchers = [Watcher(lambda name=name, **more: self.gateway.imap(name, **more), self.gateway_kills)
                         for name in self.users[:WATCHERS]]

    def sender(self, n):
        seed = self.random.random()
        if n % 2:
            return Sender(lambda: Smtp(self.gateway.at("smtp")), "carol@legacy.test",
                          lambda r: [f"{u}@{DOMAIN}" for u in r.sample(self.users, r.choice([1, 1, 2, 5]))], seed)
        return Sender(lambda: Smtp(self.gateway.at("submission"), f"alice@{DOMAIN}", PASSWORD, "starttls"), f"alice@{DOMAIN}",
                      lambda r: [f"x{r.randint(1, 999)}@{LEGACY}"], seed)

    # --- one kill
    def kill(self, number, what):
        r, gateway = self.report, self.gateway
        time.sleep(self.random.uniform(1, 5))  # the random moment
        before = self.load.accepted()
        now = time.time()
        self.kills.append((now, what))
        if what == "gateway":
            self.gateway_kills.append(now)
            gateway.kill()
            gateway.start(RECOVERY_SECONDS)
        else:
            r.check(f"kill {number}: PostgreSQL ran", gateway.kill_postgres())
            if not r.check(f"kill {number}: the gateway outlives its database", not eventually(
                    lambda: gateway.process.poll() is not None, 2)):
                self.gateway_kills.append(time.time())
                gateway.start(RECOVERY_SECONDS)
        ready = eventually(gateway.answers, RECOVERY_SECONDS)
        r.check(f"kill {number}: after the loss of {what} it is ready again", ready, gateway.log_text()[-300:])
        print(f"note: kill {number} of {what}: ready after {time.time() - now:.1f} s, {before} mails accepted so far", flush=True)
        goes_on = self.load.accepted()
        r.check(f"kill {number}: mail is accepted again", eventually(lambda: self.load.accepted() > goes_on, 20))

    # --- the reckoning
    def mailbox(self, name, box):
        """Counter of Message-IDs in a mailbox, and how many octets each has."""
        with self.gateway.imap(name, timeout=60) as session:
            session.select(box)
            rows = session.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        found = Counter()
        for row in rows.values():
            value = next(v for k, v in row.items() if k.startswith("BODY["))
            value = value.decode("latin-1") if isinstance(value, bytes) else value
            found[value.partition("<")[2].partition(">")[0]] += 1
        return found

    def delivered_here(self):
        r = self.report
        boxes = {f"{u}@{DOMAIN}": self.mailbox(u, "INBOX") for u in self.users}
        wanted = [(m, a) for s in self.load.all(ACCEPTED) for m, a in ((s.message_id, a) for a in s.recipients) if a in boxes]
        lost = [(m, a) for m, a in wanted if not boxes[a][m]]
        double = [(m, a, n) for a, box in boxes.items() for m, n in box.items() if n > 1]
        known = {s.message_id for s in self.load.all(ACCEPTED)}
        strange = [(m, a) for a, box in boxes.items() for m in box if m not in known]
        r.check(f"each of the {len(wanted)} deliveries that got a 250 is there", not lost, f"{len(lost)} lost, e.g. {lost[:2]}")
        r.check("none is there twice", not double, f"{len(double)} double, e.g. {double[:2]}")
        r.check("nothing else is there", not strange, strange[:3])
        sent = self.mailbox("alice", "Sent")
        mine = [s.message_id for s in self.load.all(ACCEPTED) if s.recipients[0].endswith(LEGACY)]
        r.check(f"each of the {len(mine)} submissions that got a 250 is in Sent once", all(sent[m] == 1 for m in mine),
                Counter(sent[m] for m in mine))

    def delivered_there(self):
        r = self.report
        wanted = {s.message_id for s in self.load.all(ACCEPTED) if s.recipients[0].endswith(LEGACY)}
        arrived = eventually(lambda: wanted <= {t.message_id for t in list(self.sink.taken)}, RECOVERY_SECONDS)
        got = {}
        for taken in self.sink.taken:
            got.setdefault((taken.message_id, tuple(taken.recipients)), []).append(taken)
        r.check(f"each of the {len(wanted)} submissions that got a 250 reached the correspondent", arrived,
                f"{len(wanted - {m for m, _ in got})} missing")
        double = [copies for copies in got.values() if len(copies) > 1]
        unexcused = [c for c in double if not all(self.excused(copy) for copy in c[:-1])]
        print(f"note: {len(double)} mails reached a correspondent twice, {len(double) - len(unexcused)} of them because a kill fell "
              "between their 250 and our commit", flush=True)
        r.check("none reached a correspondent twice without that excuse", not unexcused,
                [(c[0].message_id, [(x.at, x.broken) for x in c], self.kills) for c in unexcused[:2]])
        faults = Counter(f for t in self.sink.taken for f in t.faults)
        r.check("what egress sent is clean on the wire", not faults, faults)

    def excused(self, copy):
        """A kill of the gateway soon after the 250; or the connection broke then, whatever was killed."""
        after = [(at - copy.at, what) for at, what in self.kills]
        if copy.broken and any(-SINK_LATE <= seconds < COMMIT_SECONDS for seconds, _ in after):
            return True
        return any(what == "gateway" and -SINK_DELAY <= seconds < COMMIT_SECONDS for seconds, what in after)


def kills(report, rounds, seed):
    print(f"note: seed {seed}", flush=True)
    trial = Trial(report, seed)
    trial.load.start()
    for watcher in trial.watchers:
        watcher.start()
    order = ["gateway", "PostgreSQL"] * (rounds // 2)
    trial.random.shuffle(order)
    for number, what in enumerate(order, 1):
        trial.kill(number, what)
    report.check("all sessions end", trial.load.stop())
    for watcher in trial.watchers:
        watcher.stop()
    told = sum((w.told for w in trial.watchers), Counter())
    wrong = [x for w in trial.watchers for x in w.wrong]
    print(f"note: IMAP sessions were told {dict(told)}", flush=True)
    report.check("IMAP sessions got NO [UNAVAILABLE] or BYE, never silence", not wrong, f"{len(wrong)}: {wrong[:3]}")
    odd = trial.load.odd()
    report.check("no good mail was refused for good", not odd, f"{len(odd)}: {odd[:3]}")
    print(f"note: {trial.load.accepted()} mails got a 250", flush=True)
    report.check("the load was a load", trial.load.accepted() > 50 * rounds, trial.load.accepted())
    again = trial.load.again()
    print(f"note: {again} mails that were cut off or told to come later were sent again", flush=True)
    report.equal("all of these are accepted then", len(trial.load.all(UNKNOWN)), 0)
    trial.delivered_there()
    trial.delivered_here()
    report.equal("SIGTERM ends the gateway with status 0", trial.gateway.stop(), 0)
    sound = trial.gateway.command("check", "--store", seconds=600)
    report.check("every invariant of the store holds", sound.returncode == 0, sound.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two kills")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    args = parser.parse_args()
    run("the killing", lambda report: kills(report, 2 if args.quick else 10, args.seed))
