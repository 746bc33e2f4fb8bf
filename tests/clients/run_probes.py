#!/usr/bin/env python3
"""run_probes: real mail clients, driven by their probes, against a gateway of its own; an account for each.

run_probes.py [--quick] [--transcript] [NAME...]: without names all, with --quick without Thunderbird. Their logs go to
build/probes/NAME, with --transcript also what was said on the wire.
A probe whose client is not installed is skipped. Thunderbird has a second attempt, which is told ("AGAIN").
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "scenario"))

from harness import DOMAIN, LEGACY, PASSWORD, ROOT, Gateway, certificate, run, state_folder  # noqa: E402

SECONDS = 240  # for one probe; Thunderbird's is the longest
NEEDS = {"imaplib": [], "curl": ["curl"], "smtp_tools": ["msmtp", "swaks"], "mbsync": ["mbsync"], "fetchmail": ["fetchmail"],
         "imapflow": ["node", "npm"], "nodeimap": ["node", "npm"], "neomutt": ["neomutt", "tmux"],
         "thunderbird": ["thunderbird", "Xvfb"], "autoconfig": ["thunderbird", "Xvfb", "openssl"]}
LONG = ("thunderbird", "autoconfig")
BUILD = os.path.join(ROOT, "build", "probes")
PEER = f"peer@{DOMAIN}"


def node_packages():
    """Installs the packages of node/package.json into the build folder, once; why it cannot, or None."""
    folder = os.path.join(BUILD, "node")
    os.makedirs(folder, exist_ok=True)
    if os.path.isdir(os.path.join(folder, "node_modules", "imapflow")):
        return None
    shutil.copy(os.path.join(HERE, "node", "package.json"), folder)
    done = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=180)
    return None if done.returncode == 0 else "npm install fails: " + done.stdout[-200:].replace("\n", " ")


def lacking(name):
    missing = [p for p in NEEDS[name] if not shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin")]
    if missing:
        return " and ".join(missing) + (" is" if len(missing) == 1 else " are") + " not installed"
    return node_packages() if "npm" in NEEDS[name] else None


def words(name, account, gateway, transcript):
    address, out = f"{account}@{DOMAIN}", os.path.join(BUILD, account)
    script = [sys.executable, os.path.join(HERE, f"{name}_probe.py")]
    if name == "autoconfig":
        imaps, submission = gateway.ports["imaps"], gateway.ports["submission"]
        return [*script, "--address", address, "--out", out, "--web", "%s:%d" % gateway.at("http"), "--password", PASSWORD,
                "--expect-imap", f"mx.one.test:{imaps}", "--expect-smtp", f"mx.one.test:{submission}"]
    more = ["--node-modules", os.path.join(BUILD, "node")] if "npm" in NEEDS[name] else []
    if name == "thunderbird":
        more = ["--native", "%s:%d" % gateway.at("http"), "--inbound", "%s:%d" % gateway.at("smtp"), "--peer", PEER]
    return [*script, "--imap", "localhost:%d" % gateway.ports["imaps"], "--smtp", "localhost:%d" % gateway.ports["submission"],
            "--user", address, "--password", PASSWORD, "--out", out, "--ca", gateway.authority, *more,
            *["--transcript"] * transcript]


def attempt(gateway, name, account, transcript):
    """Runs the probe: (whether all is well, its sums, what it printed)."""
    os.makedirs(os.path.join(BUILD, account), exist_ok=True)
    log = os.path.join(BUILD, account + ".txt")
    with open(log, "w") as out:
        child = subprocess.Popen(words(name, account, gateway, transcript), stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 15)
            child.wait(20)
    with open(log, errors="replace") as f:
        text = f.read()
    for line in text.splitlines():
        if line.startswith(("FAIL", "SKIP")):
            print(f"  {line}", flush=True)
    totals = re.findall(r"^\d+ passed, \d+ failed.*$", text, re.M)
    return (bool(totals) and " 0 failed" in totals[-1] and child.returncode == 0,
            totals[-1] if totals else f"no end within {SECONDS} s", text)


def probe(report, gateway, name, transcript):
    why = lacking(name)
    if why:
        return report.skip(name, why)
    good, sums, text = attempt(gateway, name, accounts(name)[0], transcript)
    for account in accounts(name)[1:]:
        if not good:
            print(f"AGAIN {name}: {sums}", flush=True)
            good, sums, text = attempt(gateway, name, account, transcript)
    report.check(f"{name}: {sums}", good, text[-300:])


def accounts(name):
    """An account for each attempt. Thunderbird's windows now and then miss a click on a busy machine: it has a second one."""
    first = name.replace("_", "-")
    return [first, first + "-again"] if name == "thunderbird" else [first]


def all_probes(report, names, transcript):
    folder = state_folder("probes")
    pem, key, authority = certificate(folder, "localhost", "mx.one.test")
    # What goes to correspondents stays in the queue: nobody listens there.
    gateway = Gateway(folder, {LEGACY: "127.0.0.1:1"}, tls={"certificate": pem, "key": key}).start()
    gateway.authority = authority
    gateway.add_account(*(account for name in names for account in accounts(name)), PEER.split("@")[0])
    for name in names:
        report.step(name, probe, report, gateway, name, transcript)
    report.equal("SIGTERM ends the gateway with status 0", gateway.stop(), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="without Thunderbird")
    parser.add_argument("--transcript", action="store_true", help="record the sessions, through a proxy")
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(NEEDS))
    args = parser.parse_args()
    chosen = args.names or [n for n in NEEDS if not (args.quick and n in LONG)]
    run("the probes", lambda report: all_probes(report, chosen, args.transcript))
