"""Callers in a process of their own (tests/bench/bench_load.c): signed exchanges at a given rate, whatever becomes of
them, and a record of every answer they got."""
import collections
import re
import signal
import subprocess

from tools import BUILD

# what, messageId, exchange (the answer's own messageId), HTTP status, code, signing session, milliseconds since it was due
Got = collections.namedtuple("Got", "what message exchange http code session ms")


class Load:
    """Callers of `world`; url: of somebody in front of it. A patient one sends a message again until it has its answer."""

    def __init__(self, world, per_hour, seconds=3600, url=None, patient=False, whole=0, threads=32):
        self.file = world.folder / f"load-{id(self):x}.txt"
        self.args = [str(word) for word in (
            BUILD / "bench/bench_load", "--url", url or world.url, "--ca", world.ca, "--keys",
            world.sandbox / world.algorithm, "--pass-file", world.sandbox / "pass", "--tsp",
            f"http://127.0.0.1:{world.authority_port}/tsp/{world.algorithm}", "--per-hour", per_hour, "--seconds", seconds,
            "--whole", whole, "--threads", threads, "--record", self.file, *(["--patient", "yes"] if patient else []))]
        self.process = None

    def start(self):
        self.file.touch()
        self.process = subprocess.Popen(self.args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return self

    def got(self):
        """Every answer so far, in the order in which they came."""
        lines = self.file.read_text(encoding="utf-8").split("\n")[:-1]  # the last one may be half written
        return [Got(*words[:6], float(words[6])) for words in (line.split("\t") for line in lines)]

    def end(self, seconds=180):
        """Waits for its own end; its exit status."""
        self.told, self.complaints = self.process.communicate(timeout=seconds)
        print(self.told, self.complaints[-2000:])
        return self.process.returncode

    def stop(self):
        """No further exchange; those that are due are seen through."""
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    @property
    def errors(self):
        return int(re.search(r"errors (\d+)", self.told).group(1))
