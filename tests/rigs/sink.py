#!/usr/bin/env python3
"""sink: an SMTP server that takes everything and remembers exactly what it said to whom. RFC 5321.

As a command: sink.py PORT [--count N] [--show]: prints one line per mail, with the faults of the client that sent it; or all of it.
As a module: Sink(port).start(); its `taken` has a Taken per mail that got, or was about to get, our 250.
"""
import argparse
import re
import socket
import threading
import time


class Taken:
    """One transaction: envelope, octets, and whether our 250 to it can have reached the client."""

    def __init__(self, sender, recipients, octets, faults):
        self.sender, self.recipients, self.octets, self.faults = sender, recipients, octets, faults
        self.at = time.time()
        self.broken = False  # the connection ended before the client showed that it had read our 250

    @property
    def message_id(self):
        found = re.search(rb"^message-id:\s*<([^>]+)>", self.octets.split(b"\r\n\r\n", 1)[0], re.I | re.M)
        return found.group(1).decode("latin-1") if found else None


def faults_of(octets):
    """What an SMTP client must not send; dots still stuffed."""
    wrong = [("bare LF", rb"(?<!\r)\n"), ("bare CR", rb"\r(?!\n)"), ("NUL", rb"\0"),
             ("a leading dot not stuffed", rb"(?:^|\r\n)\.(?!\.)"), ("a line over 998 octets", rb"[^\r\n]{999}")]
    return [name for name, pattern in wrong if re.search(pattern, octets)]


class Session:
    def __init__(self, sink, sock):
        self.sink, self.sock, self.buffer = sink, sock, b""
        self.sender, self.recipients, self.unproved = "", [], None

    def more(self):
        got = self.sock.recv(65536)
        if not got:
            raise ConnectionError("end of file")
        self.buffer += got
        self.unproved = None  # whoever goes on has read our last reply; QUIT counts as well

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more()
        got, self.buffer = self.buffer.split(b"\r\n", 1)
        return got

    def say(self, text):
        self.sock.sendall(text.encode() + b"\r\n")

    def body(self):
        while not (self.buffer.startswith(b".\r\n") or b"\r\n.\r\n" in self.buffer):
            self.more()
        if self.buffer.startswith(b".\r\n"):
            self.buffer = self.buffer[3:]
            return b""
        end = self.buffer.index(b"\r\n.\r\n")
        got, self.buffer = self.buffer[:end + 2], self.buffer[end + 5:]
        return got

    def data(self):
        self.say("354 go on")
        stuffed = self.body()
        mail = Taken(self.sender, self.recipients, re.sub(rb"(^|\r\n)\.", rb"\1", stuffed), faults_of(stuffed))
        self.sender, self.recipients = "", []
        self.unproved = mail
        self.sink.take(mail)
        self.say("250 2.0.0 taken")

    def run(self):
        self.say("220 sink.test ESMTP")
        while True:
            line = self.line()
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say("250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 52428800\r\n250 ENHANCEDSTATUSCODES")
            elif verb == b"MAIL":
                self.sender, self.recipients = re.search(rb"<(.*?)>", line).group(1).decode("utf-8", "replace"), []
                self.say("250 2.1.0 ok")
            elif verb == b"RCPT":
                self.recipients.append(re.search(rb"<(.*?)>", line).group(1).decode("utf-8", "replace"))
                self.say("250 2.1.5 ok")
            elif verb == b"DATA":
                self.data()
            elif verb == b"QUIT":
                self.say("221 2.0.0 bye")
                return
            elif verb in (b"HELO", b"NOOP", b"RSET"):
                self.say("250 ok")
            else:
                self.say("500 5.5.1 what?")


class Sink:
    """`delay` seconds pass before each 250 to DATA, so that a kill can fall between it and the client's commit."""

    def __init__(self, port, delay=0.0, host="127.0.0.1"):
        self.address, self.delay = (host, port), delay
        self.taken, self.lock = [], threading.Lock()

    def take(self, mail):
        with self.lock:
            self.taken.append(mail)
        if self.delay:
            time.sleep(self.delay)

    def serve(self, sock):
        session = Session(self, sock)
        try:
            session.run()
        except (OSError, AttributeError):
            if session.unproved:
                session.unproved.broken = True
        finally:
            sock.close()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def start(self):
        self.listener = socket.create_server(self.address, backlog=200)
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def stop(self):
        self.listener.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--count", type=int, default=0, help="end after so many mails")
    parser.add_argument("--show", action="store_true", help="print whole mails")
    args = parser.parse_args()
    sink, shown = Sink(args.port).start(), 0
    while not args.count or shown < args.count:
        with sink.lock:
            fresh = sink.taken[shown:]
        for mail in fresh:
            shown += 1
            print(f"{shown} <{mail.sender}> {mail.recipients} {len(mail.octets)} octets {'; '.join(mail.faults) or 'clean'}", flush=True)
            if args.show:
                print(mail.octets.decode(errors="replace").replace("\r\n", "\n"), flush=True)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
