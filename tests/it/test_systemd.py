"""Under systemd: what the daemon tells it, and the unit that it is to run by.

No systemd runs here: a socket of the test's own hears what systemd would hear, and systemd's own tools judge the files."""
import os
import pathlib
import re
import shutil
import socket
import stat
import threading

import pytest

from tools import BUILD, ROOT, WAIT_S, run, until
from world import make_world

UNIT = ROOT / "etc/systemd/shepd.service"
ARCHIVE = ROOT / "etc/systemd/shepd-archive.service"


class Systemd:
    """The end of NOTIFY_SOCKET that listens."""

    def __init__(self, folder):
        self.path = str(pathlib.Path(folder) / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(WAIT_S)

    def next(self):
        """The next notification as {name: value}."""
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().split("\n"))

    def next_other(self):
        """The next one that is not the watchdog's."""
        while True:
            told = self.next()
            if told != {"WATCHDOG": "1"}:
                return told

    def watchdogs(self):
        """So many are here that nobody has read; nothing else may be among them."""
        self.socket.setblocking(False)
        count = 0
        try:
            while True:
                assert self.next() == {"WATCHDOG": "1"}
                count += 1
        except BlockingIOError:
            self.socket.settimeout(WAIT_S)
            return count


@pytest.fixture
def supervised(country, monkeypatch):
    """supervised(settings): a world whose shepd is told of a socket, and its other end."""
    worlds = []

    def make(settings=None):
        world = make_world(country)
        world.settings = settings or {}
        systemd, start_shepd = Systemd(world.folder), world.start_shepd

        def start_supervised():
            with monkeypatch.context() as environment:  # mariadbd would tell systemd, too
                environment.setenv("NOTIFY_SOCKET", systemd.path)
                environment.setenv("WATCHDOG_USEC", "4000000")
                start_shepd()

        world.start_shepd = start_supervised
        worlds.append(world.start())
        return world, systemd

    yield make
    for world in worlds:
        world.stop()


def late(world):
    return re.findall(r'event=watchdog\.late .*', world.shepd.log.read_text())


def test_systemd_hears_each_turn_of_the_daemons_life(supervised):
    """req 0.09"""
    world, systemd = supervised()
    told = systemd.next_other()
    assert told["READY"] == "1" and told["STATUS"] == "serving"
    until("a watchdog's beat", systemd.watchdogs)

    world.reload()
    told = systemd.next_other()
    assert told["RELOADING"] == "1" and int(told["MONOTONIC_USEC"]) > 0
    assert systemd.next_other() == {"READY": "1", "STATUS": "serving, reloaded"}

    text = world.config.read_text()
    world.config.write_text(text + "[nonsense]\n")
    world.reload("config.refused")
    assert systemd.next_other()["RELOADING"] == "1"
    told = systemd.next_other()
    assert told["READY"] == "1" and "refused" in told["STATUS"]
    until("a watchdog's beat", systemd.watchdogs)

    assert world.shepd.stop() == 0
    assert systemd.next_other() == {"STOPPING": "1"}
    assert not late(world)
    world.start_shepd()


def test_the_watchdog_is_silent_while_no_worker_works_and_beats_again_after_it(supervised):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)  # takes connections, says nothing
        world, systemd = supervised({
            "http": {"workers": 1}, "limits": {"exchange_ms": 10000},
            "trust": {"revocation": "ocsp", "ocsp_url": f"http://127.0.0.1:{silent.getsockname()[1]}/"}})
        assert systemd.next_other()["READY"] == "1"
        answers = []
        caller = threading.Thread(target=lambda: answers.append(world.create()))
        caller.start()
        until("the first round without proof", lambda: len(late(world)) > 0)
        systemd.watchdogs()
        until("three more of them", lambda: len(late(world)) > 3)
        assert systemd.watchdogs() == 0  # the process lives and its loops turn, but it does no work
        assert all("no worker is free" in line for line in late(world))
        assert world.http("GET", "/health/live", port=world.admin_port, plain=True)[0] == 200
        caller.join(WAIT_S)
        assert answers[0].code == "SCE909"
        until("a watchdog's beat", systemd.watchdogs)
        assert "event=watchdog.short" in world.shepd.log.read_text()  # 4 s of patience for exchanges of 10 s


def test_a_database_that_is_away_is_no_reason_to_be_killed(supervised):
    world, systemd = supervised()
    assert systemd.next_other()["READY"] == "1"
    run(ROOT / "scripts/private-mariadbd", "kill", world.folder / "db")
    until("not ready", lambda: world.http("GET", "/health/ready", port=world.admin_port, plain=True)[0] == 503)
    systemd.watchdogs()
    for _ in range(3):
        until("a watchdog's beat", systemd.watchdogs)
    run(ROOT / "scripts/private-mariadbd", "start", world.folder / "db", "--owner", os.getpid())


# ---- the files ----
def tool(name):
    return shutil.which(name) or pytest.skip(f"{name} is not installed: scripts/setup test")


@pytest.fixture(params=[(UNIT, "/usr/sbin/shepd"), (ARCHIVE, "/usr/bin/shepctl")], ids=["service", "archive"])
def unit(request, tmp_path):
    """The unit with the program that was built in the place of the installed one."""
    source, program = request.param
    text = source.read_text()
    assert text.count(program + " ") == 1
    copy = tmp_path / source.name
    copy.write_text(text.replace(program, str(BUILD / pathlib.Path(program).name)))
    timer = source.with_suffix(".timer")
    if timer.exists():
        shutil.copy(timer, tmp_path)
    return copy


def test_systemd_finds_nothing_wrong_with_the_unit(unit):
    done = run(tool("systemd-analyze"), "verify", "--man=no", unit, check=False)
    assert done.returncode == 0 and "shepd" not in done.stderr, done.stderr
    unit.write_text(unit.read_text() + "[Service]\nWatchdogSek=1\n")  # it would have been found
    assert "WatchdogSek" in run(tool("systemd-analyze"), "verify", "--man=no", unit, check=False).stderr


def test_the_archive_runs_every_night_also_after_a_night_switched_off():
    text = ARCHIVE.with_suffix(".timer").read_text()
    when = re.search(r"(?m)^OnCalendar=(.*)$", text).group(1)
    assert run(tool("systemd-analyze"), "calendar", when, check=False).returncode == 0
    assert "Persistent=true" in text and "WantedBy=timers.target" in text


def test_the_unit_with_credentials_is_well_formed_too(unit):
    """The lines that OPERATIONS.md shows."""
    shown = re.findall(r"(?m)^LoadCredential=.*$", (ROOT / "docs/OPERATIONS.md").read_text())
    assert len(shown) > 1
    unit.write_text(unit.read_text() + "[Service]\n" + "\n".join(shown) + "\n")
    done = run(tool("systemd-analyze"), "verify", "--man=no", unit, check=False)
    assert done.returncode == 0 and "shepd" not in done.stderr, done.stderr


def test_the_unit_exposes_little(unit):
    done = run(tool("systemd-analyze"), "security", "--offline=true", "--threshold=20", unit, check=False)
    assert done.returncode == 0, done.stdout
    unit.write_text(unit.read_text() + "[Service]\nCapabilityBoundingSet=~\nSystemCallFilter=\nProtectSystem=no\n")
    assert run(tool("systemd-analyze"), "security", "--offline=true", "--threshold=20", unit, check=False).returncode != 0


def test_the_unit_leaves_time_to_answer_and_to_wait():
    """It stops later than the daemon drains, and its watchdog is patient with the longest default exchange."""
    seconds = dict(re.findall(r"(?m)^(\w+Sec)=(\d+)$", UNIT.read_text()))
    sample = (ROOT / "etc/shepd.conf.sample").read_text()
    exchange_ms = int(re.search(r"(?m)^#exchange_ms = (\d+)$", sample).group(1))
    drain_ms = int(re.search(r"DRAIN_MS = (\d+)", (ROOT / "src/server/server.c").read_text()).group(1))
    assert int(seconds["WatchdogSec"]) * 1000 >= 2 * exchange_ms
    assert int(seconds["TimeoutStopSec"]) * 1000 >= 2 * drain_ms + 5000 + 5000


def test_user_and_folders_are_made_as_the_unit_wants_them(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can give files to others")
    (tmp_path / "etc").mkdir()
    run(tool("systemd-sysusers"), f"--root={tmp_path}", ROOT / "etc/sysusers.d/shepd.conf")
    fields = re.search(r"(?m)^shepd:(.*)$", (tmp_path / "etc/passwd").read_text()).group(1).split(":")
    uid, gid, home, shell = int(fields[1]), int(fields[2]), fields[4], fields[5]
    assert home == "/var/lib/shepd" and shell.endswith("nologin")
    run(tool("systemd-tmpfiles"), f"--root={tmp_path}", "--create", ROOT / "etc/tmpfiles.d/shepd.conf")
    wanted = {"etc/shepd": (0, 0o750), "etc/shepd/trust": (0, 0o750), "var/lib/shepd": (uid, 0o700),
              "var/log/shepd": (uid, 0o700)}
    for folder, (owner, mode) in wanted.items():
        info = (tmp_path / folder).stat()
        assert (info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode)) == (owner, gid, mode), folder
