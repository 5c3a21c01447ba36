"""A telephone of our own over real HTTPS, which does what it is told: it scans, fetches, signs with `shepctl sign` and
PUTs, the right thing or a forged one. (`shepctl phone` is the honest one.)"""
import base64
import copy
import functools
import json
import pathlib
import tempfile
import urllib.parse
from xml.sax.saxutils import escape

from tools import BUILD, run

SIGNER = "123456789011"  # IIN of the sandbox's individual


def document(number, content, name=None, method=None, mime="text/plain"):
    """One document of a createSigningSession: XML when content begins with '<'."""
    name = name or f"Документ {number}"
    body = f"<documentXml>{escape(content)}</documentXml>" if content.startswith("<") else (
        f"<file><mime>{mime}</mime><data>{base64.b64encode(content.encode()).decode()}</data></file>")
    own = f"<signMethod>{method}</signMethod>" if method else ""
    return (f"<document><id>{number}</id>{own}<nameRu>{name}</nameRu><nameKz>{name} kz</nameKz><nameEn>{name} en</nameEn>"
            f"<meta><item><name>Номер</name><value>{number}</value></item></meta>{body}</document>")


def request(method, documents, auth="Token", iin=SIGNER):
    """The payload of a createSigningSession."""
    signers = f"<signers><signer><iin>{iin}</iin></signer></signers>" if iin else ""
    return ('<s:createSigningSession xmlns:s="urn:shep-adapter:signing:1"><description>Подписание</description>'
            f"<signMethod>{method}</signMethod><authType>{auth}</authType>{signers}"
            f"<documents>{''.join(documents)}</documents></s:createSigningSession>")


@functools.lru_cache(maxsize=None)
def make_signature(world, profile, content, key, timestamp, again):
    """Bytes that `shepctl sign` makes; `again` tells one signature over the same from another."""
    del again
    with tempfile.TemporaryDirectory(dir=world.folder) as folder:
        source, target = pathlib.Path(folder) / "in", pathlib.Path(folder) / "out"
        source.write_bytes(content)
        tsp = ["--tsp", f"http://127.0.0.1:{world.authority_port}/tsp/{world.algorithm}"] if timestamp else []
        run(BUILD / "shepctl", "sign", "--profile", profile, "--key", world.key(key), "--pass-file",
            world.sandbox / "pass", "--out", target, *tsp, source)
        return target.read_bytes()


def place_of(item):
    """(object, member) of a document that hold what is signed."""
    return (item, "documentXml") if "documentXml" in item else (item["document"]["file"], "data")


def signed_values(signed):
    """What came of the signing, document by document."""
    return [holder[member] for holder, member in map(place_of, signed["documentsToSign"])]


class Telephone:
    """One telephone in front of one session; `asked` is API №2's answer as it came."""

    def __init__(self, world, created):
        self.world = world
        self.api1 = urllib.parse.urlsplit(created.value("qrText").removeprefix("mobileSign:")).path
        self.session = created.value("signingSessionId")
        self.api2 = self.api1.replace("mgovSign", "documents")
        self.bearer, self.offer, self.asked = None, None, None

    def headers(self, language="ru", bearer=None):
        bearer = bearer or self.bearer
        return {"Accept-Language": language, "Content-Type": "application/json",
                **({"Authorization": f"Bearer {bearer}"} if bearer else {})}

    def scan(self):
        status, _, body = self.world.http("GET", self.api1, headers=self.headers())
        assert status == 200, body
        self.offer = json.loads(body)
        self.bearer = self.offer["document"].get("auth_token")
        return self

    def fetch(self):
        status, _, body = self.world.http("GET", self.api2, headers=self.headers())
        assert status == 200, body
        self.asked = json.loads(body)
        return self

    def sign_value(self, method, value, key="individual", timestamp=True, again=0):
        """What takes the place of a value in the JSON."""
        sign = functools.partial(make_signature, self.world, key=key, again=again)
        if method == "XML":
            return sign("enveloped", value.encode(), timestamp=False).decode()
        if method == "SIGN_BYTES_ARRAY":
            return sign("bytes", value.encode(), timestamp=False).decode()
        profile = {"CMS_WITH_DATA": "cms", "CMS_SIGN_ONLY": "detached"}[method]
        return base64.b64encode(sign(profile, base64.b64decode(value), timestamp=timestamp)).decode()

    def method_of(self, item):
        return item["signMethod"] if self.asked["signMethod"] == "MIX_SIGN" else self.asked["signMethod"]

    def sign(self, **how):
        """The JSON to PUT, every document signed by its method."""
        signed = copy.deepcopy(self.asked)
        for item in signed["documentsToSign"]:
            holder, member = place_of(item)
            holder[member] = self.sign_value(self.method_of(item), holder[member], **how)
        return signed

    def put(self, signed, language="ru", bearer=None, path=None):
        """(status, what the citizen reads)"""
        body = signed if isinstance(signed, bytes) else json.dumps(signed, ensure_ascii=False).encode()
        status, _, answer = self.world.http("PUT", path or self.api2, body, self.headers(language, bearer))
        return status, json.loads(answer)["message"]


def telephone(world, payload):
    """A telephone that has scanned and fetched a new session."""
    created = world.call(payload)
    assert created.code == "SCSS001", created.text
    return Telephone(world, created).scan().fetch()
