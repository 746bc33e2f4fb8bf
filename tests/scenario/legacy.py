"""legacy: the stock Postfix and Dovecot of tests/rigs/mta-rig: the correspondents' world, legacy.test."""
import atexit
import os
import shutil
import subprocess

from imap_client import Imap
from places import HOST, ROOT, free_ports
from smtp_client import deliver

LEGACY = "legacy.test"
RIG = os.path.join(ROOT, "tests", "rigs", "mta-rig")


class LegacyWorld:
    """The stock Postfix and Dovecot of tests/rigs/mta-rig for legacy.test; one.test is the gateway's MX port."""

    PASSWORD = "rigpass"

    def __init__(self, folder, users=10):
        ports = free_ports(7)
        self.smtp_address, self.imap_address = (HOST, ports[0]), (HOST, ports[4])
        self.environment = {**os.environ, "MTA_RIG_STATE": os.path.join(folder, "rig"), "MTA_RIG_BASE": str(ports[0]),
                            "MTA_RIG_USERS": str(users)}

    @staticmethod
    def missing():
        """Why it cannot run here, or None."""
        path = os.environ["PATH"] + ":/usr/sbin"
        for name in ("postfix", "dovecot"):
            if not shutil.which(name, path=path):
                return f"{name} is not installed"
        return None if os.geteuid() == 0 else "Postfix and Dovecot must be started by root"

    def rig(self, *words):
        done = subprocess.run([RIG, *words], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60)
        if done.returncode:
            raise RuntimeError(f"mta-rig {words[0]}: {done.stdout}")
        return done.stdout

    def start(self, gateway_port):
        self.environment["MTA_RIG_GW"] = f"{HOST}:{gateway_port}"
        atexit.register(self.stop)
        self.rig("start")
        return self

    def stop(self):
        subprocess.run([RIG, "stop"], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def send(self, sender, recipients, data):
        """By its Postfix, as the sender's own server would; the recipients of one domain go on in one transaction."""
        deliver(self.smtp_address, f"{sender}@{LEGACY}" if sender else "", recipients, data)

    def imap(self, name):
        return Imap(self.imap_address, name, self.PASSWORD, "plain")

    def setting(self, name):
        return dict(pair.split("=", 1) for pair in self.rig("env").split())[name]
