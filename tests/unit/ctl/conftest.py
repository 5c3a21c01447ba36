"""shepctl as a program, a sandbox made once, and its authority at work."""
import http.server
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests"))
from ports import free_port  # noqa: E402  pylint: disable=wrong-import-position

SHEPCTL = os.environ.get("SHEPCTL", str(ROOT / "build/dev/shepctl"))
VECTORS = pathlib.Path(os.environ.get("SHEP_SHARED", str(ROOT / "../shared"))) / "vectors"
FAMILIES = ["gost2015", "gost2004", "rsa"]

needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="SKIP: there are no ../shared/vectors")


def shepctl(*arguments, stdin=None):
    """The finished program; standard output and error as bytes."""
    done = subprocess.run([SHEPCTL, *map(str, arguments)], input=stdin if stdin is not None else b"",
                          capture_output=True, timeout=120, check=False)
    # a crash or a sanitizer's report must not pass for a verdict
    assert done.returncode in (0, 1, 2) and b"Sanitizer" not in done.stderr, text_of(done)
    return done


def text_of(done):
    return (done.stdout + done.stderr).decode()


class Sandbox:
    """A folder made by shepctl sandbox init, and the authority that certificates name."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        done = shepctl("sandbox", "init", folder, "--base-url", self.url)
        assert done.returncode == 0, text_of(done)
        self.start()

    def start(self):
        self.process = subprocess.Popen([SHEPCTL, "sandbox", "run", self.folder], stdout=subprocess.PIPE)
        assert self.process.stdout.readline().decode() == f"READY {self.url}\n"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        self.process.stdout.close()
        return status

    def key(self, family, name):
        return ["--key", self.folder / family / f"{name}.p12", "--pass-file", self.folder / "pass"]

    @property
    def trust(self):
        return ["--trust", self.folder / "trust"]


@pytest.fixture(scope="session")
def sandbox():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shep-ctl-"))
    one = Sandbox(folder / "sb")
    yield one
    assert one.stop() == 0
    shutil.rmtree(folder)


class Peer(http.server.ThreadingHTTPServer):
    """A scripted peer: answers by a function, keeps what it was sent."""

    daemon_threads = True

    def __init__(self):
        self.requests, self.answer = [], lambda request: (404, "text/plain", b"nothing here")

        class Handler(http.server.BaseHTTPRequestHandler):
            def run(handler):
                length = int(handler.headers.get("Content-Length") or 0)
                request = (handler.command, handler.path, dict(handler.headers), handler.rfile.read(length))
                self.requests.append(request)
                status, content_type, body = self.answer(request)
                handler.send_response(status)
                handler.send_header("Content-Type", content_type)
                handler.send_header("Content-Length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = run

            def log_message(handler, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def peer():
    one = Peer()
    yield one
    one.shutdown()
    one.server_close()
