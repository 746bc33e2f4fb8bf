#!/usr/bin/env python3
"""run_process: the life of the process: it starts from nothing, is told to stop, is killed, and finds everything again."""
import os
import signal
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "scenario"))

from harness import Gateway, alive, eventually, program, run, state_folder  # noqa: E402


def body(report):
    gateway = Gateway(state_folder("process"))
    gateway.start()
    report.check("it says ready, and a database runs", bool(gateway.postgres_pid()))
    owner = os.stat(f"/proc/{gateway.postgres_pid()}").st_uid
    report.check("the database does not run as root", owner != 0)
    report.check("a certificate was made, its key for the owner alone",
                 os.stat(os.path.join(gateway.data, "key.pem")).st_mode & 0o077 == 0)

    second = subprocess.Popen([program(), "serve", "--config", gateway.config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              cwd=gateway.folder, text=True)
    said, _ = second.communicate(timeout=60)
    report.check("a second one on the same directory refuses", second.returncode == 1 and "another gateway" in said, said[-200:])

    gateway.process.send_signal(signal.SIGHUP)
    report.check("SIGHUP reads the settings again", eventually(lambda: " reloaded" in gateway.log_text(), 10))
    with open(gateway.config) as config:
        good = config.read()
    with open(gateway.config, "a") as config:
        config.write("[nonsense]\n")
    gateway.process.send_signal(signal.SIGHUP)
    report.check("SIGHUP with a mistake changes nothing", eventually(lambda: "reload.refused" in gateway.log_text(), 10))
    checked = gateway.command("check")
    report.check("check names the mistake with its line", checked.returncode == 1 and "[nonsense]" in checked.stderr, checked.stderr)
    with open(gateway.config, "w") as config:
        config.write(good)
    checked = gateway.command("check")
    report.check("check is content", checked.returncode == 0, checked.stderr)

    database = gateway.postgres_pid()
    report.check("SIGTERM ends it with 0", gateway.stop() == 0)
    report.check("and the database with it", not alive(database))

    before = len(gateway.log_text())
    gateway.start()
    report.check("it starts again", gateway.postgres_pid() not in (None, database))
    database = gateway.postgres_pid()
    gateway.kill_postgres()
    report.check("a killed database comes back", eventually(lambda: gateway.postgres_pid() not in (None, database), 30))
    gateway.kill()
    gateway.start()
    report.check("a killed gateway starts again", bool(gateway.postgres_pid()))
    report.check("the log has one line for each event",
                 all(line.count(" info ") + line.count(" error ") + line.count(" warning ") >= 1 or not line.startswith("20")
                     for line in gateway.log_text(before).splitlines()))
    report.check("SIGINT ends it too", interrupted(gateway) == 0)


def interrupted(gateway):
    gateway.process.send_signal(signal.SIGINT)
    return gateway.process.wait(60)


run("process", body)
