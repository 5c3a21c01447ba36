"""The journal as write-ahead log while everything around it fails: killed, without its database, its disk, its receiver of
syslog. What a caller was told stands in the text journal and in the table, exactly once, in order, under the ids that the
caller knows; and at syslog by the rule of its transport."""
import collections
import copy
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from load import Load
from rsyslog import Rsyslog, first_ones
from test_journal import closed_files, seals, verify
from test_proxy import start_proxy
from tools import ROOT, WAIT_S, free_port, run, until, whole_lines
from world import Second, make_world

RATE = 90_000  # exchanges an hour: 25 a second
SETTINGS = {"journal": {"max_file_bytes": 65536},  # it rotates, and seals, under fire
            "limits": {"exchange_ms": 3000, "claim_lease_ms": 3500}}  # whoever was killed is soon thought dead


# ---- what must hold ----
def raw_lines(world):
    files = sorted((world.folder / "journal").glob("*.log"))
    return [line for file in files for line in whole_lines(file)]


def hold_the_table(world):
    """Every line of the files is in the table once, byte for byte, under its number."""
    own = f"FROM journal_event WHERE instance = '{world.settings.get('instance', {'name': 'sandbox'})['name']}'"
    until("the table to catch up", lambda: world.sql(f"SELECT COUNT(*) {own}") == [[str(len(raw_lines(world)))]])
    raw = raw_lines(world)
    rows = world.sql(f"SELECT seq, SHA2(line, 256) {own} ORDER BY seq")
    assert rows[:len(raw)] == [[str(number), hashlib.sha256(line.encode()).hexdigest()] for number, line in enumerate(raw, 1)]


def by_exchange(lines, event):
    found = collections.defaultdict(list)
    for line in lines:
        if line["event"] == event:
            found[line["exchange"]].append(line)
    return found


def hold_the_answers(worlds, got):
    """Each has its line `received` and, behind it, its line `answered`. Returns the answers that have none: of SCSE003 only."""
    lines = []
    for world in worlds:
        lines += (own := world.journal())
        assert [int(line["seq"]) for line in own] == list(range(1, len(own) + 1))  # no gap, no double
    received, answered = by_exchange(lines, "exchange.received"), by_exchange(lines, "exchange.answered")
    assert all(len(of_one) == 1 for of_one in (*received.values(), *answered.values()))
    nameless = [answer for answer in got if not answer.exchange]  # on a slow machine: Faults, and 503 before anybody read it
    assert {(answer.http, answer.code) for answer in nameless} <= {("503", ""), ("500", "SCE909")}, nameless
    got = [answer for answer in got if answer.exchange]
    assert {answer.code for answer in got} <= {"SCSS001", "SCSE003"}, [a for a in got if a.code not in ("SCSS001", "SCSE003")]
    again = collections.defaultdict(list)  # a kept answer bears the id of its maker, which died, or lost database or disk,
    for (line,) in answered.values():  # before it could say so; the exchange that gave it then says again=MAKER
        if found := re.search(r" again=(\S+)", line["text"]):
            again[found[1]].append(line)
    unsaid = []
    for answer in got:
        asked = received.get(answer.exchange)
        told = answered.get(answer.exchange, []) + (again[answer.exchange] if answer.code == "SCSS001" else [])
        if not told:
            assert answer.code == "SCSE003", f"{answer} is not on record"
            unsaid.append(answer)
            continue
        assert {line["messageId"] for line in told} == {answer.message} and answer.code in {line["code"] for line in told}, told
        if answer.code == "SCSS001":
            assert asked and (again[answer.exchange] or told[0]["signing"] == answer.session), answer
        if asked:
            assert asked[0]["messageId"] == answer.message and int(asked[0]["seq"]) < int(told[0]["seq"])
    return unsaid


def hold_the_sessions(worlds, got):
    """Every message was answered with one session, however often it was sent. What an exchange made that died before it
    answered is nobody's, and only messages that were sent again have it; the journal says whose it is."""
    sessions = {}
    for answer in got:
        if answer.what == "createSigningSession" and answer.code == "SCSS001":
            assert sessions.setdefault(answer.message, answer.session) == answer.session
    rows = {row[0] for row in worlds[0].sql("SELECT LOWER(HEX(id)) FROM signing_session")}
    told = {session.replace("-", "") for session in sessions.values()}
    assert len(told) == len(sessions) and told <= rows
    made = collections.Counter(line["messageId"] for world in worlds for line in world.events("exchange.received"))
    whose = {line["signing"]: line["messageId"] for world in worlds for line in world.events("session.created")}
    assert all(whose[session] == message for message, session in sessions.items())
    unknown = rows - told
    assert all(made[message] > 1 for session, message in whose.items() if session.replace("-", "") in unknown)
    return len(unknown)


def hold(worlds, got):
    """The worlds are instances on one database."""
    assert got
    unsaid = hold_the_answers(worlds, got)
    for world in worlds:
        hold_the_table(world)
    hold_the_sessions(worlds, got)
    return unsaid


def hold_the_proof(world):
    """shepctl journal verify, with every closed file sealed."""
    until("all seals", lambda: len(seals(world)) == len(closed_files(world)))
    status, told = verify(world, "--trust", world.sandbox / "trust")
    assert status == 0 and told["flaws"] == [], told
    assert told["sealed"] == len(closed_files(world)) >= 4
    return told


# ---- kills ----
def kill_loop(world, kills, seed, syslog):
    """kill -9 at random moments while callers send on, each until it has its answer; the receiver of syslog is away for a
    third of the time. What they got."""
    chance, load = random.Random(seed), Load(world, RATE, patient=True, threads=24).start()
    try:
        for round_ in range(kills):
            if round_ % 6 == 2:
                syslog.kill() if round_ % 12 == 2 else syslog.stop()
            if round_ % 6 == 4:
                syslog.start()
            before = load.file.stat().st_size
            until("answers", lambda: load.file.stat().st_size > before)  # pylint: disable=cell-var-from-loop
            gone = len(raw_lines(world)) + chance.randrange(100)
            until("lines", lambda: len(raw_lines(world)) >= gone)  # pylint: disable=cell-var-from-loop
            world.shepd.kill()
            world.start_shepd()
        assert load.stop() == 0, load.complaints
    finally:
        load.kill()
    return load.got()


# ---- somebody's hand in the journal ----
def change_a_byte(folder, files):
    text = files[1].read_text(encoding="utf-8").splitlines(keepends=True)
    text[4] = text[4].replace('level="Informational"', 'level="informational"', 1).replace('source="shepd', 'source="Shepd', 1)
    files[1].write_text("".join(text), encoding="utf-8")
    return files[1].name, {"lineChanged", "lineMalformed", "otherInstance"}, {5, 6}


def remove_a_line(folder, files):
    text = files[1].read_text(encoding="utf-8").splitlines(keepends=True)
    del text[4]
    files[1].write_text("".join(text), encoding="utf-8")
    return files[1].name, {"linesMissing"}, {5}


def insert_a_line(folder, files):
    text = files[1].read_text(encoding="utf-8").splitlines(keepends=True)
    text.insert(4, text[2])
    files[1].write_text("".join(text), encoding="utf-8")
    return files[1].name, {"lineMisplaced"}, {5}


def swap_two_files(folder, files):
    files[1].rename(folder / "aside")
    files[2].rename(files[1])
    (folder / "aside").rename(files[2])
    return files[1].name, {"fileMisplaced"}, {0, 1}


def hold_the_guard(world, tmp_path):
    """A byte changed, a line removed, a line inserted, two files swapped: each is found, and where."""
    for deed in (change_a_byte, remove_a_line, insert_a_line, swap_two_files):
        folder = tmp_path / deed.__name__ / "journal"
        shutil.copytree(world.folder / "journal", folder)
        name, kinds, lines = deed(folder, sorted(folder.glob("*.log")))
        status, told = verify(type("Copy", (), {"folder": folder.parent}), "--trust", world.sandbox / "trust")
        first = told["flaws"][0]
        assert status == 1 and first["kind"] in kinds and first["file"] == name and first["line"] in lines, told["flaws"]
        assert any(flaw["kind"] == "sealWrong" and flaw["file"] == name for flaw in told["flaws"])


def hold_the_syslog(world, syslog):
    """RELP: complete, as it stands in the files, and in order once repeated ids are left out."""
    def look():
        return [message["id"] for message in first_ones(syslog.lines("sandbox"))] == [line["id"] for line in world.journal()]
    until("syslog to be complete", look)
    got = syslog.lines("sandbox")
    assert [int(message["seq"]) for message in first_ones(got)] == list(range(1, len(first_ones(got)) + 1))
    return len(got) - len(first_ones(got))


def fire(make, kills, seed, tmp_path):
    syslog = Rsyslog(tmp_path / "rsyslog").start()
    try:
        world = make(settings={**SETTINGS, "syslog": {"transport": "relp", "address": f"127.0.0.1:{syslog.port('relp')}"}})
        hold_the_fire(world, kills, seed, tmp_path, syslog)
    finally:
        syslog.kill()


def hold_the_fire(world, kills, seed, tmp_path, syslog):
    got = kill_loop(world, kills, seed, syslog)
    assert hold([world], got) == []
    told = hold_the_proof(world)
    repeated = hold_the_syslog(world, syslog)
    starts = len(world.events("service.started"))
    assert starts == kills + 1
    print(f"{kills} kills, {len(got)} answers, {told['lines']} lines in {told['files']} files, "
          f"{len(world.events('journal.recovered'))} torn lines cut; "
          f"rsyslog has all of them, {repeated} twice")
    hold_the_guard(world, tmp_path)


def test_kills_under_load_lose_no_acknowledged_line(own_world, tmp_path):
    """req 0.09, 0.34, 0.41, 0.59, 0.62"""
    fire(own_world, 12, 6, tmp_path)


@pytest.mark.long
def test_two_hundred_kills_under_load_lose_no_acknowledged_line(own_world, tmp_path):
    """req 0.09, 0.34, 0.41, 0.59, 0.62"""
    fire(own_world, int(os.environ.get("SHEP_KILLS", 200)), 7, tmp_path)


# ---- a node ----
BALANCER = """defaults
 mode tcp
 timeout connect 2s
 timeout client 60s
 timeout server 60s
listen nodes
 bind 127.0.0.1:{port}
 option httpchk GET /health/ready
 default-server inter 100ms fastinter 50ms fall 2 rise 1 on-marked-down shutdown-sessions
 retries 3
 option redispatch
"""


@pytest.fixture
def nodes(country):
    """Two instances on one database behind HAProxy, which asks them whether they are ready; (first, second, its URL)."""
    first = make_world(country)
    first.settings = {**SETTINGS}
    first.start()
    second = Second(first)
    second.settings |= SETTINGS
    second.start()
    port = free_port()
    config = first.folder / "nodes.cfg"
    config.write_text(BALANCER.format(port=port) + "".join(
        f" server {name} 127.0.0.1:{world.port} check port {world.admin_port}\n" for name, world in
        (("first", first), ("second", second))))
    proxy = start_proxy(first, "haproxy", ["/usr/sbin/haproxy", "-f", str(config)], port)
    yield first, second, f"https://127.0.0.1:{port}/shep/SyncChannel"
    proxy.stop()
    assert second.stop() == 0
    assert first.stop() == 0


def answers_one(url, world):
    """By a connection of its own: the callers keep theirs, and none of theirs may ever come back to who was away."""
    caller = copy.copy(world)
    caller.port = int(url.split(":")[2].split("/")[0])
    return caller.ask("getSigningStatus", "0193a000-0000-7000-8000-000000000000").code == "SCSE002"


def test_the_loss_of_a_node_under_load_costs_no_caller_its_answer(nodes):
    """req 0.09: whichever of two dies, the other one serves on; whoever was cut off sends again and gets the one answer."""
    first, second, url = nodes
    load = Load(first, RATE, url=url, patient=True, threads=24).start()

    def served_by(node):
        before = len(node.events("exchange.answered"))
        until("answers", lambda: answers_one(url, first) and len(node.events("exchange.answered")) > before + 10)

    try:
        for lost, other in ((first, second), (second, first)):
            served_by(lost)
            lost.shepd.kill()
            served_by(other)
            lost.start_shepd()
        served_by(second)
        assert load.stop() == 0, load.complaints
    finally:
        load.kill()
    assert hold([first, second], load.got()) == []
    repeats = len(load.got()) - len({answer.message for answer in load.got()})
    print(f"{len(load.got())} answers by two nodes, each of which died once; {repeats} of them were asked for again")


# ---- the database ----
def database_pid(world):
    return int((world.folder / "db/pid").read_text())


def refused(load, least):
    return lambda: sum(answer.code == "SCSE003" for answer in load.got()) >= least


def served_again(load):
    begun = len(load.got())
    until("answers again", lambda: sum(answer.code == "SCSS001" for answer in load.got()[begun:]) >= 20, 3 * WAIT_S)


def waiting(world):
    """Exchanges that are under way."""
    return len(world.events("exchange.received")) - len(world.events("exchange.answered"))


def without_the_database(world, away_s):
    """It hangs, then it is killed, under load, and comes back. What callers got."""
    load = Load(world, RATE, patient=True, threads=24).start()
    try:
        served_again(load)
        os.kill(database_pid(world), signal.SIGSTOP)
        until("callers that wait", lambda: waiting(world) >= 12)
        os.kill(database_pid(world), signal.SIGCONT)
        served_again(load)
        run(ROOT / "scripts/private-mariadbd", "kill", world.folder / "db")
        before, gone = sum(answer.code == "SCSE003" for answer in load.got()), time.monotonic()
        until("refusals", lambda: refused(load, before + 50)() and time.monotonic() > gone + away_s, away_s + WAIT_S)
        lag = world.http("GET", "/metrics", port=world.admin_port, plain=True)[2].decode()
        assert re.search(r'shepd_journal_lag_lines\{sink="[^"]+"\} [1-9]', lag)
        run(ROOT / "scripts/private-mariadbd", "start", world.folder / "db", "--owner", os.getpid())
        served_again(load)
        assert load.stop() == 0, load.complaints
    finally:
        load.kill()
    return load.got()


def test_the_database_stopped_and_killed_under_load_loses_no_line(own_world):
    """req 0.09, 0.71: SCSE003 meanwhile, each of them on record; the table catches up by itself."""
    world = own_world(settings=SETTINGS)
    assert hold([world], without_the_database(world, 0)) == []


@pytest.mark.long
def test_the_database_away_for_minutes_under_load_loses_no_line(own_world):
    """req 0.09, 0.71"""
    world = own_world(settings=SETTINGS)
    assert hold([world], without_the_database(world, 100)) == []  # callers have patience for two minutes


# ---- the disk ----
@pytest.fixture
def small_disk(country):
    """A world whose journal has a disk of its own, 6 MiB."""
    world = make_world(country)
    world.settings = {"journal": SETTINGS["journal"]}
    folder = world.folder / "journal"
    folder.mkdir(0o700)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", folder], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        pytest.skip(f"no right to mount a tmpfs: {done.stderr.strip()}")
    try:
        world.start()
        yield world
    finally:
        world.stop()
        subprocess.run(["umount", folder], check=False)


def fill(file):
    """Takes what is left."""
    with open(file, "wb", buffering=0) as ballast:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while ballast.write(bytes(size)):
                    pass
            except OSError:
                continue


def make_read_only(world, flag):
    """The file that is written now takes nothing, as on a disk that went read-only; a remount is refused while one is open."""
    file = sorted((world.folder / "journal").glob("*.log"))[-1]
    if flag == "-i":
        file = make_read_only.file
    make_read_only.file = file
    return subprocess.run(["chattr", flag, file], capture_output=True, text=True, check=False)


def refused_lines(world):
    text = world.http("GET", "/metrics", port=world.admin_port, plain=True)[2].decode()
    return int(float(re.search(r"^shepd_journal_refused_lines_total (\S+)$", text, re.M).group(1)))


def under_a_disk_that_refuses(world, refuse, mend):
    """Callers go on; SCSE003 while it lasts; by itself all is well again, and a line says how many were refused."""
    load = Load(world, RATE, patient=True, threads=24).start()
    try:
        served_again(load)
        session, late = world.create().value("signingSessionId"), []
        waiter = threading.Thread(target=lambda: late.append(world.ask_for_news(session)))
        waiter.start()
        until("a call that waits for news", lambda: [line for line in world.events("exchange.received", session=session)])
        refuse()
        until("refusals", refused(load, 30))
        world.expire(session)  # news, whose answer has no place on the disk
        waiter.join(WAIT_S)
        assert late[0].code == "SCSE003", late[0].text
        answer = world.create()
        assert answer.code == "SCSE003" and "<code>unavailable</code>" in answer.text, answer.text
        status, _, body = world.http("GET", "/health/ready", port=world.admin_port, plain=True)
        assert status == 503 and "journal" in body.decode()
        before = refused_lines(world)
        assert before > 0
        mend()
        served_again(load)
        assert load.stop() == 0, load.complaints
    finally:
        load.kill()
    until("the line about it", lambda: world.events("journal.refused"))
    said = [int(line["text"].split()[0]) for line in world.events("journal.refused")]
    assert sum(said) == refused_lines(world) >= before
    assert {line["level"] for line in world.events("journal.refused")} == {"Alerts"}
    assert world.http("GET", "/health/ready", port=world.admin_port, plain=True)[0] == 200
    unsaid = hold_the_answers([world], load.got())
    hold_the_table(world)
    assert 0 < len(unsaid) <= sum(said)  # an answer without a line is one of those that were counted
    status, told = verify(world, "--trust", world.sandbox / "trust")
    assert [flaw for flaw in told["flaws"] if flaw["kind"] != "sealMissing"] == [], told
    print(f"{len(unsaid)} answers SCSE003 without a line, {sum(said)} lines refused, said by {len(said)} lines")


def test_a_full_disk_refuses_work_and_recovers_by_itself(small_disk):
    """req 0.09, 0.62, 0.71"""
    ballast = small_disk.folder / "journal/ballast"
    under_a_disk_that_refuses(small_disk, lambda: fill(ballast), ballast.unlink)


def test_a_disk_that_turns_read_only_refuses_work_and_recovers_by_itself(own_world):
    """req 0.09, 0.62, 0.71"""
    world = own_world()
    if make_read_only(world, "+i").returncode != 0:
        pytest.skip("no right to make a file immutable")
    assert make_read_only(world, "-i").returncode == 0
    under_a_disk_that_refuses(world, lambda: make_read_only(world, "+i"), lambda: make_read_only(world, "-i"))
