"""harness: a gateway of the test's own: configured, started, spoken to, broken and stopped from outside.

What a test needs of the other files comes from here as well; places says which environment is heeded.
"""
import atexit
import glob
import os
import re
import signal
import subprocess
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from checks import Report, Stop, eventually, stays  # noqa: E402,F401
from http_client import Http, document  # noqa: E402,F401
from imap_client import Closed, Imap, Refused, Silent, quoted, unverified  # noqa: E402,F401
from legacy import LEGACY, LegacyWorld  # noqa: E402,F401
from names import LEGACY_RECORDS, NameServer  # noqa: E402,F401
from places import HOST, ROOT, alive, certificate, corpus, free_ports, program, state_folder, written  # noqa: E402,F401
from smtp_client import RawSmtp, Smtp, deliver  # noqa: E402,F401

DOMAIN = "one.test"
PASSWORD = "demo-pass"
STOP_SECONDS = 30  # a drain of open transactions, and PostgreSQL's shutdown


class Gateway:
    """One gateway with its embedded PostgreSQL: configuration, process, sessions to it; and the DNS that it asks, in which
    legacy.test lets this machine send its mail (SPF), so that correspondents there are proven."""

    SERVICES = ("smtp", "submission", "submissions", "imap", "imaps", "http")

    def __init__(self, folder, routes=None, **settings):
        self.folder = os.path.join(folder, "gateway")
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o755)
        self.data = os.path.join(self.folder, "data")
        self.config = os.path.join(self.folder, "gateway.toml")
        self.log = os.path.join(self.folder, "gateway.log")
        self.names = NameServer(LEGACY_RECORDS)
        self.ports = dict(zip(self.SERVICES, free_ports(len(self.SERVICES))))
        self.process = None
        self.sections = {
            "server": {"hostname": "mx.one.test", "domains": [DOMAIN], "data": self.data},
            "listen": {name: [f"{HOST}:{port}"] for name, port in self.ports.items()},
            "egress": {"undo": "0s", "retry_first": "1s", "retry_max": "2s", "routes": routes or {},
                       "resolver": [self.names.address]},
            "followup": {"settle": "2s"},
            "http": {"public_url": f"http://{HOST}:{self.ports['http']}"},
            "limits": {"connections": 4000, "connections_per_address": 4000},
        }
        self.configure(**settings)
        atexit.register(self.stop)

    def configure(self, **settings):
        """Sets keys of sections; they hold from the next start on."""
        for section, keys in settings.items():
            self.sections.setdefault(section, {}).update(keys)
        with open(self.config, "w") as out:
            out.write(written(self.sections))
        os.chmod(self.config, 0o644)

    def at(self, service):
        return HOST, self.ports[service]

    # --- the process
    def start(self, seconds=90):
        if not os.path.exists(program()):
            raise RuntimeError(f"no gateway at {program()}: build it, or name it in E2_GATEWAY")
        before = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([program(), "serve", "--config", self.config], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=self.folder)

        def ready():
            return re.search(r"^ready", self.log_text(before), re.M) or self.process.poll() is not None
        if not eventually(ready, seconds) or self.process.poll() is not None:
            raise RuntimeError(f"the gateway did not say ready: {self.log_text(before)[-2000:]}")
        return self

    def log_text(self, start=0):
        try:
            with open(self.log, "rb") as f:
                f.seek(start)
                return f.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def stop(self):
        """SIGTERM, and the exit status; what does not end is killed."""
        code = None
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                code = self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        pid = self.postgres_pid()
        if pid and not eventually(lambda: not alive(pid), 10):
            os.kill(pid, signal.SIGQUIT)  # PostgreSQL's immediate shutdown
        return code

    def postgres_pid(self):
        """The postmaster of this gateway's data folder, when it runs."""
        try:
            with open(os.path.join(self.data, "postgres", "postmaster.pid")) as f:
                lines = f.read().split("\n")
            pid = int(lines[0])
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                return pid if b"postgres" in f.read() and alive(pid) else None
        except (OSError, ValueError):
            return None

    def sql(self, text):
        """What its database says: for failures that are made, and looks that nobody has from outside."""
        [socket] = glob.glob(os.path.join(self.data, "**", ".s.PGSQL.5432"), recursive=True)
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", os.path.dirname(socket), "-U", "email2", "email2", "-c", text],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def kill(self):
        """kill -9 of the gateway alone."""
        self.process.kill()
        self.process.wait()

    def kill_postgres(self):
        """kill -9 of the postmaster alone; whether it ran."""
        pid = self.postgres_pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
        return bool(pid)

    def answers(self, path="/readyz"):
        try:
            return Http(self.at("http")).request("GET", path, timeout=5).status == 200
        except OSError:
            return False

    # --- the command line
    def command(self, *words, stdin=None, seconds=120):
        """Runs a subcommand with this configuration; the finished process."""
        return subprocess.run([program(), *words, "--config", self.config], input=stdin, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=seconds)

    def add_account(self, *names, password=PASSWORD):
        for name in names:
            done = self.command("account", "add", f"{name}@{DOMAIN}", "--password", password)
            if done.returncode:
                raise RuntimeError(f"account add {name}: {done.stdout}{done.stderr}")

    def add_accounts(self, names, password=PASSWORD):
        """Many at once: `account add --from-stdin` reads lines of address and password."""
        lines = "".join(f"{name}@{DOMAIN} {password}\n" for name in names)
        done = self.command("account", "add", "--from-stdin", stdin=lines, seconds=600)
        if done.returncode:
            raise RuntimeError(f"account add --from-stdin: {done.stdout[-500:]}{done.stderr[-500:]}")

    # --- sessions
    def imap(self, name=None, security="tls", **more):
        """`security` picks the port: tls is imaps, starttls and plain are imap."""
        address = self.at("imaps" if security == "tls" else "imap")
        return Imap(address, name and f"{name}@{DOMAIN}", PASSWORD, security, **more)

    def submission(self, name):
        return Smtp(self.at("submission"), f"{name}@{DOMAIN}", PASSWORD, "starttls")

    def submit(self, name, recipients, data):
        deliver(self.at("submission"), f"{name}@{DOMAIN}", recipients, data, user=f"{name}@{DOMAIN}", password=PASSWORD,
                security="starttls")

    def http(self, name=None):
        return Http(self.at("http"), name and f"{name}@{DOMAIN}", PASSWORD)


def both(name, **settings):
    """A running gateway and the running legacy world, each the other's route."""
    folder = state_folder(name)
    legacy = LegacyWorld(folder)
    gateway = Gateway(folder, {LEGACY: "%s:%d" % legacy.smtp_address}, **settings)
    legacy.start(gateway.ports["smtp"])
    return gateway.start(), legacy


def run(title, body):
    """A test program: body(report), then the sum as exit status; what escapes the body is one failed check."""
    report = Report()
    try:
        body(report)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        report.check(f"{title} runs to its end", False, f"{type(error).__name__}: {error}")
    sys.exit(report.finish())
