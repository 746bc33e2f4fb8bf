"""names: a name server of given records, in a thread of the test: the DNS as the gateway sees it."""
import socket
import struct
import threading

TYPES = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
NXDOMAIN, SERVFAIL = 3, 2
OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)


def name_octets(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def data_octets(kind, value):
    if kind in ("A", "AAAA"):
        return socket.inet_pton(socket.AF_INET if kind == "A" else socket.AF_INET6, value)
    if kind == "MX":
        preference, host = value.split(" ")
        return struct.pack("!H", int(preference)) + name_octets(host)
    if kind == "PTR":
        return name_octets(value)
    octets = value.encode()
    return b"".join(bytes([len(octets[i:i + 255])]) + octets[i:i + 255] for i in range(0, max(len(octets), 1), 255))


class NameServer:
    """Answers on loopback, `address` as egress.resolver takes it. Records may be set at any time: server[name, "TXT"] = [text, …];
    a name without any does not exist; one in `broken` is answered by SERVFAIL."""

    def __init__(self, records=None):
        self.records, self.broken, self.asked = dict(records or {}), set(), []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1@%d" % self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def __setitem__(self, key, values):
        self.records[key[0].lower(), key[1]] = values

    def serve(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            try:
                self.socket.sendto(self.answer(query), peer)
            except (IndexError, struct.error, UnicodeDecodeError):
                pass  # no question that can be read

    def answer(self, query):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        question = query[12:at + 5]
        name, kind = ".".join(labels).lower(), struct.unpack("!H", query[at + 1:at + 3])[0]
        self.asked.append(name)
        word = next((w for w, number in TYPES.items() if number == kind), None)
        values = self.records.get((name, word), [])
        exists = any(known == name or known.endswith("." + name) for known, _ in self.records)
        code = SERVFAIL if name in self.broken else 0 if exists else NXDOMAIN
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(data)) + data
                           for data in (data_octets(word, value) for value in values))
        return query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, len(values), 0, 1) + question + answers + OPT


# legacy.test: whoever is on this machine may send its mail; anything else there says no.
LEGACY_RECORDS = {
    ("legacy.test", "TXT"): ["v=spf1 ip4:127.0.0.0/8 ip6:::1 -all"],
    ("mx.legacy.test", "A"): ["127.0.0.1"],
    ("legacy.test", "MX"): ["10 mx.legacy.test"],
}
