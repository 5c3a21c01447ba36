"""shepctl trust: a certificate authority is trusted after its fingerprint was compared, and not otherwise (req 0.21)."""
import base64
import hashlib
import json
import os
import pathlib
import pty
import re
import shutil
import stat
import subprocess
import tempfile

import pytest

from conftest import ROOT, SHEPCTL, VECTORS, needs_vectors, shepctl, text_of

KNOWN = ROOT / "etc/trust/known-roots"


def der_of(path):
    data = pathlib.Path(path).read_bytes()
    if data.startswith(b"\x30"):
        return data
    return base64.b64decode(b"".join(line for line in data.splitlines() if not line.startswith(b"-")))


def print_of(path):
    return hashlib.sha256(der_of(path)).hexdigest()


def trust(verb, folder, *arguments, **kwargs):
    return shepctl("trust", verb, "--dir", folder, *arguments, **kwargs)


@pytest.fixture
def authority(sandbox):
    """Root and CA of the sandbox."""
    return sandbox.folder / "trust/gost2015-root.pem", sandbox.folder / "trust/gost2015-ca.pem"


def test_what_is_added_is_shown_written_listed_checked_and_used(tmp_path, authority, sandbox):
    root, ca = authority
    done = trust("add", tmp_path, "--yes", root, ca)
    assert done.returncode == 0, text_of(done)
    for words in (print_of(root), print_of(ca), "ГОСТ 34.10-2015-512", "valid", "subject", "not among the fingerprints",
                  "systemctl reload shepd"):
        assert words in text_of(done)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2 and {der_of(file) for file in files} == {der_of(root), der_of(ca)}
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
        assert file.name.endswith(f"-{print_of(file)[:16]}.pem")
    assert print_of(root) in text_of(trust("list", tmp_path))
    checked = trust("check", tmp_path)
    assert checked.returncode == 0 and "2 certificates, 1 of them roots; 0 to mend" in text_of(checked)
    assert "not among those of НУЦ РК" in text_of(checked)
    leaf = sandbox.folder / "gost2015/individual.pem"
    assert shepctl("verify", "--trust", tmp_path, leaf).returncode == 0


@pytest.fixture
def service():
    """The folder of a service that has not been started yet: configuration, journal, trust; anybody may go there."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shep-trust-"))
    folder.chmod(0o755)
    for name in ("trust", "journal"):
        (folder / name).mkdir()
    for name in ("cluster.key", "content.keys", "pseudonym.key", "sign.p12"):
        (folder / name).write_text("0123456789abcdef0123456789abcdef")
    (folder / "shepd.conf").write_text(
        f"[instance]\nname = node1\ncluster_key_file = {folder}/cluster.key\n[http]\npublic_url = https://a.kz\n"
        f"[store]\ncontent_keys_file = {folder}/content.keys\n[journal]\ndir = {folder}/journal\n"
        f"pseudonym_key_file = {folder}/pseudonym.key\n[keys]\nsign_key_file = {folder}/sign.p12\n"
        f"[trust]\ndir = {folder}/trust\n")
    yield folder
    shutil.rmtree(folder)


def placed(folder):
    """(account, text) of what is on record."""
    lines = "".join(file.read_text() for file in sorted((folder / "journal").glob("ctl/*.log"))).splitlines()
    return [re.search(r'account="([^"]*)".* text="([^"]*)"', line).groups() for line in lines if 'event="trust.placed"' in line]


def test_what_is_added_to_a_services_folder_is_on_record(service, authority, tmp_path):  # req 0.37, 0.60
    root, ca = authority
    options = ("--config", service / "shepd.conf", "--yes")
    assert trust("add", service / "trust", *options, root, ca).returncode == 0
    assert [(text.split(" ")[0], print_of(file) in text) for (_, text), file in zip(placed(service), (root, ca))] == [
        ("root", True), ("intermediate", True)]
    assert len(placed(service)) == 2 and all(account for account, _ in placed(service))
    assert trust("add", tmp_path, *options, root).returncode == 0  # a folder of one's own
    assert trust("add", service / "trust", *options, root).returncode == 1  # it is there already
    assert len(placed(service)) == 2


def test_what_cannot_be_put_on_record_is_not_added(service, authority):
    (service / "journal/ctl").write_text("no folder")
    done = trust("add", service / "trust", "--config", service / "shepd.conf", "--yes", authority[0])
    assert done.returncode == 2 and not list((service / "trust").iterdir()), text_of(done)


@pytest.mark.parametrize("state", ["no journal yet", "no configuration that counts"])
def test_at_the_first_set_up_it_says_that_nothing_is_on_record(service, authority, state):
    options = ("--yes",)
    if state == "no journal yet":
        (service / "journal").rmdir()
        options += ("--config", service / "shepd.conf")
    done = trust("add", service / "trust", *options, authority[0])
    assert done.returncode == 0 and len(list((service / "trust").iterdir())) == 1
    assert b"not on record: " in done.stderr and not (service / "journal/ctl").exists()
    (service / "shepd.conf").write_text("[htpp]\n")  # one that is named must count
    assert trust("add", service / "trust", "--yes", "--config", service / "shepd.conf", authority[1]).returncode == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="SKIP: only root can be somebody else")
def test_root_writes_the_record_as_the_journals_user_and_the_folder_as_root(service, authority):
    os.chown(service / "journal", 65534, 65534)
    assert trust("add", service / "trust", "--config", service / "shepd.conf", "--yes", authority[0]).returncode == 0
    for path in (service / "journal").rglob("*"):
        assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534), path
    assert [(file.stat().st_uid, file.stat().st_gid) for file in (service / "trust").iterdir()] == [(0, 0)]
    (account, _), = placed(service)
    assert account.endswith("root") or account.endswith("(root)")


def test_a_fingerprint_confirms_in_any_writing(tmp_path, authority):
    root, ca = authority
    hexes = print_of(root).upper()
    colons = ":".join(hexes[i:i + 2] for i in range(0, 64, 2))
    assert trust("add", tmp_path, "--fingerprint", colons, "--fingerprint", print_of(ca), root, ca).returncode == 0
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("bad", ["", "12", "zz" * 32, "00" * 33])
def test_half_a_fingerprint_is_no_fingerprint(tmp_path, authority, bad):
    done = trust("add", tmp_path, "--fingerprint", bad, authority[0])
    assert done.returncode == 2 and "64 hex digits" in text_of(done) and not list(tmp_path.iterdir())


def on_a_terminal(folder, file, answer):
    """Runs add with a terminal as standard input; its exit status and output."""
    master, slave = pty.openpty()
    process = subprocess.Popen([SHEPCTL, "trust", "add", "--dir", folder, file], stdin=slave, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    os.close(slave)
    os.write(master, answer)
    output = process.communicate(timeout=60)[0].decode()
    os.close(master)
    return process.returncode, output


@pytest.mark.parametrize("answer, status", [(b"y\n", 0), (b"yes\n", 0), (b"n\n", 1), (b"\n", 1), (b"yea\n", 1),
                                            (b"\x04", 1)])
def test_a_person_confirms_on_a_terminal(tmp_path, authority, answer, status):
    given, output = on_a_terminal(tmp_path, authority[0], answer)
    assert given == status, output
    assert "Trust it?" in output and print_of(authority[0]) in output
    assert len(list(tmp_path.iterdir())) == (1 if status == 0 else 0)


def refusals(sandbox):
    root = sandbox.folder / "trust/gost2015-root.pem"
    leaf = sandbox.folder / "gost2015/individual.pem"
    return {
        "there already": ([root, root], 1, "named twice"),
        "a person's certificate": ([leaf], 1, "CA"),
        "another fingerprint": (["--fingerprint", "00" * 32, root], 1, "none of those"),
        "not a certificate": ([sandbox.folder / "pass"], 2, "pass"),
        "no such file": (["/no/such/file"], 2, "/no/such/file"),
    }


@pytest.mark.parametrize("name", ["there already", "a person's certificate", "another fingerprint", "not a certificate",
                                  "no such file"])
def test_refused_is_said_why_and_nothing_is_written(tmp_path, sandbox, name):
    arguments, status, words = refusals(sandbox)[name]
    ca = sandbox.folder / "trust/gost2015-ca.pem"
    # a good one before it is not added either
    options = [] if "--fingerprint" in map(str, arguments) else ["--yes"]
    done = trust("add", tmp_path, *options, ca, *arguments)
    assert done.returncode == status and words in done.stderr.decode(), text_of(done)
    assert not list(tmp_path.iterdir())


def test_without_a_terminal_somebody_must_have_compared(tmp_path, authority):
    done = trust("add", tmp_path, authority[0])
    assert done.returncode == 2 and "no terminal" in text_of(done) and not list(tmp_path.iterdir())


def test_the_same_is_not_added_again(tmp_path, authority):
    assert trust("add", tmp_path, "--yes", authority[0]).returncode == 0
    done = trust("add", tmp_path, "--yes", authority[0])
    assert done.returncode == 1 and "there already, in " in text_of(done) and len(list(tmp_path.iterdir())) == 1


@needs_vectors
def test_what_has_expired_is_taken_only_when_said(tmp_path):
    """Signatures that were stamped in its time still need it."""
    old = VECTORS / "ca-production/nca_gost.pem"
    done = trust("add", tmp_path, "--yes", old)
    assert done.returncode == 1 and "expired" in text_of(done) and not list(tmp_path.iterdir())
    assert trust("add", tmp_path, "--yes", "--allow-expired", old).returncode == 0
    checked = text_of(trust("check", tmp_path))
    assert "good for older signatures" in checked


@needs_vectors
@pytest.mark.parametrize("folder, contour", [("ca-production", "production"), ("ca-test", "test")])
def test_the_fingerprints_known_are_those_of_the_real_authorities(tmp_path, folder, contour):
    rows = [line.split(None, 5) for line in KNOWN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    known = {row[0]: row for row in rows}
    files = [file for file in sorted((VECTORS / folder).iterdir()) if file.is_file()]
    assert len(files) == sum(row[1] == contour for row in rows)
    assert trust("add", tmp_path, "--yes", "--allow-expired", *files).returncode == 0
    listed = json.loads(trust("list", tmp_path, "--json").stdout)
    assert len(listed["certificates"]) == len(files)
    for cert in listed["certificates"]:
        row = known[cert["sha256"]]
        assert cert["known"]["contour"] == contour == row[1]
        assert cert["known"]["kind"] == cert["kind"] == row[2]
        assert {"gost2015": "34.10-2015", "gost2004": "34.310-2004", "rsa": "RSA"}[row[3]] in cert["algorithm"]
        assert cert["known"]["name"] == row[5] and f"CN={row[5]}" in cert["subject"]
        assert set(cert) == {"file", "kind", "subject", "issuer", "serial", "notBefore", "notAfter", "daysLeft",
                             "algorithm", "sha256", "known"}
    if contour == "test":
        assert "TEST contour" in text_of(trust("list", tmp_path))
        assert "never in production" in text_of(trust("check", tmp_path))


def test_check_says_what_must_be_mended(tmp_path, sandbox, authority):
    root, ca = authority

    def check(**files):
        for file in tmp_path.iterdir():
            file.unlink()
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        done = trust("check", tmp_path)
        return done.returncode, text_of(done)

    leaf = (sandbox.folder / "gost2015/individual.pem").read_bytes()
    root, ca = root.read_bytes(), ca.read_bytes()
    assert check(both=root + ca)[0] == 0  # several in one file
    assert check(one=root, two=der_of(authority[0]))[0] == 0
    assert "the same certificate as in one" in check(one=root, two=root)[1]
    for files, words in [({}, "holds no root"), ({"ca": ca}, "no path to a root"), ({"ca": ca}, "holds no root"),
                         ({"root": root, "notes": b"hello"}, "✗ notes"), ({"root": root, "notes": b""}, "would not start"),
                         ({"root": root, "half": root[:200]}, "✗ half"), ({"all": root + ca + leaf}, "cannot be a CA"),
                         ({"all": root + ca + leaf}, "1 of them roots; 1 to mend")]:
        status, output = check(**files)
        assert status == 1 and words in output, output
    listed = json.loads(trust("list", tmp_path, "--json").stdout)
    assert len(listed["certificates"]) == 3
    (tmp_path / "notes").write_bytes(b"hello")
    faults = [cert for cert in json.loads(trust("list", tmp_path, "--json").stdout)["certificates"] if "fault" in cert]
    assert [fault["file"] for fault in faults] == ["notes"]


@pytest.mark.parametrize("verb", ["list", "check"])
def test_a_folder_that_is_not_there_is_trouble(verb):
    done = trust(verb, "/no/such/folder")
    assert done.returncode == 2 and "/no/such/folder" in text_of(done)
    assert shepctl("trust", verb, "extra").returncode == 2
    assert shepctl("trust", verb, "--help").returncode == 0
