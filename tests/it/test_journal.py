"""The text journal of a running service: its closed files are sealed, and the whole is proven."""
import hashlib
import html
import json
import os
import re
import shutil

import prometheus
from console import Client, add_user
from tools import BUILD, ROOT, run, until


def closed_files(world):
    return sorted((world.folder / "journal").glob("journal-*.log"))[:-1]


def seals(world):
    return sorted((world.folder / "journal").glob("journal-*.log.sig"))


def fill(world, files):
    """Calls of nobody until so many files are closed."""
    while len(closed_files(world)) < files:
        for _ in range(20):
            world.http("GET", "/m/" + "A" * 22 + "/mgovSign")


def verify(world, *options):
    done = run(BUILD / "shepctl", "journal", "verify", world.folder / "journal", "--json", *options, check=False)
    return done.returncode, json.loads(done.stdout)


def test_closed_files_are_sealed_also_after_a_kill_and_the_whole_is_proven(own_world):
    world = own_world(settings={"journal": {"max_file_bytes": 65536}, "http": {"max_wrong_tokens": 100000}})
    trust = ["--trust", world.sandbox / "trust"]
    fill(world, 1)
    until("a seal", lambda: len(seals(world)) >= 1)
    assert all(seal.stat().st_mode & 0o777 == 0o600 for seal in seals(world))
    fill(world, 2)
    world.shepd.kill()
    for seal in seals(world)[1:]:  # as if it had died before
        seal.unlink()
    world.start_shepd()
    until("all seals", lambda: len(seals(world)) == len(closed_files(world)))
    status, told = verify(world, *trust)
    assert status == 0, told
    assert told["sealed"] == len(closed_files(world)) >= 2 and told["lines"] == told["lastSeq"]
    assert len(told["signers"]) == 1
    until("what tells of them", lambda: all(world.events("journal.sealed", file.name) for file in closed_files(world)))
    until("the table", lambda: world.sql("SELECT COUNT(*) FROM journal_event WHERE event = 'journal.sealed'")
          == [[str(len(world.events("journal.sealed")))]])


def test_a_file_that_was_changed_before_its_seal_gets_none_and_an_alert(own_world):
    world = own_world(settings={"journal": {"max_file_bytes": 65536}, "http": {"max_wrong_tokens": 100000}})
    fill(world, 1)
    until("a seal", lambda: seals(world))
    assert world.shepd.stop() == 0
    seals(world)[0].unlink()
    file = closed_files(world)[0]
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if "service.started" in line)
    lines[place] = lines[place].replace("service.started", "service.stopped")
    file.write_text("".join(lines), encoding="utf-8")
    world.start_shepd()
    until("the alert", lambda: world.events("journal.broken", file.name))
    assert seals(world) == [] or file.name not in seals(world)[0].name
    status, told = verify(world, "--trust", world.sandbox / "trust")
    assert status == 1
    assert [flaw["kind"] for flaw in told["flaws"]] == ["lineChanged", "sealMissing"]
    assert told["flaws"][0]["line"] == place + 1 and told["flaws"][0]["file"] == file.name


# ---- the daily proof ----

def proven(world, folder, outcome="journal.verified"):
    """Events of this start about the folder."""
    return [line for line in world.events(outcome, f"folder {folder} is ")]


def proof_number(client, family, folder):
    """family's of a folder, in /metrics."""
    samples = prometheus.read(client.get("/metrics").text)[f"shepd_journal_proof_{family}"].samples
    value, = (value for _, labels, value in samples if labels == {"folder": folder})
    return value


def proof_rows(client):
    """Of the console's page: folder, result, place."""
    page = client.get("/admin/proof").text
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.S)
    cells = [[html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in rows]
    return {row[0]: row[1:] for row in cells if row and row[0] in ("journal", "ctl")}


def test_the_whole_journal_is_proven_after_each_start_and_a_change_is_an_alert_with_its_place(own_world):
    world = own_world(settings={"journal": {"max_file_bytes": 65536, "verify_daily": "yes"},
                                "http": {"max_wrong_tokens": 100000}})
    until("the first proof", lambda: proven(world, "journal"))
    assert " is whole: " in proven(world, "journal")[0]["text"]
    fill(world, 1)
    until("a seal", lambda: seals(world))
    add_user(world, "aidar")  # there is a folder of shepctl's now
    world.restart()
    until("both folders", lambda: len(proven(world, "journal")) == 2 and proven(world, "ctl"))
    assert ", 1 of them sealed" in proven(world, "journal")[1]["text"]
    client = Client(world)
    client.log_in("aidar")
    assert [row[0] for row in proof_rows(client).values()] == ["whole", "whole"]
    assert [proof_number(client, "whole", folder) for folder in ("journal", "ctl")] == [1, 1]
    assert proof_number(client, "timestamp_seconds", "journal") > 1.7e9

    assert world.shepd.stop() == 0
    file = closed_files(world)[0]
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[5] = lines[5].replace('level="', 'level="X', 1)
    file.write_text("".join(lines), encoding="utf-8")
    world.start_shepd()
    alert = until("the alert", lambda: proven(world, "journal", "journal.broken"))[0]
    assert alert["level"] == "Alerts" and file.name in alert["text"] and "line 6" in alert["text"]
    assert len(proven(world, "journal")) == 2  # no third that is whole
    row = proof_rows(client)["journal"]
    assert row[0] == "not whole" and file.name in row[3] and "line 6" in row[3]
    assert [proof_number(client, "whole", folder) for folder in ("journal", "ctl")] == [0, 1]


def table(world):
    """The lines that the table has, in order."""
    return world.sql("SELECT seq, SHA2(line, 256) FROM journal_event WHERE instance = 'sandbox' ORDER BY seq")


def lines(world):
    files = sorted((world.folder / "journal").glob("journal-*.log"))
    raw = [line for file in files for line in file.read_bytes().splitlines()]
    return [[re.match(rb'seq="(\d+)"', line).group(1).decode(), hashlib.sha256(line).hexdigest()] for line in raw]


def test_a_replica_that_lags_takes_over_and_gets_every_line_once(own_world):
    """A failover: another server, which has not all that the first one had, answers at the same address."""
    world = own_world()
    database, daemon = world.folder / "db", ROOT / "scripts/private-mariadbd"
    run(daemon, "stop", database)
    shutil.copytree(database / "data", database / "replica")
    run(daemon, "start", database, "--owner", os.getpid())
    until("the service", lambda: world.create().code == "SCSS001")
    until("the first one's table", lambda: table(world) == lines(world))
    had = len(table(world))
    run(daemon, "kill", database)
    (database / "data").rename(database / "first")
    (database / "replica").rename(database / "data")
    run(daemon, "start", database, "--owner", os.getpid())
    assert len(table(world)) < had
    until("the service", lambda: world.create().code == "SCSS001")
    until("the replica's table", lambda: table(world) == lines(world))
    assert len(table(world)) > had
