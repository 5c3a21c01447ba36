"""Killed, reloaded, without its database: nothing acknowledged is lost."""
import os
import random
import shutil
import signal
import socket
import threading

import pytest

from conftest import ROOT, WAIT_S, run, until


def kill_loop(world, rounds, seed):
    """Sessions are created while shepd is killed at random moments; every acknowledged one must be there."""
    chance = random.Random(seed)
    acknowledged, stop = [], threading.Event()

    def create_on():
        while not stop.is_set():
            answer = world.create()
            if answer.code == "SCSS001":
                acknowledged.append((answer.value("signingSessionId"), answer.value("qrText")))

    for _ in range(rounds):
        wanted = len(acknowledged) + 1 + chance.randrange(3)
        stop.clear()
        caller = threading.Thread(target=create_on)
        caller.start()
        until("acknowledged sessions", lambda: len(acknowledged) >= wanted)
        world.shepd.kill()
        stop.set()
        caller.join(WAIT_S)
        world.start_shepd()
    return acknowledged


def check_survivors(world, acknowledged):
    for session, qr in acknowledged[:: max(1, len(acknowledged) // 8)]:
        assert world.ask("getSigningStatus", session).value("state") == "created"
        assert world.phone(qr).returncode == 0  # after restart the telephone can finish
        assert world.ask("getSigningStatus", session).value("state") == "signed"
    rows = {row[0] for row in world.sql("SELECT LOWER(HEX(id)) FROM signing_session")}
    assert all(session.replace("-", "") in rows for session, _ in acknowledged)
    lines = world.journal()
    numbers = [int(line["seq"]) for line in lines]
    assert numbers == list(range(1, len(numbers) + 1))  # no gap, no double
    created = {line["signing"] for line in lines if line["event"] == "session.created"}
    assert all(session in created for session, _ in acknowledged)
    until("the table to catch up", lambda: world.sql("SELECT COUNT(*) FROM journal_event")[0][0] == str(len(world.journal())))


def test_twenty_kills_lose_no_acknowledged_session(own_world):
    world = own_world()
    check_survivors(world, kill_loop(world, 20, seed=20))


@pytest.mark.long
def test_two_hundred_kills_lose_no_acknowledged_session(own_world):
    world = own_world()
    check_survivors(world, kill_loop(world, 200, seed=200))


def test_a_kill_between_scan_and_put_lets_the_telephone_finish(own_world):
    world = own_world()
    created = world.create()
    api1 = created.value("qrText").removeprefix("mobileSign:")
    path = api1.split(f":{world.port}")[1]
    assert world.http("GET", path)[0] == 200
    world.shepd.kill()
    world.start_shepd()
    assert world.ask("getSigningStatus", created.value("signingSessionId")).value("state") == "scanned"
    assert world.phone(created.value("qrText")).returncode == 0


def test_the_database_away_is_scse003_and_not_ready_then_all_is_well_again(own_world):
    world = own_world()
    session = world.create().value("signingSessionId")
    run(ROOT / "scripts/private-mariadbd", "kill", world.folder / "db")
    answer = world.ask("getSigningStatus", session)
    assert answer.code == "SCSE003", answer.text  # req 0.71
    assert world.http("GET", "/health/ready", port=world.admin_port, plain=True)[0] == 503
    assert world.http("GET", "/health/live", port=world.admin_port, plain=True)[0] == 200
    run(ROOT / "scripts/private-mariadbd", "start", world.folder / "db", "--owner", os.getpid())
    until("readiness", lambda: world.http("GET", "/health/ready", port=world.admin_port, plain=True)[0] == 200)
    assert world.ask("getSigningStatus", session).value("state") == "created"
    until("the table to catch up", lambda: world.sql("SELECT COUNT(*) FROM journal_event")[0][0] == str(len(world.journal())))


def test_a_reload_takes_new_senders_and_a_bad_one_changes_nothing(own_world):
    world = own_world()
    assert world.create(sender="second").code == "SCE006"
    text = world.config.read_text()
    world.config.write_text(text + '[sender "second"]\nsender_id = second\nbin = 123456789021\n'
                            "service_ids = EGOVMOBILE_QR_SIGN_SERVICE\norganisation_ru = ТЕСТ\n")
    world.shepd.process.send_signal(signal.SIGHUP)
    until("the reload", lambda: any(line["event"] == "config.reloaded" for line in world.journal()))
    assert world.create(sender="second").code == "SCSS001"
    world.config.write_text(text + "[nonsense]\n")
    world.shepd.process.send_signal(signal.SIGHUP)
    until("the refusal", lambda: any(line["event"] == "config.refused" for line in world.journal()))
    assert world.create(sender="second").code == "SCSS001"


@pytest.mark.concurrency
def test_a_reload_under_load_loses_no_request(own_world):
    world = own_world()
    codes, stop = [], threading.Event()

    def create_on():
        while not stop.is_set():
            codes.append(world.create().code)

    caller = threading.Thread(target=create_on)
    caller.start()
    for n in range(5):
        world.shepd.process.send_signal(signal.SIGHUP)
        until("reloads", lambda: sum(line["event"] == "config.reloaded" for line in world.journal()) > n)
        wanted = len(codes) + 2
        until("answers", lambda: len(codes) >= wanted)
    stop.set()
    caller.join(WAIT_S)
    assert set(codes) == {"SCSS001"}


@pytest.mark.concurrency
def test_sigterm_ends_with_zero_and_a_last_line(own_world):
    world = own_world()
    assert world.create().code == "SCSS001"
    assert world.shepd.stop() == 0
    assert world.journal()[-1]["event"] == "service.stopped"
    world.start_shepd()


def test_a_pinned_gateway_speaks_for_its_senders_only(own_world):
    """0.31: through IssuerSerial or its whole certificate, the gateway signs for those that name it."""
    world = own_world()
    assert world.create(key="gateway").code == "SCE006"
    gateway = world.sandbox / "gost2015" / "gateway.pem"
    copy = world.folder / "gateway.pem"
    shutil.copy(gateway, copy)
    world.more = (f'[gateway "g"]\ncertificate_file = {copy}\n[sender "gated"]\nsender_id = gated\ngateways = g\n'
                  "service_ids = EGOVMOBILE_QR_SIGN_SERVICE\nbin = 111111111111\norganisation_ru = ТЕСТ\n")
    world.restart()
    assert world.create(key="gateway", sender="gated").code == "SCSS001"
    assert world.create(key="gateway").code == "SCE006"
    assert world.create(sender="gated").code == "SCE006"


def test_a_responder_that_never_answers_does_not_hold_an_exchange(own_world):
    """0.05: an exchange ends at its deadline, whatever the upstream does."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)  # takes connections, says nothing
        world = own_world(settings={"limits": {"exchange_ms": 1500},
                                    "trust": {"revocation": "ocsp", "ocsp_url": f"http://127.0.0.1:{silent.getsockname()[1]}/"}})
        answer = world.create()
        assert answer.code == "SCE909" and "revocation" in answer.text, answer.text
        assert world.http("GET", "/health/ready", port=world.admin_port, plain=True)[0] == 200
