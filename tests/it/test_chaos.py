"""The network that misbehaves does what it is told: else the tests behind it would prove nothing."""
import socket
import ssl
import threading

import chaos
import pytest

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello"
REQUEST = b"GET / HTTP/1.1\r\n\r\n"


class Server(threading.Thread):
    """TLS; answers each connection's first bytes, and counts what it was asked."""

    def __init__(self, sandbox):
        super().__init__(daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(sandbox / "tls/server.pem", sandbox / "tls/server.key")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.asked = self.listener.getsockname()[1], threading.Semaphore(0)

    def run(self):
        while True:
            try:
                raw, _ = self.listener.accept()
                with self.context.wrap_socket(raw, server_side=True) as connection:
                    if connection.recv(4096) == REQUEST:
                        self.asked.release()
                        connection.sendall(ANSWER)
                        connection.recv(1)
            except OSError:
                if self.listener.fileno() < 0:
                    return


@pytest.fixture(scope="module")
def through(country):
    """(proxy, ask): ask() gives what came until the end, or until half a second brought nothing more."""
    server = Server(country.sandbox)
    server.start()
    proxy = chaos.Chaos(server.port)
    context = ssl.create_default_context(cafile=str(country.sandbox / "tls/ca.pem"))

    def ask(resume=None):
        raw = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
        connection = context.wrap_socket(raw, server_hostname="127.0.0.1", session=resume)
        assert connection.session_reused == bool(resume)
        connection.sendall(REQUEST)
        assert server.asked.acquire(timeout=10), "the request did not arrive"
        connection.settimeout(0.5)
        came = b""
        try:
            while len(came) < len(ANSWER):
                more = connection.recv(4096)
                if not more:
                    break
                came += more
        except (TimeoutError, ConnectionResetError):
            pass
        ask.session = connection.session
        connection.close()
        return came

    yield proxy, ask
    proxy.close()
    server.listener.close()


def test_what_passes_is_whole_and_what_is_refused_is_not_there(through):
    proxy, ask = through
    assert ask() == ANSWER
    with proxy.being(chaos.REFUSE), pytest.raises(ConnectionRefusedError):
        ask()
    assert ask() == ANSWER  # on the same port again


def test_before_the_first_byte_nothing_was_asked(through):
    proxy, ask = through
    with proxy.being(chaos.RESET), pytest.raises(ConnectionResetError):
        ask()


def test_a_request_arrives_and_its_answer_does_not(through):
    """The server did it, and nobody heard: also where the session of TLS is resumed."""
    proxy, ask = through
    assert ask() == ANSWER
    for resume in (None, ask.session):
        with proxy.being(chaos.MUTE):
            assert ask(resume) == b""
        for after in (0, 10):
            with proxy.being(chaos.CUT, after=after):
                assert ask(resume) == b""  # of TLS' records only whole ones are worth something


def test_an_answer_drips(through):
    proxy, ask = through
    with proxy.being(chaos.DRIP, every_s=0.001):
        assert ask() == ANSWER
    with proxy.being(chaos.DRIP, every_s=60):
        assert ask() == b""
