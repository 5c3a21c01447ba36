"""shepctl sandbox: init, run, revoke as a person uses them; openssl as a second opinion."""
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

from conftest import FAMILIES, SHEPCTL, shepctl, text_of

openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="SKIP: no openssl command")


def get(url, data=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_authority_serves_lists_and_certificates(sandbox, family):
    for path, content_type in ((f"/crl/{family}.crl", "application/pkix-crl"),
                               (f"/crl/{family}-delta.crl", "application/pkix-crl"),
                               (f"/crl/{family}-root.crl", "application/pkix-crl"),
                               (f"/cert/{family}-ca.cer", "application/pkix-cert"),
                               (f"/cert/{family}-root.cer", "application/pkix-cert")):
        status, got, body = get(sandbox.url + path)
        assert (status, got) == (200, content_type) and body[0] == 0x30, path
    for path in (f"/ocsp/{family}", f"/ocsp/{family}/"):
        assert get(sandbox.url + path, b"rubbish") == (200, "application/ocsp-response", bytes.fromhex("30030a0101"))
    status, got, body = get(f"{sandbox.url}/tsp/{family}", b"rubbish")
    assert (status, got) == (200, "application/timestamp-reply") and body[0] == 0x30


def test_other_paths_and_methods_are_refused(sandbox):
    assert get(sandbox.url + "/")[0] == 200
    assert get(sandbox.url + "/ocsp/none", b"x")[0] == 404
    assert get(sandbox.url + "/ocsp/rsa")[0] == 405
    assert get(sandbox.url + "/crl/../pass")[0] in (400, 404)
    assert get(sandbox.url + "/pass")[0] == 404


@openssl
def test_openssl_agrees_with_the_rsa_responder(sandbox):
    ca, root = sandbox.folder / "trust/rsa-ca.pem", sandbox.folder / "trust/rsa-root.pem"
    done = subprocess.run(["openssl", "ocsp", "-issuer", ca, "-cert", sandbox.folder / "rsa/individual.pem", "-cert",
                           sandbox.folder / "rsa/individual-revoked.pem", "-serial", "0x1234", "-CAfile", root,
                           "-url", f"{sandbox.url}/ocsp/rsa"], capture_output=True, text=True, check=False)
    assert "Response verify OK" in done.stderr, done.stderr
    assert "individual.pem: good" in done.stdout and "individual-revoked.pem: revoked" in done.stdout
    assert "0x1234: unknown" in done.stdout


@openssl
def test_openssl_agrees_with_the_rsa_timestamp(sandbox, tmp_path):
    data, query, reply = tmp_path / "data", tmp_path / "q", tmp_path / "r"
    data.write_bytes(b"content")
    subprocess.run(["openssl", "ts", "-query", "-data", data, "-sha256", "-cert", "-out", query], check=True,
                   capture_output=True)
    reply.write_bytes(get(f"{sandbox.url}/tsp/rsa", query.read_bytes())[2])
    done = subprocess.run(["openssl", "ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile",
                           sandbox.folder / "trust/rsa-root.pem", "-untrusted", sandbox.folder / "trust/rsa-ca.pem"],
                          capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout, done.stdout + done.stderr


@openssl
def test_openssl_agrees_with_tls_and_lists(sandbox, tmp_path):
    tls = sandbox.folder / "tls"
    for name in (["-verify_hostname", "localhost"], ["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"]):
        done = subprocess.run(["openssl", "verify", "-purpose", "sslserver", *name, "-CAfile", tls / "ca.pem",
                               tls / "server.pem"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    trust = tmp_path / "trust.pem"
    trust.write_text("".join(file.read_text() for file in sorted((sandbox.folder / "trust").glob("rsa-*.pem"))))
    done = subprocess.run(["openssl", "crl", "-inform", "der", "-in", sandbox.folder / "crl/rsa.crl", "-noout", "-text",
                           "-CAfile", trust], capture_output=True, text=True, check=False)
    assert "verify OK" in done.stderr and "Key Compromise" in done.stdout, done.stdout + done.stderr


def test_a_revocation_counts_for_the_running_authority(sandbox):
    pem = sandbox.folder / "rsa/legal-entity.pem"
    options = ["--revocation", "ocsp", *sandbox.trust]
    assert shepctl("verify", *options, pem).returncode == 0
    done = shepctl("sandbox", "revoke", sandbox.folder, pem)
    assert done.returncode == 0 and "rsa/legal-entity" in text_of(done)
    assert shepctl("verify", *options, pem).returncode == 1
    assert shepctl("sandbox", "revoke", sandbox.folder, pem).returncode == 2
    serial = text_of(shepctl("cert", sandbox.folder / "rsa/gateway.pem")).split("serial")[1].split()[0]
    done = shepctl("sandbox", "revoke", sandbox.folder, serial.upper())
    assert "rsa/gateway" in text_of(done)


def test_a_responder_that_is_away_leaves_the_verdict_open(sandbox):
    pem = sandbox.folder / "gost2015/individual.pem"
    assert sandbox.stop() == 0
    try:
        assert shepctl("verify", "--revocation", "ocsp", *sandbox.trust, pem).returncode == 2
    finally:
        sandbox.start()
    assert shepctl("verify", "--revocation", "ocsp", *sandbox.trust, pem).returncode == 0


def test_a_free_port_is_told(sandbox, tmp_path):
    port_file = tmp_path / "port"
    with subprocess.Popen([SHEPCTL, "sandbox", "run", sandbox.folder, "--listen", "127.0.0.1:0", "--port-file",
                           port_file], stdout=subprocess.PIPE) as process:
        url = process.stdout.readline().decode().removeprefix("READY ").strip()
        try:
            assert url.endswith(f":{port_file.read_text().strip()}")
            assert get(url)[0] == 200
        finally:
            process.terminate()
        assert process.wait(30) == 0


def test_coid_is_announced_after_the_authority(sandbox, tmp_path):
    port_file = tmp_path / "port"
    with subprocess.Popen([SHEPCTL, "sandbox", "run", sandbox.folder, "--listen", "127.0.0.1:0", "--coid-listen",
                           "127.0.0.1:0", "--coid-port-file", port_file, "--coid-algorithm", "gost2004",
                           "--coid-order", "be-sr", "--coid-alphabet", "std", "--coid-input", "rfc7515"],
                          stdout=subprocess.PIPE) as process:
        ready, coid = process.stdout.readline().decode().split(), process.stdout.readline().decode().split()
        try:
            assert ready[0] == "READY" and coid[0] == "COID"
            assert coid[1] == f"https://127.0.0.1:{port_file.read_text().strip()}/identity/1.1.0"
            assert coid[1] in get(ready[1] + "/coid/")[2].decode()
        finally:
            process.terminate()
        assert process.wait(30) == 0


@pytest.mark.parametrize("arguments, words", [
    (["init"], "missing: DIR"), (["init", "/proc/none"], "/proc/none"), (["run", "/tmp"], "sandbox init"),
    (["init", "/tmp/none", "--base-url", "ftp://x"], "ftp://x"), (["revoke", "/tmp"], "missing"),
    (["revoke", "/tmp", "12"], "sandbox init"), (["what"], "no command what"),
    (["run", "--coid-algorithm", "rsa", "/tmp"], "gost2015 or gost2004"), (["run", "--coid-order", "x", "/tmp"], "be-sr"),
])
def test_wrong_usage_is_named(arguments, words):
    done = shepctl("sandbox", *arguments)
    assert done.returncode == 2 and words in done.stderr.decode(), text_of(done)


def test_a_taken_port_is_named(sandbox):
    done = shepctl("sandbox", "run", sandbox.folder)
    assert done.returncode == 2 and str(sandbox.port) in done.stderr.decode(), text_of(done)
