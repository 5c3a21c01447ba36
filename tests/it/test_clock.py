"""Our clock against a time server of the test's own: journal, metrics, reload."""
import socket
import struct
import threading
import time

import prometheus
from test_keys import admin
from tools import until

EPOCH = 2208988800  # from 1900 to 1970


class TimeServer:
    """Answers SNTP on loopback by a clock that runs `ahead` seconds before ours; silent when it is None."""

    def __init__(self, ahead):
        self.ahead, self.questions = ahead, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.name = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()

    def serve(self):
        while True:
            question, caller = self.socket.recvfrom(100)
            if not question:
                return
            self.questions += 1
            ahead = self.ahead
            if ahead is not None:
                now = struct.pack(">Q", int((time.time() + EPOCH + ahead) * 2**32) % 2**64)
                head = struct.pack(">BBbbII4s", 0x24, 2, 6, -20, 0x100, 0x100, b"TEST")
                self.socket.sendto(head + now + question[40:48] + now + now, caller)


def gauges(world):
    families = prometheus.read(admin(world, "/metrics")[1])
    return {name: [value for _, _, value in families[name].samples]
            for name in ("shepd_clock_offset_seconds", "shepd_clock_offset_age_seconds", "shepd_clock_servers")}


def test_a_wrong_clock_is_said_in_journal_and_metrics(own_world):
    """0.52: the offset is measured, told when it changes, and shown."""
    world = own_world()
    assert not any(gauges(world).values())  # nobody is asked by default
    with TimeServer(ahead=0) as server:
        world.settings = {"time": {"servers": server.name, "check_every_s": 1}}
        world.restart()
        right = until("a right clock", lambda: world.events("clock.right"))
        assert right[0]["level"] == "Notifications" and server.name in right[0]["text"]
        assert abs(gauges(world)["shepd_clock_offset_seconds"][0]) < 1

        server.ahead = 100
        off = until("a wrong clock", lambda: world.events("clock.off"))
        assert off[0]["level"] == "Warning" and "slow by" in off[0]["text"]
        assert -101 < gauges(world)["shepd_clock_offset_seconds"][0] < -99

        server.ahead = -1000
        alert = until("the alert", lambda: world.events("clock.off")[1:])
        assert alert[0]["level"] == "Alerts" and "fast by" in alert[0]["text"]

        server.ahead = None
        unknown = until("an unknown clock", lambda: world.events("clock.unknown"))
        assert unknown[0]["level"] == "Warning" and "no answer in time" in unknown[0]["text"]
        seen = gauges(world)
        assert seen["shepd_clock_servers"] == [0] and seen["shepd_clock_offset_age_seconds"][0] > 1
        assert 999 < seen["shepd_clock_offset_seconds"][0] < 1001  # the last that was known

        before = server.questions
        until("two checks more", lambda: server.questions > before + 1)
        server.ahead = 0
        until("a right clock again", lambda: world.events("clock.right")[1:])
        assert len(world.events("clock.unknown")) == 1  # said once
        assert len(world.events("clock.off")) == 2


def test_a_time_server_that_is_none_refuses_the_configuration(own_world):
    world = own_world()
    world.settings = {"time": {"servers": "ntp://127.0.0.1"}}
    world.write_config()
    assert "neither host nor host:port" in world.reload("config.refused")["text"]
