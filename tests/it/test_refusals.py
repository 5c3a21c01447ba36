"""What is refused: each with its Fault or status, a journal line, and the service going on."""
import re
import socket
import uuid

import pytest

from tools import load_json, until
from world import envelope, send_message

BODY = "<data/>"


def fault_code(answer):
    found = re.search(rb"<errorCode>([^<]+)</errorCode>", answer)
    return found.group(1).decode() if found else None


def signed(world, **kwargs):
    return world.sign(envelope(send_message(BODY, str(uuid.uuid4()), **kwargs)))


def tampered(world):
    return signed(world).replace(b"<senderId>sandbox<", b"<senderId>sandb0x<")


def wrongly_signed(world):
    return re.sub(rb"(<ds:SignatureValue>)(.)", lambda m: m[1] + (b"B" if m[2] == b"A" else b"A"), signed(world))


def unsigned(_):
    return envelope(send_message(BODY, "m")).encode()


def with_dtd(world):
    return b'<!DOCTYPE e [<!ENTITY x "y">]>' + re.sub(rb"^<\?xml[^>]*\?>\s*", b"", signed(world))


def too_deep(_):
    return (envelope("<a>" * 100 + "</a>" * 100)).encode()


CASES = [
    ("tampered", tampered, "SCE006"),
    ("wrongly signed", wrongly_signed, "SCE006"),
    ("unsigned", unsigned, "SCE007"),
    ("unknown sender", lambda w: signed(w, sender="nobody"), "SCE006"),
    ("unknown service", lambda w: signed(w, service="NO_SUCH_SERVICE"), "SCE004"),
    ("another's certificate", lambda w: w.sign(envelope(send_message(BODY, str(uuid.uuid4()))), key="gateway"), "SCE006"),
    ("a revoked certificate", lambda w: w.sign(envelope(send_message(BODY, "m")), key="individual-revoked"), "SCE005"),
    ("an expired certificate", lambda w: w.sign(envelope(send_message(BODY, "m")), key="individual-expired"), "SCE005"),
    ("stale", lambda w: signed(w, date="2020-01-01T00:00:00Z"), "SCE005"),
    ("malformed", lambda w: b"<soap:Envelope", "SCE001"),
    ("not XML", lambda w: b"hello", "SCE001"),
    ("empty", lambda w: b"", "SCE001"),
    ("no Envelope", lambda w: b"<a/>", "SCE001"),
    ("a DTD", with_dtd, "SCE001"),
    ("too deep", too_deep, "SCE001"),
    ("no requestInfo", lambda w: w.sign(envelope(
        '<t:SendMessage xmlns:t="http://bip.bee.kz/SyncChannel/v10/Types"><request/></t:SendMessage>')), "SCE001"),
]


@pytest.mark.parametrize("name, make, code", CASES, ids=[case[0] for case in CASES])
def test_a_request_is_refused_with_its_fault_and_a_line(world, name, make, code):
    before = len(world.journal())
    status, headers, answer = world.post(make(world))
    assert status == 500 and headers["Content-Type"].startswith("text/xml"), answer[:500]
    assert fault_code(answer) == code, answer.decode()[:3000]
    assert b"<ds:SignatureValue>" in answer  # Faults are signed too
    lines = world.journal()[before:]
    assert any(line["event"] == "exchange.answered" and line["code"] == code for line in lines), lines
    assert world.create().code == "SCSS001"  # the service goes on


def test_an_over_large_request_is_413_in_plain_text(world):
    before = len(world.journal())
    with world.tls() as s:
        s.sendall(b"POST /shep/SyncChannel HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
                  b"Content-Length: 33554433\r\n\r\n")
        answer = s.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413 ") and b"text/plain" in answer
    until("a journal line", lambda: any(line["code"] == "413" for line in world.journal()[before:]))
    assert world.create().code == "SCSS001"


@pytest.mark.parametrize("head, status", [
    (b"POST /shep/SyncChannel HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
    (b"POST /shep/SyncChannel HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20000 + b"\r\n\r\n", b"431"),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 200 + b"\r\n", b"431"),
    (b"GET /../etc HTTP/1.1\r\nHost: x\r\n\r\n", b"40"),
    (b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"DELETE /shep/SyncChannel HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
])
def test_a_bad_head_is_refused_before_any_work(world, head, status):
    with world.tls() as s:
        s.sendall(head)
        assert s.recv(64).startswith(b"HTTP/1.1 " + status)


def test_plain_http_on_the_tls_port_gets_nothing(world):
    """req 0.35, 0.63"""
    with socket.create_connection(("127.0.0.1", world.port), timeout=30) as s:
        s.sendall(b"POST /shep/SyncChannel HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        try:
            answer = s.recv(64)
        except ConnectionResetError:
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 2")


def test_a_foreign_content_type_is_415(world):
    assert world.post(signed(world), "application/json")[0] == 415
    assert world.post(signed(world), "text/xml; charset=windows-1251")[0] == 415


def test_no_secret_is_in_journal_or_log(world):
    created = world.create()
    api1 = created.value("qrText").removeprefix("mobileSign:")
    token = api1.split("/")[-2]
    offer = load_json(world.http("GET", api1.split(f":{world.port}")[1])[2])
    assert world.phone(created.value("qrText")).returncode == 0
    texts = [file.read_text() for file in (world.folder / "journal").glob("*.log")]
    texts.append((world.folder / "shepd.log").read_text())
    for text in texts:
        assert "123456789011" not in text  # C-27
        assert token not in text and offer["document"]["auth_token"] not in text
        assert (world.sandbox / "pass").read_text().strip() not in text
