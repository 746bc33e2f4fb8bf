"""web_socket: a WebSocket client of a few lines, RFC 6455, so that tests see what is on the wire."""
import base64
import hashlib
import os
import socket
import struct

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class WebSocket:
    """A socket after its handshake; answer is the status line of the server."""

    def __init__(self, address, target, authorization, timeout=20):
        self.socket = socket.create_connection(address, timeout)
        self.buffer = b""
        self.code = None  # of the server's close frame
        key = base64.b64encode(os.urandom(16))
        self.socket.sendall((f"GET {target} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nAuthorization: {authorization}\r\n"
                             "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                             f"Sec-WebSocket-Key: {key.decode()}\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            piece = self.socket.recv(65536)
            if not piece:
                break
            self.buffer += piece
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.answer = head.split(b"\r\n")[0].decode()
        self.status = int(self.answer.split()[1])
        proof = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self.agreed = b"sec-websocket-accept: " + proof.lower() in head.lower()

    def _frame(self):
        """(opcode, payload) at the front of the buffer, or None when it is not whole yet."""
        if len(self.buffer) < 2:
            return None
        length, at = self.buffer[1] & 127, 2
        if length == 126:
            if len(self.buffer) < 4:
                return None
            length, at = struct.unpack(">H", self.buffer[2:4])[0], 4
        elif length == 127:
            if len(self.buffer) < 10:
                return None
            length, at = struct.unpack(">Q", self.buffer[2:10])[0], 10
        if len(self.buffer) < at + length:
            return None
        opcode, payload = self.buffer[0] & 15, self.buffer[at:at + length]
        self.buffer = self.buffer[at + length:]
        return opcode, payload

    def receive(self, timeout=20):
        """The next frame; None when the server has gone. Raises TimeoutError."""
        self.socket.settimeout(timeout)
        while True:
            frame = self._frame()
            if frame:
                if frame[0] == CLOSE and len(frame[1]) >= 2:
                    self.code = struct.unpack(">H", frame[1][:2])[0]
                return frame
            piece = self.socket.recv(65536)
            if not piece:
                return None
            self.buffer += piece

    def text(self, timeout=20):
        """The next text; None when there is no more."""
        while True:
            frame = self.receive(timeout)
            if frame is None or frame[0] == CLOSE:
                return None
            if frame[0] == TEXT:
                return frame[1]

    def send(self, opcode, payload=b""):
        mask = os.urandom(4)
        masked = bytes(c ^ mask[i % 4] for i, c in enumerate(payload))
        self.socket.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked)

    def close(self):
        self.socket.close()


def frames(web_socket):
    """The texts that are there, of a socket that does not block."""
    try:
        while True:
            piece = web_socket.socket.recv(65536)
            if not piece:
                break
            web_socket.buffer += piece
            if len(piece) < 65536:
                break
    except BlockingIOError:
        pass
    texts = []
    while True:
        frame = web_socket._frame()
        if frame is None:
            return texts
        if frame[0] == TEXT:
            texts.append(frame[1])
