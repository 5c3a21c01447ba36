"""One signed request in, a person signs on a telephone, the signed and verified document comes out (req 0.29)."""
import base64
import html
import re
import shutil
import subprocess
import threading
import uuid

import pytest

from tools import BUILD, ROOT, run, until
from world import envelope, send_message


def sign_through(world, example, algorithm, auth=None):
    """The whole road (1.44: QR, scan, authorise, documents, sign, PUT); returns the result's answer."""
    payload = (ROOT / "etc/examples" / example).read_text()
    created = world.call(re.sub("(?<=<authType>)[^<]*", auth, payload) if auth else payload)
    assert created.code == "SCSS001", created.text  # req 0.69
    assert created.value("state") == "created"
    assert created.value("qrText").startswith("mobileSign:https://")  # req 1.01
    session = created.value("signingSessionId")
    phone = world.phone(created.value("qrText"), algorithm=algorithm)
    assert phone.returncode == 0 and "success" in phone.stdout, phone.stdout + phone.stderr  # req 1.38
    assert world.ask("getSigningStatus", session).value("state") == "signed"
    return world.ask("getSigningResult", session)


# req 1.07–1.11: CMS_WITH_DATA, XML, CMS_SIGN_ONLY, SIGN_BYTES_ARRAY, MIX_SIGN
EXAMPLES = ["", "-xml", "-detached", "-bytes", "-mix"]


@pytest.mark.parametrize("example", [f"createSigningSession{name}.xml" for name in EXAMPLES])
@pytest.mark.parametrize("auth", ["None", "Token"])  # Eds: test_eds.py
@pytest.mark.parametrize("algorithm", ["gost2015", "gost2004", "rsa"])
def test_a_document_comes_back_signed_and_judged(world, example, algorithm, auth):
    result = sign_through(world, example, algorithm, auth)
    assert result.code == "SCSS001", result.text
    assert result.value("iin") == "123456789011"
    assert result.value("verdict") == "valid"
    checks = dict(re.findall(r"<name>(\w+)</name>\s*<outcome>(\w+)</outcome>", result.text))
    for name in ("signature", "path", "dates", "revocation", "keyUsage", "coverage"):
        assert checks.get(name) == "ok", (name, checks)


@pytest.mark.parametrize("sizes", [[15 << 20], [64 << 10] * 50], ids=["one of 15 MiB", "50 of 64 KiB"])
def test_documents_up_to_the_ceilings_go_the_whole_road(world, sizes):
    documents = "".join(
        f"<document><id>{i}</id><nameRu>Договор {i}</nameRu><file><mime>application/pdf</mime>"
        f"<data>{base64.b64encode(b'%PDF-' + bytes(size - 5)).decode()}</data></file></document>"
        for i, size in enumerate(sizes, 1))
    payload = (ROOT / "etc/examples/createSigningSession.xml").read_text()
    created = world.call(re.sub("<documents>.*</documents>", f"<documents>{documents}</documents>", payload, flags=re.S))
    assert created.code == "SCSS001", created.text
    phone = world.phone(created.value("qrText"))
    assert phone.returncode == 0, phone.stdout + phone.stderr
    result = world.ask("getSigningResult", created.value("signingSessionId"))
    assert result.code == "SCSS001", result.text[:2000]
    assert re.findall(r"<verdict>(\w+)</verdict>", result.text) == ["valid"] * len(sizes)
    assert re.findall(r"<id>(\d+)</id>", result.text) == [str(i) for i in range(1, len(sizes) + 1)]


@pytest.mark.parametrize("templates", [None, ("&isi=1476128386&ibi=kz.egov.mobile", "&apn=kz.mobile.mgov")],
                         ids=["m.egov.kz", "page.link"])
def test_a_link_opens_the_app_as_a_qr_does(own_world, templates):
    """1.45, C-25: cross signing; both links, ours and those of the seed."""
    start = "https://m.egov.kz/mobileSign/?link="
    settings = {}
    if templates:
        start = "https://mgovsign.page.link/?link="
        settings["signing"] = dict(zip(("link_template", "business_link_template"),
                                       (f"{start}{{API1}}{end}" for end in templates)))
    world = own_world(settings=settings)
    for name in ("link", "businessLink"):
        created = world.create()
        link = html.unescape(created.value(name))
        assert link.startswith(start.replace("mobileSign", "mobileSign" if name == "link" else "businessSign")), link
        phone = world.phone(link)
        assert phone.returncode == 0 and "success" in phone.stdout, phone.stdout + phone.stderr
        assert world.ask("getSigningStatus", created.value("signingSessionId")).value("state") == "signed"


@pytest.mark.parametrize("algorithm", ["gost2015", "gost2004", "rsa"])
def test_a_caller_and_our_key_of_each_algorithm(own_world, algorithm):
    world = own_world(algorithm)
    assert world.create().code == "SCSS001"


def test_the_signed_bytes_verify_by_themselves(world, tmp_path):
    """What the result hands over is judged by shepctl verify, and the content is what was asked for."""
    result = sign_through(world, "createSigningSession.xml", "gost2015")
    signed = tmp_path / "signed.der"
    signed.write_bytes(base64.b64decode(result.value("data")))
    verified = run(BUILD / "shepctl", "verify", "--profile", "cms", "--trust", world.sandbox / "trust", signed)
    assert "valid" in verified.stdout


@pytest.mark.parametrize("algorithm", ["gost2015", "gost2004", "rsa"])
def test_the_evidence_of_a_signed_session_is_sealed(own_world, tmp_path, algorithm):
    """req 0.14: XAdES-T of our own over all that was stored; nothing of it can be changed."""
    world = own_world(algorithm)
    session = sign_through(world, "createSigningSession.xml", "gost2015").value("signingSessionId")
    form, document = world.seal_of(session)
    assert form == "XAdES-T" and f"<signingSessionId>{session}<".encode() in document
    file = tmp_path / "seal.xml"
    file.write_bytes(document)
    done = world.verify(file)  # profile auto
    assert done.returncode == 0 and "(xades)" in done.stdout and "✓ timestamp" in done.stdout, done.stdout
    run("xmllint", "--noout", "--nonet", "--schema", ROOT / "wsdl/evidence.xsd", file)
    kinds = re.findall(rb"<item><kind>(\w+)</kind>", document)
    assert {b"certificate", b"ocsp", b"timestamp", b"report"} <= set(kinds)
    for item in re.finditer(rb"<data>", document):
        place = item.end() + 40
        changed = b"B" if document[place:place + 1] == b"A" else b"A"
        file.write_bytes(document[:place] + changed + document[place + 1:])
        done = world.verify(file, "--profile", "xades")
        assert done.returncode == 1 and "because digest" in done.stdout, done.stdout
    assert [line["signing"] for line in world.told("session.sealed")] == [session]


@pytest.mark.parametrize("example", ["createSigningSession.xml", "createSigningSession-xml.xml"])
def test_years_later_the_sealed_evidence_gives_the_same_verdict_without_the_network(own_world, tmp_path, example):
    """req 0.23: as of the receipts' date; certificates, receipts and time come from the evidence alone."""
    world = own_world("gost2015")
    result = sign_through(world, example, "gost2015")
    _, evidence = world.seal_of(result.value("signingSessionId"))
    world.stop()
    signed, seal, trust = tmp_path / "signed", tmp_path / "seal.xml", tmp_path / "roots"
    if "<documentXml>" in result.text:
        signed.write_text(html.unescape(result.value("documentXml")))
    else:
        signed.write_bytes(base64.b64decode(result.value("data")))
    seal.write_bytes(evidence)
    shutil.copytree(world.sandbox / "trust", trust)

    def at_the_desk(*options):
        return run(BUILD / "shepctl", "verify", "--trust", trust, "--time", "2045-01-01T00:00:00Z", *options, signed,
                   check=False)

    done = at_the_desk("--evidence", seal)
    assert done.returncode == 0 and "the evidence's seal: valid" in done.stdout, done.stdout
    assert re.search(r"✓ revocation +.* good ", done.stdout), done.stdout
    # without the evidence nothing is known of that time
    assert at_the_desk().returncode == (1 if "<documentXml>" in result.text else 0), "a timestamp tells the time itself"
    assert at_the_desk("--revocation", "ocsp", "--ocsp-url", "http://127.0.0.1:1/").returncode != 0
    # evidence of something else, and evidence that was touched
    content = signed.read_bytes()
    signed.write_bytes(content + b"\n")
    done = at_the_desk("--evidence", seal)
    assert done.returncode == 1 and "none of its documents has these bytes" in done.stdout, done.stdout
    signed.write_bytes(content)
    seal.write_bytes(evidence.replace(b"<senderId>", b"<senderId>x", 1))
    done = at_the_desk("--evidence", seal)
    assert done.returncode == 1 and "because coverage: the evidence's seal: invalid" in done.stdout, done.stdout


def test_an_authority_that_is_away_delays_the_seal_alone(own_world, tmp_path):
    world = own_world(settings={"signing": {"seal_tsp_url": "http://127.0.0.1:1/"}})
    result = sign_through(world, "createSigningSession.xml", "gost2015")
    assert result.code == "SCSS001" and "<seal>" not in result.text
    until("the first try", lambda: world.sql("SELECT tries FROM evidence_seal") == [["1"]])
    world.settings = {"signing": {"seal_tsp_url": ""}}
    world.restart()
    world.sql("UPDATE evidence_seal SET due_at = NOW(6)")  # what an hour does
    form, document = world.seal_of(result.value("signingSessionId"))
    file = tmp_path / "seal.xml"
    file.write_bytes(document)
    assert form == "XAdES-BES" and world.verify(file).returncode == 0


def test_a_repeated_message_gets_the_first_answer_again(world):
    message_id = str(uuid.uuid4())
    first = world.create("--message-id", message_id)
    again = world.create("--message-id", message_id)
    assert first.code == again.code == "SCSS001"
    assert first.value("signingSessionId") == again.value("signingSessionId")
    other = world.create("--message-id", message_id, example="createSigningSession-xml.xml")
    assert other.code == "SCSE002" and "messageIdReused" in other.text
    rows = world.sql(f"SELECT COUNT(*) FROM claim WHERE message_id = '{message_id}'")
    assert rows == [["1"]]


def test_an_answer_comes_in_the_form_of_the_request(world):
    created = world.create("--text")
    assert created.code == "SCSS001", created.text


def test_what_the_app_will_not_show_is_told_to_the_caller(world):
    """1.11, 1.32: a warning is printed with the answer; the session is made all the same."""
    payload = (ROOT / "etc/examples/createSigningSession.xml").read_text()
    assert "<warnings>" not in world.call(payload).text
    answer = world.call(re.sub("<mime>[^<]*</mime>", "<mime>image/png</mime>", payload, count=1))
    assert answer.code == "SCSS001" and answer.value("state") == "created", answer.text
    found = re.findall(r"<warning>\s*<code>(\w+)</code>\s*<field>([^<]+)</field>\s*<text>([^<]+)</text>", answer.text)
    assert [row[:2] for row in found] == [("mimeNotShown", "documents/document[1]/file/mime")], answer.text
    assert "Приложение не покажет" in found[0][2]
    assert world.create(example="createSigningSession-mix.xml").text.count("newerAppNeeded") == 1


def test_a_session_can_be_cancelled_and_then_nobody_signs(world):
    created = world.create()
    session = created.value("signingSessionId")
    assert world.ask("cancelSigningSession", session).value("state") == "cancelled"
    phone = world.phone(created.value("qrText"))
    assert phone.returncode != 0
    assert world.ask("getSigningStatus", session).value("state") == "cancelled"
    assert world.ask("cancelSigningSession", session).value("state") == "cancelled"  # once more is fine
    result = world.ask("getSigningResult", session)
    assert result.code == "SCSE002", result.text


def test_a_refusal_of_the_sandbox_telephone_ends_the_session(world):
    created = world.create()
    world.phone(created.value("qrText"), "--refuse")
    status = world.ask("getSigningStatus", created.value("signingSessionId"))
    assert status.value("state") == "failed" and "refused" in status.text


@pytest.mark.parametrize("key, reason", [("individual-2", "owner"), ("individual-auth", "keyUsage"),
                                         ("individual-revoked", "revocation"), ("individual-expired", "dates")])
def test_the_wrong_certificate_is_refused_with_its_reason(world, key, reason):
    created = world.create()
    phone = world.phone(created.value("qrText"), key=key)
    assert phone.returncode != 0 and "403" in phone.stdout + phone.stderr, phone.stdout + phone.stderr  # req 1.39
    status = world.ask("getSigningStatus", created.value("signingSessionId"))
    assert status.value("state") == "documents_sent"
    assert reason in status.value("reason"), status.text


@pytest.mark.parametrize("payload, code, field, reason", [
    ("<x:somethingElse xmlns:x='urn:x'/>", "unknownOperation", "requestData/data", "корневой элемент — не операция этого сервиса"),
    ("<s:getSigningStatus xmlns:s='urn:shep-adapter:signing:1'/>", "fieldMissing", "signingSessionId",
     "поля нет или оно пусто"),
    ("<s:getSigningStatus xmlns:s='urn:shep-adapter:signing:1'><signingSessionId>0193abcd-0000-7000-8000-00000000000f"
     "</signingSessionId></s:getSigningStatus>", "sessionUnknown", "signingSessionId", "у отправителя нет такой сессии"),
])
def test_a_business_error_names_code_and_field(world, payload, code, field, reason):
    answer = world.call(payload)
    assert answer.code == "SCSE002", answer.text  # req 0.70
    assert code in answer.text and field in answer.text
    message = re.search(r"^message +(.*)$", answer.text, re.M).group(1)
    told = re.fullmatch(rf"Ошибка в бизнес-данных: {reason} \[(?:{field}: )?([^а-яё]+)\]", message)
    assert told and len(message) <= 250, message
    on_record = [line["text"] for line in world.journal() if line["event"] == "exchange.answered"][-1]
    assert on_record == f"Ошибка в бизнес-данных: {told.group(1)} detail={code}"


def test_the_contract_is_served_with_the_address_as_reached(world):
    status, _, wsdl = world.http("GET", "/shep/SyncChannel?wsdl")
    assert status == 200
    assert f'location="{world.url}"'.encode() in wsdl
    seen, todo = set(), [wsdl]
    while todo:  # every file it leads to is served beside it
        for place in re.findall(r'ocation="([^"]+\.(?:xsd|wsdl))"', todo.pop().decode()):
            path = place.removeprefix(f"https://127.0.0.1:{world.port}")
            if path not in seen:
                seen.add(path)
                status, _, text = world.http("GET", path)
                assert status == 200, place
                todo.append(text)
    assert {"/wsdl/SyncChannelTypes.xsd", "/wsdl/signing.xsd", "/wsdl/coid.xsd"} <= seen
    assert world.http("GET", "/wsdl/none.xsd")[0] == 404


def test_the_answer_verifies_with_xmlsec1(own_world, tmp_path):
    if not shutil.which("xmlsec1"):
        pytest.skip("xmlsec1 is not installed")
    world = own_world("rsa")
    request = world.sign(envelope(send_message("<data/>", "m-xmlsec")))
    status, _, answer = world.post(request)
    assert status == 200
    file = tmp_path / "answer.xml"
    file.write_bytes(answer)
    certificate = tmp_path / "cert.pem"
    found = re.search(rb"<wsse:KeyIdentifier[^>]*>([^<]+)<", answer).group(1).decode()
    lines = "\n".join(found[i:i + 64] for i in range(0, len(found), 64))
    certificate.write_text(f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
    done = subprocess.run(
        ["xmlsec1", "--verify", "--pubkey-cert-pem", str(certificate), "--id-attr:Id",
         "http://schemas.xmlsoap.org/soap/envelope/:Body", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.concurrency
def test_a_status_call_waits_for_news_and_holds_no_worker(own_world):
    """flows.md section 1: more calls wait than there are workers, and the telephone is served meanwhile."""
    world = own_world(settings={"http": {"workers": 2}})
    created = world.create()
    session, answers = created.value("signingSessionId"), []

    def ask():
        answers.append(world.ask_for_news(session, 20).value("state"))

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    until("the calls to arrive", lambda: len(world.events("exchange.received")) == 5)
    assert not answers
    assert world.http("GET", created.value("qrText").split(f":{world.port}")[1])[0] == 200
    for caller in callers:
        caller.join(60)
    assert answers == ["scanned"] * 4


def test_a_wait_ends_at_once_for_a_session_that_is_over(world):
    session = world.create().value("signingSessionId")
    world.ask("cancelSigningSession", session)
    assert world.ask_for_news(session, 20).value("state") == "cancelled"
    over = world.ask_for_news(session, 21)
    assert over.code == "SCSE002" and "waitSeconds" in over.text
