"""Lists and answers made by the openssl command with the keys of a sandbox, in RSA and GOST."""
import datetime
import os
import pathlib
import shutil
import subprocess

from conftest import SHEPCTL

CONFIG = """
[ca]
default_ca = d
[d]
database = {folder}/index.txt
crlnumber = {folder}/number
default_md = default
unique_subject = no
[list]
authorityKeyIdentifier = keyid
{more}
[idp]
{idp}
"""


def utc(minutes, form="%Y%m%d%H%M%SZ"):
    """So many minutes from now."""
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return when.strftime(form)


def available():
    """Whether the openssl command works with the KZ provider; a sanitized one it cannot load."""
    module = pathlib.Path(SHEPCTL).parent / "kzgost.so"
    if not shutil.which("openssl") or not module.exists():
        return False
    done = subprocess.run(["openssl", "list", "-provider-path", module.parent, "-provider", "kzgost", "-providers"],
                          capture_output=True, check=False)
    return done.returncode == 0


class Kit:
    """The openssl command in a folder of its own."""

    def __init__(self, folder, sandbox):
        self.folder, self.sandbox = folder, sandbox
        (folder / "modules").mkdir()
        modules = subprocess.run(["openssl", "version", "-m"], capture_output=True, text=True, check=True).stdout
        os.symlink(pathlib.Path(SHEPCTL).parent / "kzgost.so", folder / "modules/kzgost.so")
        os.symlink(pathlib.Path(modules.split('"')[1]) / "legacy.so", folder / "modules/legacy.so")
        self.keys = {}

    def run(self, command, *arguments):
        done = subprocess.run(["openssl", command, "-provider-path", self.folder / "modules", "-provider", "kzgost",
                               "-provider", "default", "-provider", "legacy", *arguments],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def key(self, p12):
        """The private key of a PKCS#12 of the sandbox, in the clear."""
        if p12 not in self.keys:
            out = self.folder / f"{len(self.keys)}.key"
            self.run("pkcs12", "-in", self.sandbox / p12, "-nodes", "-nocerts", "-passin",
                     f"file:{self.sandbox / 'pass'}", "-out", out)
            self.keys[p12] = out
        return self.keys[p12]

    def serial(self, pem):
        return self.run("x509", "-in", pem, "-noout", "-serial").strip().partition("=")[2]

    def write_index(self, entries):
        """entries: {serial: None for good, or a reason}; revoked an hour ago."""
        with open(self.folder / "index.txt", "w", encoding="ascii") as file:
            for serial, reason in entries.items():
                revoked = f"{utc(-60, '%y%m%d%H%M%SZ')},{reason}" if reason else ""
                file.write(f"{'R' if reason else 'V'}\t{utc(90 * 1440, '%y%m%d%H%M%SZ')}\t{revoked}\t{serial}\tunknown\t/CN=x\n")

    def make_list(self, family, entries=None, number=14, base=None, start=-10, end=600, idp=None, issuer="ca", md=None):
        """A base list, or a delta to the base of that number; start and end in minutes from now. DER."""
        self.write_index(entries or {})
        (self.folder / "number").write_text(f"{number:04X}\n")
        more = f"2.5.29.27 = critical,ASN1:INTEGER:{base}\n" if base is not None else ""
        more += "issuingDistributionPoint = critical,@idp\n" if idp else ""
        (self.folder / "ca.cnf").write_text(CONFIG.format(folder=self.folder, more=more, idp=idp or ""))
        self.run("ca", "-config", self.folder / "ca.cnf", "-gencrl", "-crlexts", "list", "-crl_lastupdate", utc(start),
                 "-crl_nextupdate", utc(end), "-keyfile", self.key(f"authority/{family}-{issuer}.p12"), "-cert",
                 self.sandbox / f"trust/{family}-{issuer}.pem", "-out", self.folder / "list.pem", *(["-md", md] if md else []))
        self.run("crl", "-in", self.folder / "list.pem", "-outform", "DER", "-out", self.folder / "list.der")
        return (self.folder / "list.der").read_bytes()

    def certificate(self, p12):
        out = self.folder / "certificate.pem"
        self.run("pkcs12", "-in", self.sandbox / p12, "-nokeys", "-passin", f"file:{self.sandbox / 'pass'}", "-out", out)
        return out.read_text()

    def respond(self, family, request, entries, *options, signer=None, ca=None):
        """What `openssl ocsp` as a responder answers to the bytes of a request."""
        signer = signer or f"authority/{family}-ocsp.p12"
        self.write_index(entries)
        (self.folder / "request.der").write_bytes(request)
        (self.folder / "signer.pem").write_text(self.certificate(signer))
        self.run("ocsp", "-index", self.folder / "index.txt", "-CA", self.sandbox / f"trust/{ca or family}-ca.pem",
                 "-rsigner", self.folder / "signer.pem", "-rkey", self.key(signer), "-reqin", self.folder / "request.der",
                 "-respout", self.folder / "answer.der", *options)
        return (self.folder / "answer.der").read_bytes()
