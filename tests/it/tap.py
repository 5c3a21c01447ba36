"""A tap on the line to ЦОИД: takes shepd's calls under the sandbox's own certificate, hands them on under the
participant's, and keeps what either said, byte for byte."""
import contextlib
import itertools
import socket
import ssl
import subprocess
import threading


def participant_pem(sandbox, folder):
    """The participant's key and certificate for Python's ssl."""
    pem = folder / "participant.pem"
    pem.touch(0o600)
    subprocess.run(["openssl", "pkcs12", "-legacy", "-in", sandbox / "tls/client.p12", "-nodes", "-passin",
                    f"file:{sandbox / 'pass'}", "-out", pem], check=True, capture_output=True, timeout=60)
    return pem


def client_context(sandbox, pem):
    context = ssl.create_default_context(cafile=str(sandbox / "tls/ca.pem"))
    context.load_cert_chain(pem)
    return context


class Message:
    """A request or an answer of HTTP/1.1 with a Content-Length; connection: by which it came, counted from 0."""

    def __init__(self, first, headers, body):
        self.first, self.headers, self.body, self.connection = first, headers, body, None

    @classmethod
    def read(cls, connection):
        """(message, its bytes); None at the end."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        first, *rows = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (row.partition(":") for row in rows)}
        length = int(headers.get("content-length", 0))
        while len(body) < length:
            more = connection.recv(65536)
            if not more:
                return None
            body += more
        return cls(first, headers, body), head + b"\r\n\r\n" + body


class Tap:
    def __init__(self, sandbox, target, folder):
        self.target, self.exchanges = target, []  # [(request, answer)]
        self.outside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.outside.load_cert_chain(sandbox / "tls/server.pem", sandbox / "tls/server.key")
        self.outside.load_verify_locations(sandbox / "tls/client-ca.pem")
        self.outside.verify_mode = ssl.CERT_REQUIRED
        self.inside = client_context(sandbox, participant_pem(sandbox, folder))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        for number in itertools.count():
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(raw, number), daemon=True).start()

    def serve(self, raw, number):
        with contextlib.suppress(OSError), self.outside.wrap_socket(raw, server_side=True) as caller:
            there = socket.create_connection(("127.0.0.1", self.target), timeout=60)
            with self.inside.wrap_socket(there, server_hostname="127.0.0.1") as centre:
                while True:
                    asked = Message.read(caller)
                    if not asked:
                        return
                    centre.sendall(asked[1])
                    told = Message.read(centre)
                    if not told:
                        return
                    asked[0].connection = told[0].connection = number
                    self.exchanges.append((asked[0], told[0]))
                    caller.sendall(told[1])

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
