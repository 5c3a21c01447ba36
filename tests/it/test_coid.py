"""The eight operations of ЦОИД against the sandbox: real mutual TLS, real LDAP, signed answers, evidence byte for byte."""
import base64
import hashlib
import json

import pytest

import coid
from coid import OwnCentre, ask, hold_to_schema, payload_of
from tap import Tap
from world import make_world

ALGORITHMS = {"gost2015": "GOST3410-2015-512", "gost2004": "ECGOST34310"}


@pytest.fixture(scope="module")
def desk(country):
    """One world whose ЦОИД is exchanged: desk(algorithm, order, alphabet)."""
    world, others = make_world(country, coid=True), []

    def at(algorithm, order, alphabet):
        centre = OwnCentre(country, "--coid-algorithm", algorithm, "--coid-order", order, "--coid-alphabet", alphabet).start()
        others.append(centre)
        world.centre = centre
        world.settings = {"coid": {"jws_order": order, "jws_alphabet": alphabet,
                                   "sign_key_file": world.sandbox / algorithm / "adapter.p12"}}
        world.start() if not world.shepd else world.restart()
        return world

    yield at
    assert world.stop() == 0
    for centre in others:
        assert centre.stop() == 0


def good(world, request, **kwargs):
    told = ask(world, request, **kwargs)
    assert told.code == "SCSS001", told.text
    hold_to_schema(told)
    return told


@pytest.mark.parametrize("alphabet", ["url", "std"])
@pytest.mark.parametrize("order", ["le-rs", "be-sr"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_all_operations(desk, algorithm, order, alphabet):
    """req 2.11, 2.41, 2.46, C-14: over mutual TLS; what ЦОИД answers is verified, typed, and told on."""
    world = desk(algorithm, order, alphabet)
    iin = world.centre.people["man"]
    compared = good(world, coid.verify_photo(iin))
    key = compared.value("idempotencyKey")
    told = {"verifyPhoto": compared}
    for operation in coid.OPERATIONS[1:]:
        told[operation] = good(world, payload_of(operation, iin, key))
    for operation, answer in told.items():
        assert answer.value("proof/signed") == "true", operation
        assert answer.value("proof/algorithm") == ALGORITHMS[algorithm], operation
        assert "ЦОИД" in answer.value("proof/signer")
    check_contents(told, iin, key)
    requests = world.centre.bills["requests"]
    assert world.centre.bills["keys"] == {key: 1} and requests["verify"] == 1 and requests["data"] == 1


def check_contents(told, iin, key):
    """What the sandbox's ЦОИД is known to say."""
    for operation in ("verifyPhoto", "getVerification"):
        answer = told[operation]
        assert answer.value("iin") == iin and answer.value("idempotencyKey") == key
        assert answer.value("result") == "0.9959589839" and answer.value("passed") == "true"
        assert answer.value("vendor") == "VisionLabs" and answer.value("dataUntil")
    assert base64.b64decode(told["verifyPhoto"].value("photo/data"))[:3] == b"\xff\xd8\xff"
    assert told["verifyPhoto"].value("photo/contentType") == "image/jpeg"
    assert told["getVerification"].data.find("photo") is None  # req 2.17
    person = told["getPersonData"].data.find("person")
    assert person.findtext("iin") == iin and person.findtext("surname")
    assert person.findtext("documents/document/number")
    assert person.find("mobilephone") is None
    vendors = {one.findtext("id"): one.findtext("name") for one in told["getVendors"].data.findall("vendors/vendor")}
    assert vendors == {"1": "VisionLabs", "2": "FORENSICS", "3": "Verigram", "4": "Biometric.kz", "5": "BTSDigital"}  # req 3.08
    rows = told["getTransactions"].data.findall("transactions/transaction")
    assert [row.findtext("idempotencyKey") for row in rows] == [key]
    assert rows[0].find("dateTime").get("value").endswith("+05:00")  # C-15
    row = told["getActDetail"].data.find("rows/row")
    assert row.findtext("vendorName").startswith("VisionLabs с 1 по ") and row.findtext("count") == "1"
    assert base64.b64decode(told["getAct"].value("zip"))[:4] == b"PK\x03\x04"  # req 3.16
    assert told["getAct"].value("files/file/name").startswith("act_") and told["getAct"].value("files/file/text")
    assert len(told["getNews"].data.findall("news/item")) >= 1


def test_the_evidence_is_what_coid_sent(own_world):
    """req 2.16: body and x-jws-signature are stored as they came, and prove each other without us."""
    world = own_world(coid=True)
    iin = world.centre.people["woman"]
    tap = Tap(world.sandbox, world.centre.port, world.folder)
    world.settings = {"coid": {"base_url": world.centre.url.replace(str(world.centre.port), str(tap.port))}}
    world.restart()
    compared = good(world, coid.verify_photo(iin))
    key = compared.value("idempotencyKey")
    check_evidence(world, compared, *tap.exchanges[-1])
    for operation in coid.OPERATIONS[1:]:
        told = good(world, payload_of(operation, iin, key))
        request, answer = tap.exchanges[-1]
        check_evidence(world, told, request, answer)
        if operation == "getPersonData":
            consent = json.loads(request.body)["Data"]["confirmation"]  # req 2.05, 2.19
            assert iin in consent and coid.FULL_NAME in consent and 'АО "ТЕСТ"' in consent
            prove(world, request.body, request.headers["x-jws-signature"], pinned="adapter")
    tap.close()


def check_evidence(world, told, request, answer):
    """What is kept under the answer's evidenceId is what went over the wire."""
    number = told.value("proof/evidenceId").replace("-", "")
    kept = world.sql(f"SELECT LOWER(HEX(body_sha256)), http_status, verdict FROM coid_evidence WHERE id = UNHEX('{number}')")
    assert kept == [[hashlib.sha256(answer.body).hexdigest(), "200", "valid"]], request.first
    prove(world, answer.body, answer.headers["x-jws-signature"])


def prove(world, body, jws, pinned=None):
    """The bytes verify by themselves: by the directory's certificate, or a pinned one."""
    data, header = world.folder / "evidence.json", world.folder / "evidence.jws"
    data.write_bytes(body)
    header.write_text(jws)
    by = ["--pin", world.key(pinned).with_suffix(".pem")] if pinned else [
        "--ldap", f"ldap://127.0.0.1:{world.country.ldap_port}", "--ldap-base", "c=KZ"]
    done = world.verify(header, "--profile", "jws", "--content", data, *by)
    assert done.returncode == 0, done.stdout + done.stderr
