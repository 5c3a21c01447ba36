"""shepctl coid against a service that has compared, and a ЦОИД that has billed: reconciliation finds what differs."""
import datetime
import json
import pathlib
import shlex
import ssl
import subprocess
import tempfile
import urllib.request

import pytest

import coid
from coid import ASTANA, OwnCentre, ask
from tools import BUILD, run, until
from world import make_world

FOREIGN = "CD0305201705"  # a key as another system writes it


@pytest.fixture(scope="module")
def world(country):
    centre = OwnCentre(country).start()
    world = make_world(country, coid=True)
    world.centre = centre
    world.start()
    yield world
    assert world.stop() == 0
    assert centre.stop() == 0


def shepctl(world, command, *arguments, check=False):
    return run(BUILD / "shepctl", "coid", command, "--config", world.config, *arguments, check=check)


def period():
    """All of this month, and tomorrow: midnight may come meanwhile."""
    today = datetime.datetime.now(ASTANA).date()
    return today.replace(day=1).isoformat(), (today + datetime.timedelta(days=1)).isoformat()


def reconcile(world):
    """(exit status, {(difference, key): (here, there)}, the whole)."""
    done = shepctl(world, "reconcile", *period(), "--json")
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout)
    return done.returncode, {(d["difference"], d["idempotencyKey"] or d["vendor"]): (d["here"], d["there"])
                             for d in told["differences"]}, told


def compare(world, name, vendor):
    told = ask(world, coid.verify_photo(world.centre.people[name], vendor))
    assert told.code == "SCSS001", told.text
    return told.value("idempotencyKey")


@pytest.fixture(scope="module")
def keys(world):
    """Comparisons that both sides know."""
    return {"man": compare(world, "man", 1), "woman": compare(world, "woman", 3), "low": compare(world, "low", 3),
            "zero": compare(world, "zero", 1), "foreigner": compare(world, "foreigner", 1)}


def test_what_both_sides_have_is_no_difference(world, keys):
    """req 3.06, 3.15: the similarity 0.0 among them (req 3.17), and the act's tariff steps (req 2.25)."""
    billed = world.centre.bills["comparisons"]
    status, differences, told = reconcile(world)
    assert (status, differences) == (0, {})
    assert (told["here"], told["there"], told["open"], told["actsCompared"]) == (len(keys), len(keys), 0, 1)
    assert world.centre.bills["comparisons"] == billed  # it costs nothing


def on_row(world, key, change):
    world.sql(f"UPDATE coid_call SET {change} WHERE idempotency_key = UNHEX(REPLACE('{key}', '-', ''))")


def another_system_compares(world, key):
    """With the certificate of the same contract, past the adapter."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=world.folder))
    run("openssl", "pkcs12", "-legacy", "-in", world.sandbox / "tls/client.p12", "-passin", f"file:{world.sandbox / 'pass'}", "-nodes",
        "-out", folder / "client.pem")
    context = ssl.create_default_context(cafile=str(world.ca))
    context.load_cert_chain(folder / "client.pem")
    request = urllib.request.Request(f"{world.centre.url}/verify?iin={world.centre.people['man']}&vendor=2", method="POST",
                                     data=coid.picture(), headers={"Content-Type": "image/png", "x-idempotency-key": key})
    with urllib.request.urlopen(request, timeout=30, context=context) as answer:
        assert answer.status == 200


def test_each_kind_of_difference_is_found(world, keys):
    another_system_compares(world, FOREIGN)
    on_row(world, keys["man"], "result = '0.5'")
    on_row(world, keys["woman"], "vendor_name = 'VisionLabs'")
    on_row(world, keys["low"], "state = 'asked', result = '', vendor_name = ''")
    lost = keys["zero"]  # under another key here: unknown on both sides
    other = "0" * 8 + lost[8:]
    world.sql("SET foreign_key_checks = 0; UPDATE coid_call SET idempotency_key = "
              f"UNHEX(REPLACE('{other}', '-', '')) WHERE idempotency_key = UNHEX(REPLACE('{lost}', '-', ''))")
    status, differences, told = reconcile(world)
    assert status == 1
    assert differences[("unknownHere", FOREIGN)][0] == ""
    assert differences[("unknownHere", lost)] == ("", "0") and differences[("unknownThere", other)] == ("0", "")
    assert differences[("resultDiffers", keys["man"])][0] == "0.5"
    assert differences[("vendorDiffers", keys["woman"])] == ("VisionLabs", "Verigram")
    assert differences[("stateDiffers", keys["low"])] == ("asked", "0.5")
    assert differences[("countDiffers", "FORENSICS")] == ("0", "1")  # another system's
    assert differences[("countDiffers", "Verigram")] == ("0", "2") and differences[("countDiffers", "VisionLabs")] == ("4", "3")
    assert len(differences) == told["differing"] == 9
    text = shepctl(world, "reconcile", *period())
    assert text.returncode == 1 and FOREIGN in text.stdout and "differing 9" in text.stdout
    table = shepctl(world, "reconcile", *period(), "--csv")
    assert table.stdout.splitlines()[0] == "day,difference,idempotencyKey,vendor,here,there" and len(table.stdout.splitlines()) == 10


def test_it_is_on_record_beside_what_was_asked(world, keys):
    status, differences, _ = reconcile(world)
    lines = world.journal("journal/ctl")
    assert lines[-1]["event"] == "coid.reconciled" and f"{len(differences)} differences" in lines[-1]["text"]
    asked = [line for line in lines if line["event"] == "coid.asked"]
    assert any("getTransactions" in line["text"] for line in asked) and any("getActDetail" in line["text"] for line in asked)
    until("the lines in the table", lambda: int(world.sql(
        "SELECT COUNT(*) FROM journal_event WHERE line LIKE '%coid.reconciled%'")[0][0]) >= 1)
    assert status in (0, 1)


def test_the_service_goes_on_beside_the_commands_journal(world, keys):
    reconcile(world)
    world.restart()
    assert compare(world, "man", 1)


def test_evidence_of_a_real_verification_verifies_by_its_readme(world, keys):
    """req 2.16"""
    key = compare(world, "printed", 1)
    out = world.folder / "evidence"
    shepctl(world, "evidence", key, "--out", out, check=True)
    commands = [line.strip() for line in (out / "README").read_text().splitlines() if line.strip().startswith("shepctl ")]
    assert commands and (out / "photo").read_bytes() == coid.picture()
    for command in commands:
        verified = subprocess.run([str(BUILD / "shepctl"), *shlex.split(command)[1:]], cwd=out, capture_output=True,
                                  text=True, timeout=60, check=False)
        assert verified.returncode == 0, (command, verified.stdout)


def test_what_cannot_be_learnt_is_told_from_what_differs(world, keys):
    world.centre.fault("transactions", "bad-jws", times=1000)
    try:
        done = shepctl(world, "reconcile", *period())
        assert done.returncode == 2 and done.stdout == ""
    finally:
        world.centre.clear("transactions")
