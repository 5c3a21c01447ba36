"""shepctl verify --follow-aia against a real server: a missing intermediate is fetched when asked for, and nobody is
asked otherwise."""
import subprocess

import pytest

from conftest import shepctl, text_of

CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"


def openssl(*arguments, folder):
    subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True, capture_output=True, timeout=60)


def make(folder, name, issuer, extensions):
    """A certificate and key of that name, by issuer (itself: a root)."""
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/C=KZ/CN={name}",
            folder=folder)
    (folder / f"{name}.ext").write_text(extensions)
    sign = ["-signkey", f"{name}.key"] if name == issuer else ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key",
                                                              "-CAcreateserial"]
    openssl("x509", "-req", "-in", f"{name}.csr", *sign, "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem",
            folder=folder)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("aia")
    make(folder, "root", "root", CA)
    make(folder, "ca", "root", CA)
    openssl("x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.cer", folder=folder)
    openssl("crl2pkcs7", "-nocrl", "-certfile", "root.pem", "-certfile", "ca.pem", "-outform", "DER", "-out", "ca.p7c",
            folder=folder)
    (folder / "trust").mkdir()
    (folder / "trust/root.pem").write_bytes((folder / "root.pem").read_bytes())
    return folder


def leaf_of(authority, peer, file):
    make(authority, "leaf", "ca", f"keyUsage=digitalSignature\nauthorityInfoAccess=caIssuers;URI:{peer.url}/{file}\n")
    return ["verify", "--trust", authority / "trust", authority / "leaf.pem"]


@pytest.mark.parametrize("file", ["ca.cer", "ca.p7c"])
def test_a_missing_intermediate_is_fetched_only_when_asked_for(authority, peer, file):
    peer.answer = lambda request: (200, "application/pkix-cert", (authority / file).read_bytes())
    command = leaf_of(authority, peer, file)
    done = shepctl(*command)
    assert done.returncode == 1 and "because path" in text_of(done), text_of(done)
    assert not peer.requests  # no connection is made by default
    done = shepctl(*command, "--follow-aia")
    assert done.returncode == 0 and "intermediate: ca" in text_of(done), text_of(done)
    assert [(method, path) for method, path, *_ in peer.requests] == [("GET", f"/{file}")]


@pytest.mark.parametrize("status, body, words", [
    (404, b"", "HTTP status 404"), (200, b"<html>", "not an X.509 certificate"), (200, b"\0" * 65537, "65536 bytes"),
    (302, b"", "HTTP status 302"),
], ids=["not found", "a page", "too long", "elsewhere"])
def test_what_else_comes_back_leaves_the_path_open(authority, peer, status, body, words):
    peer.answer = lambda request: (status, "text/plain", body)
    done = shepctl(*leaf_of(authority, peer, "ca.cer"), "--follow-aia")
    assert done.returncode == 1 and "because path" in text_of(done) and words in text_of(done), text_of(done)
    assert len(peer.requests) == 1
