"""The background download of revocation lists: its settings are taken over by a reload, and a peer that hangs delays
nobody."""
import socket
import threading

import pytest

from test_revocation import DEAD, texts
from tools import until


class Hanging:
    """A server that takes every request and never answers; its connections stay open."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/list.crl"
        self.open = []  # (connection, what it sent)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.open.append((connection, connection.recv(4096)))

    def close(self):
        self.listener.close()
        for connection, _ in self.open:
            connection.close()


@pytest.fixture
def hanging():
    server = Hanging()
    yield server
    server.close()


def test_a_download_that_hangs_does_not_delay_the_end(own_world, hanging):
    """Three addresses of a minute each are tried in order: only a download that is broken off lets shepd end in time."""
    world = own_world(settings={"trust": {"ocsp_url": DEAD, "crl_url": " ".join([hanging.url] * 3)}})
    until("the download", lambda: hanging.open)
    assert world.shepd.stop() == 0
    assert world.journal()[-1]["event"] == "service.stopped"
    assert len(hanging.open) == 1 and hanging.open[0][1].startswith(b"GET /list.crl ")
    connection = hanging.open[0][0]
    connection.settimeout(60)
    assert connection.recv(1) == b""  # ended by shepd: the server never answered, and never closed
    world.start_shepd()


def test_a_reload_takes_the_settings_of_lists_and_breaks_the_download_off(own_world, hanging):
    world = own_world(settings={"trust": {"ocsp_url": DEAD, "crl_url": " ".join([hanging.url] * 3)}})
    until("the download", lambda: hanging.open)
    del world.settings["trust"]["crl_url"]
    world.settings["trust"]["crl_dir"] = str(world.folder / "lists")
    world.write_config()
    world.reload()
    until("the lists of CA and root", lambda: texts(world, "crl.loaded").count("from the network") == 2)
    assert not world.events("crl.refused")  # breaking off is no news of a list
    assert sorted(file.suffix for file in (world.folder / "lists").iterdir()) == [".base", ".base", ".delta"]
    # the same settings again fetch nothing again
    loaded, asked = texts(world, "crl.loaded"), len(hanging.open)
    world.reload()
    assert texts(world, "crl.loaded") == loaded and len(hanging.open) == asked
    # one address too many is refused whole, and changes nothing
    world.settings["trust"]["crl_url"] = " ".join([DEAD] * 9)
    world.write_config()
    assert "crl_url: more than 8" in world.reload("config.refused")["text"]
    assert world.create().code == "SCSS001"
