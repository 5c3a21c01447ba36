"""Our keys: from PEM and from a token, exchanged under load, and what is said before they end."""
import os
import pathlib
import re
import shutil
import subprocess
import threading
import uuid

import prometheus
import pytest

from tools import BUILD, ROOT, WAIT_S, run, until
from world import envelope, send_message

SOFTHSM = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "48151623"


def admin(world, path):
    status, _, body = world.http("GET", path, port=world.admin_port, plain=True)
    return status, body.decode()


def to_pem(world, name, algorithm):
    """The key of a sandbox's PKCS#12 as one PEM that is not encrypted; RSA only: openssl has no ГОСТ."""
    return run("openssl", "pkcs12", "-legacy", "-nodes", "-in", world.key(name, algorithm), "-passin",
               f"file:{world.sandbox / 'pass'}").stdout


def question(world):
    """A signed getSigningStatus of a session that is not there: the answer is signed all the same."""
    payload = (ROOT / "etc/examples/getSigningStatus.xml").read_text().replace("SIGNING-SESSION-ID", str(uuid.uuid4()))
    return world.sign(envelope(send_message(f"<data>{payload}</data>", str(uuid.uuid4()))))


def signer_of(world, answer):
    """The serial of the certificate that an answer is signed with, after shepctl verified it."""
    file = world.folder / f"answer-{uuid.uuid4()}.xml"
    file.write_bytes(answer)
    done = run(BUILD / "shepctl", "verify", "--profile", "shep", "--trust", world.sandbox / "trust", "--revocation",
               "off", file, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    file.unlink()
    return re.search(r"serial +([0-9a-f]+)", done.stdout)[1]


# ---- exchanged under load ----

@pytest.mark.concurrency
def test_a_key_is_exchanged_under_load_and_no_request_is_lost(own_world):
    """0.65: every answer is signed by the old or by the new key, wholly."""
    world = own_world()
    place = world.folder / "sign.p12"
    shutil.copy(world.key("adapter"), place)
    world.settings = {"keys": {"sign_key_file": place}}
    world.restart()
    answers, stop = [], threading.Event()

    def ask_on(body):
        while not stop.is_set():
            status, _, answer = world.post(body)
            answers.append((status, answer))

    callers = [threading.Thread(target=ask_on, args=(question(world),)) for _ in range(4)]
    for caller in callers:
        caller.start()
    for n in range(8):
        fresh = world.folder / "fresh.p12"
        shutil.copy(world.key("ceo" if n % 2 == 0 else "adapter"), fresh)
        os.replace(fresh, place)
        world.reload("config.reloaded")
        wanted = len(answers) + 8
        until("answers", lambda: len(answers) >= wanted)
    stop.set()
    for caller in callers:
        caller.join(WAIT_S)
    assert {status for status, _ in answers} == {200}
    signers = [signer_of(world, answer) for _, answer in answers[:: max(1, len(answers) // 60)]]
    assert len(set(signers)) == 2, signers  # both were at work, and nobody else


def test_a_broken_key_keeps_the_old_one_and_says_so(own_world):
    world = own_world()
    place = world.folder / "sign.p12"
    shutil.copy(world.key("adapter"), place)
    world.settings = {"keys": {"sign_key_file": place}}
    world.restart()
    signer = signer_of(world, world.post(question(world))[2])
    for broken in (b"nonsense", b"", world.key("adapter").read_bytes()[:-40]):
        place.write_bytes(broken)
        world.reload("config.refused")
        assert str(place) in world.events("config.refused")[-1]["text"]
        assert admin(world, "/health/ready") == (200, "ready\n")
        assert signer_of(world, world.post(question(world))[2]) == signer
    assert "reload.refused" in world.shepd.log.read_text()
    families = prometheus.read(admin(world, "/metrics")[1])
    assert ("shepd_reloads_total", {"result": "refused"}, 3.0) in families["shepd_reloads_total"].samples


# ---- where keys stand ----

def test_a_pem_signs_with_its_chain_beside_it(own_world):
    world = own_world(algorithm="rsa")
    pem = to_pem(world, "adapter", "rsa")
    (world.folder / "plain.pem").write_text(pem)
    run("openssl", "pkcs8", "-topk8", "-in", world.folder / "plain.pem", "-passout", "pass:Qwerty-1",
        "-out", world.folder / "sign.pem")
    (world.folder / "sign.pass").write_text("Qwerty-1\n")
    chain = (world.sandbox / "rsa/adapter.pem").read_text() + (world.sandbox / "trust/rsa-ca.pem").read_text()
    (world.folder / "chain.pem").write_text(chain)
    world.settings = {"keys": {"sign_key_file": world.folder / "sign.pem", "sign_pass_file": world.folder / "sign.pass",
                               "sign_cert_file": world.folder / "chain.pem"}}
    world.restart()
    assert world.create().code == "SCSS001"


@pytest.fixture
def token(tmp_path, monkeypatch):
    if not SOFTHSM.exists() or not shutil.which("pkcs11-tool"):
        pytest.skip("SKIP: softhsm2 or opensc is not installed")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\nlog.level = ERROR\n")
    (tmp_path / "pin").write_text(PIN + "\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    run("softhsm2-util", "--init-token", "--free", "--label", "shep", "--pin", PIN, "--so-pin", "87654321")
    return tmp_path


def put(token, pem, label, number):
    (token / "key.pem").write_text(pem)
    run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", token / "key.pem", "-out", token / "pkcs8.pem")
    run("softhsm2-util", "--import", token / "pkcs8.pem", "--token", "shep", "--label", label, "--id", number, "--pin", PIN)
    run("openssl", "x509", "-in", token / "key.pem", "-outform", "DER", "-out", token / "cert.der")
    run("pkcs11-tool", "--module", SOFTHSM, "--token-label", "shep", "--login", "--pin", PIN, "--write-object",
        token / "cert.der", "--type", "cert", "--label", label, "--id", number)


def test_a_token_signs_through_reloads_and_ends_cleanly(own_world, token):
    world = own_world(algorithm="rsa")
    put(token, to_pem(world, "adapter", "rsa"), "one", "01")
    put(token, to_pem(world, "ceo", "rsa"), "two", "02")
    keys = {"sign_key_file": "pkcs11:token=shep;object=one", "sign_pass_file": token / "pin", "pkcs11_module": SOFTHSM}
    world.settings = {"keys": keys}
    world.restart()
    assert world.create().code == "SCSS001"
    first = signer_of(world, world.post(question(world))[2])
    keys["sign_key_file"] = "pkcs11:token=shep;object=two"
    world.write_config()
    world.reload("config.reloaded")
    second = signer_of(world, world.post(question(world))[2])
    assert first != second
    keys["sign_key_file"] = "pkcs11:token=shep;object=three"
    world.write_config()
    world.reload("config.refused")
    assert "object=three" in world.events("config.refused")[-1]["text"]
    assert signer_of(world, world.post(question(world))[2]) == second
    assert PIN not in world.shepd.log.read_text() + "".join(str(line) for line in world.journal())
    keys["sign_key_file"] = "pkcs11:token=shep;object=two"
    world.restart()  # its sessions ended: the next process finds the token free


# ---- before they end ----

def make_signer(folder, end):
    """A self-signed key whose certificate ends at YYYYMMDD000000Z, as one PEM."""
    (folder / "ca.conf").write_text(
        "[ca]\ndefault_ca = one\n[one]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\ndefault_md = sha256\n"
        "policy = any\n[any]\ncommonName = supplied\n")
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("0a1b2c\n")
    here = {"cwd": folder}
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "req.pem", "-subj", "/CN=TEST", **here)
    run("openssl", "ca", "-config", "ca.conf", "-batch", "-selfsign", "-keyfile", "key.pem", "-in", "req.pem", "-out",
        "cert.pem", "-notext", "-startdate", "20200101000000Z", "-enddate", end, **here)
    return (folder / "key.pem").read_text() + (folder / "cert.pem").read_text()


def day(offset):
    return subprocess.run(["date", "-u", "-d", f"{offset} days", "+%Y%m%d000000Z"], capture_output=True, text=True,
                          check=True).stdout.strip()


def sample_of(world, family, role):
    found = [value for _, labels, value in prometheus.read(admin(world, "/metrics")[1])[family].samples
             if labels["role"] == role]
    assert len(found) == 1, found
    return found[0]


def test_the_end_of_a_certificate_is_said_in_journal_and_metrics(own_world, tmp_path):
    """3.01: warned before the end; an ended one is an alert, and the service is not ready."""
    world = own_world()
    place = world.folder / "sign.pem"
    place.write_text(make_signer(tmp_path, day(+10)))
    world.settings = {"keys": {"sign_key_file": place, "sign_pass_file": ""}}
    world.restart()
    said = world.events("certificate.expiring")
    assert len(said) == 1 and said[0]["level"] == "Warning", said
    assert "role sign" in said[0]["text"] and "serial=a1b2c" in said[0]["text"] and "TEST" not in said[0]["text"]
    assert 8 < sample_of(world, "shepd_certificate_expiry_days", "sign") <= 10
    assert admin(world, "/health/ready") == (200, "ready\n")
    world.reload("config.reloaded")
    assert len(world.events("certificate.expiring")) == 1  # said once

    place.write_text(make_signer(tmp_path, day(-3)))
    world.reload("config.reloaded")
    until("the alert", lambda: world.events("certificate.expired"))
    assert world.events("certificate.expired")[0]["level"] == "Alerts"
    assert sample_of(world, "shepd_certificate_expiry_days", "sign") < -2
    status, text = admin(world, "/health/ready")
    assert status == 503 and "certificate that signs our answers ended" in text
    world.restart()  # it starts all the same, and says so again
    assert len(world.events("certificate.expired")) == 2
    assert admin(world, "/health/live")[0] == 200

    shutil.copy(world.key("adapter"), place)
    world.settings["keys"]["sign_pass_file"] = world.sandbox / "pass"
    world.write_config()
    world.reload("config.reloaded")
    assert admin(world, "/health/ready") == (200, "ready\n")


def test_the_metrics_page_is_right_to_the_letter(world):
    assert world.create().code == "SCSS001"
    status, headers, body = world.http("GET", "/metrics", port=world.admin_port, plain=True)
    assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = prometheus.read(body.decode())
    assert families["shepd_build_info"].samples[0][2] == 1
    counts = {name: value for name, labels, value in families["shepd_exchange_duration_seconds"].samples
              if labels["status"] == "200" and name.endswith("_count")}
    assert counts["shepd_exchange_duration_seconds_count"] >= 1
    roles = {labels["role"] for _, labels, _ in families["shepd_certificate_expiry_days"].samples}
    assert {"sign", "tls-public", "root", "intermediate"} <= roles
    assert not [known for known in ("123456789011", "123456789021", "ТЕСТ") if known in body.decode()]
    assert world.http("POST", "/metrics", b"", port=world.admin_port, plain=True)[0] == 405
    assert world.http("GET", "/metrics")[0] == 404  # of the public listener


@pytest.mark.parametrize("text", [
    "", "a 1\n", "# HELP a A.\na 1\n", "# TYPE a gauge\na 1\n", "# HELP a A.\n# TYPE a gauge\na 1",
    "# HELP a A.\n# TYPE a gauge\na 1\na 2\n", "# HELP a A.\n# TYPE a gauge\nb 1\n", "# HELP a A.\n# TYPE a guage\na 1\n",
    "# HELP a A.\n# TYPE a counter\na 1\n", "# HELP a A.\n# TYPE a gauge\na{l=\"x\"y\"} 1\n",
    "# HELP a A.\n# TYPE a gauge\na{l=\"1\",} 1\n", "# HELP a A.\n# TYPE a gauge\na one\n",
    "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
    "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
])
def test_the_reader_of_metrics_refuses_what_is_wrong(text):
    with pytest.raises(prometheus.Refused):
        prometheus.read(text)
