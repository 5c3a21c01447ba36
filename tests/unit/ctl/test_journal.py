"""shepctl journal verify: seals of a real key, exit status, output."""
import hashlib
import json
import shutil
import subprocess

import pytest

from conftest import shepctl, text_of

WHOLE, BROKEN, UNJUDGED = 0, 1, 2
FILES, LINES = 3, 4  # of a file
ZERO = "0" * 64


def line(seq, prev):
    return (f'seq="{seq}" id="{seq:08x}-0000-7000-8000-000000000000" date="22:11:2026" time="14:03:07.120" '
            'source="shepd/node1" account="-" ip="-" start="14:03:07" end="14:03:07" level="Informational" '
            f'category="INFO" event="test.line" exchange="" messageId="" sessionId="" signing="" code="" '
            f'text="line {seq}" prev="{prev}"')


def name_of(index):
    return f"journal-20261122-{index * LINES + 1:012}.log"


def seal(folder, name, key):
    statement = folder.parent / "statement"
    statement.write_text(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n")
    done = shepctl("sign", "--profile", "detached", *key, "--out", folder / f"{name}.sig", statement)
    assert done.returncode == 0, text_of(done)


@pytest.fixture(scope="module", params=["gost2015", "rsa"])
def made(request, sandbox, tmp_path_factory):
    """A journal of closed files, sealed, and an open one; its folder and the family of the key."""
    folder = tmp_path_factory.mktemp("journal") / "j"
    folder.mkdir()
    prev = ZERO
    for index in range(FILES):
        lines = []
        for seq in range(index * LINES + 1, (index + 1) * LINES + 1):
            lines.append(line(seq, prev))
            prev = hashlib.sha256(lines[-1].encode()).hexdigest()
        (folder / name_of(index)).write_text("".join(f"{one}\n" for one in lines))
    for index in range(FILES - 1):
        seal(folder, name_of(index), sandbox.key(request.param, "adapter"))
    return folder, request.param


@pytest.fixture
def journal(made, tmp_path):
    """A copy of it to do something to."""
    return copied(made[0], tmp_path / "j"), made[1]


def copied(source, target):
    shutil.copytree(source, target)
    return target


def verify(folder, *options):
    done = shepctl("journal", "verify", folder, "--json", *options)
    return done.returncode, json.loads(done.stdout)


def test_a_whole_journal_is_proven_and_its_signer_named(journal, sandbox):
    done = shepctl("journal", "verify", journal[0], *sandbox.trust)
    assert done.returncode == WHOLE, text_of(done)
    assert f"{FILES * LINES} lines (seq 1 to {FILES * LINES}) of node1 in {FILES} files, {FILES - 1} of them" in text_of(done)
    assert "sealed by " in text_of(done) and f"{name_of(FILES - 1)} is open" in text_of(done)
    status, told = verify(journal[0], *sandbox.trust)
    assert status == WHOLE and told["whole"] and told["sealed"] == FILES - 1 and told["flaws"] == []
    assert (told["firstSeq"], told["lastSeq"], told["openLines"], len(told["signers"])) == (1, FILES * LINES, LINES, 1)


def test_what_is_wrong_is_told_with_file_line_and_number(journal, sandbox):
    file = journal[0] / name_of(1)
    file.write_text(file.read_text().replace("line 6", "LINE 6"))
    status, told = verify(journal[0], *sandbox.trust)
    assert status == BROKEN and not told["whole"] and told["verdict"] == "not whole"
    assert [(f["kind"], f["file"], f.get("line"), f.get("seq")) for f in told["flaws"]] == [
        ("lineChanged", name_of(1), 2, 6), ("sealWrong", name_of(1), None, None)]
    done = shepctl("journal", "verify", journal[0], *sandbox.trust)
    assert done.returncode == BROKEN and f"{name_of(1)}, line 2 (seq 6): lineChanged" in text_of(done)


def test_a_chain_made_anew_is_betrayed_by_the_seals(journal, sandbox):
    """Who rewrites every line after the one he changed has no key for the seals."""
    prev = ZERO
    for index in range(FILES):
        lines = []
        for seq in range(index * LINES + 1, (index + 1) * LINES + 1):
            lines.append(line(seq, prev).replace("line 2", "another"))
            prev = hashlib.sha256(lines[-1].encode()).hexdigest()
        (journal[0] / name_of(index)).write_text("".join(f"{one}\n" for one in lines))
    status, told = verify(journal[0], *sandbox.trust)
    assert status == BROKEN
    assert [(f["kind"], f["file"]) for f in told["flaws"]] == [("sealWrong", name_of(i)) for i in range(FILES - 1)]


def test_a_seal_of_another_file_or_of_a_stranger_does_not_hold(journal, sandbox):
    folder, family = journal
    shutil.copy(folder / f"{name_of(0)}.sig", folder / f"{name_of(1)}.sig")
    status, told = verify(folder, *sandbox.trust)
    assert status == BROKEN and [f["kind"] for f in told["flaws"]] == ["sealWrong"]
    seal(folder, name_of(1), sandbox.key(family, "individual"))
    adapter = folder.parent / "adapter.pem"
    adapter.write_bytes((sandbox.folder / family / "adapter.pem").read_bytes())
    assert verify(folder, "--pin", adapter)[0] == BROKEN
    seal(folder, name_of(1), sandbox.key(family, "adapter"))
    assert verify(folder, "--pin", adapter)[0] == WHOLE
    assert verify(folder, *sandbox.trust, "--bin", "000000000000")[0] == BROKEN


@pytest.mark.parametrize("seal_bytes", [b"", b"no signature", b"0" * 300_000], ids=["empty", "text", "large"])
def test_what_is_no_signature_is_a_wrong_seal(journal, sandbox, seal_bytes):
    (journal[0] / f"{name_of(0)}.sig").write_bytes(seal_bytes)
    status, told = verify(journal[0], *sandbox.trust)
    assert status == BROKEN and [(f["kind"], f["file"]) for f in told["flaws"]] == [("sealWrong", name_of(0))]


def test_without_saying_whose_seals_they_should_be_nothing_is_proven(journal):
    status, told = verify(journal[0])
    assert status == UNJUDGED and told["verdict"] == "could not be judged" and "--trust" in told["unjudgedWhy"]
    file = journal[0] / name_of(1)  # but what is wrong is wrong
    file.write_text(file.read_text().replace("line 6", "LINE 6"))
    assert verify(journal[0])[0] == BROKEN


def test_a_torn_last_line_is_told_and_breaks_nothing(journal, sandbox):
    with (journal[0] / name_of(FILES - 1)).open("a") as file:
        file.write('seq="13" id="00')
    status, told = verify(journal[0], *sandbox.trust)
    assert status == WHOLE and told["tornBytes"] == 15
    assert "torn" in text_of(shepctl("journal", "verify", journal[0], *sandbox.trust))


def test_a_folder_that_is_no_journal_is_not_judged(tmp_path, sandbox):
    for folder in (tmp_path, tmp_path / "none"):
        assert shepctl("journal", "verify", folder, *sandbox.trust).returncode == UNJUDGED


def test_openssl_and_sha256sum_prove_a_seal_too(made, tmp_path):
    folder, family = made
    if family != "rsa":
        pytest.skip("SKIP: openssl alone does not know the algorithms of Kazakhstan")
    line_of = subprocess.run(["sha256sum", name_of(0)], cwd=folder, capture_output=True, check=True).stdout
    (tmp_path / "statement").write_bytes(line_of)
    subprocess.run(["openssl", "cms", "-verify", "-inform", "DER", "-in", folder / f"{name_of(0)}.sig", "-binary",
                    "-content", tmp_path / "statement", "-noverify", "-out", tmp_path / "out"],
                   check=True, capture_output=True)
    assert (tmp_path / "out").read_bytes() == line_of
