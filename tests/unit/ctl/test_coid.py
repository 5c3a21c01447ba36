"""shepctl coid on what the service keeps: what is shown, what is refused, and what is on record of it."""
import csv
import fcntl
import io
import json
import os
import pathlib
import re
import shlex
import shutil
import stat
import subprocess
import tempfile

import pytest

from conftest import ROOT, free_port, shepctl, text_of

SEED = os.environ.get("COID_SEED", str(ROOT / "build/dev/tests/coid_seed"))
BODY = b'{"iin":"800101300123", "vendor":"Verigram","result":0.9731}\n'


def run(*args):
    return subprocess.run([str(a) for a in args], check=True, capture_output=True, text=True, timeout=120).stdout


class Kept:
    """A database with a few checks of identity, and the configuration of the service that made them."""

    def __init__(self, sandbox):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="shep-coid-"))
        (self.folder / "sandbox").symlink_to(sandbox.folder)
        run(ROOT / "scripts/private-mariadbd", "start", self.folder / "db", "--owner", os.getpid())
        text = run(ROOT / "scripts/sandbox-conf", self.folder, f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}")
        self.config = self.folder / "shepd.conf"
        self.config.write_text(text)
        told = run(SEED, self.config, sandbox.folder / "gost2015/adapter.p12", sandbox.folder / "pass")
        self.ids = dict(line.split() for line in told.splitlines())

    def coid(self, command, *arguments):
        return shepctl("coid", command, "--config", self.config, *arguments)

    def journal(self):
        files = sorted((self.folder / "journal/ctl").glob("*.log"))
        lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
        return [dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', line)) for line in lines]

    def sql(self, statement):
        return run("mariadb", "--no-defaults", "-u", "shepd", "-S", self.folder / "db/sock", "-N", "-B", "-e", statement, "shepd")

    def close(self):
        subprocess.run([str(ROOT / "scripts/private-mariadbd"), "stop", str(self.folder / "db")], check=False,
                       capture_output=True, timeout=120)
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def kept(sandbox):
    one = Kept(sandbox)
    yield one
    one.close()


# ---- usage ----

def test_usage_counts_by_day_sender_and_vendor(kept):  # req 3.06
    done = kept.coid("usage", "20261120", "2026-11-22", "--json")
    assert done.returncode == 0, text_of(done)
    told = json.loads(done.stdout)
    rows = {(row["day"], row["sender"], row["vendor"]): (row["done"], row["refused"], row["open"]) for row in told["usage"]}
    assert rows == {("2026-11-20", "ekzamen", 3): (2, 0, 0), ("2026-11-21", "ekzamen", 1): (1, 0, 0),
                    ("2026-11-21", "ekzamen", 3): (0, 1, 1), ("2026-11-22", "ekzamen", 3): (0, 0, 1)}
    assert (told["done"], told["refused"], told["open"]) == (3, 1, 2)
    done = kept.coid("usage", "20261120", "20261120", "--csv")
    assert done.stdout == b"day,sender,vendor,done,refused,open\r\n2026-11-20,ekzamen,3,2,0,0\r\n"
    done = kept.coid("usage", "20261120", "20261120")
    assert done.returncode == 0 and text_of(done).splitlines()[-1] == "done 2, refused 0, open 0"
    assert kept.coid("usage", "20250101", "20250101").returncode == 1


@pytest.mark.parametrize("period, words", [
    (("20261122", "20261121"), "before it begins"), (("20260631", "20261121"), "expected a day"),
    (("2024-01-01", "2025-01-01"), "over 366 days"), (("today", "20261121"), "expected a day"), (("20261122",), "missing")])
@pytest.mark.parametrize("command", ["reconcile", "usage", "decisions"])
def test_a_period_that_is_none_is_refused(kept, command, period, words):
    done = kept.coid(command, *period)
    assert done.returncode == 2 and words in text_of(done)


# ---- evidence ----

def evidence(kept, name, out):
    done = kept.coid("evidence", kept.ids[name], "--out", out)
    assert done.returncode == 0, text_of(done)
    return done


def test_evidence_is_written_byte_for_byte_and_verifies_as_its_readme_says(kept, tmp_path):  # req 2.16
    out = tmp_path / "out"
    done = evidence(kept, "passed", out)
    photo, data = out / kept.ids["photo-evidence"], out / kept.ids["data-evidence"]
    assert text_of(done).count("valid") == 2 and kept.ids["photo-evidence"] in text_of(done)
    assert {p.name for p in out.iterdir()} == {"README", "photo", photo.name, data.name}
    assert (out / "photo").read_bytes() == b"\x89PNG\r\n\x1a\n\0a face"
    assert {p.name for p in photo.iterdir()} == {"body", "header.jws", "certificate.der", "report.json"}
    assert (photo / "body").read_bytes() == BODY and (photo / "report.json").read_bytes() == b'{"verdict":"valid"}'
    assert (data / "request-body").read_bytes() == '{"Data":{"confirmation":"согласие"}}'.encode()
    assert (data / "request.jws").read_bytes().count(b".") == 2
    assert stat.S_IMODE(out.stat().st_mode) == stat.S_IMODE(photo.stat().st_mode) == 0o700
    for file in out.rglob("*"):
        assert file.is_dir() or stat.S_IMODE(file.stat().st_mode) == 0o600
    commands = [line.strip() for line in (out / "README").read_text().splitlines() if line.strip().startswith("shepctl ")]
    assert len(commands) == 4
    for command in commands:
        verified = subprocess.run([os.environ["SHEPCTL"], *shlex.split(command)[1:]], cwd=out, capture_output=True,
                                  timeout=120, check=False)
        assert verified.returncode == 0, (command, verified.stdout + verified.stderr)
    (photo / "body").write_bytes(BODY.replace(b"0.9731", b"0.9732"))
    changed = subprocess.run([os.environ["SHEPCTL"], *shlex.split(commands[0])[1:]], cwd=out, capture_output=True,
                             timeout=120, check=False)
    assert changed.returncode == 1


def test_access_to_evidence_is_on_record_with_who_and_whose(kept, tmp_path):
    before = len(kept.journal())
    evidence(kept, "passed", tmp_path / "out")
    line = kept.journal()[before]
    user = run("id", "-un").strip()
    assert (line["event"], line["account"], line["ip"]) == ("coid.evidence_read", user, "local")
    assert kept.ids["passed"] in line["text"] and re.search(r" iin=[0-9a-f]{16}$", line["text"])
    assert "800101300123" not in "".join(f.read_text() for f in (kept.folder / "journal/ctl").glob("*.log"))
    # it is shipped beside the service's lines
    assert kept.sql("SELECT instance, COUNT(*) FROM journal_event WHERE line LIKE '%coid.evidence_read%' GROUP BY instance"
                    ).split("\t")[0] == "sandbox.ctl"


def test_who_asks_for_evidence_and_gets_none_is_on_record_too(kept, tmp_path):  # req 0.38
    nobody, nowhere = "00000000-0000-7000-8000-000000000000", tmp_path / "file"
    nowhere.write_text("no folder")
    before = len(kept.journal())
    assert kept.coid("evidence", nobody, "--out", tmp_path / "out").returncode == 1
    assert kept.coid("evidence", kept.ids["passed"], "--out", nowhere).returncode == 2
    unknown, read, unwritten = kept.journal()[before:]
    user = run("id", "-un").strip()
    for line in (unknown, unwritten):
        assert (line["event"], line["level"], line["account"], line["ip"]) == (
            "coid.evidence_refused", "Warning", user, "local")
    assert nobody in unknown["text"] and "neither a verification nor an evidence" in unknown["text"]
    assert read["event"] == "coid.evidence_read"  # before the first byte is written
    assert kept.ids["passed"] in unwritten["text"] and "is no folder" in unwritten["text"]
    assert re.search(r" iin=[0-9a-f]{16}$", unwritten["text"]) and "800101300123" not in unwritten["text"]


def test_one_evidence_is_found_by_its_own_id(kept, tmp_path):
    evidence(kept, "data-evidence", tmp_path / "one")
    assert {p.name for p in (tmp_path / "one").iterdir()} == {"README", "photo", kept.ids["data-evidence"]}
    evidence(kept, "vendors-evidence", tmp_path / "two")  # of no verification, and unsigned
    folder = tmp_path / "two" / kept.ids["vendors-evidence"]
    assert {p.name for p in folder.iterdir()} == {"body", "report.json"}
    assert (folder / "body").read_bytes() == b"<html>\0bad gateway"
    assert "There is no signature" in (tmp_path / "two/README").read_text()


def test_a_verification_without_answers_gives_its_photo(kept, tmp_path):
    evidence(kept, "asked", tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"README", "photo"}


def test_nothing_is_written_over(kept, tmp_path):
    evidence(kept, "passed", tmp_path / "out")
    done = kept.coid("evidence", kept.ids["passed"], "--out", tmp_path / "out")
    assert done.returncode == 2 and "is there already" in text_of(done)


def test_evidence_goes_into_no_folder_of_others(kept, tmp_path):
    """Whoever may write there could show it to others, or put another in its place."""
    for name, make in {"shared": lambda p: p.mkdir(), "linked": lambda p: p.symlink_to(tmp_path, target_is_directory=True)}.items():
        out = tmp_path / name
        make(out)
        if name == "shared":
            out.chmod(0o777)
        done = kept.coid("evidence", kept.ids["passed"], "--out", out)
        assert done.returncode == 2 and "nobody else" in text_of(done), name
    assert not list((tmp_path / "shared").iterdir())
    for name in ("README", "photo"):  # nor over what is there, were it a link to nothing
        out = tmp_path / f"own-{name}"
        out.mkdir(mode=0o700)
        (out / name).symlink_to(tmp_path / "nothing")
        done = kept.coid("evidence", kept.ids["passed"], "--out", out)
        assert done.returncode == 2 and "is there already" in text_of(done), name
    assert not (tmp_path / "nothing").exists()


def test_what_is_no_evidence_is_not_found(kept, tmp_path):
    done = kept.coid("evidence", "00000000-0000-7000-8000-000000000000", "--out", tmp_path / "out")
    assert done.returncode == 1 and "neither" in text_of(done) and not (tmp_path / "out").exists()
    assert kept.coid("evidence", "what", "--out", tmp_path / "out").returncode == 2
    done = kept.coid("evidence", kept.ids["passed"])
    assert done.returncode == 2 and "--out" in text_of(done)


# ---- decisions ----

def test_a_decision_below_the_threshold_is_recorded_and_exported(kept):  # req 2.07
    key, today = kept.ids["low"], run("env", "TZ=Asia/Almaty", "date", "+%Y%m%d").strip()
    before = len(kept.journal())
    for decision, note in (("suspectedFraud", "фото с экрана"), ("identified", 'приходил лично, "да"')):
        done = kept.coid("decide", key, decision, "--note", note)
        assert done.returncode == 0, text_of(done)
    lines = kept.journal()[before:]
    assert [line["event"] for line in lines] == ["coid.decided"] * 2
    assert "decision=suspectedFraud" in lines[0]["text"] and "decision=identified" in lines[1]["text"]
    assert "экрана" not in lines[0]["text"]  # the note may name people
    done = kept.coid("decisions", today, today, "--csv")
    assert done.returncode == 0, text_of(done)
    (row,) = csv.DictReader(io.StringIO(done.stdout.decode()))
    assert (row["idempotencyKey"], row["iin"], row["result"], row["vendor"]) == (key, "900101300124", "0.42", "VisionLabs")
    assert (row["decision"], row["note"]) == ("identified", 'приходил лично, "да"')
    assert row["who"] == run("id", "-un").strip()
    exported = kept.journal()[-1]
    assert exported["event"] == "coid.exported" and exported["text"].endswith(": 1")
    assert [d["note"] for d in json.loads(kept.coid("decisions", today, today, "--json").stdout)["decisions"]] == [row["note"]]
    done = kept.coid("decisions", "20250101", "20250101")
    assert done.returncode == 1


@pytest.mark.parametrize("name, decision, note, words", [
    ("passed", "rejected", "x", "only results below"), ("threshold", "rejected", "x", "only results below"),
    ("refused", "rejected", "x", "not compared"), ("asked", "rejected", "x", "not compared"),
    ("low", "fraud", "x", "expected suspectedFraud"), ("low", "rejected", None, "--note"), ("low", "rejected", "  ", "--note"),
    ("low", "rejected", "x" * 2001, "at most 2000")])
def test_what_cannot_be_decided_is_refused(kept, name, decision, note, words):
    before = len(kept.journal())
    done = kept.coid("decide", kept.ids[name], decision, *(["--note", note] if note is not None else []))
    assert done.returncode == 2 and words in text_of(done)
    assert kept.journal()[before:] == []


def test_an_unknown_key_has_no_decision(kept):
    assert kept.coid("decide", "00000000-0000-7000-8000-000000000000", "rejected", "--note", "x").returncode == 1


# ---- news ----

def test_news_are_shown_the_newest_first(kept):  # req 2.26, 3.14
    told = json.loads(kept.coid("news", "--json").stdout)["news"]
    assert {n["subject"] for n in told} == {"Работы", "Тариф, новый"}
    assert "перерыв" in text_of(kept.coid("news"))
    assert len(json.loads(kept.coid("news", "--json", "--max", "1").stdout)["news"]) == 1
    assert b'"\xd0\xa2\xd0\xb0\xd1\x80\xd0\xb8\xd1\x84, ' in kept.coid("news", "--csv").stdout
    assert kept.coid("news", "--max", "0").returncode == 2


# ---- on record, or not at all ----

def test_who_cannot_be_put_on_record_is_shown_nothing(kept, tmp_path):
    folder = kept.folder / "journal/ctl"
    evidence(kept, "passed", tmp_path / "before")  # the folder is there
    folder.rename(kept.folder / "aside")
    folder.write_text("not a folder")
    try:
        done = kept.coid("evidence", kept.ids["passed"], "--out", tmp_path / "out")
        assert done.returncode == 2 and "journal" in text_of(done) and not (tmp_path / "out").exists()
        done = kept.coid("decisions", "20250101", "20300101")
        assert done.returncode == 2
        done = kept.coid("decide", kept.ids["low"], "rejected", "--note", "x")
        assert done.returncode == 2
    finally:
        folder.unlink()
        (kept.folder / "aside").rename(folder)
    assert "rejected" not in kept.sql("SELECT decision FROM coid_decision")


def test_a_command_waits_for_another_one_and_not_for_ever(kept, tmp_path):
    evidence(kept, "passed", tmp_path / "before")
    with open(kept.folder / "journal/ctl/lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = kept.coid("evidence", kept.ids["passed"], "--out", tmp_path / "never")
        assert done.returncode == 2 and "another shepctl" in text_of(done) and not (tmp_path / "never").exists()
        waiting = subprocess.Popen([os.environ["SHEPCTL"], "coid", "evidence", "--config", str(kept.config), "--out",
                                    str(tmp_path / "late"), kept.ids["passed"]], stdout=subprocess.DEVNULL)
    assert waiting.wait(60) == 0 and (tmp_path / "late/README").exists()


def test_the_person_behind_sudo_is_named(kept, tmp_path):
    subprocess.run([os.environ["SHEPCTL"], "coid", "evidence", "--config", str(kept.config), "--out", str(tmp_path / "out"),
                    kept.ids["passed"]], env={**os.environ, "SUDO_USER": "aidar"}, check=True, capture_output=True, timeout=60)
    assert kept.journal()[-1]["account"] == f"aidar({run('id', '-un').strip()})"


def test_a_database_of_another_version_is_left_alone(kept):
    kept.sql("INSERT INTO schema_version SELECT MAX(version) + 1, NOW(6), 'x' FROM schema_version")
    try:
        done = kept.coid("usage", "20261120", "20261120")
        assert done.returncode == 2 and "schema" in text_of(done)
    finally:
        kept.sql("DELETE FROM schema_version ORDER BY version DESC LIMIT 1")


def test_without_coid_in_the_configuration_there_is_nobody_to_ask(kept):
    done = kept.coid("reconcile", "20261120", "20261122")
    assert done.returncode == 2 and "base_url" in text_of(done) and done.stdout == b""


def test_the_commands_are_listed_with_their_help(kept):
    listed = text_of(shepctl("coid", "--help"))
    for command in ("reconcile", "usage", "evidence", "decide", "decisions", "news"):
        assert f"  {command} " in listed
        assert "--config FILE" in text_of(shepctl("coid", command, "--help"))
    assert shepctl("coid", "settle").returncode == 2
    assert shepctl("coid", "news", "--config", "/nowhere/shepd.conf").returncode == 2
