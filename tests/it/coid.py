"""Identity checks as a sender asks for them, and the sandbox's ЦОИД as a test commands it."""
import base64
import contextlib
import datetime
import json
import pathlib
import shutil
import struct
import tempfile
import urllib.error
import urllib.request
import uuid
import zlib

from lxml import etree

from tools import BUILD, ROOT, Server, free_port

SERVICE = "COID_IDENTITY_SERVICE"
NAMESPACE = "urn:shep-adapter:coid:1"
ASTANA = datetime.timezone(datetime.timedelta(hours=5))
FULL_NAME = "ОМАРОВ ШАЯН ОМАРОВИЧ"
OPERATIONS = ("verifyPhoto", "getVerification", "getPersonData", "getVendors", "getTransactions", "getActDetail", "getAct",
              "getNews")

QUESTIONS = {  # the control's name of what an operation asks ЦОИД
    "verifyPhoto": "verify", "getVerification": "get", "getPersonData": "data", "getVendors": "vendors",
    "getTransactions": "transactions", "getActDetail": "actdetail", "getAct": "act", "getNews": "news"}


# ---- pictures ----
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture(width=480, height=640, shade=160):
    """A PNG: one grey rectangle, a few hundred bytes."""
    rows = (b"\0" + bytes([shade]) * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


# ---- payloads ----
def payload(operation, children=""):
    return f'<c:{operation} xmlns:c="{NAMESPACE}">{children}</c:{operation}>'


def verify_photo(iin, vendor=1, photo=None, content_type="image/png"):
    data = base64.b64encode(photo if photo is not None else picture()).decode()
    kind = f"<contentType>{content_type}</contentType>" if content_type else ""
    return payload("verifyPhoto", f"<iin>{iin}</iin><vendor>{vendor}</vendor><photo>{kind}<data>{data}</data></photo>")


def get_verification(key):
    return payload("getVerification", f"<idempotencyKey>{key}</idempotencyKey>")


def get_person_data(key, iin, full_name=FULL_NAME, mcdb=None, text=None):
    asked = "" if mcdb is None else f"<mcdb>{str(mcdb).lower()}</mcdb>"
    words = f"<text>{text}</text>" if text else ""
    return payload("getPersonData", f"<idempotencyKey>{key}</idempotencyKey>{asked}<consent><iin>{iin}</iin>"
                                    f"<fullName>{full_name}</fullName>{words}</consent>")


def get_vendors():
    return payload("getVendors")


def get_transactions(first=None, last=None):
    today = datetime.datetime.now(ASTANA).date()
    return payload("getTransactions", f"<fromDate>{first or today - datetime.timedelta(days=1)}</fromDate>"
                                      f"<toDate>{last or today + datetime.timedelta(days=1)}</toDate>")


def month_payload(operation, year=None, month=None, more=""):
    today = datetime.datetime.now(ASTANA).date()
    return payload(operation, f"<year>{year or today.year}</year><month>{month or today.month}</month>{more}")


def get_act_detail(year=None, month=None):
    return month_payload("getActDetail", year, month)


def get_act(year=None, month=None, unpacked=True):
    return month_payload("getAct", year, month, f"<unpacked>{str(unpacked).lower()}</unpacked>")


def get_news():
    return payload("getNews")


def payload_of(operation, iin, key):
    """A sound request of the operation; key is that of a verification of iin."""
    return {"verifyPhoto": lambda: verify_photo(iin), "getVerification": lambda: get_verification(key),
            "getPersonData": lambda: get_person_data(key, iin), "getVendors": get_vendors,
            "getTransactions": get_transactions, "getActDetail": get_act_detail, "getAct": get_act,
            "getNews": get_news}[operation]()


# ---- answers ----
class Told:
    """One answer: status code and the payload as an element."""

    def __init__(self, answer, data):
        self.answer, self.code, self.text = answer, answer.code, answer.text
        self.data = etree.fromstring(data) if data else None

    def value(self, path):
        """Text of the element, None when there is none."""
        return None if self.data is None else self.data.findtext(path)

    @property
    def error(self):
        """The code of the detail, "" when all is well."""
        return (self.value("code") or "") if self.code != "SCSS001" else ""


def ask(world, request, *options, message=None, **kwargs):
    """One call of the service; message is the messageId."""
    with tempfile.TemporaryDirectory(dir=world.folder) as folder:
        out = pathlib.Path(folder) / "out.xml"
        answer = world.call(request, "--out", out, *(["--message-id", message] if message else []), *options,
                            service=SERVICE, **kwargs)
        return Told(answer, out.read_bytes() if out.exists() else None)


def new_message():
    return str(uuid.uuid4())


def schema():
    return etree.XMLSchema(etree.parse(str(ROOT / "wsdl/coid.xsd")))


def hold_to_schema(told, shape=schema()):
    shape.assertValid(told.data)


# ---- the sandbox's ЦОИД ----
class Centre:
    """ЦОИД as the sandbox plays it, and its control on the authority's listener."""

    def __init__(self, control_port, port):
        self.control_port, self.port = control_port, port

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/identity/1.1.0"

    def control(self, path, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.control_port}/coid/{path}", method=method,
                                         data=b"" if method == "POST" else None)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} /coid/{path}: {error.code} {error.read().decode()}") from None

    @property
    def people(self):
        return json.loads(self.control("people"))

    @property
    def bills(self):
        """{"comparisons": N, "repeats": N, "requests": {…}, "keys": {key: N}}"""
        return json.loads(self.control("bills"))

    def fault(self, operation, fault, times=1, ms=None):
        """What the next answers of the operation are like."""
        self.control(f"fault?operation={operation}&fault={fault}&times={times}" + (f"&ms={ms}" if ms is not None else ""),
                     "POST")

    def clear(self, operation):
        """Its answers are good again."""
        self.control(f"fault?operation={operation}&fault=none", "POST")

    def clear_all(self):
        for operation in QUESTIONS.values():
            self.clear(operation)

    def shift(self, seconds):
        self.control(f"clock?shift_s={seconds}", "POST")

    def reset(self):
        self.control("reset", "POST")


@contextlib.contextmanager
def at_centre(world):
    """A world with the country's ЦОИД, at work and as good as new, until the tests of a file are over."""
    world.start()
    world.centre.reset()
    yield world
    world.centre.reset()
    assert world.stop() == 0, (world.folder / "shepd.log").read_text()[-3000:]


class OwnCentre(Centre):
    """A ЦОИД that nobody else asks, beside the country's; options are those of `shepctl sandbox run`."""

    def __init__(self, country, *options):
        super().__init__(free_port(), free_port())
        folder = pathlib.Path(tempfile.mkdtemp(prefix="c", dir=country.folder))
        self.sandbox = folder / "sandbox"
        shutil.copytree(country.sandbox, self.sandbox)
        shutil.rmtree(self.sandbox / "coid", ignore_errors=True)  # its bills
        self.server = Server("centre", [BUILD / "shepctl", "sandbox", "run", "--listen", f"127.0.0.1:{self.control_port}",
                                        "--coid-listen", f"127.0.0.1:{self.port}", *options, self.sandbox], folder)

    def start(self):
        self.server.start()
        return self

    def stop(self):
        return self.server.stop()
