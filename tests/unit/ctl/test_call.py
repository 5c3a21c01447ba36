"""shepctl call against a scripted SyncChannel: what is sent, and how every answer is read."""
import html
import re
import subprocess
import tempfile

import pytest

from conftest import FAMILIES, SHEPCTL, shepctl, text_of

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
TYPES = "http://bip.bee.kz/SyncChannel/v10/Types"
PAYLOAD = '<?xml version="1.0" encoding="UTF-8"?>\n<p:ask xmlns:p="urn:p"><a>1 &lt; 2</a></p:ask>\n'
MADE = ('<s:made xmlns:s="urn:shep-adapter:signing:1"><signingSessionId>0193</signingSessionId>'
        "<qrText>mobileSign:https://x.kz/m/T/mgovSign</qrText><link>https://m.egov.kz/mobileSign/?link=x</link>"
        "<pageUrl>https://x.kz/sign/I</pageUrl></s:made>")


def response(code="SCSS001", data=f"<data>{MADE}</data>", message="Успешная обработка"):
    return (f'<T:SendMessageResponse xmlns:T="{TYPES}"><response><responseInfo><messageId>ours</messageId>'
            f"<correlationId>yours</correlationId><responseDate>2026-11-22T09:00:00Z</responseDate><status>"
            f"<code>{code}</code><message>{message}</message></status></responseInfo><responseData>{data}"
            "</responseData></response></T:SendMessageResponse>")


FAULT = (f'<soap:Fault xmlns:soap="{ENVELOPE}"><faultcode>soap:Client</faultcode><faultstring>bad</faultstring><detail>'
         f'<T:SendMessageFault1_SendMessageFault xmlns:T="{TYPES}"><errorCode>SCE007</errorCode><errorMessage>not signed'
         "</errorMessage><errorDate>2026-11-22T09:00:00Z</errorDate></T:SendMessageFault1_SendMessageFault></detail>"
         "</soap:Fault>")


class Gateway:
    """Signs its answers by shepctl itself, with the adapter's key."""

    def __init__(self, sandbox, peer):
        self.sandbox, self.peer, self.status = sandbox, peer, 200
        self.body, self.spoil = response(), lambda data: data
        self.family = "gost2015"
        peer.answer = self.answer

    def answer(self, _):
        done = subprocess.run([SHEPCTL, "sign", "--profile", "shep",
                               *map(str, self.sandbox.key(self.family, "adapter")), "-"],
                              input=self.body.encode(), capture_output=True, check=True)
        return self.status, "text/xml; charset=utf-8", self.spoil(done.stdout)

    def call(self, *options, payload=PAYLOAD, key="caller", trust=True):
        more = ["--verify-trust", self.sandbox.folder / "trust"] if trust else []
        return shepctl("call", "--url", f"{self.peer.url}/shep/SyncChannel", *self.sandbox.key(self.family, key),
                       "--service", "SERVICE", "--sender", "sender<&>", *more, *options, "-", stdin=payload.encode())


@pytest.fixture
def gateway(sandbox, peer):
    return Gateway(sandbox, peer)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_request_is_signed_and_its_answer_read(gateway, tmp_path, family):
    gateway.family = family
    password = tmp_path / "password"
    password.write_text("secret word\n")
    done = gateway.call("--message-id", "m-1", "--sender-password-file", password)
    assert done.returncode == 0, text_of(done)
    for words in ("status     SCSS001", "message    Успешная обработка", "messageId  ours", "answers    yours",
                  "signature  valid", "✓ path", "<signingSessionId>0193</signingSessionId>"):
        assert words in text_of(done), text_of(done)
    ((method, path, headers, body),) = gateway.peer.requests
    assert (method, path) == ("POST", "/shep/SyncChannel")
    assert headers["Content-Type"] == "text/xml; charset=utf-8" and headers["SOAPAction"] == '""'
    text = body.decode()
    for words in ("<messageId>m-1</messageId>", "<serviceId>SERVICE</serviceId>", "<password>secret word</password>",
                  "<senderId>sender&lt;&amp;&gt;</senderId>", '<data><p:ask xmlns:p="urn:p"><a>1 &lt; 2</a></p:ask></data>'):
        assert words in text, text
    assert re.search(r"<messageDate>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+\d\d:00</messageDate>", text)
    assert shepctl("verify", *gateway.sandbox.trust, "-", stdin=body).returncode == 0


def test_a_payload_may_travel_as_text(gateway):
    assert gateway.call("--text").returncode == 0
    text = gateway.peer.requests[0][3].decode()
    assert 'xsi:type="xs:string">&lt;p:ask xmlns:p="urn:p"&gt;&lt;a&gt;1 &amp;lt; 2' in text
    assert "<password>" not in text


def test_an_answer_as_text_is_read_as_elements(gateway):
    escaped = MADE.replace("&", "&amp;").replace("<", "&lt;")
    gateway.body = response(data=f"<data>{escaped}</data>")
    done = gateway.call()
    assert done.returncode == 0 and "<signingSessionId>0193</signingSessionId>" in text_of(done)


def test_the_payload_can_be_written_to_a_file(gateway, tmp_path):
    out = tmp_path / "out.xml"
    assert gateway.call("--out", out).returncode == 0
    assert out.read_text() == MADE


def test_the_qr_is_shown_with_its_links(gateway):
    done = gateway.call("--show-qr")
    assert done.returncode == 0
    assert "█" in text_of(done) and "link" in text_of(done) and "https://x.kz/sign/I" in text_of(done)
    assert "<qrText>mobileSign:https://x.kz/m/T/mgovSign</qrText>" in text_of(done)


@pytest.mark.parametrize("body, status, words", [
    (response("SCSE002", data='<data><e:error xmlns:e="urn:e"><code>fieldMissing</code></e:error></data>'), 200,
     "<code>fieldMissing</code>"),
    (response("SCSE003", data="<data/>"), 200, "SCSE003"), (response("SCSE001", data=""), 200, "SCSE001"),
    (FAULT, 500, "Fault      SCE007\nmessage    not signed"),
    ("<x/>", 200, "HTTP       200"),
])
def test_another_answer_ends_with_1(gateway, body, status, words):
    gateway.body, gateway.status = body, status
    done = gateway.call()
    assert done.returncode == 1 and words in text_of(done), text_of(done)


def test_an_answer_changed_on_the_way_is_not_believed(gateway):
    gateway.spoil = lambda data: data.replace(b"0193", b"0194")
    done = gateway.call()
    assert done.returncode == 1 and "signature  invalid" in text_of(done) and "✗ digest" in text_of(done)


def test_an_unsigned_answer_is_not_believed(gateway):
    gateway.spoil = lambda data: re.sub(rb"<wsse:Security.*</wsse:Security>", b"", data)
    done = gateway.call()
    assert done.returncode == 1 and "signature  valid" not in text_of(done)


def test_an_answer_of_an_unknown_authority(gateway):
    with tempfile.TemporaryDirectory() as empty:
        done = gateway.call("--verify-trust", empty, trust=False)
        assert done.returncode == 1 and "✗ path" in text_of(done)
    assert gateway.call(trust=False).returncode == 0  # the signature alone


def test_an_answer_of_http_alone_is_shown(gateway):
    gateway.peer.answer = lambda request: (413, "text/plain", "слишком\x1b[2J много".encode())
    done = gateway.call()
    assert done.returncode == 1 and "HTTP       413" in text_of(done) and "слишком?[2J много" in text_of(done)


def test_raw_is_the_answer_and_nothing_else(gateway):
    done = gateway.call("--raw")
    assert done.stdout.startswith(b"<soap:Envelope") and done.stdout.endswith(b"</soap:Envelope>")


@pytest.mark.parametrize("payload", ["", "text", "<a>", "<a/><b/>", "<!DOCTYPE a><a/>",
                                     "<a/></data></requestData></request><x/>"])
def test_a_payload_that_is_no_document_is_not_sent(gateway, payload):
    done = gateway.call(payload=payload)
    assert done.returncode == 2 and not gateway.peer.requests, text_of(done)


@pytest.mark.parametrize("drop, words", [("--url", "--url"), ("--service", "--service"), ("--key", "--key"),
                                         ("--pass-file", "--pass-file"), ("--sender", "--sender")])
def test_a_missing_option_is_named(sandbox, drop, words):
    options = {"--url": "http://127.0.0.1:1/", "--service": "S", "--sender": "s",
               "--key": sandbox.folder / "rsa/caller.p12", "--pass-file": sandbox.folder / "pass"}
    del options[drop]
    done = shepctl("call", *[part for pair in options.items() for part in pair], "-", stdin=b"<a/>")
    assert done.returncode == 2 and words in done.stderr.decode()


def test_nobody_there_ends_with_2(sandbox):
    done = shepctl("call", "--url", "http://127.0.0.1:1/", "--service", "S", "--sender", "s",
                   *sandbox.key("rsa", "caller"), "-", stdin=b"<a/>")
    assert done.returncode == 2 and "127.0.0.1" in done.stderr.decode()


def signed_by(gateway, xml, name):
    """The document with an enveloped signature."""
    return shepctl("sign", "--profile", "enveloped", *gateway.sandbox.key(gateway.family, name), "-",
                   stdin=xml.encode()).stdout.decode()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("form", [(), ("--text",)])
def test_a_payload_is_signed_by_its_author(gateway, family, form):
    """0.29, 0.30: two keys, two signatures; the inner one is over the payload as a document of its own."""
    gateway.family = family
    author = gateway.sandbox.folder / family / "individual.p12"
    done = gateway.call("--business-key", author, *form)
    assert done.returncode == 0 and "business " not in text_of(done), text_of(done)
    text = gateway.peer.requests[0][3].decode()
    inner = re.search(r"<data[^>]*>(.*)</data>", text, re.S).group(1)
    inner = html.unescape(inner) if form else inner
    verified = shepctl("verify", "--profile", "enveloped", *gateway.sandbox.trust, "-", stdin=inner.encode())
    assert verified.returncode == 0 and "123456789011" in text_of(verified), text_of(verified)
    assert shepctl("verify", *gateway.sandbox.trust, "-", stdin=text.encode()).returncode == 0


def test_the_answers_business_signature_is_judged_too(gateway):
    gateway.body = response(data=f"<data>{html.escape(signed_by(gateway, MADE, 'adapter'), quote=False)}</data>")
    done = gateway.call()
    assert done.returncode == 0 and "business   valid" in text_of(done), text_of(done)
    gateway.body = gateway.body.replace("0193", "0194")  # the transport is signed afterwards, and stands
    done = gateway.call()
    assert done.returncode == 1 and "signature  valid" in text_of(done), text_of(done)
    assert "business   invalid" in text_of(done) and "✗ digest" in text_of(done), text_of(done)


def test_a_payload_that_cannot_be_signed_is_not_sent(gateway, tmp_path):
    author = gateway.sandbox.folder / "gost2015/individual.p12"
    done = gateway.call("--business-key", author, payload="no xml")
    assert done.returncode == 2 and not gateway.peer.requests, text_of(done)
    wrong = tmp_path / "wrong"
    wrong.write_text("not the password\n")
    done = gateway.call("--business-key", author, "--business-pass-file", wrong)
    assert done.returncode == 2 and not gateway.peer.requests, text_of(done)
