"""shepd against responders and lists that behave well and badly (req 0.22 to 0.25)."""
import concurrent.futures
import hashlib
import http.server
import re
import threading
import time
import urllib.request

import pytest

from tools import BUILD, ROOT, WAIT_S, run, until
from world import a_country, envelope, send_message

DEAD = "http://127.0.0.1:1/"
CA = "ҰЛТТЫҚ"  # in the name of the sandbox's issuing CA


def reload(world, **trust):
    world.settings["trust"].update(trust)
    world.write_config()
    world.reload()


class Relay(http.server.ThreadingHTTPServer):
    """Stands between shepd and the authority: counts, and answers by a function where one is set."""

    daemon_threads = True

    def __init__(self, upstream):
        self.count, self.answer, self.lock = 0, None, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def run(handler):
                body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)) or None
                with self.lock:
                    self.count += 1
                if self.answer:
                    status, content = self.answer(handler.path)
                else:
                    request = urllib.request.Request(upstream + handler.path, data=body)
                    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                        status, content = answer.status, answer.read()
                handler.send_response(status)
                handler.send_header("Content-Length", str(len(content)))
                handler.end_headers()
                handler.wfile.write(content)

            do_GET = do_POST = run

            def log_message(handler, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # whoever hung up


@pytest.fixture(scope="module")
def country():
    """One of its own: what is revoked here stays revoked."""
    yield from a_country()


@pytest.fixture
def relay(country):
    one = Relay(f"http://127.0.0.1:{country.authority_port}")
    yield one
    one.shutdown()
    one.server_close()


# ---- responders ----

FAULTS = {  # None: the answer counts
    "": None,
    "/no-nonce": None,
    "/no-next-update": None,
    "/wrong-nonce": "nonce is not the one that we sent",
    "/expired": "the OCSP answer is stale",
    "/future": "is from the future",
    "/other-issuer": "is about another certificate",
    "/unauthorised": "is not for signing OCSP answers",
    "/stranger": "was not authorised by the certificate's issuer",
    "/try-later": "the responder answered trylater",
    "/internal-error": "the responder answered internalerror",
    "/unknown": "does not know the certificate",
    "/no/such/path": "404",
}


@pytest.mark.parametrize("family", ["gost2015", "rsa"])
def test_each_fault_of_a_responder_is_unknown_and_never_revoked(own_world, family):
    """0.22: SCE909 with the reason; a good answer lets the request in; a revoked signer is refused as such."""
    authority = "http://127.0.0.1:{}/ocsp/" + family
    world = own_world(algorithm=family, settings={"trust": {"revocation": "ocsp", "revocation_scope": "signer",
                                                            "ocsp_reuse_ms": 0}})
    for fault, words in FAULTS.items():
        reload(world, ocsp_url=authority.format(world.authority_port) + fault)
        answer = world.create()
        assert answer.code == ("SCE909" if words else "SCSS001"), (fault, answer.text)
        assert not words or words in answer.text, (fault, answer.text)
    reload(world, ocsp_url=authority.format(world.authority_port))
    answer = world.create(key="individual-revoked")
    assert answer.code != "SCE909" and "revoked on" in answer.text, answer.text


def test_many_requests_of_one_signer_ask_the_responder_once(own_world, relay):
    world = own_world(settings={"trust": {"revocation": "ocsp", "revocation_scope": "signer",
                                          "ocsp_url": f"{relay.url}/ocsp/gost2015"}})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.create(), range(8)))
    assert [answer.code for answer in answers] == ["SCSS001"] * 8, [answer.text for answer in answers]
    assert relay.count == 1
    # without reuse each signature has an answer of its own
    reload(world, ocsp_reuse_ms=0)
    assert [world.create().code for _ in range(2)] == ["SCSS001"] * 2
    assert relay.count == 3


def test_a_slow_responder_is_left_for_the_lists(own_world, relay):
    gate = threading.Event()
    world = own_world(settings={"trust": {"ocsp_url": f"{relay.url}/ocsp/gost2015", "ocsp_reuse_ms": 0}})
    until("the lists", lambda: world.events("crl.loaded", CA))
    relay.answer = lambda path: (gate.wait(WAIT_S), (500, b""))[1]
    begun = time.monotonic()
    answer = world.create()
    took = time.monotonic() - begun
    gate.set()
    assert answer.code == "SCSS001" and took < 20, (answer.text, took)


def test_a_slow_responder_alone_is_unknown_at_the_deadline(own_world, relay):
    gate = threading.Event()
    world = own_world(settings={"limits": {"exchange_ms": 3000}, "trust": {
        "revocation": "ocsp", "revocation_scope": "signer", "ocsp_url": f"{relay.url}/ocsp/gost2015"}})
    relay.answer = lambda path: (gate.wait(WAIT_S), (500, b""))[1]
    answer = world.create()
    gate.set()
    assert answer.code == "SCE909" and "cannot be learnt of the signer's certificate" in answer.text, answer.text


def test_the_same_signature_is_judged_by_its_receipt_and_another_one_live(own_world, relay):
    """0.23: as of the receipt's date, even when the certificate was revoked since; a new signature asks."""
    world = own_world(settings={"trust": {"revocation": "ocsp", "ocsp_url": f"{relay.url}/ocsp/gost2015",
                                          "ocsp_reuse_ms": 0}})
    data = f'<data>{(ROOT / "etc/examples/createSigningSession.xml").read_text()}</data>'

    def signed(number):
        return world.sign(envelope(send_message(data, f"receipt-{number}")), key="ceo")

    def post(bytes_):
        return world.post(bytes_)[2].decode()

    first, asked = signed(1), relay.count
    assert "SCSS001" in post(first) and relay.count == asked + 1
    run(BUILD / "shepctl", "sandbox", "revoke", world.sandbox, world.sandbox / "gost2015/ceo.pem")
    assert "SCSS001" in post(first) and relay.count == asked + 1  # by the receipt
    other = post(signed(2))
    assert "revoked on" in other and "SCSS001" not in other and relay.count == asked + 2, other
    assert post(signed(3)) and relay.count == asked + 3  # a revoked one leaves no receipt
    relay.answer = lambda path: (500, b"")
    assert "SCSS001" in post(first) and relay.count == asked + 3


# ---- the policy ----

def test_what_becomes_of_an_unknown_revocation_is_a_setting_for_each_purpose(own_world):
    world = own_world(settings={"trust": {"revocation": "ocsp", "ocsp_url": DEAD}})
    assert world.create().code == "SCE909"
    reload(world, transport_unknown="accept")
    answer = world.create()
    assert answer.code == "SCSS001", answer.text
    warned = world.events("revocation.accepted", "let through by [trust] transport_unknown = accept")
    assert warned and warned[-1]["level"] == "Warning", world.journal()[-3:]
    qr, session = answer.value("qrText"), answer.value("signingSessionId")
    refused = world.phone(qr)  # the telephone's policy is its own
    assert refused.returncode != 0 and "503" in refused.stdout + refused.stderr, refused.stdout
    reload(world, user_unknown="accept")
    done = world.phone(qr)
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.ask("getSigningStatus", session).value("state") == "signed"
    assert world.events("put.accepted", "let through by [trust] user_unknown = accept")[-1]["level"] == "Warning"
    kept = world.sql("SELECT data FROM evidence WHERE data LIKE '%\"verdict\":\"indeterminate\"%'")
    assert kept and "let through although it cannot be learnt: [trust] user_unknown = accept" in kept[0][0], kept


# ---- lists ----

def check_archive(world, archive):
    """Whatever lists the evidence of a signature names by their hash are there as they came."""
    texts = [row[0] for row in world.sql("SELECT data FROM evidence WHERE kind = 3 OR kind = 'crl'")]
    named = {value for text in texts for value in re.findall(r"sha256: ([0-9a-f]{64})", text)}
    assert len(named) >= 2, texts
    for name in named:
        data = (archive / f"{name}.crl").read_bytes()
        assert hashlib.sha256(data).hexdigest() == name
        done = run(BUILD / "shepctl", "verify", "--trust", world.sandbox / "trust", archive / f"{name}.crl")
        assert "a revocation list" in done.stdout


def test_only_a_better_list_takes_the_place_of_a_good_one(own_world, relay, tmp_path):
    """0.24: what is no list, another's or empty changes nothing; a delta that adds counts; the disk serves alone."""
    world = own_world(settings={"trust": {"ocsp_url": DEAD, "crl_url": f"{relay.url}/crl/gost2015.crl",
                                          "crl_delta_url": f"{relay.url}/crl/gost2015-delta.crl",
                                          "crl_archive_dir": tmp_path / "archive"}})
    until("the lists", lambda: world.events("crl.loaded", CA))
    answer = world.create()
    assert answer.code == "SCSS001" and world.phone(answer.value("qrText")).returncode == 0, answer.text
    check_archive(world, tmp_path / "archive")
    with urllib.request.urlopen(f"http://127.0.0.1:{world.authority_port}/crl/rsa.crl", timeout=30) as answer:
        foreign = answer.read()
    refresh = 600000
    for status, content in ((200, b"<html>404</html>"), (200, b""), (500, b""), (200, b"\x30\x82\xff\xff" * 50),
                            (200, foreign[:-1])):
        relay.answer = lambda path, got=(status, content): got
        before, refresh = len(world.events("crl.refused", CA)), refresh + 1
        reload(world, crl_refresh_ms=refresh)
        until("the refusal", lambda: len(world.events("crl.refused", CA)) > before)
        answer = world.create()
        assert answer.code == "SCSS001", (content, answer.text)
    # a revocation comes by the delta
    assert world.create(key="legal-entity").code == "SCSS001"
    run(BUILD / "shepctl", "sandbox", "revoke", world.sandbox, world.sandbox / "gost2015/legal-entity.pem")
    relay.answer, before = None, len(world.events("crl.loaded", CA))
    reload(world, crl_refresh_ms=refresh + 1)
    until("the new delta", lambda: len(world.events("crl.loaded", CA)) > before)
    answer = world.create(key="legal-entity")
    assert "revoked on" in answer.text and "with delta no." in answer.text, answer.text
    # neither responder nor lists are there any more; what is on disk says the same
    world.settings["trust"].update({"crl_url": DEAD, "crl_delta_url": DEAD})
    world.restart()
    assert world.events("crl.loaded", "from disk")
    assert world.create().code == "SCSS001"
    assert "revoked on" in world.create(key="legal-entity").text
