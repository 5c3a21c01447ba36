"""Ports for the servers of tests."""
import fcntl
import os
import pathlib
import random
import socket
import tempfile


class Ports:
    """Each port is given once: a byte of one file is locked for it until this process ends. So no other worker and no
    other run on this machine is given it, before the server listens and while it is being started again."""

    def __init__(self, first=10000, last=32000):
        """By default outside the range from which the kernel takes ports for outgoing connections."""
        self.first, self.last = first, last
        place = pathlib.Path(tempfile.gettempdir()) / f"shep-ports-{os.getuid()}"
        self.file = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self.given = set()  # a process is never refused a lock of its own

    def take(self):
        while True:
            port = random.randrange(self.first, self.last)
            if port not in self.given and self.lock(port) and is_free(port):
                self.given.add(port)
                return port

    def lock(self, port):
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        return True


def is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: ended connections do not count
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


free_port = Ports().take
