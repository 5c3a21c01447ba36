"""A network that misbehaves: a TCP proxy on loopback in front of one server, told at run time what to do. TLS passes
through untouched; it reads no more of it than where the handshake ends and the answer begins."""
import contextlib
import select
import socket
import struct
import threading

HANDSHAKE, APPLICATION = 22, 23  # types of TLS records
SERVER_HELLO, PRE_SHARED_KEY = 2, 41
RST = struct.pack("ii", 1, 0)  # SO_LINGER of zero seconds: close() resets

PASS, REFUSE, HANG, RESET, MUTE, CUT, DRIP = "pass", "refuse", "hang", "reset", "mute", "cut", "drip"
MODES = {
    PASS: "everything goes through",
    REFUSE: "nobody listens on the port",
    HANG: "connections are taken, and nothing comes back, not even the server's part of the handshake",
    RESET: "connections are reset instead of the server's first byte",
    MUTE: "the request arrives, and its answer is withheld for ever",
    CUT: "the request arrives, and the connection is reset after so many bytes (`after`, of TLS) of its answer",
    DRIP: "the answer comes byte by byte, one each `every_s` seconds",
}


class Records:
    """Where in the server's bytes the first answer begins: behind the handshake and its session tickets (RFC 8446)."""

    def __init__(self):
        self.header, self.left, self.kind, self.first = b"", 0, 0, b""
        self.client_finished = False
        self.tickets = 2  # OpenSSL's number; of a session that is resumed, one
        self.counting = False

    def answer_begins_at(self, data):
        """Place in data of the first byte of an answer, len(data) when there is none in it; takes data as read."""
        at = 0
        while at < len(data):
            if self.left == 0:
                take = min(5 - len(self.header), len(data) - at)
                self.header += data[at:at + take]
                at += take
                if len(self.header) < 5:
                    break
                self.kind, self.left = self.header[0], int.from_bytes(self.header[3:5], "big")
                self.header, begins = b"", at - 5
                if self.kind == APPLICATION and self.client_finished:
                    if self.tickets == 0:
                        return max(begins, 0)
                    self.tickets -= 1
            take = min(self.left, len(data) - at)
            if len(self.first) < 4096 and not self.client_finished:
                self.first += data[at:at + take] if self.kind == HANDSHAKE else b""
            self.left, at = self.left - take, at + take
        return len(data)

    def client_sent(self, data):
        """Its first application record holds the end of its handshake."""
        if not self.client_finished and APPLICATION in record_kinds(data):
            self.client_finished = True
            self.tickets = 1 if is_resumed(self.first) else 2


def record_kinds(data):
    kinds, at = [], 0
    while at + 5 <= len(data):
        kinds.append(data[at])
        at += 5 + int.from_bytes(data[at + 3:at + 5], "big")
    return kinds


def is_resumed(hello):
    """The ServerHello takes up a session of before."""
    if len(hello) < 39 or hello[0] != SERVER_HELLO:
        return False
    at = 38 + 1 + hello[38] + 3  # session id, cipher suite, compression
    end = at + 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 2
    while at + 4 <= end:
        if int.from_bytes(hello[at:at + 2], "big") == PRE_SHARED_KEY:
            return True
        at += 4 + int.from_bytes(hello[at + 2:at + 4], "big")
    return False


class Connection(threading.Thread):
    def __init__(self, proxy, client):
        super().__init__(daemon=True)
        self.proxy, self.client, self.server = proxy, client, None
        self.records, self.answering, self.told = Records(), False, 0

    def run(self):
        try:
            with contextlib.suppress(OSError):
                self.server = socket.create_connection(("127.0.0.1", self.proxy.target), timeout=10)
                self.server.settimeout(None)
                self.pump()
        finally:
            for end in (self.client, self.server):
                if end:
                    end.close()
            self.proxy.forget(self)

    def pump(self):
        while True:
            ready, _, _ = select.select([self.client, self.server, *self.proxy.wake], [], [])
            if self.proxy.closed:
                return
            if self.client in ready:
                data = self.client.recv(65536)
                if not data:
                    return
                self.records.client_sent(data)
                self.server.sendall(data)
            if self.server in ready:
                data = self.server.recv(65536)
                if not data or not self.from_server(data):
                    return

    def from_server(self, data):
        """False: it is over."""
        mode = self.proxy.mode
        begin = 0 if self.answering else self.records.answer_begins_at(data)
        self.answering = self.answering or begin < len(data)
        if mode == RESET:
            return self.reset()
        if mode == HANG:
            return True
        self.client.sendall(data[:begin])
        answer = data[begin:]
        if mode == CUT:
            rest = max(0, self.proxy.after - self.told)
            self.client.sendall(answer[:rest])
            self.told += len(answer[:rest])
            return self.reset() if len(answer) > rest or (answer and self.told >= self.proxy.after) else True
        if mode == DRIP:
            return self.drip(answer)
        if mode != MUTE:
            self.client.sendall(answer)
            self.told += len(answer)
        return True

    def drip(self, answer):
        for byte in answer:
            if self.proxy.mode == DRIP and self.proxy.changed.wait(self.proxy.every_s):
                if self.proxy.closed:
                    return False
            self.client.sendall(bytes([byte]))
        return True

    def reset(self):
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        return False


class Chaos:
    """`port` leads to 127.0.0.1:`target`, as the mode says."""

    def __init__(self, target):
        self.target, self.mode, self.after, self.every_s = target, PASS, 0, 0.2
        self.connections, self.lock, self.closed = set(), threading.Lock(), False
        self.changed = threading.Event()
        self.wake = []  # readable when the proxy closes
        read_end, self.waker = socket.socketpair()
        self.wake.append(read_end)
        self.listener, self.port = None, 0
        self.listen()

    def listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.listener, self.port = listener, listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            connection = Connection(self, client)
            with self.lock:
                self.connections.add(connection)
            connection.start()

    def forget(self, connection):
        with self.lock:
            self.connections.discard(connection)

    def unlisten(self):
        if self.listener:
            with contextlib.suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            self.listener.close()
            self.listener = None

    def drop(self):
        """Ends all connections that are open, as a restart of the other side would."""
        with self.lock:
            open_now = list(self.connections)
        for connection in open_now:
            for end in (connection.client, connection.server):
                if end:
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
        for connection in open_now:
            connection.join(10)

    def set(self, mode, after=0, every_s=0.2):
        """From now on, for connections that are made from now on: the open ones are dropped."""
        assert mode in MODES, mode
        self.mode, self.after, self.every_s = mode, after, every_s
        self.changed.set()
        self.drop()
        self.changed.clear()
        if mode == REFUSE:
            self.unlisten()
        elif not self.listener:
            self.listen()

    @contextlib.contextmanager
    def being(self, mode, **how):
        self.set(mode, **how)
        try:
            yield self
        finally:
            self.set(PASS)

    def close(self):
        self.closed = True
        self.changed.set()
        self.waker.send(b".")
        self.unlisten()
        self.drop()
