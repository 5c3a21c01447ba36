"""The world of the integration tests: a sandbox НУЦ РК, a MariaDB and shepd, all real, all on loopback.

Nothing here sleeps a fixed time: servers say READY, and until() looks again until its deadline."""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SHEP_BUILD", ROOT / "build"))
SERVICE = "EGOVMOBILE_QR_SIGN_SERVICE"
WAIT_S = 60


def pytest_addoption(parser):
    parser.addoption("--short", action="store_true", help="leave out the long loops")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--short"):
        for item in items:
            if "long" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="a long loop: scripts/test --long"))


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


def free_port():
    """Outside the range from which the kernel takes ports for outgoing connections."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) != 0:
                return port


def run(*args, check=True, **kwargs):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=120, **kwargs)
    if check and done.returncode != 0:
        pytest.fail(f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


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


class Answer:
    """What shepctl call printed."""

    def __init__(self, done):
        self.exit, self.text = done.returncode, done.stdout + done.stderr

    def value(self, name):
        found = re.search(rf"<{name}>([^<]*)</{name}>", self.text)
        return found.group(1) if found else None

    @property
    def code(self):
        found = re.search(r"\b(SC[SE][SE]?\d{3})\b", self.text)
        return found.group(1) if found else None


class Country:
    """What all worlds share: the sandbox's НУЦ РК at work, and an empty database to copy."""

    def __init__(self, folder):
        self.folder = folder
        self.sandbox, self.empty = folder / "sandbox", folder / "empty"
        self.authority_port = free_port()

    def start(self):
        base = f"http://127.0.0.1:{self.authority_port}"
        run(BUILD / "shepctl", "sandbox", "init", self.sandbox, "--base-url", base)
        self.authority = Server("authority", [BUILD / "shepctl", "sandbox", "run", self.sandbox], self.folder).start()
        run(ROOT / "scripts/private-mariadbd", "start", self.empty, "--owner", os.getpid())
        run(ROOT / "scripts/private-mariadbd", "stop", self.empty)
        return self

    def stop(self):
        return self.authority.stop()


class World:
    """One folder with a database and shepd, in a country."""

    def __init__(self, folder, country, algorithm="gost2015"):
        self.folder, self.country, self.algorithm = pathlib.Path(folder), country, algorithm
        self.sandbox, self.authority_port = country.sandbox, country.authority_port
        self.port, self.admin_port = free_port(), free_port()
        self.settings = {}  # section: {key: value} over scripts/sandbox-conf
        self.more = ""  # further sections
        self.shepd = None

    # ---- life ----
    def start(self):
        (self.folder / "sandbox").symlink_to(self.sandbox)
        shutil.copytree(self.country.empty / "data", self.folder / "db/data")
        run(ROOT / "scripts/private-mariadbd", "start", self.folder / "db", "--owner", os.getpid())
        self.start_shepd()
        return self

    def write_config(self):
        text = run(ROOT / "scripts/sandbox-conf", self.folder, f"127.0.0.1:{self.port}",
                   f"127.0.0.1:{self.admin_port}", self.algorithm).stdout
        for section, pairs in self.settings.items():
            lines = "".join(f"{key} = {value}\n" for key, value in pairs.items())
            for key in pairs:  # a default written by the script gives way
                text = re.sub(rf"(?m)(?s:(?<=\[{section}\]\n))((?:[^\[\n]*\n)*?){key} = [^\n]*\n", r"\1", text)
            if f"[{section}]\n" in text:
                text = text.replace(f"[{section}]\n", f"[{section}]\n{lines}")
            else:
                text += f"[{section}]\n{lines}"
        self.config = self.folder / "shepd.conf"
        self.config.write_text(text + self.more)

    def start_shepd(self):
        self.write_config()
        self.shepd = Server("shepd", [BUILD / "shepd", "--config", self.config], self.folder).start()

    def restart(self):
        assert self.shepd.stop() == 0
        self.start_shepd()

    def stop(self):
        status = self.shepd.stop() if self.shepd else 0
        run(ROOT / "scripts/private-mariadbd", "stop", self.folder / "db", check=False)
        return status

    # ---- the parties ----
    def key(self, name, algorithm=None):
        return self.sandbox / (algorithm or self.algorithm) / f"{name}.p12"

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/shep/SyncChannel"

    @property
    def ca(self):
        return self.sandbox / "tls/ca.pem"

    def call(self, payload, *options, key="caller", sender="sandbox", service=SERVICE, algorithm=None, check=False):
        """A government system's call through shepctl; payload is XML text."""
        with tempfile.NamedTemporaryFile("w", suffix=".xml", dir=self.folder, encoding="utf-8") as file:
            file.write(payload)
            file.flush()
            return Answer(run(BUILD / "shepctl", "call", "--url", self.url, "--key", self.key(key, algorithm),
                              "--pass-file", self.sandbox / "pass", "--service", service, "--sender", sender,
                              "--verify-trust", self.sandbox / "trust", "--ca", self.ca, *options, file.name,
                              check=check))

    def create(self, *options, example="createSigningSession.xml", **kwargs):
        return self.call((ROOT / "etc/examples" / example).read_text(), *options, **kwargs)

    def ask(self, operation, session, *options, **kwargs):
        payload = (ROOT / f"etc/examples/{operation}.xml").read_text().replace("SIGNING-SESSION-ID", session)
        return self.call(payload, *options, **kwargs)

    def phone(self, qr, *options, key="individual", algorithm=None):
        """Scans the text of a QR, or follows a link."""
        family = algorithm or self.algorithm
        how = "--qr" if qr.startswith("mobileSign:") else "--link"
        return run(BUILD / "shepctl", "phone", how, qr, "--key", self.key(key, family), "--pass-file",
                   self.sandbox / "pass", "--tsp", f"http://127.0.0.1:{self.authority_port}/tsp/{family}", "--lang",
                   "ru", "--ca", self.ca, *options, check=False)

    def sign(self, envelope, key="caller", algorithm=None):
        """Signs a SOAP envelope as a caller does; returns bytes."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            source, target = pathlib.Path(folder) / "in.xml", pathlib.Path(folder) / "out.xml"
            source.write_bytes(envelope if isinstance(envelope, bytes) else envelope.encode())
            run(BUILD / "shepctl", "sign", "--profile", "shep", "--key", self.key(key, algorithm), "--pass-file",
                self.sandbox / "pass", "--out", target, source)
            return target.read_bytes()

    # ---- bytes on the wire ----
    def tls(self):
        context = ssl.create_default_context(cafile=str(self.ca))
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)
        return context.wrap_socket(raw, server_hostname="127.0.0.1")

    def http(self, method, path, body=None, headers=None, port=None, plain=False):
        """(status, headers, body) of one request."""
        context = ssl.create_default_context(cafile=str(self.ca))
        scheme = "http" if plain else "https"
        request = urllib.request.Request(f"{scheme}://127.0.0.1:{port or self.port}{path}", data=body, method=method,
                                         headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S, **({} if plain else {"context": context})) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def post(self, envelope, content_type="text/xml; charset=utf-8", headers=None):
        return self.http("POST", "/shep/SyncChannel", envelope, {"Content-Type": content_type, **(headers or {})})

    # ---- what is on record ----
    def journal(self):
        """Every line of the text journal as a dictionary, in order."""
        files = sorted((self.folder / "journal").glob("*.log"))
        lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
        return [dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', line)) for line in lines]

    def sql(self, statement):
        done = run("mariadb", "--no-defaults", "-u", "shepd", "-S", self.folder / "db/sock", "-N", "-B", "-e", statement,
                   "shepd")
        return [line.split("\t") for line in done.stdout.splitlines()]


def a_country():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shep-it-"))  # short: a unix socket's path has 108 bytes
    country = Country(folder).start()
    yield country
    assert country.stop() == 0
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def country():
    yield from a_country()


def make_world(country, algorithm="gost2015"):
    return World(tempfile.mkdtemp(prefix="w", dir=country.folder), country, algorithm)


@pytest.fixture(scope="session")
def world(country):
    """One world for the tests that leave it as they found it."""
    world = make_world(country).start()
    yield world
    assert world.stop() == 0, (world.folder / "shepd.log").read_text()[-3000:]


@pytest.fixture
def own_world(country):
    """Makes worlds for tests that kill, reload or configure: own_world(algorithm=…, settings=…)."""
    worlds = []

    def make(algorithm="gost2015", settings=None, more=""):
        one = make_world(country, algorithm)
        one.settings, one.more = settings or {}, more
        worlds.append(one)
        return one.start()

    yield make
    for one in worlds:
        one.stop()


@pytest.fixture(scope="module")
def chromium(country):
    """One browser for the tests of a module."""
    from browser import Browser  # it takes this file's functions
    one = Browser([country.sandbox / "tls/server.pem", country.sandbox / "tls/ca.pem"])
    yield one
    one.close()


@pytest.fixture
def browser(chromium):
    """A browser that has seen nothing yet; what it complains about fails the test."""
    chromium.fresh()
    yield chromium
    assert chromium.complaints() == []


def envelope(body, header=""):
    return ('<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
            f"<soap:Header>{header}</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>")


def send_message(data, message_id, sender="sandbox", service=SERVICE, date=None, info=None):
    """The Body of a SendMessage; info replaces what stands in requestInfo."""
    date = date or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    info = info if info is not None else (
        f"<messageId>{message_id}</messageId><serviceId>{service}</serviceId><messageDate>{date}</messageDate>"
        f"<sender><senderId>{sender}</senderId></sender>")
    return ('<t:SendMessage xmlns:t="http://bip.bee.kz/SyncChannel/v10/Types"><request>'
            f"<requestInfo>{info}</requestInfo><requestData>{data}</requestData></request></t:SendMessage>")


def load_json(body):
    return json.loads(body.decode("utf-8"))
