"""Business signatures inside `data`: who wrote the payload, whoever carried it (req 0.29, 0.30, 0.31)."""
import html
import re
import shutil
import subprocess
import uuid

import pytest

from tools import BUILD, run
from world import SERVICE, at_work, envelope, make_world, reached_the_session, send_message

ID = "0193abcd-0000-7000-8000-00000000000f"
STATUS = (f'<s:getSigningStatus xmlns:s="urn:shep-adapter:signing:1" xmlns:unused="urn:u"><signingSessionId>{ID}'
          "</signingSessionId></s:getSigningStatus>")
SENDERS = """
[gateway "shep"]
certificate_file = {folder}/gateway.pem
[sender "demanding"]
sender_id = demanding
bin = 123456789021
business_signature = demand
business_answer = same
organisation_ru = АО
organisation_kz = АҚ
organisation_en = JSC
service_ids = {service}
[sender "partly"]
sender_id = partly
bin = 123456789021
business_services = {service}
business_answer = always
service_ids = {service}
[sender "gated"]
sender_id = gated
gateways = shep
business_signature = demand
business_bin = 123456789021
business_answer = same
service_ids = {service}
[sender "citizen"]
sender_id = citizen
bin = 123456789021
business_iin = 123456789011
service_ids = {service}
[sender "crowd"]
sender_id = crowd
bin = 123456789021
business_signature = demand
business_signer = anyone
service_ids = {service}
[sender "deaf"]
sender_id = deaf
bin = 123456789021
business_signature = ignore
service_ids = {service}
[sender "unnamed"]
sender_id = unnamed
gateways = shep
service_ids = {service}
"""
FORMS = {
    "element": lambda xml: f"<data>{xml}</data>",
    "text": lambda xml: f"<data>{html.escape(xml, quote=False)}</data>",
    "CDATA": lambda xml: f"<data><![CDATA[{xml}]]></data>",
}


def certificate(world, name, algorithm=None):
    """PEM of a key's certificate."""
    return run("openssl", "pkcs12", "-legacy", "-in", world.key(name, algorithm), "-passin", f"file:{world.sandbox / 'pass'}",
               "-nokeys", "-clcerts").stdout


def with_senders(world, algorithm=None):
    (world.folder / "gateway.pem").write_text(certificate(world, "gateway", algorithm))
    world.more = SENDERS.format(folder=world.folder, service=SERVICE)
    return world


@pytest.fixture(scope="module")
def partners(country):
    """A world with a pinned gateway and senders of every rule."""
    with at_work(with_senders(make_world(country))) as world:
        yield world


def author(world, xml, key="caller", algorithm=None):
    """The payload signed as a document of its own."""
    source, target = world.folder / "payload.xml", world.folder / "signed.xml"
    source.write_text(xml)
    run(BUILD / "shepctl", "sign", "--profile", "enveloped", "--key", world.key(key, algorithm), "--pass-file",
        world.sandbox / "pass", "--out", target, source)
    return target.read_text()


def exchange(world, data, sender, key="caller", message_id=None, algorithm=None):
    """(HTTP status, text of the answer, its messageId's journal lines)."""
    message_id = message_id or str(uuid.uuid4())
    request = world.sign(envelope(send_message(data, message_id, sender=sender)), key=key, algorithm=algorithm)
    status, _, answer = world.post(request)
    lines = [line for line in world.journal() if line["messageId"] == message_id]
    return status, answer.decode(), lines


def code_of(answer):
    return re.search(r"<(?:code|errorCode)>(SC[A-Z]+\d+)<", answer).group(1)


def payload_of(answer):
    return html.unescape(re.search(r"<data[^>]*>(.*?)</data>", answer, re.S).group(1))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("algorithm", ["gost2015", "gost2004", "rsa"])
def test_a_signed_payload_is_accepted_in_every_form(partners, form, algorithm):
    data = FORMS[form](author(partners, STATUS, algorithm=algorithm))
    status, answer, lines = exchange(partners, data, "demanding")
    assert status == 200 and reached_the_session(answer), answer
    received = next(line for line in lines if line["event"] == "exchange.received")
    assert re.search(r" author=[0-9a-f]+ authorSha256=[0-9a-f]{64} authorIin=none", received["text"]), received


def test_a_citizens_signature_is_journalled_by_pseudonym(partners):
    status, answer, lines = exchange(partners, FORMS["text"](author(partners, STATUS, "individual")), "citizen")
    assert status == 200 and reached_the_session(answer), answer
    received = next(line for line in lines if line["event"] == "exchange.received")
    assert re.search(r" authorIin=[0-9a-f]{16}\b", received["text"]), received
    assert "123456789011" not in str(lines)


@pytest.mark.parametrize("sender", ["demanding", "partly", "gated", "crowd"])
def test_where_one_is_demanded_none_is_refused(partners, sender):
    key = "gateway" if sender == "gated" else "caller"
    for data in (FORMS["element"](STATUS), FORMS["text"](STATUS), "<data/>", ""):
        status, answer, lines = exchange(partners, data, sender, key=key)
        assert (status, code_of(answer)) == (500, "SCE017"), answer
        assert lines[-1]["code"] == "SCE017" and lines[-1]["level"] == "Errors", lines


@pytest.mark.parametrize("sender", ["sandbox", "citizen", "deaf"])
def test_where_none_is_demanded_none_is_missed(partners, sender):
    status, answer, _ = exchange(partners, FORMS["text"](STATUS), sender)
    assert status == 200 and reached_the_session(answer), answer


@pytest.mark.parametrize("form", FORMS)
def test_a_changed_payload_is_refused(partners, form):
    signed = author(partners, STATUS).replace(ID, ID[:-1] + "e")
    status, answer, lines = exchange(partners, FORMS[form](signed), "sandbox")
    assert (status, code_of(answer)) == (500, "SCE016") and "digest" in answer, answer
    assert [line["event"] for line in lines] == ["exchange.answered"], lines


def test_a_good_payload_inside_another_is_refused(partners):
    evil = STATUS.replace("<signingSessionId>", author(partners, STATUS) + "<signingSessionId>")
    status, answer, _ = exchange(partners, FORMS["text"](evil), "demanding")
    assert (status, code_of(answer)) == (500, "SCE016"), answer


@pytest.mark.parametrize("key, code, words", [
    ("individual", None, ""),
    ("legal-entity", None, ""),  # the same person as an employee
    ("individual-2", "SCE016", "somebody else"),
    ("individual-auth", "SCE016", "keyUsage"),
    ("individual-expired", "SCE015", "dates"),
    ("individual-revoked", "SCE015", "revocation"),
])
def test_whose_signature_it_is(partners, key, code, words):
    status, answer, lines = exchange(partners, FORMS["text"](author(partners, STATUS, key)), "citizen")
    if code is None:
        assert status == 200 and reached_the_session(answer), answer
        return
    assert (status, code_of(answer)) == (500, code) and words in answer, answer
    assert words in lines[-1]["text"] and "123456789011" not in str(lines) + answer
    serial = re.search(r"serial +([0-9a-f]+)", run(BUILD / "shepctl", "keys", "--key", partners.key(key), "--pass-file",
                                                  partners.sandbox / "pass").stdout).group(1)
    assert serial in lines[-1]["text"], lines


def test_anyone_may_be_the_author_where_the_rule_says_so(partners):
    for key in ("individual", "individual-2", "ceo"):
        status, answer, _ = exchange(partners, FORMS["text"](author(partners, STATUS, key)), "crowd")
        assert status == 200 and reached_the_session(answer), answer
    status, answer, _ = exchange(partners, FORMS["text"](author(partners, STATUS, "individual-auth")), "crowd")
    assert code_of(answer) == "SCE016", answer


def test_a_person_and_an_organisation_sign_together(partners):
    """0.30: all signatures must stand, and one of them is the sender's."""
    both = author(partners, author(partners, STATUS, "individual-2"), "caller")
    status, answer, lines = exchange(partners, FORMS["text"](both), "demanding")
    assert status == 200 and reached_the_session(answer), answer
    late = author(partners, author(partners, STATUS, "caller"), "individual-expired")
    assert code_of(exchange(partners, FORMS["text"](late), "demanding")[1]) == "SCE015"
    nobody = author(partners, author(partners, STATUS, "individual"), "individual-2")
    assert code_of(exchange(partners, FORMS["text"](nobody), "demanding")[1]) == "SCE016"


def test_an_ignored_signature_is_left_out_unseen(partners):
    signed = author(partners, STATUS, "individual-2")
    status, answer, lines = exchange(partners, FORMS["text"](signed), "deaf")
    assert status == 200 and reached_the_session(answer) and " author=" not in str(lines), answer
    # but only where the profile puts it: elsewhere it is an unknown element of the payload
    deep = signed.replace("<ds:Signature ", "<w><ds:Signature ").replace("</ds:Signature>", "</ds:Signature></w>")
    status, answer, _ = exchange(partners, FORMS["text"](deep), "deaf")
    assert status == 200 and "SCSE002" in answer and "&lt;field&gt;w&lt;" in answer, answer


def test_a_gateway_carries_what_its_partner_wrote(partners):
    """The transport is the gateway's, the author the partner's own: 0.16, 0.17, 0.31."""
    good = FORMS["text"](author(partners, STATUS))
    status, answer, lines = exchange(partners, good, "gated", key="gateway")
    assert status == 200 and reached_the_session(answer), answer
    assert "gateway=shep" in lines[0]["text"] and " author=" in lines[0]["text"], lines
    # not by itself, and not the gateway as the author
    assert code_of(exchange(partners, good, "gated")[1]) == "SCE006"
    gateways_own = FORMS["text"](author(partners, STATUS, "gateway"))
    assert code_of(exchange(partners, gateways_own, "gated", key="gateway")[1]) == "SCE016"
    # the transport is judged first
    broken = partners.sign(envelope(send_message(good, str(uuid.uuid4()), sender="gated")), key="gateway")
    assert code_of(partners.post(broken.replace(b"gated", b"crowd"))[2].decode()) == "SCE006"


def test_a_sender_of_unknown_numbers_has_no_author(partners):
    status, answer, _ = exchange(partners, FORMS["text"](STATUS), "unnamed", key="gateway")
    assert status == 200 and reached_the_session(answer), answer
    status, answer, _ = exchange(partners, FORMS["text"](author(partners, STATUS)), "unnamed", key="gateway")
    assert code_of(answer) == "SCE016", answer


def test_an_author_whose_revocation_cannot_be_learnt_may_try_again(own_world):
    """0.22: neither good nor revoked. Nobody is asked about a pinned gateway of an unknown authority."""
    world = own_world()
    assert world.shepd.stop() == 0
    trust = world.folder / "trust"
    trust.mkdir()
    for file in (world.sandbox / "trust").iterdir():
        if not file.name.startswith("rsa"):
            shutil.copy(file, trust)
    with_senders(world, "rsa").settings = {
        "trust": {"dir": trust, "ocsp_url": "http://127.0.0.1:1/", "revocation": "ocsp"}}
    world.start_shepd()
    by_gateway = {"key": "gateway", "algorithm": "rsa", "message_id": str(uuid.uuid4())}
    data = FORMS["text"](author(world, STATUS))
    status, answer, lines = exchange(world, data, "gated", **by_gateway)
    assert status == 200 and code_of(answer) == "SCSE003" and "revocation" in answer, answer
    assert [line["code"] for line in lines] == ["SCSE003"], lines
    world.settings = {"trust": {"dir": trust}}
    world.restart()
    status, answer, _ = exchange(world, data, "gated", **by_gateway)
    assert status == 200 and reached_the_session(answer), answer


def verify(world, xml, *options):
    file = world.folder / "answer.xml"
    file.write_text(xml)
    return world.verify(file, "--profile", "enveloped", *options)


def test_an_answer_is_signed_as_the_rule_says(partners):
    signed, plain = FORMS["element"](author(partners, STATUS)), FORMS["element"](STATUS)
    assert "Signature" in payload_of(exchange(partners, signed, "demanding")[1])
    assert "Signature" in payload_of(exchange(partners, signed, "partly")[1])
    for data, sender in ((plain, "sandbox"), (signed, "citizen"), (plain, "deaf"), (signed, "deaf")):
        assert "Signature" not in exchange(partners, data, sender)[1].split("</soap:Header>")[1]


def test_our_signature_stands_and_is_given_again(partners):
    """0.29: the answer's payload, verified by shepctl; a kept answer is the same to the byte."""
    data, message_id = FORMS["element"](author(partners, STATUS)), str(uuid.uuid4())
    first = payload_of(exchange(partners, data, "demanding", message_id=message_id)[1])
    verified = verify(partners, first)
    assert verified.returncode == 0 and "987654321013" in verified.stdout, verified.stdout
    spoilt = verify(partners, first.replace("sessionUnknown", "sessionUnknowm"))
    assert spoilt.returncode == 1, spoilt.stdout
    again = payload_of(exchange(partners, FORMS["text"](author(partners, STATUS)), "demanding",
                                message_id=message_id)[1])
    assert again == first  # the repeat bears a new signature over the same content
    other = payload_of(exchange(partners, data, "demanding")[1])
    assert other != first


def test_shepctl_call_signs_as_the_author_and_judges_the_answers(partners):
    options = ("--business-key", partners.key("caller"))
    for form in ((), ("--text",)):
        answer = partners.create(*options, *form, sender="demanding")
        assert answer.exit == 0 and answer.code == "SCSS001", answer.text
        assert len(re.findall(r"^business +valid$", answer.text, re.M)) == 1, answer.text
    assert partners.create(sender="demanding").code == "SCE017"
    refused = partners.create("--business-key", partners.key("individual-revoked"), sender="citizen")
    assert refused.code == "SCE015" and refused.exit == 1, refused.text


def test_a_second_implementation_reads_our_signature(own_world):
    """Debian's xmlsec1 knows RSA, and nothing of ours."""
    if not shutil.which("xmlsec1"):
        pytest.skip("SKIP: no xmlsec1 command")
    world = own_world(algorithm="rsa", settings={'sender "sandbox"': {"business_answer": "always"}})
    file = world.folder / "answer.xml"
    answer = world.create("--out", file)
    assert answer.exit == 0, answer.text
    pem = world.folder / "adapter.pem"
    pem.write_text(certificate(world, "adapter"))
    command = ["xmlsec1", "--verify", "--pubkey-cert-pem", str(pem), str(file)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    file.write_text(file.read_text().replace("mobileSign:", "mobilesign:"))
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
