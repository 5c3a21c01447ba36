"""Killed, reloaded, without its database: nothing acknowledged is lost."""
import http.client
import os
import re
import random
import shutil
import socket
import threading
import time

import pytest

from telephone import Telephone, document, request, signed_values
from tools import ROOT, WAIT_S, load_json, run, until


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


PAYLOAD = request("CMS_WITH_DATA", [document(1, "первый"), document(2, "второй")])
AWAY = "Сервис временно недоступен"


def check_result(world, session, signed):
    """What was answered 200 is what the result holds: every document once, and valid."""
    result = world.ask("getSigningResult", session)
    assert result.code == "SCSS001", result.text
    for value in signed_values(signed):
        assert result.text.count(f"<data>{value}</data>") == 1
    assert result.text.count("<verdict>valid</verdict>") == len(signed_values(signed))
    rows = world.sql("SELECT COUNT(*) FROM signed_document WHERE session_id = UNHEX('%s')" % session.replace("-", ""))
    assert rows == [[str(len(signed_values(signed)))]]


def kill_and_start(world):
    world.shepd.kill()
    world.start_shepd()


def kill_database(world):
    run(ROOT / "scripts/private-mariadbd", "kill", world.folder / "db")


def start_database(world):
    run(ROOT / "scripts/private-mariadbd", "start", world.folder / "db", "--owner", os.getpid())
    until("readiness", lambda: world.http("GET", "/health/ready", port=world.admin_port, plain=True)[0] == 200)


def test_a_kill_between_every_two_steps_changes_nothing(own_world):
    world = own_world()
    phone, states = Telephone(world, world.call(PAYLOAD)), []

    def killed_after(step):
        done = step()
        kill_and_start(world)
        states.append(world.ask("getSigningStatus", phone.session).value("state"))
        return done

    killed_after(lambda: None)
    killed_after(phone.scan)
    killed_after(phone.fetch)
    signed = phone.sign()
    assert killed_after(lambda: phone.put(signed))[0] == 200
    check_result(world, phone.session, signed)
    kill_and_start(world)
    check_result(world, phone.session, signed)
    assert states == ["created", "scanned", "documents_sent", "signed"]


def put_if_it_lives(phone, signed, answers):
    try:
        answers.append(phone.put(signed)[0])
    except (OSError, http.client.HTTPException):
        answers.append(None)  # no answer: the app shows an error, the citizen tries again


def interrupt_puts(world, rounds, seed, interrupt, mend):
    """PUTs, each interrupted at a random moment of its work; then the telephone tries again. Returns the sessions."""
    chance, took_s, left, sessions = random.Random(seed), 1.0, {"signed": 0, "documents_sent": 0}, []
    for round_ in range(rounds + 1):
        phone, answers = Telephone(world, world.call(PAYLOAD)).scan().fetch(), []
        signed = phone.sign(again=(seed, round_))
        put = threading.Thread(target=put_if_it_lives, args=(phone, signed, answers))
        begun = time.monotonic()
        put.start()
        if round_ == 0:  # nobody disturbs the first one: so long it takes
            put.join(WAIT_S)
            took_s = time.monotonic() - begun
        else:
            put.join(chance.triangular(0, 1.5 * took_s, took_s))  # most of all near its end
            interrupt()
            put.join(WAIT_S)
            mend()
        assert answers[0] in (200, 503, None)
        state = world.ask("getSigningStatus", phone.session).value("state")
        assert state == "signed" if answers[0] == 200 else state in left, (state, answers)
        left[state] += 1
        assert phone.put(signed)[0] == 200
        check_result(world, phone.session, signed)
        sessions.append(phone.session)
    print("after the interruption:", left)
    return sessions


def kill_during_puts(world, rounds, seed):
    sessions = interrupt_puts(world, rounds, seed, lambda: world.shepd.kill(), world.start_shepd)
    lines = world.journal()
    assert [int(line["seq"]) for line in lines] == list(range(1, len(lines) + 1))
    # that the signatures are valid, and whose they are, was on record before they took effect
    verified = {line["signing"] for line in lines if line["event"] == "put.verified" and " iin=" in line["text"]}
    assert set(sessions) <= verified


def test_twenty_kills_during_a_put_lose_no_signature_and_double_none(own_world):
    kill_during_puts(own_world(), 20, seed=4)


@pytest.mark.long
def test_two_hundred_kills_during_a_put_lose_no_signature_and_double_none(own_world):
    kill_during_puts(own_world(), 200, seed=5)


def test_the_database_killed_during_a_put_loses_no_signature_and_doubles_none(own_world):
    world = own_world()
    interrupt_puts(world, 5, 6, lambda: kill_database(world), lambda: start_database(world))


def test_without_the_database_every_step_says_so_and_then_works(own_world):
    """req 0.71, 1.43"""
    world = own_world()
    message = "22222222-3333-4444-8555-666666666666"
    kill_database(world)
    assert world.call(PAYLOAD, "--message-id", message).code == "SCSE003"
    start_database(world)
    created = world.call(PAYLOAD, "--message-id", message)
    phone = Telephone(world, created)

    def step(method, path, do):
        kill_database(world)
        status, _, body = world.http(method, path, b"{}" if method == "PUT" else None, phone.headers())
        assert status == 503 and load_json(body)["message"].startswith(AWAY), body
        assert world.ask("getSigningStatus", phone.session).code == "SCSE003"
        start_database(world)
        return do()

    step("GET", phone.api1, phone.scan)
    step("GET", phone.api2, phone.fetch)
    signed = phone.sign()
    assert step("PUT", phone.api2, lambda: phone.put(signed))[0] == 200
    kill_database(world)
    assert world.ask("getSigningResult", phone.session).code == "SCSE003"
    start_database(world)
    check_result(world, phone.session, signed)
    assert world.call(PAYLOAD, "--message-id", message).value("signingSessionId") == phone.session
    assert world.sql("SELECT COUNT(*) FROM signing_session") == [["1"]]


def test_two_telephones_share_a_session_and_one_signature_counts(own_world):
    """Whoever is first has signed; the other one is told so, in its language."""
    world = own_world()
    created = world.call(request("CMS_SIGN_ONLY", [document(1, "первый")], iin=None))
    mine, hers = Telephone(world, created).scan().fetch(), Telephone(world, created).scan().fetch()
    assert hers.put(hers.asked, "kk")[0] == 403  # a try of hers that fails takes nothing from me
    signed = mine.sign()
    assert mine.put(signed)[0] == 200
    status, message = hers.put(hers.sign(key="individual-2"), "kk")
    assert status == 409 and message.startswith("Осы QR-код бойынша")
    for path in (hers.api1, hers.api2):
        assert world.http("GET", path, headers=hers.headers("en"))[0] == 409
    check_result(world, mine.session, signed)
    assert world.ask("getSigningResult", mine.session).value("iin") == "123456789011"


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


def ready(world):
    status, _, body = world.http("GET", "/health/ready", port=world.admin_port, plain=True)
    return status, body.decode().splitlines()


def test_a_disk_that_refuses_the_journal_is_scse003_and_not_ready_and_recovers_by_itself(own_world):
    """req 0.62: what the disk refused is said by number, with nobody coming by for it."""
    world = own_world()
    session = world.create().value("signingSessionId")
    size = max(file.stat().st_size for file in (world.folder / "journal").glob("*.log"))
    limit = ("prlimit", "--pid", world.shepd.process.pid)
    run(*limit, f"--fsize={size + 10}:")
    answer = world.ask("getSigningStatus", session)
    assert answer.code == "SCSE003", answer.text
    run(ROOT / "scripts/private-mariadbd", "kill", world.folder / "db")
    status, reasons = until("both reasons", lambda: ready(world) if len(ready(world)[1]) == 2 else None)
    assert status == 503 and reasons[1].startswith("the journal's disk refuses: "), reasons
    run(ROOT / "scripts/private-mariadbd", "start", world.folder / "db", "--owner", os.getpid())
    until("one reason", lambda: len(ready(world)[1]) == 1)
    assert not world.events("journal.refused")
    run(*limit, "--fsize=unlimited:")
    said = until("the line", lambda: world.events("journal.refused"))
    metrics = world.http("GET", "/metrics", port=world.admin_port, plain=True)[2].decode()
    refused = re.search(r"^shepd_journal_refused_lines_total (\d+)$", metrics, re.MULTILINE).group(1)
    assert [line["level"] for line in said] == ["Alerts"] and said[0]["text"].startswith(f"{refused} lines were"), said
    until("readiness", lambda: ready(world) == (200, ["ready"]))
    assert world.ask("getSigningStatus", session).value("state") == "created"


def test_a_reload_takes_new_senders_and_a_bad_one_changes_nothing(own_world):
    world = own_world()
    assert world.create(sender="second").code == "SCE006"
    text = world.config.read_text()
    world.config.write_text(text + '[sender "second"]\nsender_id = second\nbin = 123456789021\n'
                            "service_ids = EGOVMOBILE_QR_SIGN_SERVICE\norganisation_ru = ТЕСТ\n")
    world.reload()
    assert world.create(sender="second").code == "SCSS001"
    world.config.write_text(text + "[nonsense]\n")
    world.reload("config.refused")
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
    for _ in range(5):
        world.reload()
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
