"""shepctl verify against responders that answer, well and badly (req 0.22, 0.24): verdict, row and its text."""
import json
import threading
import urllib.request

import pytest

import authority_kit
from conftest import Peer, shepctl, text_of

VALID, INVALID, UNJUDGED = 0, 1, 2
VERDICTS = {VALID: "valid", INVALID: "invalid", UNJUDGED: "indeterminate"}
GOOD = "the signer's certificate is good by OCSP as of"
TWO = ["gost2015", "rsa"]

openssl = pytest.mark.skipif(not authority_kit.available(), reason="SKIP: no openssl that loads kzgost.so")


def judge(sandbox, pem, *options):
    """(exit status, the first revocation row) of a certificate's judgement."""
    done = shepctl("verify", "--json", *sandbox.trust, *options, pem)
    report = json.loads(done.stdout)
    assert report["verdict"] == VERDICTS[done.returncode], text_of(done)
    return done.returncode, [check for check in report["checks"] if check["name"] == "revocation"][0]


def expect(sandbox, pem, options, want):
    status, outcome, words = want
    got, row = judge(sandbox, pem, *options)
    assert (got, row["outcome"]) == (status, outcome) and words in row["detail"], (got, row)
    return row


@pytest.fixture
def lists(sandbox, tmp_path):
    """--crl options of the sandbox's own lists."""
    def options(family):
        found = []
        for name in (f"{family}.crl", f"{family}-delta.crl"):
            with urllib.request.urlopen(f"{sandbox.url}/crl/{name}", timeout=30) as answer:
                (tmp_path / name).write_bytes(answer.read())
            found += ["--crl", tmp_path / name]
        return found
    return options


# ---- the sandbox's responder, with each of its faults ----

FAULTS = [
    ("", (VALID, "ok", GOOD)),
    ("/no-nonce", (VALID, "ok", GOOD)),
    ("/no-next-update", (VALID, "ok", GOOD)),
    ("/wrong-nonce", (UNJUDGED, "unknown", "the OCSP answer's nonce is not the one that we sent")),
    ("/expired", (UNJUDGED, "unknown", "the OCSP answer is stale: valid until")),
    ("/future", (UNJUDGED, "unknown", "the OCSP answer is from the future")),
    ("/other-issuer", (UNJUDGED, "unknown", "the OCSP answer is about another certificate")),
    ("/unauthorised", (UNJUDGED, "unknown", "its certificate is not for signing OCSP answers")),
    ("/stranger", (UNJUDGED, "unknown", "it was not authorised by the certificate's issuer")),
    ("/try-later", (UNJUDGED, "unknown", "the responder answered trylater")),
    ("/internal-error", (UNJUDGED, "unknown", "the responder answered internalerror")),
    ("/unknown", (UNJUDGED, "unknown", "the responder does not know the certificate")),
]


@pytest.mark.parametrize("family", TWO)
@pytest.mark.parametrize("fault, want", FAULTS)
def test_each_fault_of_a_responder_has_its_verdict_and_its_text(sandbox, lists, family, fault, want):
    pem = sandbox.folder / family / "individual.pem"
    url = ["--ocsp-url", f"{sandbox.url}/ocsp/{family}{fault}"]
    row = expect(sandbox, pem, ["--revocation", "ocsp", *url], want)
    if want[0] == VALID:
        assert row["source"]["kind"] == "ocsp" and row["source"]["signedBy"] == "OCSP RESPONDER SANDBOX", row
        assert row["source"]["algorithm"] and ("until" in row["source"]) is (fault != "/no-next-update"), row
        return
    # the lists answer in its place, unless the responder itself says that it does not know the certificate
    row = expect(sandbox, pem, ["--revocation", "auto", *url, *lists(family)],
                 want if fault == "/unknown" else (VALID, "ok", want[2]))
    if fault != "/unknown":
        assert "good by CRL no." in row["detail"] and row["source"]["kind"] == "crl", row
        assert row["source"]["number"] and row["source"]["deltaNumber"], row


@pytest.mark.parametrize("family", TWO)
def test_a_revoked_certificate_is_revoked(sandbox, lists, family):
    pem = sandbox.folder / family / "individual-revoked.pem"
    for options in (["--revocation", "ocsp"], ["--revocation", "auto", *lists(family)], lists(family)):
        expect(sandbox, pem, options, (INVALID, "failed", "revoked on"))


def test_the_whole_path_is_judged_where_it_is_asked_for(sandbox, tmp_path):
    pem = sandbox.folder / "gost2015/individual.pem"
    options = ["--revocation", "auto", "--revocation-scope", "path"]
    got, row = judge(sandbox, pem, *options)
    assert got == UNJUDGED and GOOD in row["detail"], row  # the CA's own list is not given
    with urllib.request.urlopen(f"{sandbox.url}/crl/gost2015-root.crl", timeout=30) as answer:
        (tmp_path / "root.crl").write_bytes(answer.read())
    got, row = judge(sandbox, pem, *options, "--crl", tmp_path / "root.crl")
    assert got == VALID and GOOD in row["detail"], row


# ---- what is no responder ----

class Broken(Peer):
    """A peer whose answer may be to hang up."""

    def handle_error(self, request, client_address):
        pass


@pytest.fixture
def broken():
    one = Broken()
    yield one
    one.shutdown()
    one.server_close()


def hang_up(_):
    raise ConnectionAbortedError


def answer_html(_):
    return 200, "text/html", b"<html>It works!</html>"


def answer_500(_):
    return 500, "text/plain", b"out of order"


def answer_much(_):
    return 200, "application/ocsp-response", b"\x30" * 70000


def answer_nothing(_):
    return 200, "application/ocsp-response", b""


@pytest.mark.parametrize("answer, times, words", [
    (hang_up, 2, ""), (answer_500, 2, "500"), (answer_html, 1, "not an OCSP answer"),
    (answer_much, 2, "65536"), (answer_nothing, 1, "not an OCSP answer")])
def test_what_is_no_answer_is_neither_good_nor_revoked(sandbox, lists, broken, answer, times, words):
    pem = sandbox.folder / "rsa/individual.pem"
    broken.answer = answer
    expect(sandbox, pem, ["--revocation", "ocsp", "--ocsp-url", broken.url], (UNJUDGED, "unknown", words))
    assert len(broken.requests) == times  # the failure that may pass is asked once more
    row = expect(sandbox, pem, ["--revocation", "auto", "--ocsp-url", broken.url, *lists("rsa")], (VALID, "ok", words))
    assert "good by CRL" in row["detail"], row


def test_a_slow_responder_does_not_hold_up_the_lists(sandbox, lists, broken):
    gate = threading.Event()

    def slow(_):
        gate.wait(60)
        return answer_500(_)

    broken.answer = slow
    row = expect(sandbox, sandbox.folder / "rsa/individual.pem",
                 ["--revocation", "auto", "--ocsp-url", broken.url, *lists("rsa")], (VALID, "ok", "good by CRL"))
    gate.set()
    assert "(OCSP: " in row["detail"] and len(broken.requests) == 1, row


def test_the_next_responder_is_asked_where_one_is_away(sandbox):
    urls = f"http://127.0.0.1:1/ {sandbox.url}/ocsp/rsa/try-later {sandbox.url}/ocsp/rsa"
    expect(sandbox, sandbox.folder / "rsa/individual.pem", ["--revocation", "ocsp", "--ocsp-url", urls],
           (VALID, "ok", GOOD))


# ---- openssl ocsp ----

@pytest.fixture(scope="module")
def kit(sandbox, tmp_path_factory):
    return authority_kit.Kit(tmp_path_factory.mktemp("kit"), sandbox.folder)


ENGINE = [
    # options of openssl ocsp, who signs, whose CA it thinks it is, the entry, time of judgement, want
    ([], None, None, "good", None, (VALID, "ok", GOOD)),
    (["-nmin", "5"], None, None, "good", None, (VALID, "ok", GOOD)),
    (["-nmin", "5", "-resp_key_id"], None, None, "good", None, (VALID, "ok", GOOD)),
    (["-nmin", "5"], "authority/{}-ca.p12", None, "good", None, (VALID, "ok", GOOD)),
    (["-nmin", "5"], None, None, "keyCompromise", None, (INVALID, "failed", "reason keyCompromise")),
    (["-nmin", "5"], None, None, "certificateHold", None, (INVALID, "failed", "reason certificateHold")),
    (["-nmin", "5"], None, None, "absent", None, (UNJUDGED, "unknown", "does not know the certificate")),
    (["-nmin", "5"], None, "gost2004", "good", None, (UNJUDGED, "unknown", "does not know the certificate")),
    (["-nmin", "5"], None, None, "good", 60, (UNJUDGED, "unknown", "is stale: valid until")),
    (["-nmin", "5"], None, None, "good", -60, (UNJUDGED, "unknown", "is from the future")),
    (["-badsig"], None, None, "good", None, (UNJUDGED, "unknown", "signature is wrong")),
    (["-resp_no_certs"], None, None, "good", None, (UNJUDGED, "unknown", "has no responder certificate")),
    ([], "{}/individual-2.p12", None, "good", None, (UNJUDGED, "unknown", "is not for signing OCSP answers")),
    ([], "authority/gost2004-ocsp.p12", None, "good", None, (UNJUDGED, "unknown", "was not authorised by")),
]


@openssl
@pytest.mark.parametrize("family", TWO)
@pytest.mark.parametrize("options, signer, ca, entry, minutes, want", ENGINE)
def test_openssl_answers(sandbox, kit, peer, family, options, signer, ca, entry, minutes, want):
    """Each answer is made by `openssl ocsp`; its own port would be open to everybody, so ours hands the bytes over."""
    pem = sandbox.folder / family / "individual.pem"
    entries = {} if entry == "absent" else {kit.serial(pem): None if entry == "good" else entry}
    signer = signer.format(family) if signer else None
    peer.answer = lambda request: (200, "application/ocsp-response",
                                   kit.respond(family, request[3], entries, *options, signer=signer, ca=ca))
    time = ["--time", authority_kit.utc(minutes, "%Y-%m-%dT%H:%M:%SZ")] if minutes else []
    expect(sandbox, pem, ["--revocation", "ocsp", "--ocsp-url", peer.url, *time], want)
    assert len(peer.requests) == 1 and peer.requests[0][2]["Content-Type"] == "application/ocsp-request"


# ---- lists made by openssl ----

HOLD, GONE, BACK = "certificateHold", "keyCompromise", "removeFromCRL"

# lists as (whose entry and reason or None, other parameters of make_list)
LISTS = {
    "a base without it": ([(None, {})], (VALID, "ok", "good by CRL no. 14 as of")),
    "a base with it": ([(GONE, {})], (INVALID, "failed", "reason keyCompromise, by CRL no. 14")),
    "a delta adds": ([(None, {}), (GONE, {"base": 14, "number": 15})],
                     (INVALID, "failed", "reason keyCompromise, by CRL no. 14 with delta no. 15")),
    "a delta is numbered apart": ([(None, {}), (GONE, {"base": 14, "number": 10})],
                                  (INVALID, "failed", "by CRL no. 14 with delta no. 10")),
    "a delta to an earlier base": ([(None, {}), (GONE, {"base": 12, "number": 10})],
                                   (INVALID, "failed", "by CRL no. 14 with delta no. 10")),
    "a hold": ([(HOLD, {})], (INVALID, "failed", "reason certificateHold")),
    "a delta lifts a hold": ([(HOLD, {}), (BACK, {"base": 14, "number": 10})],
                             (VALID, "ok", "good by CRL no. 14 with delta no. 10")),
    "a delta lifts nothing else": ([(GONE, {}), (BACK, {"base": 14, "number": 10})],
                                   (INVALID, "failed", "reason keyCompromise")),
    "a gap": ([(None, {}), (GONE, {"base": 15, "number": 10})],
              (VALID, "ok", "good by CRL no. 14 as of")),
    "a stale base with a fresh delta": ([(None, {"start": -600, "end": -60}), (None, {"base": 14, "number": 10})],
                                        (VALID, "ok", "with delta no. 10")),
    "a fresh base with a stale delta": (
        [(None, {"start": -600}), (None, {"base": 14, "number": 10, "start": -590, "end": -60})],
        (VALID, "ok", "(the delta is stale)")),
    "a stale base": ([(GONE, {"start": -600, "end": -60})], (UNJUDGED, "unknown", "has been stale since")),
    "a base of tomorrow": ([(None, {"start": 300})], (UNJUDGED, "unknown", "is not valid before")),
    "a delta alone": ([(None, {"base": 14})], (UNJUDGED, "unknown", "no base CRL given is of")),
    "the root's list": ([(None, {"issuer": "root"})], (UNJUDGED, "unknown", "no base CRL given is of")),
    "of users": ([(None, {"idp": "onlyuser = TRUE"})], (VALID, "ok", "good by CRL")),
    "of authorities": ([(None, {"idp": "onlyCA = TRUE"})], (UNJUDGED, "unknown", "is about authorities")),
    "of attribute certificates": ([(None, {"idp": "onlyAA = TRUE"})], (UNJUDGED, "unknown", "CRL: ")),
    "of some reasons": ([(None, {"idp": "onlysomereasons = keyCompromise"})], (UNJUDGED, "unknown", "CRL: ")),
    "indirect": ([(None, {"idp": "indirectCRL = TRUE"})], (UNJUDGED, "unknown", "CRL: ")),
    "of a point that is not named": ([(None, {"idp": "fullname = URI:http://elsewhere.test/x.crl"})],
                                     (UNJUDGED, "unknown", "does not name")),
}


@openssl
@pytest.mark.parametrize("family", TWO)
@pytest.mark.parametrize("name", LISTS)
def test_openssl_lists(sandbox, kit, tmp_path, family, name):
    lists, want = LISTS[name]
    pem = sandbox.folder / family / "individual.pem"
    options = []
    for number, (reason, parameters) in enumerate(lists):
        file = tmp_path / f"{number}.crl"
        file.write_bytes(kit.make_list(family, {kit.serial(pem): reason} if reason else {}, **parameters))
        options += ["--crl", file]
    row = expect(sandbox, pem, options, want)
    if want[0] != UNJUDGED:
        assert row["source"]["kind"] == "crl" and row["source"]["number"] == "14", row
        assert ("deltaNumber" in row["source"]) is ("with delta" in row["detail"]), row


@openssl
def test_what_is_no_list_says_nothing(sandbox, kit, tmp_path):
    pem = sandbox.folder / "rsa/individual.pem"
    good = kit.make_list("rsa")
    spoilt = bytearray(good)
    spoilt[-1] ^= 1
    for content, words in ((b"", "CRL"), (b"<html>404</html>", "CRL"), (good[:-1], "cut off"), (bytes(spoilt), "signature"),
                           (kit.make_list("rsa", md="sha1"), "algorithm is not allowed"),
                           (kit.make_list("gost2015"), "no base CRL given is of")):
        (tmp_path / "list").write_bytes(content)
        expect(sandbox, pem, ["--crl", tmp_path / "list"], (UNJUDGED, "unknown", words))
