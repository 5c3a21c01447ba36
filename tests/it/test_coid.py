"""The eight operations of ЦОИД against the sandbox: real mutual TLS, real LDAP, signed answers, evidence byte for byte."""
import base64
import hashlib
import json
import re
import shutil

import pytest

import coid
from coid import OPERATIONS, QUESTIONS, OwnCentre, ask, hold_to_schema, payload_of
from tap import Tap
from tools import BUILD, run, until
from world import at_work, make_world

ALGORITHMS = {"gost2015": "GOST3410-2015-512", "gost2004": "ECGOST34310"}
ORDERS = {"le-rs": "the algorithm's own order", "be-sr": "reversed order"}  # as `shepctl verify` tells them
NEWS = 2  # of the sandbox's ЦОИД


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


@pytest.fixture(scope="module")
def tapped(country):
    """(world, tap): what goes over its line to ЦОИД is seen."""
    world = make_world(country, coid=True)
    tap = Tap(world.sandbox, world.centre.port, world.folder)
    world.settings = {"coid": {"base_url": world.centre.url.replace(str(world.centre.port), str(tap.port))}}
    world.more = ('[sender "other"]\nsender_id = other\nbin = 123456789021\nservice_ids = COID_IDENTITY_SERVICE\n'
                  "organisation_ru = ДРУГОЙ\n")
    with at_work(world):
        yield world, tap
    tap.close()


def good(world, request, **kwargs):
    told = ask(world, request, **kwargs)
    assert told.code == "SCSS001", told.text
    hold_to_schema(told)
    return told


@pytest.mark.parametrize("alphabet", ["url", "std"])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_all_operations(desk, algorithm, order, alphabet):
    """req 2.11, 2.41, 2.46, C-09, C-14: over mutual TLS; what ЦОИД answers is verified, typed, and told on."""
    world = desk(algorithm, order, alphabet)
    iin = world.centre.people["man"]
    compared = good(world, coid.verify_photo(iin))
    key = compared.value("idempotencyKey")
    told = {"verifyPhoto": compared}
    for operation in OPERATIONS[1:]:
        told[operation] = good(world, payload_of(operation, iin, key))
    assert set(told) == set(OPERATIONS)
    for operation, answer in told.items():
        assert answer.value("proof/signed") == "true", operation
        assert answer.value("proof/algorithm") == ALGORITHMS[algorithm], operation
        assert "ЦОИД" in answer.value("proof/signer")
    check_contents(told, iin, key)
    requests = world.centre.bills["requests"]
    assert world.centre.bills["keys"] == {key: 1} and requests["verify"] == 1 and requests["data"] == 1
    check_forms(world, key, algorithm, order, alphabet)


def check_forms(world, key, algorithm, order, alphabet):
    """Theirs and ours: what was signed is of the family, the order and the alphabet that were asked for."""
    out = world.folder / f"forms-{algorithm}-{order}-{alphabet}"
    run(BUILD / "shepctl", "coid", "evidence", "--config", world.config, key, "--out", out)
    kept = [folder for folder in out.iterdir() if folder.is_dir()]
    assert len(kept) == 4  # vendors, verify, get, data
    signed = [(folder / "body", folder / "header.jws", folder / "certificate.der") for folder in kept]
    ours = [folder for folder in kept if (folder / "request.jws").exists()]
    signed += [(folder / "request-body", folder / "request.jws", world.key("adapter", algorithm).with_suffix(".pem"))
               for folder in ours]
    assert len(signed) == len(kept) + 1  # we sign the consent alone
    for body, jws, certificate in signed:
        said = world.verify(jws, "--profile", "jws", "--content", body, "--pin", certificate).stdout
        assert ORDERS[order] in said, (jws.name, said)
        header, payload, signature = jws.read_text().split(".")
        assert payload == "" and ("=" in signature) == (alphabet == "std"), jws.read_text()
        assert len(signature.rstrip("=")) == {"gost2015": 171, "gost2004": 86}[algorithm]
        assert f'"alg":"{ALGORITHMS[algorithm]}"' in base64.b64decode(header + "==", altchars=b"-_").decode().replace(" ", "")


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
    when = rows[0].find("dateTime")  # C-15: as it came, and what it means
    day, month, year, clock = re.fullmatch(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d:\d\d:\d\d)", when.text).groups()
    assert when.get("value") == f"{year}-{month}-{day}T{clock}+05:00"
    changed = person.find("gender/changeDate")
    assert (changed.text, changed.get("value")) == ("2013-09-19 09:44:33", "2013-09-19T09:44:33+06:00")
    row = told["getActDetail"].data.find("rows/row")
    assert row.findtext("vendorName").startswith("VisionLabs с 1 по ") and row.findtext("count") == "1"
    assert base64.b64decode(told["getAct"].value("zip"))[:4] == b"PK\x03\x04"  # req 3.16
    assert told["getAct"].value("files/file/name").startswith("act_") and told["getAct"].value("files/file/text")
    assert len(told["getNews"].data.findall("news/item")) >= 1


def test_the_evidence_is_what_coid_sent(tapped):
    """req 2.16: body and x-jws-signature are stored as they came, and prove each other without us."""
    world, tap = tapped
    iin = world.centre.people["woman"]
    compared = good(world, coid.verify_photo(iin))
    key = compared.value("idempotencyKey")
    check_evidence(world, compared, *tap.exchanges[-1])
    for operation in OPERATIONS[1:]:
        told = good(world, payload_of(operation, iin, key))
        request, answer = tap.exchanges[-1]
        check_evidence(world, told, request, answer)
        if operation == "getPersonData":
            consent = json.loads(request.body)["Data"]["confirmation"]  # req 2.05, 2.19
            assert iin in consent and coid.FULL_NAME in consent and 'АО "ТЕСТ"' in consent
            prove(world, request.body, request.headers["x-jws-signature"], pinned="adapter")


def test_pinned_certificates_serve_all_operations_without_a_directory(own_world, country, tmp_path):
    """req 2.48: the folder is all there is; what another certificate has signed proves nothing."""
    shutil.copy(country.sandbox / "gost2015/coid-expired.pem", tmp_path)
    world = own_world(coid=True, settings={"jws": {"pins_dir": tmp_path}, "ldap": {"urls": ""}})
    iin = world.centre.people["man"]
    told = ask(world, coid.get_vendors())
    assert (told.code, told.error) == ("SCSE003", "answerUnproven"), told.text
    shutil.copy(country.sandbox / "gost2015/coid.pem", tmp_path)
    world.reload()
    key = None
    for operation in OPERATIONS:
        told = good(world, payload_of(operation, iin, key))
        assert told.value("proof/signed") == "true"
        key = key or told.value("idempotencyKey")
    assert not [line for line in world.events("upstream.asked") if "purpose=ldap" in line["text"]]


def test_a_connection_serves_call_after_call_but_for_what_is_billed(tapped):
    """What costs money goes out on a connection of its own, which others use afterwards."""
    world, tap = tapped
    until("our own look at the news", lambda: len(world.events("coid.news")) == NEWS)
    before, lines = len(tap.exchanges), len(world.events("coid.told"))
    iin = world.centre.people["man"]
    key = good(world, coid.verify_photo(iin)).value("idempotencyKey")
    for operation in OPERATIONS[1:]:
        good(world, payload_of(operation, iin, key))
    seen = {request.connection for request, _ in tap.exchanges[:before]}
    for request, _ in tap.exchanges[before:]:
        assert request.first.endswith(" HTTP/1.1")
        assert (request.connection not in seen) == request.first.startswith("POST "), request.first
        seen.add(request.connection)
    connects = [int(re.search(r" connect_ms=(\d+) ", line["text"])[1]) for line in world.events("coid.told")[lines:]]
    told = tap.exchanges[before:]
    assert len(connects) == len(told) >= len(OPERATIONS)
    assert all(ms == 0 for ms, (request, _) in zip(connects, told, strict=True) if request.first.startswith("GET "))


def test_a_key_of_another_sender_opens_nothing(tapped):
    """The result and the data are for who made the verification; of others ЦОИД is not even asked."""
    world, tap = tapped
    iin = world.centre.people["man"]
    key = good(world, coid.verify_photo(iin)).value("idempotencyKey")

    def asked():
        return [request.first for request, _ in tap.exchanges if request.headers.get("x-idempotency-key") == key]

    before = asked()
    assert len(before) == 1
    for operation in ("getVerification", "getPersonData"):
        told = ask(world, payload_of(operation, iin, key), sender="other")
        assert (told.code, told.error, told.value("field")) == ("SCSE002", "verificationUnknown", "idempotencyKey"), told.text
    assert asked() == before
    for operation in ("getVerification", "getPersonData"):
        good(world, payload_of(operation, iin, key))
    assert len(asked()) == 3


def test_what_coid_says_beyond_the_schema_is_handed_on(tapped):
    """C-11: in the answer to each operation, with its place; and again from what was kept."""
    world, _ = tapped
    iin = world.centre.people["man"]
    message, key = coid.new_message(), None
    for operation in OPERATIONS:
        world.centre.fault(QUESTIONS[operation], "new-member")
        told = good(world, payload_of(operation, iin, key), message=message if operation == "verifyPhoto" else None)
        key = key or told.value("idempotencyKey")
        hold_new_member(told, "[0]." if operation in ("getTransactions", "getActDetail", "getNews") else "")
        assert told.value("proof/signed") == "true"
    again = good(world, payload_of("verifyPhoto", iin, key), message=message)
    hold_new_member(again, "")


def hold_new_member(told, where):
    members = {one.findtext("path"): json.loads(one.findtext("json")) for one in told.data.findall("extras/member")}
    assert members[f"{where}newMember"] == {"since": "2027-01-01", "values": [1.5, None, "Ұ<&>"]}, members


@pytest.mark.parametrize("name, text, value", [
    ("printed", "2013-09-19T09:44:33+06:00", "2013-09-19T09:44:33+06:00"),
    ("man", "2013-09-19 09:44:33", "2013-09-19T09:44:33+06:00"),
])
def test_a_date_is_told_as_it_came_and_as_what_it_means(tapped, name, text, value):
    """C-15: with and without zone; a day is a day."""
    world, _ = tapped
    iin = world.centre.people[name]
    key = good(world, coid.verify_photo(iin)).value("idempotencyKey")
    person = good(world, coid.get_person_data(key, iin)).data.find("person")
    dates = [(one.text, one.get("value")) for one in person.iter("changeDate")]
    assert dates and set(dates) == {(text, value)}
    birth = person.find("birthDate")
    assert birth.text == birth.get("value") and re.fullmatch(r"\d{4}-\d\d-\d\d", birth.text)


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
