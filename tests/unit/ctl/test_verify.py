"""shepctl verify, cert, keys and sign: verdicts, exit status, output."""
import base64
import json
import re

import pytest

from conftest import FAMILIES, VECTORS, needs_vectors, shepctl, text_of

VALID, INVALID, UNJUDGED = 0, 1, 2
ONLY = ["--signature-only"]
CA_TEST = ["--trust", VECTORS / "ca-test"]
CA_REAL = ["--trust", VECTORS / "ca-production"]


def at(time):
    return ["--time", time]


# The verdicts of ../shared/vectors/README.md: file, options, exit status, words of the output.
SHARED = [
    ("wsse/gost2004_request.xml", ONLY, VALID, "shep"),
    ("wsse/rsa_request.xml", ONLY, VALID, "shep"),
    ("wsse/bad_rsa_body_edited.xml", ONLY, INVALID, "because digest"),
    ("wsse/bad_rsa_signedinfo_whitespace.xml", ONLY, INVALID, "because signature"),
    ("xml/gost2004_legal_entity.xml", ONLY, VALID, "enveloped"),
    ("xml/gost2015_individual.xml", ONLY, VALID, "enveloped"),
    ("xml/rsa_individual.xml", ONLY, VALID, "enveloped"),
    ("xml/gost2015_individual.xml", CA_TEST + at("2024-01-01T00:00:00Z"), VALID, "✓ path"),
    ("xml/gost2015_individual.xml", CA_TEST + at("2025-01-01T00:00:00Z"), INVALID, "because dates"),
    ("xml/gost2015_individual.xml", CA_REAL + at("2024-01-01T00:00:00Z"), INVALID, "because path"),
    ("xml/gost2015_individual.xml", at("2024-01-01T00:00:00Z"), INVALID, "no trusted certificates"),
    ("cms/gost2015_attached.der", ONLY, VALID, "cms"),
    ("cms/gost2015_detached.der", ONLY + ["--content", VECTORS / "cms/gost2015_document.txt"], VALID, "detached"),
    ("cms/gost2015_detached.der", ONLY + ["--content", VECTORS / "README.md"], INVALID, "because digest"),
    ("cms/gost2015_detached.der", ONLY, UNJUDGED, "content"),
    ("tsp/token.der", ONLY, VALID, "tsp"),
    ("tsp/token.der", ONLY + ["--content", VECTORS / "README.md"], INVALID, "because digest"),
    ("tsp/token.der", CA_TEST + at("2023-01-01T00:00:00Z"), INVALID, "SHA-1"),
    ("ca-production/root_gost_2022.pem", ONLY, VALID, "cert"),
    ("ca-production/root_gost_2020.cer", ONLY, VALID, "cert"),
    ("ca-production/root_rsa_2020.cer", ONLY, VALID, "cert"),
    ("ca-production/nca_gost_2022.pem", ONLY, UNJUDGED, "because signature"),
    ("ca-production/nca_gost_2022.pem", ONLY + ["--pin", VECTORS / "ca-production/root_gost_2022.pem"], VALID, "cert"),
    ("ca-production/nca_gost_2022.pem", CA_REAL + at("2025-01-01T00:00:00Z"), VALID, "✓ path"),
    ("ca-production/nca_rsa_2022.cer", CA_REAL + at("2025-01-01T00:00:00Z"), VALID, "✓ path"),
    ("ca-production/nca_gost.pem", ONLY + CA_REAL, UNJUDGED, "the issuer is not here"),
    ("ca-test/nca_gost2022_test.cer", ONLY + CA_TEST, VALID, "cert"),
    ("ca-test/root_test_gost_2022.cer", ONLY, VALID, "cert"),
    ("ca-test/nca_gost_test.crt", ONLY + CA_TEST, UNJUDGED, "the issuer is not here"),
    ("ca-test/nca_rsa_test.crt", ONLY + CA_TEST, UNJUDGED, "the issuer is not here"),
    ("ocsp/ceo_2015_revoked.der", ONLY + CA_TEST, VALID, "certificateHold"),
    ("ocsp/ceo_2015_revoked.der", CA_TEST + at("2022-09-02T17:00:00Z"), VALID, "revoked on 2022-07-27T16:25:30+06:00"),
    ("ocsp/individual_2015_revoked.der", CA_TEST + at("2022-09-02T17:00:00Z"), VALID, "certificateHold"),
    ("ocsp/individual_2015_revoked.der", CA_TEST + at("2022-09-03T17:00:00Z"), INVALID, "because dates"),
    ("ocsp/individual_2015_revoked.der", CA_REAL + ONLY, UNJUDGED, "because signature"),
    ("crl/nca_gost2022_test.crl", ONLY + CA_TEST, VALID, "CRL no. 14 of"),
    ("crl/nca_gost2022_test.crl", CA_TEST + at("2025-05-02T00:00:00Z"), VALID, "54 entries"),
    ("crl/nca_gost2022_test.crl", CA_TEST + at("2026-05-02T00:00:00Z"), INVALID, "has been stale since 2025-10-26"),
    ("crl/nca_gost2022_d_test.crl", CA_TEST + at("2025-04-01T00:00:00Z"), INVALID, "not valid before"),
    ("crl/nca_gost2022_d_test.crl", CA_TEST + at("2025-05-02T00:00:00Z"), VALID, "CRL no. 10, delta to base no. 14"),
    ("crl/nca_gost2022_d_test.crl", ["--pin", VECTORS / "ca-test/nca_gost2022_test.cer"] + at("2025-05-02T00:00:00Z"),
     VALID, "issuer: pinned"),
    ("crl/nca_gost2022_test.crl", CA_REAL + ONLY, UNJUDGED, "because signature"),
    ("ca-test/nca_gost2022_test.cer", CA_TEST + at("2025-01-01T00:00:00Z"), VALID, "✓ path"),
    ("ca-test/nca_gost2022_test.cer", CA_TEST, VALID, "✓ path"),
    ("ca-test/nca_gost2022_test.cer", CA_TEST + at("2040-01-01T00:00:00Z"), INVALID, "because dates"),
]


@needs_vectors
@pytest.mark.parametrize("file, options, want, words", SHARED)
def test_shared_vectors_get_the_verdicts_of_their_readme(file, options, want, words):
    done = shepctl("verify", *options, VECTORS / file)
    assert done.returncode == want, text_of(done)
    assert words in text_of(done)


@needs_vectors
def test_no_shared_vector_is_left_out():
    """p12 files are opened by shepctl keys, below."""
    files = {str(file.relative_to(VECTORS)) for file in VECTORS.rglob("*") if file.is_file()}
    judged = {row[0] for row in SHARED} | {f"p12/{name}.p12" for name, _ in KEY_FILES}
    assert files - judged == {"README.md", "cms/gost2015_document.txt"}


@needs_vectors
@pytest.mark.parametrize("file, options, want, words", SHARED)
def test_json_says_the_same(file, options, want, words):
    done = shepctl("verify", "--json", *options, VECTORS / file)
    assert done.returncode == want
    report = json.loads(done.stdout)
    assert set(report) == {"valid", "verdict", "reason", "algorithm", "signers", "covers", "timestamp", "checks"}
    assert report["valid"] is (want == VALID)
    assert report["verdict"] == {VALID: "valid", INVALID: "invalid", UNJUDGED: "indeterminate"}[want]
    assert (not report["reason"]) is (want == VALID)
    for signer in report["signers"]:
        assert set(signer) >= {"subject", "iin", "bin", "serial", "notBefore", "notAfter", "roles", "keyUsage"}
        assert isinstance(signer["roles"], list) and isinstance(signer["keyUsage"], list)
    assert report["checks"]
    for check in report["checks"]:
        assert set(check) >= {"name", "ok", "detail"}


@needs_vectors
def test_a_cms_with_its_timestamp_is_judged_at_that_time():
    """The production TSA signed the timestamp, a test CA the signer: both are needed."""
    done = shepctl("verify", "--json", *CA_TEST, *CA_REAL, VECTORS / "cms/gost2015_attached.der")
    report = json.loads(done.stdout)
    assert report["timestamp"], report
    dates = [check for check in report["checks"] if check["name"] == "dates"]
    assert dates, report


@needs_vectors
@pytest.mark.parametrize("form", ["der", "pem", "base64", "bom and base64", "crlf pem"])
@pytest.mark.parametrize("file, label", [("cms/gost2015_attached.der", "CMS"),
                                         ("ca-test/root_test_gost_2022.cer", "CERTIFICATE")])
def test_a_file_may_be_der_pem_or_base64(tmp_path, form, file, label):
    der = (VECTORS / file).read_bytes()
    if not der.startswith(b"\x30"):
        der = base64.b64decode(b"".join(line for line in der.splitlines() if not line.startswith(b"-")))
    body = base64.encodebytes(der)
    pem = f"-----BEGIN {label}-----\n".encode() + body + f"-----END {label}-----\n".encode()
    forms = {"der": der, "pem": pem, "base64": body, "bom and base64": b"\xef\xbb\xbf" + body,
             "crlf pem": pem.replace(b"\n", b"\r\n")}
    file = tmp_path / "file"
    file.write_bytes(forms[form])
    done = shepctl("verify", *ONLY, file)
    assert done.returncode == VALID, text_of(done)
    assert shepctl("verify", *ONLY, "-", stdin=forms[form]).returncode == VALID


@needs_vectors
def test_a_byte_order_mark_before_xml(tmp_path):
    xml = (VECTORS / "xml/gost2015_individual.xml").read_bytes()
    xml = b"\xef\xbb\xbf" + xml.removeprefix(b"\xef\xbb\xbf")
    assert shepctl("verify", *ONLY, "-", stdin=xml).returncode == VALID


@needs_vectors
@pytest.mark.parametrize("file", sorted({row[0] for row in SHARED if row[2] == VALID}))
def test_a_part_of_a_file_is_never_valid(file):
    data = (VECTORS / file).read_bytes()
    for part in range(0, 16):
        cut = data[:len(data) * part // 16]
        done = shepctl("verify", *ONLY, "-", stdin=cut)
        assert done.returncode in (INVALID, UNJUDGED), (part, text_of(done))


DEEP = b"<a>" * 100000 + b"</a>" * 100000
BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'


NOT_SIGNED = {
    "empty": b"", "blank": b" \n", "text": "не документ".encode(), "zeros": b"\0" * 4096, "xml": b"<a/>",
    "half xml": b"<a><b>", "deep": DEEP, "dtd": BOMB, "json": b"{}", "a DER sequence": b"\x30\x00",
    "a DER length that lies": b"\x30\x84\xff\xff\xff\xff\x06", "base64 of nothing": b"AAAA",
    "pem of nothing": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "signedData and no more": bytes.fromhex("300b06092a864886f70d010702"),
    "an unsigned envelope": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
}


@pytest.mark.parametrize("name", NOT_SIGNED)
@pytest.mark.parametrize("profile", ["auto", "shep", "enveloped", "xades", "xml-detached", "cms", "cert"])
def test_what_is_no_signed_document_is_not_judged(name, profile):
    data = NOT_SIGNED[name]
    done = shepctl("verify", "--profile", profile, "-", stdin=data)
    assert done.returncode == UNJUDGED, (name, text_of(done))
    assert b"NOT JUDGED" in done.stdout
    report = json.loads(shepctl("verify", "--json", "--profile", profile, "-", stdin=data).stdout)
    assert report["verdict"] == "indeterminate" and report["valid"] is False and report["reason"]


@pytest.mark.parametrize("arguments, words", [
    ([], "missing: FILE"), (["a", "b"], "one argument too many"), (["--nothing", "a"], "unknown"),
    (["--trust"], "a value is missing"),
    (["--profile", "what", "a"], "no such profile"), (["--time", "tomorrow", "a"], "--time tomorrow"),
    (["--time", "2025-01-01", "a"], "--time 2025-01-01"), (["--revocation", "x", "a"], "--revocation x"),
    (["--crl", "/no/such/file", "a"], "/no/such/file"), (["--ocsp", "/no/such/file", "a"], "/no/such/file"),
    (["--crl", "/dev/null"] * 17 + ["a"], "--crl: more than 16"), (["--ocsp", "/dev/null"] * 17 + ["a"], "more than 16"),
    (["--profile", "detached", "/dev/null"], "--content"), (["--profile", "bytes", "/dev/null"], "--content"),
    (["--jws-input", "x", "a"], "expected body or rfc7515"),
    (["/no/such/file"], "/no/such/file"),
    (["--pin", "/dev/null", "a"], "--pin /dev/null"), (["--trust", "/no/such/dir", "/dev/null"], "/no/such/dir"),
    (["--content", "/no/such/file", "/dev/null"], "/no/such/file"), (["/tmp"], "/tmp"),
    (["--ca", "/no/such/file", "/dev/null"], "/no/such/file"),
])
def test_wrong_usage_is_named_and_ends_with_2(arguments, words):
    done = shepctl("verify", *arguments)
    assert done.returncode == 2
    assert words in done.stderr.decode() and not done.stdout, text_of(done)


def test_help_and_version():
    commands = ["verify", "sign", "cert", "keys", "call", "phone", "sandbox"]
    done = shepctl("--help")
    assert done.returncode == 0 and all(command in text_of(done) for command in commands)
    assert shepctl("--version").stdout.startswith(b"shepctl ")
    for command in commands + ["sandbox init", "sandbox run", "sandbox revoke"]:
        done = shepctl(*command.split(), "--help")
        assert done.returncode == 0 and done.stdout.startswith(f"usage: shepctl {command}".encode())
    assert shepctl().returncode == 2 and shepctl("nothing").returncode == 2 and shepctl("sandbox").returncode == 2


# ---- keys and certificates ----

KEY_FILES = [
    ("gost2015_individual_1", "individual"), ("gost2015_individual_2", "individual"),
    ("gost2015_legal_entity", "legal entity, CEO"), ("gost2015_information_system", "legal entity"),
    ("2004_ceo_revoked", "legal entity, CEO"), ("rsa_individual", "individual"),
]


@needs_vectors
@pytest.mark.parametrize("name, role", KEY_FILES)
def test_a_real_key_file_opens_and_its_key_is_its_certificates(tmp_path, name, role):
    password = tmp_path / "pass"
    password.write_text("Qwerty12\n")
    done = shepctl("keys", "--key", VECTORS / f"p12/{name}.p12", "--pass-file", password)
    assert done.returncode == 0, text_of(done)
    assert "The key belongs to the certificate" in text_of(done)
    assert f"role        {role}\n" in text_of(done) and "expired" in text_of(done)
    password.write_text("qwerty12\n")
    assert shepctl("keys", "--key", VECTORS / f"p12/{name}.p12", "--pass-file", password).returncode == 2


def test_a_certificate_is_shown_without_a_verdict(sandbox):
    done = shepctl("cert", sandbox.folder / "gost2015/ceo.pem")
    assert done.returncode == 0
    for words in ("CN=ТЕСТОВ ТЕСТ", "IIN         123456789011", "BIN         123456789021",
                  "legal entity, CEO", "digitalSignature, nonRepudiation", "ГОСТ 34.10-2015-512"):
        assert words in text_of(done), words
    assert shepctl("cert", sandbox.folder / "pass").returncode == 2


# ---- what we sign ourselves ----

XML = '<?xml version="1.0" encoding="UTF-8"?>\n<заявка a="1"><!-- c -->  <b>ё</b></заявка>\n'.encode()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("profile", ["enveloped", "xades", "shep", "cms", "detached", "xml-detached", "bytes"])
def test_what_is_signed_here_is_valid_here_in_full(sandbox, tmp_path, family, profile):
    signed, content = tmp_path / "signed", tmp_path / "content"
    content.write_bytes(XML if profile != "shep" else b"<x xmlns='urn:x'/>")
    tsp = ["--tsp", f"{sandbox.url}/tsp/{family}"] if profile in ("cms", "detached", "xades") else []
    done = shepctl("sign", "--profile", profile, *sandbox.key(family, "individual"), *tsp, "--out", signed, content)
    assert done.returncode == 0, text_of(done)
    more = ["--profile", profile, "--content", content] if profile in ("detached", "xml-detached", "bytes") else []
    options = ["--revocation", "ocsp", *sandbox.trust, *more]
    done = shepctl("verify", *options, signed)
    assert done.returncode == VALID, text_of(done)
    assert "✓ revocation" in text_of(done)
    assert ("✓ timestamp" in text_of(done)) is bool(tsp)
    # the same with another root, another document, and with revocation unknown
    assert shepctl("verify", "--revocation", "ocsp", *more, signed).returncode == INVALID
    assert shepctl("verify", *options, "--ocsp-url", "http://127.0.0.1:1/", signed).returncode == UNJUDGED
    data = bytearray(signed.read_bytes())
    end = data.find(b"-----END") if profile == "bytes" else len(data)  # PEM's label is not signed
    for place in range(end // 7, end, end // 7):
        spoilt = bytes(data[:place]) + bytes([data[place] ^ 1]) + bytes(data[place + 1:])
        done = shepctl("verify", *options, "-", stdin=spoilt)
        assert done.returncode != VALID, (place, text_of(done))


def test_a_detached_xml_signature_is_known_by_itself_and_wants_its_content(sandbox, tmp_path):
    """req 0.13"""
    signed, content, other = tmp_path / "s.xml", tmp_path / "письмо 1.txt", tmp_path / "other"
    content.write_bytes(XML)
    other.write_bytes(XML + b" ")
    key = sandbox.key("gost2015", "individual")
    assert shepctl("sign", "--profile", "xml-detached", *key, "--out", signed, content).returncode == 0
    assert b'URI="%D0%BF%D0%B8%D1%81%D1%8C%D0%BC%D0%BE%201.txt"' in signed.read_bytes()
    done = shepctl("verify", *sandbox.trust, "--content", content, signed)
    assert done.returncode == VALID and "(xml-detached)" in text_of(done), text_of(done)
    done = shepctl("verify", *sandbox.trust, "--content", other, signed)
    assert done.returncode == INVALID and "because digest" in text_of(done), text_of(done)
    done = shepctl("verify", *sandbox.trust, signed)
    assert done.returncode == UNJUDGED and "its content is not given" in text_of(done), text_of(done)


@pytest.mark.parametrize("options", [[], ["--profile", "enveloped"]])
def test_a_signature_alone_is_judged_with_the_document_that_is_brought(sandbox, tmp_path, options):
    """What is left after the retention of content: the ds:Signature without what was around it."""
    signature, content = tmp_path / "signature.xml", tmp_path / "content.xml"
    content.write_bytes(XML)
    done = shepctl("sign", "--profile", "enveloped", *sandbox.key("gost2015", "individual"), content)
    signature.write_bytes(re.search(rb"<ds:Signature.*</ds:Signature>", done.stdout, re.DOTALL).group())
    verify = ["verify", *options, *sandbox.trust]
    done = shepctl(*verify, "--content", content, signature)
    assert done.returncode == VALID and "(enveloped)" in text_of(done), text_of(done)
    done = shepctl(*verify, signature)
    assert done.returncode == UNJUDGED and "is a ds:Signature itself" in text_of(done), text_of(done)
    done = shepctl(*verify, "--content", signature, signature)
    assert done.returncode == UNJUDGED and "holds a ds:Signature already" in text_of(done), text_of(done)
    content.write_bytes(XML.replace(b"</", b" </", 1))
    done = shepctl(*verify, "--content", content, signature)
    assert done.returncode == INVALID and "because digest" in text_of(done), text_of(done)


def test_each_of_several_signatures_has_its_verdict_on_one_screen(sandbox, tmp_path):
    """req 0.13, 0.66"""
    path = tmp_path / "signed.xml"
    path.write_bytes(XML)
    for family, name in [("gost2015", "individual"), ("rsa", "individual-revoked"), ("gost2004", "individual")]:
        done = shepctl("sign", "--profile", "enveloped", *sandbox.key(family, name), path)
        assert done.returncode == 0, text_of(done)
        path.write_bytes(done.stdout)
    verify = ["verify", *sandbox.trust, path]
    good = shepctl(*verify)
    assert good.returncode == VALID, text_of(good)
    bad = shepctl(*verify, "--revocation", "ocsp")
    assert bad.returncode == INVALID and "because revocation: signature 2: " in text_of(bad), text_of(bad)
    for words in ["1 of 3: VALID", "2 of 3: NOT VALID", "3 of 3: VALID", "with signatures 1 to 2"]:
        assert words in bad.stdout.decode(), text_of(bad)
    assert len(bad.stdout.decode().splitlines()) < 40
    report = json.loads(shepctl(*verify, "--revocation", "ocsp", "--json").stdout)
    assert [s["verdict"] for s in report["signers"]] == ["valid", "invalid", "valid"]
    assert [s["covers"] for s in report["signers"]] == [
        "the whole document" + more for more in
        (" without any signature", " with signature 1", " with signatures 1 to 2")]
    assert {c.get("signer") for c in report["checks"]} == {None, 1, 2, 3}


@pytest.mark.parametrize("settings, check", [([], []), (["--jws-order", "be-sr", "--jws-base64", "std"], []),
                                             (["--jws-input", "rfc7515"], ["--jws-input", "rfc7515"])])
@pytest.mark.parametrize("family", ["gost2015", "gost2004"])
def test_a_jws_is_valid_with_its_body_and_certificate(sandbox, tmp_path, family, settings, check):
    """req 2.43, 2.44, 2.51"""
    signed, body = tmp_path / "jws", tmp_path / "body"
    body.write_bytes('{"Data":"ё"}'.encode())
    sign = ["sign", "--profile", "jws", *sandbox.key(family, "caller"), "--out", signed]
    assert shepctl(*sign, *settings, body).returncode == 0
    verify = ["verify", "--profile", "jws", "--content", body, *check, signed]
    pin = ["--pin", sandbox.folder / f"{family}/caller.pem"]
    done = shepctl(*verify, *pin)
    assert done.returncode == VALID and b".." in signed.read_bytes(), text_of(done)
    assert shepctl(*verify, *sandbox.trust).returncode == UNJUDGED  # whose kid is it?
    body.write_bytes(b"{}")
    done = shepctl(*verify, *pin)
    assert done.returncode == INVALID and "because signature" in text_of(done)


@pytest.mark.parametrize("name, culprit", [("individual-revoked", "revocation"), ("individual-expired", "dates"),
                                           ("individual-auth", "keyUsage")])
def test_a_signature_by_the_wrong_certificate_says_why(sandbox, tmp_path, name, culprit):
    signed = tmp_path / "signed.xml"
    done = shepctl("sign", "--profile", "enveloped", *sandbox.key("gost2015", name), "--out", signed, "-", stdin=XML)
    assert done.returncode == 0, text_of(done)
    done = shepctl("verify", "--revocation", "ocsp", *sandbox.trust, signed)
    assert done.returncode == INVALID and f"because {culprit}" in text_of(done), text_of(done)


def test_revocation_is_off_unless_asked_for(sandbox):
    done = shepctl("verify", *sandbox.trust, sandbox.folder / "gost2015/individual-revoked.pem")
    assert done.returncode == VALID and "– revocation" in text_of(done)


ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@pytest.mark.parametrize("envelope", [
    f'<a:Envelope xmlns:a="{ENVELOPE}"><b:Header xmlns:b="{ENVELOPE}"/><c:Body xmlns:c="{ENVELOPE}"><x/></c:Body></a:Envelope>',
    f'<Envelope xmlns="{ENVELOPE}"><Body Id="b1"><x xmlns=""> a </x></Body></Envelope>',
    f'<?xml version="1.0"?>\n<s:Envelope xmlns:s="{ENVELOPE}">\n <s:Body>\n  <x><![CDATA[<&]]></x>\n </s:Body>\n</s:Envelope>\n',
])
def test_an_envelope_is_signed_where_it_stands(sandbox, tmp_path, envelope):
    signed = tmp_path / "signed.xml"
    key = sandbox.key("gost2015", "caller")
    done = shepctl("sign", "--profile", "shep", *key, "--out", signed, "-", stdin=envelope.encode())
    assert done.returncode == 0, text_of(done)
    done = shepctl("verify", *sandbox.trust, signed)
    assert done.returncode == VALID, text_of(done)
    assert shepctl("sign", "--profile", "shep", *key, signed).returncode == 2  # signed already


@pytest.mark.parametrize("arguments, words", [
    (["--profile", "enveloped"], "--key"), (["--profile", "xades"], "--key"), ([], "--profile"),
    (["--profile", "enveloped", "--tsp", "http://127.0.0.1:1/"], "--tsp"),
    (["--profile", "cms", "--tsp", "http://127.0.0.1:1/"], "127.0.0.1:1"),
    (["--profile", "enveloped", "--out", "/no/such/dir/file"], "/no/such/dir"),
])
def test_signing_says_what_is_wrong(sandbox, arguments, words):
    key = [] if words == "--key" else sandbox.key("rsa", "individual")
    done = shepctl("sign", *arguments, *key, "-", stdin=b"<a/>")
    assert done.returncode == 2 and words in done.stderr.decode(), text_of(done)
    assert shepctl("sign", "--profile", "enveloped", *sandbox.key("rsa", "ceo"), "-", stdin=b"<a>").returncode == 2
