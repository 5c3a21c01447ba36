"""shepctl keys: every place where a key may stand, and every vector of a real one."""
import json
import pathlib
import shutil
import subprocess

import pytest

from conftest import VECTORS, needs_vectors, shepctl, text_of

SOFTHSM = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")


def run(*args, **kwargs):
    return subprocess.run([str(a) for a in args], check=True, capture_output=True, timeout=120, **kwargs).stdout


@needs_vectors
@pytest.mark.parametrize("file", sorted(f.name for f in (VECTORS / "p12").glob("*.p12")))
def test_every_real_key_file_opens_and_says_all_of_it(tmp_path, file):
    (tmp_path / "pass").write_text("Qwerty12\n")
    done = shepctl("keys", "--json", "--key", VECTORS / "p12" / file, "--pass-file", tmp_path / "pass")
    assert done.returncode == 0, text_of(done)
    told = json.loads(done.stdout)
    own = told["certificates"][0]
    assert told["match"] is True and told["inToken"] is False
    assert 12 in (len(own["iin"]), len(own["bin"])) and len(own["sha256"]) == 64 and own["roles"] and "digitalSignature" in own["keyUsage"]
    assert own["daysLeft"] < 0 and own["valid"] is False
    assert own["notAfter"][-6:] in ("+06:00", "+05:00")  # Astana's, +06 until 2024-03-01


def sandbox_pem(sandbox, folder):
    """The rsa adapter's key as PEM, and its certificate apart."""
    pem = run("openssl", "pkcs12", "-legacy", "-nodes", "-in", sandbox.folder / "rsa/adapter.p12", "-passin",
              f"file:{sandbox.folder / 'pass'}")
    (folder / "both.pem").write_bytes(pem)
    run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", folder / "both.pem", "-out", folder / "key.pem")
    run("openssl", "pkcs8", "-topk8", "-passout", "pass:Qwerty-1", "-in", folder / "both.pem", "-out", folder / "locked.pem")
    (folder / "pass").write_text("Qwerty-1\n")
    return sandbox.folder / "rsa/adapter.pem"


def test_a_pem_is_told_like_a_pkcs12(sandbox, tmp_path):
    cert = sandbox_pem(sandbox, tmp_path)
    wanted = json.loads(shepctl("keys", "--json", *sandbox.key("rsa", "adapter")).stdout)
    for options in (["--key", tmp_path / "both.pem"], ["--key", tmp_path / "key.pem", "--cert", cert],
                    ["--key", tmp_path / "locked.pem", "--cert", cert, "--pass-file", tmp_path / "pass"]):
        done = shepctl("keys", "--json", *options)
        assert done.returncode == 0, text_of(done)
        assert json.loads(done.stdout) == wanted
    (tmp_path / "chain.pem").write_text(cert.read_text() + (sandbox.folder / "trust/rsa-ca.pem").read_text())
    done = shepctl("keys", "--key", tmp_path / "key.pem", "--cert", tmp_path / "chain.pem")
    assert done.returncode == 0 and "Also beside it:" in text_of(done) and "days left" in text_of(done)


def test_what_does_not_belong_together_is_told_from_what_does_not_open(sandbox, tmp_path):
    cert = sandbox_pem(sandbox, tmp_path)
    (tmp_path / "wrong").write_text("wrong\n")
    for status, words, options in (
            (1, "does not belong", ["--key", tmp_path / "key.pem", "--cert", sandbox.folder / "rsa/ceo.pem"]),
            (2, "no certificate", ["--key", tmp_path / "key.pem"]),
            (2, "--pass-file", ["--key", tmp_path / "locked.pem", "--cert", cert]),
            (2, "wrong password", ["--key", tmp_path / "locked.pem", "--cert", cert, "--pass-file", tmp_path / "wrong"]),
            (2, "--pass-file", ["--key", sandbox.folder / "rsa/adapter.p12"]),
            (2, "PKCS#11 module", ["--key", "pkcs11:token=x", "--pass-file", tmp_path / "pass"]),
            (2, "--key", [])):
        done = shepctl("keys", *options)
        assert done.returncode == status and words in text_of(done), (options, text_of(done))


def test_a_token_is_told_like_a_pkcs12(sandbox, tmp_path, monkeypatch):
    if not SOFTHSM.exists() or not shutil.which("pkcs11-tool"):
        pytest.skip("SKIP: softhsm2 or opensc is not installed")
    cert = sandbox_pem(sandbox, tmp_path)
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\nlog.level = ERROR\n")
    (tmp_path / "pin").write_text("48151623\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    run("softhsm2-util", "--init-token", "--free", "--label", "shep", "--pin", "48151623", "--so-pin", "87654321")
    run("softhsm2-util", "--import", tmp_path / "key.pem", "--token", "shep", "--label", "one", "--id", "01", "--pin", "48151623")
    done = shepctl("keys", "--json", "--key", "pkcs11:token=shep;object=one", "--pass-file", tmp_path / "pin",
                   "--pkcs11-module", SOFTHSM, "--cert", cert)
    assert done.returncode == 0, text_of(done)
    told = json.loads(done.stdout)
    wanted = json.loads(shepctl("keys", "--json", *sandbox.key("rsa", "adapter")).stdout)
    assert told.pop("inToken") is True and wanted.pop("inToken") is False and told == wanted
