"""places: where the tests' programs, folders, ports and samples are.

Environment: E2_GATEWAY   the program (default: build/release/email2-gateway of this checkout)
             E2_TEST_PORTS  ports to use, below the ephemeral ones (default 21500-21699)
             E2_TEST_KEEP   1: leave the state folder behind, and say where it is
             E2_CORPUS      the corpus (default: ../shared/corpus beside the checkout)
"""
import atexit
import os
import random
import shutil
import socket
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOST = "127.0.0.1"


def program():
    return os.environ.get("E2_GATEWAY") or os.path.join(ROOT, "build", "release", "email2-gateway")


def corpus():
    """The folder of the third parties' mails, or None."""
    beside = os.path.join(os.path.dirname(ROOT), "shared", "corpus")
    given = os.environ.get("E2_CORPUS")
    return next((p for p in (given, beside) if p and os.path.isdir(p)), None)


def state_folder(name):
    """A folder that other users (PostgreSQL's, Postfix's) may enter; short, for the names of unix sockets."""
    made = tempfile.mkdtemp(prefix=f"e2-{name}-", dir="/tmp")
    os.chmod(made, 0o755)
    if os.environ.get("E2_TEST_KEEP") == "1":
        print(f"note: state is in {made}", flush=True)
    else:
        atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            return True
        except OSError:
            return False


handed_out = set()


def free_ports(count):
    """That many free ports in a row; two programs that ask at the same time start at different places."""
    low, high = (int(n) for n in os.environ.get("E2_TEST_PORTS", "21500-21699").split("-"))
    starts = list(range(low, high + 2 - count))
    turn = random.randrange(len(starts))
    for start in starts[turn:] + starts[:turn]:
        row = range(start, start + count)
        if not handed_out & set(row) and all(is_free(p) for p in row):
            handed_out.update(row)
            return list(row)
    raise RuntimeError(f"no {count} free ports in a row in {low}-{high}")


def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(sections):
    """A TOML file of {section: {key: value}}; a dict as value becomes a section of its own."""
    out = ""
    for section, keys in sections.items():
        out += f"[{section}]\n" + "".join(f"{k} = {toml(v)}\n" for k, v in keys.items() if not isinstance(v, dict))
        for key, inner in keys.items():
            if isinstance(inner, dict):
                out += f"[{section}.{key}]\n" + "".join(f'"{k}" = {toml(v)}\n' for k, v in inner.items())
        out += "\n"
    return out


def certificate(folder, *names):
    """(certificate, key, authority) as PEM files: a leaf for these names, signed by an authority of its own."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    with open(os.path.join(folder, "leaf.ext"), "w") as out:
        out.write("subjectAltName=" + ",".join(f"DNS:{n}" for n in names) + f",IP:{HOST}\nextendedKeyUsage=serverAuth\n")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={names[0]}", "-keyout", "leaf.key", "-out", "leaf.csr")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
            "-extfile", "leaf.ext", "-out", "leaf.pem")
    return tuple(os.path.join(folder, n) for n in ("leaf.pem", "leaf.key", "ca.pem"))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
