"""What any integration test may need: to wait without sleeping, to run a command, to keep a server.

Nothing here sleeps a fixed time: servers say READY, and until() looks again until its deadline."""
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

import pytest

from ports import free_port  # noqa: F401  pylint: disable=unused-import

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SHEP_BUILD", ROOT / "build"))
WAIT_S = 60


def until(what, look, deadline_s=WAIT_S):
    """Looks again until look() is true; fails by name at the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            pytest.fail(f"{what}: not within {deadline_s} s")
        time.sleep(0.02)


def run(*args, check=True, **kwargs):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=120, **kwargs)
    if check and done.returncode != 0:
        pytest.fail(f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def at_once(*calls):
    """What the calls return, begun together in threads of their own."""
    gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def do(place):
        gate.wait(60)
        answers[place] = calls[place]()

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers


def whole_lines(file):
    """The lines of a file that somebody is writing; the one that has no end yet is left out."""
    return file.read_bytes().rpartition(b"\n")[0].decode().splitlines()


def load_json(body):
    return json.loads(body.decode("utf-8"))


class Server:
    """A process that prints READY on stdout when it serves."""

    def __init__(self, name, args, folder):
        self.name, self.args = name, [str(a) for a in args]
        self.log = pathlib.Path(folder) / f"{name}.log"
        self.process, self.ready = None, ""

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.args, stdout=subprocess.PIPE, stderr=log, text=True)
        self.ready = self.process.stdout.readline()
        if not self.ready.startswith("READY"):
            self.process.wait(10)
            pytest.fail(f"{self.name} did not start: {self.log.read_text()[-3000:]}")
        return self

    def stop(self, with_signal=signal.SIGTERM):
        """Returns the exit status; a sanitizer's report makes it other than 0."""
        if self.process is None:
            return 0
        self.process.send_signal(with_signal)
        status = self.process.wait(WAIT_S)
        self.process.stdout.close()
        self.process = None
        return status

    def kill(self):
        self.stop(signal.SIGKILL)
