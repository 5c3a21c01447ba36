"""shepctl verify --ldap: the certificate of a JWS from a real slapd."""
import base64
import pathlib
import socket
import subprocess
import time

import pytest
from conftest import free_port, shepctl, text_of

VALID, INVALID, UNJUDGED = 0, 1, 2
SLAPD = pathlib.Path("/usr/sbin/slapd")
BODY = '{"iin":"123456789011","result":0.99}'.encode()
CONFIG = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {tls}/server.pem
TLSCertificateKeyFile {tls}/server.key
database mdb
suffix "c=KZ"
directory {folder}/db
maxsize 33554432
"""
TREE = """dn: c=KZ
objectClass: country
c: KZ

dn: o=KISC,c=KZ
objectClass: organization
o: KISC

"""


class Slapd:
    """A directory of certificates on loopback."""

    def __init__(self, folder, tls, entries):
        self.folder, self.port = folder, free_port()
        self.url = f"ldap://127.0.0.1:{self.port}"
        (folder / "db").mkdir()
        (folder / "conf").write_text(CONFIG.format(tls=tls, folder=folder))
        text = TREE
        for cn, pem in entries.items():
            der = base64.b64encode(base64.b64decode("".join(pem.read_text().split("-----")[2].split()))).decode()
            text += f"dn: cn={cn},o=KISC,c=KZ\nobjectClass: device\nobjectClass: pkiUser\n"
            text += f"userCertificate;binary:: {der}\n\n"
        (folder / "ldif").write_text(text)
        subprocess.run(["/usr/sbin/slapadd", "-q", "-f", folder / "conf", "-l", folder / "ldif"], check=True,
                       capture_output=True, timeout=60)
        self.start()

    def start(self):
        self.process = subprocess.Popen([SLAPD, "-d", "256", "-h", self.url, "-f", self.folder / "conf"],
                                        stderr=open(self.folder / "log", "ab"))
        end = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", self.port)) != 0:
            assert self.process.poll() is None and time.monotonic() < end, (self.folder / "log").read_text()
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


@pytest.fixture(scope="module")
def slapd(sandbox, tmp_path_factory):
    if not SLAPD.exists():
        pytest.skip("SKIP: slapd is not installed")
    one = Slapd(tmp_path_factory.mktemp("slapd"), sandbox.folder / "tls",
                {family: sandbox.folder / family / "caller.pem" for family in ("gost2015", "gost2004")})
    yield one
    one.stop()


@pytest.fixture(params=["gost2015", "gost2004"])
def verify(request, sandbox, tmp_path):
    """The command line for a JWS of that family."""
    signed, body = tmp_path / "jws", tmp_path / "body"
    body.write_bytes(BODY)
    done = shepctl("sign", "--profile", "jws", *sandbox.key(request.param, "caller"), "--out", signed, body)
    assert done.returncode == 0, text_of(done)
    return ["verify", "--profile", "jws", *sandbox.trust, "--content", body, signed]


def test_the_certificate_of_a_jws_is_found_in_the_directory(slapd, verify):
    """req 2.49, 2.50"""
    done = shepctl(*verify, "--ldap", slapd.url, "--ldap-base", "c=KZ")
    assert done.returncode == VALID, text_of(done)
    done = shepctl(*verify, "--ldap", slapd.url, "--ldap-base", "cn=NOBODY,c=KZ")
    assert done.returncode == UNJUDGED and "is not known" in text_of(done)
    done = shepctl(*verify, "--ldap", "ldap://127.0.0.1:1", "--ldap-base", "c=KZ")
    assert done.returncode == UNJUDGED and "ldap://127.0.0.1:1" in text_of(done)
    # the next server has it
    done = shepctl(*verify, "--ldap", "ldap://127.0.0.1:1", "--ldap", slapd.url, "--ldap-base", "c=KZ")
    assert done.returncode == VALID, text_of(done)


def test_tls_is_demanded_and_verified(slapd, verify, sandbox):
    ask = [*verify, "--ldap", slapd.url, "--ldap-base", "c=KZ", "--ldap-starttls"]
    done = shepctl(*ask, "--ca", sandbox.folder / "tls/ca.pem")
    assert done.returncode == VALID, text_of(done)
    done = shepctl(*ask, "--ca", sandbox.folder / "gost2015/caller.pem")
    assert done.returncode == UNJUDGED and "StartTLS" in text_of(done)
    done = shepctl(*ask)
    assert done.returncode == UNJUDGED and "CA file" in text_of(done)


def test_without_the_directory_a_pin_serves(slapd, verify, sandbox):
    slapd.stop()
    ask = [*verify, "--ldap", slapd.url, "--ldap-base", "c=KZ"]
    done = shepctl(*ask)
    assert done.returncode == UNJUDGED and slapd.url in text_of(done)
    pins = [f"--pin={sandbox.folder / family / 'caller.pem'}" for family in ("gost2015", "gost2004")]
    done = shepctl(*ask, *pins)
    assert done.returncode == VALID, text_of(done)
    slapd.start()
