"""Four years of the journal under an injected clock: the table, the archive, what comes back, and the proof over all. req 0.51

The database tells the time (SET timestamp for every connection of the service's user), the files are written by the test and
sealed with the service's own key; the archive is run as the timer runs it."""
import calendar
import datetime
import gzip
import hashlib
import json
import re

import pytest

from console import add_user
from tools import BUILD, ROOT, run
from world import make_world

FIRST, YEARS, LINES = (2021, 1), 4, 3
KEEP = 36
ZERO = "0" * 64


def month_at(n):
    """The n-th month after the first as (year, month)."""
    return (FIRST[0] + (FIRST[1] - 1 + n) // 12, (FIRST[1] - 1 + n) % 12 + 1)


class Journal:
    """The text journal of four years, a file each month, made as the service would."""

    def __init__(self, world):
        self.world, self.folder = world, world.folder / "journal"
        self.archive = world.folder / "archive"
        self.lines = []  # (month, line)
        self.prev = ZERO
        self.instance = re.search(r"(?m)^\[instance\]\nname = (.*)$", world.config.read_text()).group(1)

    def line(self, n, seq):
        year, month = month_at(n)
        text = (f'seq="{seq}" id="{seq:08x}-0000-7000-8000-000000000000" date="15:{month:02}:{year}" time="14:03:07" '
                f'source="shepd/{self.instance}" account="sender{seq % 2}" ip="10.0.0.1" start="14:03:07.120" end="14:03:07.120" '
                f'level="Informational" category="INFO" event="test.line" exchange="" messageId="m-{seq}" sessionId="" '
                f'signing="" code="SCSS001" text="месяц {n}" prev="{self.prev}"')
        self.prev = hashlib.sha256(text.encode()).hexdigest()
        return text

    def name(self, n):
        year, month = month_at(n)
        return f"journal-{year}{month:02}15-{n * LINES + 1:012}.log"

    def write(self, n):
        """Month n: its file, the seal of the file before, its rows."""
        lines = [self.line(n, n * LINES + i + 1) for i in range(LINES)]
        (self.folder / self.name(n)).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        self.lines += [(n, line) for line in lines]
        if n:
            self.seal(self.name(n - 1))
        year, month = month_at(n)
        rows = ", ".join(f"({year}{month:02}15, '{self.instance}', {n * LINES + i + 1}, '{year}-{month:02}-15 09:03:07', "
                         f"'2021-01-01', '2021-01-01', '', '', '', '', '', '', '', '', '', '', '{line}')"
                         for i, line in enumerate(lines))
        self.world.sql("INSERT INTO journal_event (day, instance, seq, written_at, start_at, end_at, level, category, event, account, "
                       f"ip, message_id, session_id, code, iin, text, line) VALUES {rows}")

    def seal(self, name):
        statement = self.world.folder / "statement"
        statement.write_text(f"{hashlib.sha256((self.folder / name).read_bytes()).hexdigest()}  {name}\n")
        run(BUILD / "shepctl", "sign", "--profile", "detached", "--key", self.world.key("adapter"), "--pass-file",
            self.world.sandbox / "pass", "--out", self.folder / f"{name}.sig", statement)

    def root(self, statement):
        run("mariadb", "--no-defaults", "-u", "root", "-S", self.world.folder / "db/sock", "-e", statement)

    def ctl(self, command, *options, user="aidar"):
        who = () if command == "archive" else ("--user", user, "--password-file", self.world.folder / "console-password")
        done = run(BUILD / "shepctl", "journal", command, *options, *who, check=False)
        return done.returncode, done.stdout, done.stderr

    def now_is(self, n, day=15):
        year, month = month_at(n)
        at = calendar.timegm(datetime.datetime(year, month, day, 9).timetuple())
        self.root(f"SET GLOBAL init_connect = 'SET timestamp = {at}'")

    # ---- what is where ----
    def in_archive(self):
        """Months of the archive's files; each with its seal."""
        found = {}
        for file in (self.archive / self.instance).glob("*/*.gz"):
            assert file.with_suffix(".sig").exists()
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                found[int(file.name.split("-")[2].split(".")[0]) // LINES] = lines.read().splitlines()
        return found

    def in_folder(self):
        return {int(file.name.split("-")[2].split(".")[0]) // LINES: file.read_text(encoding="utf-8").splitlines()
                for file in self.folder.glob("*.log")}

    def in_table(self):
        rows = self.world.sql(f"SELECT seq FROM journal_event WHERE instance = '{self.instance}' ORDER BY seq")
        return [int(row[0]) for row in rows]

    def of(self, n):
        return [line for month, line in self.lines if month == n]

    def search(self, *options):
        """Lines found; the words about where."""
        status, out, err = self.ctl("search", "--config", self.world.config, *options)
        assert status in (0, 1), err
        return out.splitlines(), err

    def verify(self, *options):
        status, out, err = self.ctl("verify", self.folder, "--json", "--trust", self.world.sandbox / "trust", *options)
        assert out, err
        return status, json.loads(out)


@pytest.fixture(scope="module")
def journal(country):
    """A world whose service has left: its journal is the test's now."""
    world = make_world(country)
    world.settings = {"journal": {"archive_dir": world.folder / "archive", "keep_months": KEEP}}
    world.start()
    made = Journal(world)
    add_user(world, "aidar")
    add_user(world, "saule", "auditor")
    assert world.shepd.stop() == 0
    for file in (world.folder / "journal").glob("journal-*"):
        file.unlink()
    world.sql("DELETE FROM journal_event")
    world.sql("ALTER TABLE journal_event PARTITION BY RANGE (day) (PARTITION rest VALUES LESS THAN MAXVALUE)")
    yield made
    run(ROOT / "scripts/private-mariadbd", "stop", world.folder / "db", check=False)


def check_month(journal, now):
    """What must hold at any time."""
    folder, archive, table = journal.in_folder(), journal.in_archive(), journal.in_table()
    for n in range(now + 1):
        lines = journal.of(n)
        young = n >= now - KEEP
        assert (folder.get(n) == lines) != (archive.get(n) == lines) or not young, f"month {n} at {now}"
        online = [seq for seq in table if (seq - 1) // LINES == n]
        assert len(online) == len(set(online))
        if n >= now - 3:
            assert len(online) == LINES and folder.get(n) == lines, f"month {n} must be online at {now}"
        if n < now - 3 and n < now:
            assert not online and n not in folder, f"month {n} has left at {now}"
    assert all(n >= now - KEEP for n in archive)


def test_four_years_of_months_pass_and_nothing_is_lost_before_its_time(journal, request):
    every = 6 if request.config.getoption("--short") else 3
    for n in range(YEARS * 12):
        journal.write(n)
        if n % every and n != YEARS * 12 - 1:
            continue
        journal.now_is(n)
        status, out, err = journal.ctl("archive", "--config", journal.world.config)
        assert status == 0, out + err
        check_month(journal, n)
    status, out, err = journal.ctl("archive", "--config", journal.world.config)  # again: nothing is left to do
    assert status == 0 and out == "", out + err


NOW = YEARS * 12 - 1
OLDEST = NOW - KEEP


def day(n, number=15):
    year, month = month_at(n)
    return f"{year}-{month:02}-{number:02}"


def test_search_finds_a_line_of_any_month_once(journal):
    found, where = journal.search("--from", day(OLDEST, 1), "--to", day(NOW, 28))
    assert found == [line for month, line in journal.lines if month >= OLDEST]
    assert f"{NOW - 3 - OLDEST} files of the archive" in where
    for n in (OLDEST, NOW - 4, NOW - 3, NOW):
        found, where = journal.search("--from", day(n, 1), "--to", day(n, 28), "--id", f"m-{n * LINES + 2}")
        assert found == [journal.of(n)[1]]
        assert ("0 files of the archive" in where) == (n >= NOW - 3)
    assert journal.search("--from", day(0, 1), "--to", day(0, 28))[0] == []
    status, out, _ = journal.ctl("search", "--config", journal.world.config, "--from", day(OLDEST, 1), "--to", day(NOW, 28),
                                 "--account", "sender1", "--event", "test.", "--code", "SCSS001", "--level", "Debug",
                                 "--text", "месяц", "--limit", "5", "--json")
    assert status == 0 and [row["account"] for row in json.loads(out)["lines"]] == ["sender1"] * 5
    for option, value in (("--account", "nobody"), ("--event", "test"), ("--code", "SCSE002"), ("--level", "Warning"),
                          ("--text", "нет"), ("--iin", "870101300000"), ("--id", "m-")):
        assert journal.search("--from", day(OLDEST, 1), "--to", day(NOW, 28), option, value)[0] == [], option


def test_a_search_is_on_record_without_an_iin(journal):
    journal.search("--from", day(NOW, 1), "--to", day(NOW, 28), "--iin", "870101300000")
    text = "".join(file.read_text(encoding="utf-8") for file in sorted((journal.folder / "ctl").glob("*.log")))
    last = text.splitlines()[-1]
    assert 'event="journal.searched"' in last and "870101300000" not in text


def test_records_are_for_administrators_alone(journal):
    """req 0.53"""
    for command in (("search",), ("restore", "2023-01")):
        for user in ("saule", "nobody"):
            status, out, err = journal.ctl(*command, "--config", journal.world.config, user=user)
            assert status in (1, 2) and out == "" and err, command
    assert not journal.world.sql("SELECT * FROM journal_restored")


def test_archive_and_folder_are_proven_as_one_chain(journal):
    status, told = journal.verify("--config", journal.world.config)
    assert status == 0 and told["whole"], told
    assert (told["firstSeq"], told["lastSeq"]) == (OLDEST * LINES + 1, (NOW + 1) * LINES)
    assert (told["files"], told["archived"]) == (KEEP + 1, KEEP - 3) and told["sealed"] == KEEP
    status, told = journal.verify("--archive", journal.archive)  # nobody says what was past its time
    assert status == 1 and [flaw["kind"] for flaw in told["flaws"]] == ["linesMissing"]
    file = journal.folder / journal.name(NOW)
    kept = file.read_text(encoding="utf-8")
    file.write_text(kept.replace(f'messageId="m-{(NOW + 1) * LINES}"', 'messageId="m-1"'), encoding="utf-8")  # the last line: nothing follows it
    try:
        status, told = journal.verify("--config", journal.world.config)
        assert status == 1 and {flaw["kind"] for flaw in told["flaws"]} == {"tableDiffers"}, told
        file.write_text("".join(kept.splitlines(keepends=True)[:-1]), encoding="utf-8")
        status, told = journal.verify("--config", journal.world.config)
        assert status == 1 and [flaw["kind"] for flaw in told["flaws"]] == ["linesMissing"], told
    finally:
        file.write_text(kept, encoding="utf-8")


def test_a_month_comes_back_and_goes_again(journal):
    n = NOW - 20
    year, month = month_at(n)
    assert journal.ctl("restore", f"{year}-{month:02}", "--days", "10", "--config", journal.world.config)[0] == 0
    assert [seq for seq in journal.in_table() if (seq - 1) // LINES == n] == [n * LINES + i + 1 for i in range(LINES)]
    assert journal.ctl("restore", f"{year}-{month:02}", "--days", "10", "--config", journal.world.config)[0] == 0
    found, where = journal.search("--from", day(n - 1, 1), "--to", day(n + 1, 28))
    assert found == journal.of(n - 1) + journal.of(n) + journal.of(n + 1) and "2 files of the archive" in where
    assert journal.ctl("archive", "--config", journal.world.config)[0] == 0
    assert (n * LINES + 1) in journal.in_table()
    journal.now_is(NOW, 26)
    assert journal.ctl("archive", "--config", journal.world.config)[0] == 0
    check_month(journal, NOW)
    year, month = month_at(NOW)
    status, _, err = journal.ctl("restore", f"{year}-{month:02}", "--config", journal.world.config)
    assert status == 1 and "was not dropped" in err


def test_what_was_changed_in_the_archive_comes_neither_back_nor_into_a_search(journal):
    n = NOW - 10
    year, month = month_at(n)
    file = journal.archive / journal.instance / f"{year}-{month:02}" / f"{journal.name(n)}.gz"
    kept = file.read_bytes()
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.write("".join(f"{line}\n" for line in journal.of(n)).replace("sender1", "sender2"))
    try:
        status, _, err = journal.ctl("restore", f"{year}-{month:02}", "--config", journal.world.config)
        assert status == 1 and "its seal" in err, err
        status, out, err = journal.ctl("search", "--config", journal.world.config, "--from", day(n, 1), "--to", day(n, 28))
        assert status == 1 and out == "" and "not what was put there" in err
    finally:
        file.write_bytes(kept)
    journal.world.sql("UPDATE journal_restored SET until_at = '2000-01-01'")
    assert journal.ctl("archive", "--config", journal.world.config)[0] == 0
    check_month(journal, NOW)


def test_a_file_without_a_good_seal_stays_and_so_does_its_month(journal):
    journal.write(NOW + 1)
    journal.write(NOW + 2)
    seal = journal.folder / f"{journal.name(NOW - 3)}.sig"
    kept = seal.read_bytes()
    seal.write_bytes((journal.folder / f"{journal.name(NOW - 2)}.sig").read_bytes())
    journal.now_is(NOW + 2)
    status, out, err = journal.ctl("archive", "--config", journal.world.config, "--dry-run")
    assert status == 1 and journal.name(NOW - 3) in err and journal.name(NOW - 2) in out, out + err
    assert (NOW - 2) in journal.in_folder() and (NOW - 2) not in journal.in_archive()
    status, out, err = journal.ctl("archive", "--config", journal.world.config)
    assert status == 1 and "its seal" in err and "stays in the table" in err, err
    assert (NOW - 3) in journal.in_folder() and (NOW - 2) in journal.in_archive()
    assert ((NOW - 3) * LINES + 1) in journal.in_table() and ((NOW - 2) * LINES + 1) in journal.in_table()
    seal.write_bytes(kept)
    status, out, err = journal.ctl("archive", "--config", journal.world.config)
    assert status == 0, out + err
    check_month(journal, NOW + 2)
