#!/usr/bin/env python3
"""run_lifecycle: what nobody sees any more: archive, cold storage, restoring, deletion, events that are gone. email2.md rules 6 and 7.

--quick: fewer messages for the killing of `maintain`, no waiting for the background; --seed N.
"""
import argparse
import glob
import hashlib
import json
import os
import random
import signal
import subprocess
import time
import xml.etree.ElementTree as ET

from harness import Gateway, document, eventually, program, run, state_folder
from http_client import Q

PEOPLE = [("bob@one.test", "to")]


class Cellar:
    def __init__(self, report, seed):
        self.report, self.random = report, random.Random(seed)
        self.gateway = Gateway(state_folder("lifecycle"), archive={"keep": "1s", "cold_keep": "0"}, events={"keep": "0"}).start()
        self.gateway.add_account("alice", "bob", "carol")
        self.alice, self.bob, self.carol = (self.gateway.http(n) for n in ("alice", "bob", "carol"))

    def maintain(self):
        """What each job did."""
        done = self.gateway.command("maintain", "--json")
        self.report.must("maintain ends well", done.returncode == 0, done.stdout + done.stderr)
        return {row["job"]: row["done"] for row in json.loads(done.stdout)}

    def cold(self):
        return [row["message"] for row in json.loads(self.gateway.command("archive", "list", "--json").stdout)]

    def files(self):
        return [f for f in glob.glob(os.path.join(self.gateway.data, "archive", "*", "*")) if os.path.isfile(f)]

    def empty(self, name, *boxes):
        with self.gateway.imap(name) as session:
            for box in boxes:
                session.select(box)
                session.must("UID STORE", "1:*", "+FLAGS.SILENT", "(\\Deleted)")
                session.must("EXPUNGE")

    def leave(self, *names):
        answers = {who.leave(name).status for name in names for who in (self.alice, self.bob)}
        self.report.must("alice and bob leave: 204", answers == {204}, answers)


def by_itself(cellar):
    """The serving process looks after its store without being told; then it says so."""
    r = cellar.report
    name = cellar.alice.publish(document("Forgotten", "Soon.", PEOPLE)).xml.get("id")
    cellar.leave(name)
    cellar.empty("alice", "Sent")
    cellar.empty("bob", "Trash")
    r.must("in the background it moves to cold storage", eventually(lambda: cellar.cold() == [name], 150))
    r.check("the log has a line of it", eventually(lambda: "cold-storage=1" in cellar.gateway.log_text()))
    counted = 'e2_maintenance_done_total{job="cold-storage"} 1'
    r.check("and the metrics the number", eventually(lambda: counted in cellar.gateway.http().request("GET", "/metrics").body.decode()))
    r.equal("it is restored", cellar.gateway.command("archive", "restore", name).returncode, 0)
    r.equal("and rejoined", cellar.bob.rejoin(name).status, 204)


def cold_and_back(cellar):
    r, alice, bob = cellar.report, cellar.alice, cellar.bob
    data = os.urandom(200_000)
    digest = hashlib.sha256(data).hexdigest()
    r.equal("a blob is put: 201", alice.request("PUT", f"/v1/blobs/{digest}", data, {"Content-Type": "application/octet-stream"}).status, 201)
    made = document("Minutes", "Room 2 ✓", PEOPLE)
    body = made.find(Q + "body")
    text = body.find(Q + "part")
    body.remove(text)
    mixed = ET.SubElement(body, Q + "part", {"type": "multipart/mixed"})
    mixed.append(text)
    ET.SubElement(mixed, Q + "part", {"type": "application/octet-stream", "name": "x.bin", "disposition": "attachment", "size": str(len(data)), "sha256": digest})
    name = alice.publish(made).xml.get("id")
    with cellar.gateway.imap("bob") as mailbox:
        uids = eventually(lambda: mailbox.uids("INBOX", "SUBJECT", '"Minutes"'))
        r.must("bob's mailbox has it", uids)
        mailbox.must("UID STORE", str(uids[0]), "+FLAGS", "(\\Flagged)")
        octets = mailbox.octets_of(uids[0])
    cellar.leave(name)
    seen = bob.get(name)
    r.equal("who left reads it in Trash, as archived", (seen.status, seen.xml.get("state")), (200, "archived"))
    r.equal("nobody else does", cellar.carol.get(name).status, 404)
    time.sleep(1.2)  # archive.keep
    r.equal("what lies in a folder does not go cold", cellar.maintain()["cold-storage"], 0)
    cellar.empty("alice", "Trash", "Sent")
    cellar.empty("bob", "Trash")
    time.sleep(1.2)
    r.equal("then it does", cellar.maintain()["cold-storage"], 1)
    r.equal("it is listed", cellar.cold(), [name])
    r.equal("it is one file", len(cellar.files()), 1)
    inside = subprocess.run(["tar", "xzOf", cellar.files()[0], "message.xml", f"blob/{digest}"], stdout=subprocess.PIPE, check=False).stdout
    r.check("that tar reads: the message and its attachment", "Room 2 ✓".encode() in inside and data in inside)
    r.equal("rejoining says gone", (bob.rejoin(name).status, bob.rejoin(name).error), (410, "gone"))
    shown = cellar.gateway.command("message", "show", name)
    r.check("message show says where it is", shown.returncode == 1 and "cold storage" in shown.stderr, shown.stderr)

    back = cellar.gateway.command("archive", "restore", name)
    r.check("restored", back.returncode == 0 and not cellar.files() and not cellar.cold(), back.stderr)
    r.equal("a second time there is nothing to restore", cellar.gateway.command("archive", "restore", name).returncode, 1)
    r.equal("bob rejoins: 204", bob.rejoin(name).status, 204)
    with cellar.gateway.imap("bob") as mailbox:
        uids = mailbox.uids("INBOX", "SUBJECT", '"Minutes"', "FLAGGED")
        r.must("it is back in his INBOX, flagged", len(uids) == 1, uids)
        r.check("octet for octet", mailbox.octets_of(uids[0]) == octets)
    r.check("with its attachment", bob.request("GET", f"/v1/blobs/{digest}").body == data)
    cellar.bob.leave(name)
    cellar.empty("bob", "Trash")


def withdrawn(cellar):
    r, alice, bob = cellar.report, cellar.alice, cellar.bob
    name = alice.publish(document("Plan", "The plan.", PEOPLE)).xml.get("id")
    child = bob.publish(document("Re: Plan", "No.", parents=[name], inherit=True)).xml.get("id")
    r.equal("withdrawn: 204", alice.withdraw(name).status, 204)
    time.sleep(1.2)
    cellar.maintain()
    r.check("cold storage takes what was withdrawn", name in cellar.cold())
    r.equal("then it cannot be undeleted", (alice.undelete(name).status, alice.undelete(name).error), (410, "gone"))
    view = alice.message(child)
    r.equal("its answer still names its parent", view.parents(), [name])
    r.equal("and has the list that it holds", view.membership("bob@one.test"), "in")
    r.equal("restored it can", (cellar.gateway.command("archive", "restore", name).returncode, alice.undelete(name).status), (0, 204))
    r.equal("and bob reads it", bob.message(name).text, "The plan.")


def elsewhere(cellar):
    """Another gateway takes what this one wrote: a thread with an attachment, whose people have accounts there too."""
    r, alice, bob = cellar.report, cellar.alice, cellar.bob
    name = alice.publish(document("Moved", "The text ✓.", PEOPLE)).xml.get("id")
    child = bob.publish(document("Re: Moved", "Yes.", parents=[name], inherit=True)).xml.get("id")
    cellar.leave(name)
    for who in ("alice", "bob"):
        cellar.empty(who, "Trash", "Sent")
    time.sleep(1.2)
    cellar.maintain()
    r.check("both lie in cold storage", {name, child} <= set(cellar.cold()), cellar.cold())
    other = Gateway(state_folder("lifecycle-elsewhere"), archive={"keep": "0", "cold_keep": "0"}).start()
    other.add_account("alice", "bob")
    source = os.path.join(cellar.gateway.data, "archive")
    damaged = os.path.join(other.folder, "damaged.tar.gz")
    with open(cellar.files()[0], "rb") as good, open(damaged, "wb") as bad:
        bad.write(good.read()[:-20])
    refused = other.command("archive", "import", damaged)
    r.check("a damaged file is named, and 1", refused.returncode == 1 and damaged in refused.stderr, refused.stderr)
    taken = other.command("archive", "import", source)
    r.check("archive import takes them", taken.returncode == 0 and taken.stdout.startswith(f"{len(cellar.cold())} imported, 0 put back, 0 there already, 0 refused"), (taken.stdout, taken.stderr))
    again = other.command("archive", "import", source)
    r.check("once", again.returncode == 0 and again.stdout.startswith("0 imported, 0 put back"), again.stdout)
    r.equal("files stay", len(cellar.files()), len(cellar.cold()))
    theirs = other.http("bob")
    r.equal("nobody sees it before", theirs.get(name).status, 404)
    r.equal("who left rejoins: 204", theirs.request("PUT", f"/v1/messages/{name}/to/me?thread=1").status, 204)
    r.equal("and reads it", theirs.message(name).text, "The text ✓.")
    view = theirs.message(child)
    r.equal("the answer is in its thread", (view.xml.get("thread"), view.parents()), (name, [name]))
    with other.imap("bob") as mailbox:
        r.must("in the INBOX", mailbox.uids("INBOX", "SUBJECT", '"Moved"'))
    r.check("the store is sound", other.command("check", "--store").returncode == 0)
    r.equal("the other one ends well", other.stop(), 0)


def killed(cellar, count):
    """`maintain` dies again and again while messages move to disk, and later while they come back."""
    r, alice = cellar.report, cellar.alice
    cellar.maintain()
    before = set(cellar.cold())
    texts = {alice.publish(document(f"Mail {i}", f"Text {i} " + "x" * 20_000, PEOPLE)).xml.get("id"): i for i in range(count)}
    cellar.leave(*texts)
    cellar.empty("alice", "Trash", "Sent")
    cellar.empty("bob", "Trash")
    time.sleep(1.2)
    kills = {"maintain": 0, "archive": 0}

    def dies(words, seconds):
        process = subprocess.Popen([program(), *words, "--config", cellar.gateway.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills[words[0]] += 1

    for _ in range(200):
        left = set(texts) - set(cellar.cold())
        if not left or kills["maintain"] >= 8:
            break
        dies(["maintain"], cellar.random.uniform(0.05, 0.6))
    cellar.maintain()
    now = set(cellar.cold()) - before
    r.equal(f"after {kills['maintain']} kills each is in cold storage", now, set(texts))
    r.equal("in one file each", len(cellar.files()), len(now | before))
    for name in list(texts)[: count // 4]:
        dies(["archive", "restore", name], cellar.random.uniform(0.02, 0.2))
    rest = cellar.gateway.command("archive", "restore", *(set(cellar.cold()) - before))
    r.equal(f"after {kills['archive']} kills the rest is restored", rest.returncode, 0)
    r.equal("none is in cold storage", set(cellar.cold()) - before, set())
    wrong = [i for name, i in texts.items() if cellar.bob.rejoin(name).status != 204 or not cellar.bob.message(name).text.startswith(f"Text {i} ")]
    cellar.maintain()  # sweeps what a killed restore left
    r.equal("no file is left over", len(cellar.files()), len(cellar.cold()))
    r.equal("each is back with its text", wrong, [])
    with cellar.gateway.imap("bob") as mailbox:
        r.equal("exactly once in the mailbox", len(mailbox.uids("INBOX", "SUBJECT", '"Mail "')), count)


def deleted(cellar):
    r = cellar.report
    name = cellar.alice.publish(document("Last", "Words.", PEOPLE)).xml.get("id")
    cellar.leave(name)
    cellar.empty("alice", "Sent")
    cellar.empty("bob", "Trash")
    time.sleep(1.2)
    cellar.maintain()
    r.check("it lies in cold storage", name in cellar.cold())
    cellar.gateway.configure(archive={"cold_keep": "1s"})
    time.sleep(1.2)
    cellar.maintain()
    r.equal("after cold_keep nothing lies there", (cellar.cold(), cellar.files()), ([], []))
    r.check("and it is no more", cellar.bob.get(name).status in (404, 410), cellar.bob.get(name))
    r.equal("nor can it be restored", cellar.gateway.command("archive", "restore", name).returncode, 1)


def events(cellar):
    r = cellar.report
    last = int(cellar.bob.request("GET", "/v1/events?after=0&wait=0&limit=1000").xml.get("last"))
    r.check("events are there", last > 0)
    cellar.gateway.configure(events={"keep": "1s"})
    time.sleep(1.2)
    r.check("events are pruned", cellar.maintain()["events"] > 0)
    refused = cellar.bob.request("GET", "/v1/events?after=0&wait=0")
    r.equal("who asks for old ones is told: 410 gone", (refused.status, refused.error), (410, "gone"))
    floor = refused.xml.get("floor")
    r.check("with the floor", floor and int(floor) > 0, refused.body)
    name = cellar.alice.publish(document("After", "the floor", PEOPLE)).xml.get("id")
    got = cellar.bob.request("GET", f"/v1/events?after={floor}&wait=0")
    r.check("and goes on from there", got.status == 200 and name in [e.get("message") for e in got.xml.iter(Q + "event")], got.body[:300])


def lifecycle(report, quick, seed):
    print(f"note: seed {seed}", flush=True)
    cellar = Cellar(report, seed)
    if not quick:
        by_itself(cellar)
    cold_and_back(cellar)
    withdrawn(cellar)
    elsewhere(cellar)
    killed(cellar, 12 if quick else 60)
    deleted(cellar)
    events(cellar)
    metrics = cellar.gateway.http().request("GET", "/readyz")
    report.equal("the gateway is well", metrics.status, 200)
    report.equal("SIGTERM ends it with status 0", cellar.gateway.stop(), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    args = parser.parse_args()
    run("the lifecycle", lambda report: lifecycle(report, args.quick, args.seed))
