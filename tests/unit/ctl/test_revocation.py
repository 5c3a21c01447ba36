"""shepctl verify by lists and answers that lie beside the document (req 0.22, 0.24)."""
import shutil
import subprocess
import urllib.request

import pytest

from conftest import FAMILIES, VECTORS, needs_vectors, shepctl, text_of

VALID, INVALID, UNJUDGED = 0, 1, 2
CRL, DELTA = VECTORS / "crl/nca_gost2022_test.crl", VECTORS / "crl/nca_gost2022_d_test.crl"
openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="SKIP: there is no openssl")

# The keys of ../shared against НУЦ РК's own test list, at a time inside all dates.
BOTH = "by CRL no. 14 with delta no. 10 as of 2025-04-29T09:46:49+05:00"
KEYS = [
    ("gost2015_individual_1", VALID, f"good {BOTH}"),
    ("gost2015_individual_2", INVALID, f"revoked on 2024-10-29T17:25:16+05:00, reason unspecified, {BOTH}"),
    ("gost2015_information_system", INVALID, f"revoked on 2024-10-29T17:11:14+05:00, reason unspecified, {BOTH}"),
    ("gost2015_legal_entity", VALID, f"good {BOTH}"),
]


def signed_by(tmp_path, key):
    (tmp_path / "pass").write_text("Qwerty12")
    signed = tmp_path / "signed.xml"
    done = shepctl("sign", "--profile", "enveloped", "--key", VECTORS / f"p12/{key}.p12",
                   "--pass-file", tmp_path / "pass", "--out", signed, "-", stdin=b"<a>1</a>")
    assert done.returncode == 0, text_of(done)
    return signed


@needs_vectors
@pytest.mark.parametrize("key, want, words", KEYS)
def test_real_certificates_are_judged_by_the_real_list(tmp_path, key, want, words):
    signed = signed_by(tmp_path, key)
    options = ["--trust", VECTORS / "ca-test", "--time", "2025-05-02T00:00:00Z"]
    done = shepctl("verify", *options, "--crl", CRL, "--crl", DELTA, signed)
    assert done.returncode == want and words in text_of(done), text_of(done)
    assert ("because revocation" in text_of(done)) is (want == INVALID)
    # the base alone says the same, the delta alone nothing
    done = shepctl("verify", *options, "--crl", CRL, signed)
    assert done.returncode == want and "by CRL no. 14 as of" in text_of(done), text_of(done)
    done = shepctl("verify", *options, "--crl", DELTA, signed)
    assert done.returncode == UNJUDGED and "no base CRL given" in text_of(done), text_of(done)
    # one bit of the list, and it says nothing
    spoilt = bytearray(CRL.read_bytes())
    spoilt[900] ^= 1
    (tmp_path / "spoilt.crl").write_bytes(spoilt)
    done = shepctl("verify", *options, "--crl", tmp_path / "spoilt.crl", signed)
    assert done.returncode == UNJUDGED and "spoilt.crl" in text_of(done), text_of(done)
    assert shepctl("verify", *options, "--revocation", "off", "--crl", CRL, signed).returncode == VALID


@needs_vectors
def test_a_stale_list_says_nothing(tmp_path):
    """After the list's nextUpdate, while the certificate's own dates still hold."""
    signed = signed_by(tmp_path, "gost2015_individual_2")
    done = shepctl("verify", "--trust", VECTORS / "ca-test", "--time", "2025-10-28T00:00:00Z", "--crl", CRL, signed)
    assert done.returncode == UNJUDGED and "has been stale since" in text_of(done), text_of(done)


@needs_vectors
def test_a_real_answer_about_another_certificate_says_nothing(tmp_path):
    signed = signed_by(tmp_path, "gost2015_individual_1")
    options = ["--trust", VECTORS / "ca-test", "--time", "2025-05-02T00:00:00Z"]
    answer = ["--ocsp", VECTORS / "ocsp/individual_2015_revoked.der"]
    done = shepctl("verify", *options, *answer, signed)
    assert done.returncode == UNJUDGED and "another certificate" in text_of(done), text_of(done)
    # then the lists are asked
    done = shepctl("verify", *options, *answer, "--crl", CRL, signed)
    assert done.returncode == VALID and "good by CRL no. 14" in text_of(done), text_of(done)


def fetched(sandbox, tmp_path, family):
    options = []
    for name in (f"{family}.crl", f"{family}-delta.crl"):
        with urllib.request.urlopen(f"{sandbox.url}/crl/{name}", timeout=30) as answer:
            (tmp_path / name).write_bytes(answer.read())
        options += ["--crl", tmp_path / name]
    return options


@pytest.mark.parametrize("family", FAMILIES)
def test_lists_answer_where_no_responder_does(sandbox, tmp_path, family):
    lists, nobody = fetched(sandbox, tmp_path, family), ["--ocsp-url", "http://127.0.0.1:1/"]
    for name, want in (("individual", VALID), ("individual-revoked", INVALID)):
        pem = sandbox.folder / family / f"{name}.pem"
        for how in ([], ["--revocation", "crl"], ["--revocation", "auto", *nobody]):
            done = shepctl("verify", *sandbox.trust, *lists, *how, pem)
            assert done.returncode == want and "by CRL no." in text_of(done), text_of(done)
        done = shepctl("verify", *sandbox.trust, *lists, "--revocation", "auto", pem)
        assert done.returncode == want and "by CRL" not in text_of(done), text_of(done)
        done = shepctl("verify", *sandbox.trust, "--revocation", "auto", *nobody, pem)
        assert done.returncode == UNJUDGED and "no CRL is given" in text_of(done), text_of(done)
    for option in lists[1::2]:
        assert shepctl("verify", *sandbox.trust, option).returncode == VALID


@openssl
def test_an_answer_from_a_file_is_judged_as_it_lies(sandbox, tmp_path):
    trust, nobody = sandbox.folder / "trust", ["--ocsp-url", "http://127.0.0.1:1/"]
    for name, want in (("individual", VALID), ("individual-revoked", INVALID)):
        pem = sandbox.folder / f"rsa/{name}.pem"
        subprocess.run(["openssl", "ocsp", "-issuer", trust / "rsa-ca.pem", "-cert", pem, "-reqout",
                        tmp_path / "request"], check=True, capture_output=True)
        request = urllib.request.Request(f"{sandbox.url}/ocsp/rsa", data=(tmp_path / "request").read_bytes())
        with urllib.request.urlopen(request, timeout=30) as answer:
            (tmp_path / name).write_bytes(answer.read())
        done = shepctl("verify", *sandbox.trust, *nobody, "--ocsp", tmp_path / name, pem)
        assert done.returncode == want and "revocation" in text_of(done), text_of(done)
        done = shepctl("verify", *sandbox.trust, tmp_path / name)
        assert done.returncode == VALID and "an OCSP answer" in text_of(done), text_of(done)
        late = ["--time", "2099-01-01T00:00:00Z"]
        assert shepctl("verify", *sandbox.trust, *late, tmp_path / name).returncode == INVALID
