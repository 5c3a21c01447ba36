"""The world of the integration tests: a sandbox НУЦ РК, a MariaDB and shepd, all real, all on loopback."""
import base64
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import tempfile
import time
import urllib.error
import urllib.request

from coid import Centre
from tools import BUILD, ROOT, WAIT_S, Server, free_port, run, until, whole_lines

SERVICE = "EGOVMOBILE_QR_SIGN_SERVICE"


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
    """What all worlds share: the sandbox's НУЦ РК and ЦОИД at work, ЦОИД's directory, an empty database to copy."""

    def __init__(self, folder):
        self.folder = folder
        self.sandbox, self.empty = folder / "sandbox", folder / "empty"
        self.authority_port, self.coid_port, self.ldap_port = free_port(), free_port(), free_port()
        self.centre = Centre(self.authority_port, self.coid_port)

    def start(self):
        base = f"http://127.0.0.1:{self.authority_port}"
        run(BUILD / "shepctl", "sandbox", "init", self.sandbox, "--base-url", base)
        self.authority = Server("authority", [BUILD / "shepctl", "sandbox", "run", "--coid-listen",
                                              f"127.0.0.1:{self.coid_port}", self.sandbox], self.folder).start()
        self.directory("start")
        run(ROOT / "scripts/private-mariadbd", "start", self.empty, "--owner", os.getpid())
        run(ROOT / "scripts/private-mariadbd", "stop", self.empty)
        return self

    def directory(self, verb):
        """ЦОИД's LDAP: start, stop or kill."""
        run(ROOT / "scripts/private-slapd", verb, self.folder / "ldap",
            *([self.ldap_port, self.sandbox / "ldap/coid.ldif", "--owner", os.getpid()] if verb == "start" else []))

    def stop(self):
        self.directory("stop")
        return self.authority.stop()


def a_country():
    """What a fixture yields from."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shep-it-"))  # short: a unix socket's path has 108 bytes
    country = Country(folder).start()
    yield country
    assert country.stop() == 0
    shutil.rmtree(folder, ignore_errors=True)


class World:
    """One folder with a database and shepd, in a country."""

    def __init__(self, folder, country, algorithm="gost2015"):
        self.folder, self.country, self.algorithm = pathlib.Path(folder), country, algorithm
        self.sandbox, self.authority_port = country.sandbox, country.authority_port
        self.port, self.admin_port = free_port(), free_port()
        self.centre = None  # the ЦОИД that it offers
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
                   f"127.0.0.1:{self.admin_port}", self.algorithm,
                   *([self.centre.url, f"ldap://127.0.0.1:{self.country.ldap_port}"] if self.centre else [])).stdout
        self.settings.setdefault("journal", {}).setdefault("verify_daily", "no")  # but where a test is about it
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

    def reload(self, outcome="config.reloaded"):
        """SIGHUP; waits for the journal's line about it, and returns it."""
        before = len(self.events(outcome))
        self.shepd.process.send_signal(signal.SIGHUP)
        return until(outcome, lambda: self.events(outcome)[before:])[-1]

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

    def ask_for_news(self, session, seconds=20):
        """getSigningStatus that waits for news."""
        return self.call("<s:getSigningStatus xmlns:s='urn:shep-adapter:signing:1'>"
                         f"<signingSessionId>{session}</signingSessionId><waitSeconds>{seconds}</waitSeconds>"
                         "</s:getSigningStatus>")

    def seal_of(self, session):
        """The seal of a signed session, once it is made; (form, document)."""
        def look():
            answer = self.ask("getSigningResult", session)
            found = re.search(r"<seal>.*?<form>([^<]+)</form>.*?<data>([^<]+)</data>", answer.text, re.DOTALL)
            return found and (found.group(1), base64.b64decode(found.group(2)))
        return until("the seal", look)

    def verify(self, file, *options):
        """shepctl verify, by the sandbox's authorities; the process that is done."""
        return run(BUILD / "shepctl", "verify", "--trust", self.sandbox / "trust", *options, file, check=False)

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
    def journal(self, folder="journal"):
        """Every line of the text journal, or of shepctl's in journal/ctl, as a dictionary, in order."""
        files = sorted((self.folder / folder).glob("*.log"))
        lines = [line for file in files for line in whole_lines(file)]
        return [dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', line)) for line in lines]

    def events(self, event, text="", session=None):
        """The journal's lines of one event that hold the text; of one session."""
        return [line for line in self.journal()
                if line["event"] == event and text in line["text"] and (not session or line["signing"] == session)]

    def told(self, event, count=1, session=None):
        """The lines of one event, once there are so many: what is done may be seen before the line that tells of it."""
        return until(f"{count} lines {event}", lambda: len(found := self.events(event, session=session)) >= count and found)

    def sql(self, statement):
        done = run("mariadb", "--no-defaults", "-u", "shepd", "-S", self.folder / "db/sock", "-N", "-B", "-e", statement,
                   "shepd")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def move_end(self, session, to):
        """An SQL expression is the end of the session now."""
        self.sql(f"UPDATE signing_session SET expires_at = {to} WHERE id = UNHEX(REPLACE('{session}', '-', ''))")

    def expire(self, session):
        self.move_end(session, "NOW(6)")


class Second(World):
    """Another shepd on the first one's database, behind the same public address."""

    def __init__(self, first):
        super().__init__(tempfile.mkdtemp(prefix="w", dir=first.country.folder), first.country, first.algorithm)
        (self.folder / "sandbox").symlink_to(self.sandbox)
        (self.folder / "db").symlink_to(first.folder / "db")
        for key in ("cluster.key", "content.keys"):
            shutil.copy(first.folder / key, self.folder)
        self.centre = first.centre
        self.settings = {"instance": {"name": "second"}, "http": {"public_url": f"https://127.0.0.1:{first.port}"}}

    def start(self):
        self.start_shepd()
        return self

    def stop(self):
        return self.shepd.stop() if self.shepd else 0


def make_world(country, algorithm="gost2015", coid=False):
    """coid: it offers identity checks, by the country's ЦОИД."""
    world = World(tempfile.mkdtemp(prefix="w", dir=country.folder), country, algorithm)
    world.centre = country.centre if coid else None
    return world


@contextlib.contextmanager
def at_work(world):
    """The world, started; at the end it must stop well."""
    yield world.start()
    assert world.stop() == 0, (world.folder / "shepd.log").read_text()[-3000:]


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


def reached_the_session(answer):
    """The request was verified and understood: it asks for a session that is not there."""
    return "SCSE002" in answer and "sessionUnknown" in answer
