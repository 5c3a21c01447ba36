"""Personal data of identity checks: photo, names, telephone and IIN leave nothing behind in any output or in any file of the
database; they lie sealed, under keys that are exchanged, for three years; and whoever gets them is on record."""
import base64
import json
import os
import random
import pathlib
import re
import resource
import signal
import struct
import threading
import zlib

import pytest

import coid
from coid import ask, chunk, get_person_data, payload, verify_photo
from console import Client, add_user
from rsyslog import Rsyslog
from tools import BUILD, ROOT, run, until
from world import envelope, make_world, send_message

ADMINISTRATOR, AUDITOR = "kept.admin", "kept.auditor"
FULL_NAME = "МАРКЕРОВА ҚАНАРЕЙКА ҚЫЗҒАЛДАҚҚЫЗЫ"
CANARY = "CANARY-5e1c7b90"  # in texts that are not sealed: proves that each search finds what is there
EXPORTS = ("evidence", "decisions")  # of shepctl coid: what is asked for by name, and is on record


# ---- what is looked for ----
def noise():
    """A PNG that does not compress: any piece of it is its own."""
    chance, width, height = random.Random(7), 480, 640
    rows = b"".join(b"\0" + chance.randbytes(width) for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b""))


PHOTO = noise()


def base64_forms(raw):
    """What stays of the bytes in base64 at each of its three places, both alphabets."""
    for shift in range(3):
        kept = base64.b64encode(bytes(shift) + raw)[4:-4]
        if len(kept) >= 12:
            yield from {kept, kept.translate(bytes.maketrans(b"+/", b"-_"))}


def forms_of_bytes(raw):
    return {raw, raw.hex().encode(), raw.hex().upper().encode(), *base64_forms(raw)}


def forms_of_text(text):
    encodings = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), json.dumps(text)[1:-1].encode()]
    if not re.search("[ҚҒӘІҢҰҮӨҺқғәіңұүөһ]", text):
        encodings.append(text.encode("cp1251"))
    percent = "".join(f"%{byte:02X}" for byte in text.encode()).encode()
    entities = "".join(f"&#x{ord(letter):X};" for letter in text).encode()
    found = {percent, percent.lower(), entities, "".join(f"&#{ord(letter)};" for letter in text).encode()}
    for encoded in encodings:
        found |= {encoded, *base64_forms(encoded)} | ({encoded.hex().encode(), encoded.hex().upper().encode()}
                                                      if len(encoded) >= 8 else set())
    return found


def pieces_of(photo):
    """Bytes out of its beginning, its middle and its end; no header that other pictures share."""
    return {photo[at:at + 30] for at in (len(photo) // 7, len(photo) // 2, len(photo) - 200)}


def sought_of(words, photos):
    """{form: what it is a form of}"""
    found = {form: word for word in words for form in forms_of_text(word)}
    found |= {form: "a photo" for photo in photos for piece in pieces_of(photo) for form in forms_of_bytes(piece)}
    return found


def hold_clean(outputs, sought):
    """outputs: {name: bytes}"""
    found = {(name, word) for name, data in outputs.items() for form, word in sought.items() if form in data}
    assert not found, sorted(found)


# ---- what is looked through ----
def database_files(world):
    """Every file of the database's folder, the redo log among them, while it runs and when it has ended."""
    own = {"mysql", "sys", "performance_schema"}  # MariaDB's manual and numbers of its own

    def files(when):
        return {f"{when} {file.name}": file.read_bytes() for file in (world.folder / "db/data").rglob("*")
                if file.is_file() and file.parent.name not in own}

    found = files("running")
    run(ROOT / "scripts/private-mariadbd", "stop", world.folder / "db")
    found |= files("ended")
    run(ROOT / "scripts/private-mariadbd", "start", world.folder / "db", "--owner", os.getpid())
    return found


def dump(world):
    done = run("mariadb-dump", "--no-defaults", "-u", "shepd", "-S", world.folder / "db/sock", "--single-transaction", "--hex-blob",
               "--no-tablespaces", "shepd")
    return done.stdout.encode()


def written(world):
    """Files below the world's folder that shepd or shepctl wrote, without the database's and those of the test."""
    aside = {world.folder / "db", world.folder / "sandbox"}
    return {str(file.relative_to(world.folder)): file.read_bytes() for file in sorted(world.folder.rglob("*"))
            if file.is_file() and not any(one in file.parents for one in aside) and file.name not in ("shepd.conf",)
            and file.suffix != ".sock"}


def standard_output(world):
    """What shepd has said there since it said READY."""
    pipe = world.shepd.process.stdout.fileno()
    os.set_blocking(pipe, False)
    try:
        return world.shepd.ready.encode() + os.read(pipe, 1 << 20)
    except BlockingIOError:
        return world.shepd.ready.encode()


def shepctl(world, command, *arguments):
    return run(BUILD / "shepctl", "coid", command, "--config", world.config, *arguments, check=False)


def commands(world):
    """What every command of shepctl coid prints that is no export."""
    listed = re.findall(r"(?m)^  ([a-z]+) ", run(BUILD / "shepctl", "coid", "--help", check=False).stdout)
    arguments = {"usage": ["20200101", "20200102"], "reconcile": [*month()], "news": [], "decide": [coid.new_message(), "rejected",
                                                                                                 "--note", "x"]}
    assert set(listed) == {*arguments, *EXPORTS}, "a command that nobody has thought about"
    arguments["usage"] = [*month()]
    outputs = {}
    for command in sorted(arguments):
        for form in ([], ["--json"]) if command != "decide" else ([],):
            done = shepctl(world, command, *arguments[command], *form)
            outputs[f"shepctl coid {command} {form}"] = (done.stdout + done.stderr).encode()
    return outputs


def month():
    today = coid.datetime.datetime.now(coid.ASTANA).date()
    return today.replace(day=1).isoformat(), (today + coid.datetime.timedelta(days=1)).isoformat()


# ---- what goes wrong ----
FAULTS = {"verifyPhoto": ("404-person", "500-faces", "406-image", "400", "502-html", "bad-jws", "no-jws", "not-json", "truncated-json",
                          "register-then-504", "wrong-type", "cut-body"),
          "getPersonData": ("406-late", "523-gbdfl", "bad-jws", "no-jws", "not-json", "truncated-json", "huge-number", "duplicate-key",
                            "nan", "deep", "cut-body", "empty-body", "wrong-type"),
          "getVerification": ("404-similarity", "truncated-json", "bad-jws")}


def suffer(world, iin, key):
    """Every fault in its operation; the answers' texts, none of which is good."""
    answers = []
    for operation, faults in FAULTS.items():
        for fault in faults:
            question = coid.QUESTIONS[operation]
            asked = [question, "get"] if operation == "verifyPhoto" else [question]
            for one in asked:
                world.centre.fault(one, fault, 100)
            request = {"verifyPhoto": verify_photo(iin, photo=PHOTO), "getVerification": coid.get_verification(key),
                       "getPersonData": get_person_data(key, iin, FULL_NAME, mcdb=True)}[operation]
            told = ask(world, request)
            assert told.code != "SCSS001", (operation, fault)
            answers.append(told.text)
            for one in asked:
                world.centre.clear(one)
    return answers


def mistakes(iin, key):
    """Requests with somebody's data where they do not belong, or that break off among them."""
    photo = base64.b64encode(PHOTO).decode()
    whole = verify_photo(iin, photo=PHOTO)
    return [payload("verifyPhoto", f"<iin>{FULL_NAME}</iin><vendor>{FULL_NAME}</vendor><photo><data>{photo}</data></photo>"),
            payload("verifyPhoto", f"<iin>{iin}</iin><vendor>1</vendor><photo><contentType>{FULL_NAME}</contentType>"
                                   f"<data>{photo}</data></photo>"),
            payload("verifyPhoto", f"<iin>{iin}</iin><vendor>1</vendor><photo><data>{photo[:-40]}</data></photo>"),
            payload("verifyPhoto", f"<iin>{iin}</iin><vendor>1</vendor><photo><data>{photo[:4000]}!{photo[4000:]}</data></photo>"),
            payload("verifyPhoto", f"<iin>{iin}</iin><vendor>99</vendor><photo><data>{photo}</data></photo>"),
            verify_photo(iin, photo=PHOTO + bytes(9 << 20)),
            payload("getPersonData", f"<idempotencyKey>{FULL_NAME}</idempotencyKey>"),
            payload("getPersonData", f"<idempotencyKey>{key}</idempotencyKey><mcdb>{FULL_NAME}</mcdb>"),
            get_person_data(key, "900101400013", FULL_NAME),
            get_person_data(key, iin, FULL_NAME, text=f"{FULL_NAME} согласна"),
            payload("getTransactions", f"<fromDate>{FULL_NAME}</fromDate><toDate>{iin}</toDate>"),
            payload("getAct", f"<year>{FULL_NAME}</year><month>{iin}</month>"),
            whole.replace("verifyPhoto", "verifyPhotos"), whole.replace("urn:shep-adapter:coid:1", "urn:nobody")]


def broken_envelopes(world, iin):
    """(status, body) of envelopes that get a Fault, each with a person in it."""
    def whole():
        return envelope(send_message(f"<data>{verify_photo(iin, photo=PHOTO)}<!-- {FULL_NAME} --></data>",
                                          coid.new_message(), service=coid.SERVICE))
    signed = world.sign(whole())
    broken = [whole().encode(), signed[:len(signed) // 2], signed.replace(b"<iin>9", b"<iin>8"),
              signed.replace(b"</photo>", b"</foto>"), b"<!DOCTYPE x [<!ENTITY y \"" + FULL_NAME.encode() + b"\">]>" + signed,
              f"{FULL_NAME} {iin}".encode() + PHOTO]
    return [world.post(one) for one in broken]


def die_at_work(world, iin):
    """Killed while ЦОИД keeps a comparison waiting; the same message is answered by the next shepd."""
    world.centre.fault("verify", "register-then-hang")
    message, before = coid.new_message(), len(world.events("coid.asked", "operation=verifyPhoto"))
    caller = threading.Thread(target=lambda: ask(world, verify_photo(iin, photo=PHOTO), message=message))
    caller.start()
    until("it is with ЦОИД", lambda: len(world.events("coid.asked", "operation=verifyPhoto")) > before)
    world.shepd.stop(signal.SIGSEGV)
    caller.join(60)
    world.start_shepd()
    again = until("the answer", lambda: (told := ask(world, verify_photo(iin, photo=PHOTO), message=message)).code == "SCSS001"
                  and told, 90)
    assert world.centre.bills["keys"][again.value("idempotencyKey")] == 1


# ---- the worlds ----
@pytest.fixture(scope="module")
def receiver(country):
    one = Rsyslog(country.folder / "personal-syslog", ["tcp"]).start()
    yield one
    one.kill()


@pytest.fixture(scope="module")
def there(country, receiver):
    world = make_world(country, coid=True)
    world.settings = {"syslog": {"transport": "tcp", "address": f"127.0.0.1:{receiver.port('tcp')}"},
                      "coid": {"budget_ms": 6000, "call_ms": 2000, "failures": 64, "failure_window_ms": 100},
                      "limits": {"exchange_ms": 9000, "claim_lease_ms": 9500},
                      "admin": {"max_address_failures": 100000}}
    world.start()
    world.centre.reset()
    add_user(world, ADMINISTRATOR)
    add_user(world, AUDITOR, "auditor")
    yield world
    world.centre.reset()
    assert world.stop() == 0, (world.folder / "shepd.log").read_text()[-3000:]


class Checked:
    """A citizen who was identified, by all eight operations."""

    def __init__(self, world):
        self.iin, self.message = world.centre.people["man"], f"{CANARY}-{coid.new_message()}"
        compared = ask(world, verify_photo(self.iin, photo=PHOTO), message=self.message)
        assert compared.code == "SCSS001", compared.text
        self.key, self.evidence = compared.value("idempotencyKey"), compared.value("proof/evidenceId")
        self.theirs = base64.b64decode(compared.value("photo/data"))
        told = ask(world, get_person_data(self.key, self.iin, FULL_NAME, mcdb=True))
        assert told.code == "SCSS001", told.text
        self.words = {FULL_NAME, self.iin} | {told.value(f"person/{name}") for name in (
            "surname", "patronymic", "engSurname", "mobilephone", "documents/document/number")} - {None, ""}
        assert len(self.words) >= 6, self.words
        for operation in coid.OPERATIONS:
            if operation not in ("verifyPhoto", "getPersonData"):
                other = ask(world, coid.payload_of(operation, self.iin, self.key))
                assert other.code == "SCSS001", other.text
        self.exchange = next(line["exchange"] for line in world.events("exchange.answered") if line["messageId"] == self.message)

    @property
    def sought(self):
        return sought_of(self.words, (PHOTO, self.theirs))


@pytest.fixture(scope="module")
def checked(there):
    return Checked(there)


# ---- nothing is left behind ----
def test_no_output_and_no_column_has_anybody_in_it(there, checked, receiver):
    """req 2.16, C-27: after all eight operations, every refusal, bad answers of ЦОИД and a crash."""
    iin, key = checked.iin, checked.key
    answers = suffer(there, iin, key)
    told = [ask(there, request) for request in mistakes(iin, key)]
    refused = [one.text for one in told if one.code != "SCSS001"]
    assert len(refused) >= 12, [one.code for one in told]
    faults = broken_envelopes(there, iin)
    assert all(b"Fault" in body for _, _, body in faults)
    die_at_work(there, iin)
    Client(there).log_in(ADMINISTRATOR)
    last = there.journal()[-1]
    until("syslog has it", lambda: any(one["id"] == last["id"] for one in receiver.lines()))
    until("the table has it", lambda: there.sql(
        f"SELECT COUNT(*) FROM journal_event WHERE instance = 'sandbox' AND seq = {last['seq']}") == [["1"]])
    outputs = {"errors": "\n".join(answers + refused).encode(), "faults": b"\n".join(body for _, _, body in faults),
               "metrics": there.http("GET", "/metrics", port=there.admin_port, plain=True)[2],
               "ready": there.http("GET", "/health/ready", port=there.admin_port, plain=True)[2],
               "standard output": standard_output(there), "dump": dump(there),
               "syslog": b"".join(file.read_bytes() for file in (receiver.folder / "stored").glob("*")),
               "syslog's receiver": (receiver.folder / "rsyslogd.log").read_bytes(),
               **commands(there), **written(there), **database_files(there)}
    assert any(CANARY.encode() in outputs[name] for name in outputs if name.startswith("journal/"))
    for name in ("dump", "syslog", "running ib_logfile0", "ended coid_call.ibd"):
        assert CANARY.encode() in outputs[name], f"the search finds nothing at all in {name}"
    assert {f"ended coid_{table}.ibd" for table in ("call", "photo", "evidence", "decision", "news", "day")} <= set(outputs)
    hold_clean(outputs, checked.sought)


def test_a_crash_leaves_no_core(own_world):
    """Whoever starts shepd may allow cores: it makes none all the same."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0:
        pytest.skip("SKIP: no process may leave a core here")
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        world = own_world()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    limits = pathlib.Path(f"/proc/{world.shepd.process.pid}/limits").read_text()
    assert re.search(r"(?m)^Max core file size +0 ", limits), limits


def test_the_search_finds_each_form(checked):
    """Else the test before this one proves nothing."""
    padding = random.Random(8).randbytes(600)
    for shift in range(3):
        for content, sought in ((PHOTO, sought_of((), (PHOTO,))), (FULL_NAME.encode(), sought_of((FULL_NAME,), ()))):
            data = padding[:shift] + content + padding
            for form in (data, base64.b64encode(data), base64.urlsafe_b64encode(data), data.hex().encode()):
                with pytest.raises(AssertionError):
                    hold_clean({"it": form}, sought)
    hold_clean({"it": padding}, checked.sought)


# ---- whoever gets them is on record ----
def views(world, account, *events):
    return [line for line in world.journal() if line["account"] == account and line["event"] in events]


@pytest.fixture(scope="module")
def page(there, checked):
    """The path of the exchange's page, once the table has its lines."""
    until("the table has it", lambda: int(there.sql("SELECT COUNT(*) FROM journal_event WHERE event = 'exchange.answered'"
                                                    f" AND message_id = '{checked.message}'")[0][0]) == 1)
    return f"/admin/exchange/{checked.exchange}"


def test_the_console_gives_evidence_as_it_came_and_says_who_took_it(there, checked, page, tmp_path):
    """req 2.16, 0.39: body and signature that verify without us, the certificate, the verdict."""
    admin = Client(there)
    admin.log_in(ADMINISTRATOR)
    listed = admin.get(page).text
    assert checked.key in listed and checked.iin not in listed
    links = dict(re.findall(rf'href="({page}/coid/{checked.evidence}/(\w+))"', listed))
    assert sorted(links.values()) == ["body", "certificate", "jws", "report"], links
    before = len(views(there, ADMINISTRATOR, "personal.viewed"))
    files = {}
    for link, name in sorted(links.items()):
        answer = admin.get(link)
        assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="coid-{name}-{checked.evidence}.bin"'
        files[name] = tmp_path / name
        files[name].write_bytes(answer.body)
    told = json.loads(files["body"].read_bytes())
    assert told["iin"] == checked.iin and told["x_idempotency_key"] == checked.key
    assert base64.b64decode(told["photo"]) == checked.theirs
    assert json.loads(files["report"].read_bytes())["verdict"] == "valid"
    done = there.verify(files["jws"], "--profile", "jws", "--content", files["body"], "--pin", files["certificate"])
    assert done.returncode == 0, done.stdout + done.stderr
    lines = views(there, ADMINISTRATOR, "personal.viewed")[before:]
    asked = next(line for line in there.events("coid.asked", "operation=verifyPhoto") if line["exchange"] == checked.exchange)
    pseudonym = re.search(r" iin=([0-9a-f]{16})", asked["text"]).group(1)
    assert len(lines) == 4
    for line, (link, name) in zip(lines, sorted(links.items())):
        assert (line["ip"], line["level"], line["code"], line["exchange"]) == ("127.0.0.1", "Notifications", "200", checked.exchange)
        assert f"{link}: evidence of ЦОИД, key={checked.key}, {name} of {files[name].stat().st_size} bytes" in line["text"]
        assert f"iin={pseudonym}" in line["text"] and checked.iin not in str(line)


def test_who_gets_no_evidence_in_the_console_is_on_record(there, checked, page):
    """Another role, another exchange's page, what is not there; and nobody is sent to the door without a byte of it."""
    path = f"{page}/coid/{checked.evidence}/body"
    auditor, admin = Client(there), Client(there)
    auditor.log_in(AUDITOR)
    admin.log_in(ADMINISTRATOR)
    other = ask(there, verify_photo(there.centre.people["woman"], photo=PHOTO), message=(message := coid.new_message()))
    assert other.code == "SCSS001", other.text
    until("the table has it", lambda: there.sql(
        f"SELECT COUNT(*) FROM journal_event WHERE event = 'exchange.answered' AND message_id = '{message}'") == [["1"]])
    elsewhere = next(line["exchange"] for line in there.events("exchange.answered") if line["messageId"] == message)
    for client, account, event, status, asked in (
            (auditor, AUDITOR, "access.refused", 403, path),
            (admin, ADMINISTRATOR, "console.failed", 404, f"/admin/exchange/{elsewhere}/coid/{checked.evidence}/body"),
            (admin, ADMINISTRATOR, "console.failed", 404, f"{page}/coid/{coid.new_message()}/body"),
            (admin, ADMINISTRATOR, "console.failed", 404, f"{page}/coid/{checked.evidence}/photo")):
        before = len(views(there, account, event))
        answer = client.get(asked)
        assert answer.status == status and checked.iin.encode() not in answer.body, asked
        (line,) = views(there, account, event)[before:]
        assert asked in line["text"] and (line["code"], line["ip"], line["level"]) == (str(status), "127.0.0.1", "Warning")
    answer = Client(there).get(path)
    assert (answer.status, answer.to, answer.body) == (303, "/admin/login", b"")


def test_an_export_by_shepctl_and_one_that_is_refused_are_on_record(there, checked, tmp_path):
    """Who, what, how it ended; the photo that was sent, byte for byte."""
    done = shepctl(there, "evidence", checked.key, "--out", tmp_path / "out")
    assert done.returncode == 0 and (tmp_path / "out/photo").read_bytes() == PHOTO, done.stderr
    nobody = coid.new_message()
    assert shepctl(there, "evidence", nobody, "--out", tmp_path / "none").returncode == 1
    lines = there.journal("journal/ctl")
    read, refused = [line for line in lines if line["event"].startswith("coid.evidence_")][-2:]
    user = run("id", "-un").stdout.strip()
    assert (read["event"], read["account"]) == ("coid.evidence_read", user) and checked.key in read["text"]
    assert (refused["event"], refused["account"]) == ("coid.evidence_refused", user) and nobody in refused["text"]
    assert checked.iin not in str(lines)


# ---- keys, and the end ----
def names_under(world, table, column):
    return sorted(row[0] for row in world.sql(f"SELECT DISTINCT SUBSTRING({column}, 3, ORD(SUBSTRING({column}, 2, 1))) FROM {table}"))


SEALED = (("coid_photo", "photo"), ("coid_evidence", "body"), ("coid_evidence", "jws"), ("coid_call", "iin"))


def test_keys_are_exchanged_and_old_evidence_opens(own_world, tmp_path):
    """The new key in front seals what comes, the old one opens what is there; without it nothing is guessed or paid again."""
    world = own_world(coid=True)
    keys = world.folder / "content.keys"
    old, fresh = keys.read_text(), "k2 " + base64.b64encode(bytes(range(32))).decode() + "\n"
    iin = world.centre.people["woman"]

    def verified(message):
        told = ask(world, verify_photo(iin, photo=PHOTO), message=message)
        assert told.code == "SCSS001", told.text
        return told.value("idempotencyKey")

    def exchange(text):
        keys.write_text(text)
        world.reload()

    message = coid.new_message()
    before = verified(message)
    exchange(fresh + old)
    after = verified(coid.new_message())
    for table, column in SEALED:
        assert names_under(world, table, column) == ["k1", "k2"], table
    for key in (before, after):
        assert ask(world, coid.get_verification(key)).code == "SCSS001"
        out = tmp_path / key
        assert shepctl(world, "evidence", key, "--out", out).returncode == 0 and (out / "photo").read_bytes() == PHOTO
    billed = world.centre.bills["comparisons"]
    world.sql("DELETE FROM claim")  # the kept answer of the message
    exchange(fresh)
    assert ask(world, coid.get_verification(after)).code == "SCSS001"
    assert ask(world, coid.get_verification(before)).code == "SCSE003"
    assert ask(world, verify_photo(iin, photo=PHOTO), message=message).code == "SCSE003"
    assert shepctl(world, "evidence", before, "--out", tmp_path / "lost").returncode == 2
    assert world.centre.bills["comparisons"] == billed
    exchange(fresh + old)
    assert ask(world, verify_photo(iin, photo=PHOTO), message=message).value("idempotencyKey") == before


def test_three_years_later_nothing_is_left(own_world):
    """And not a day sooner: rows, sealed columns, the dump; the journal stays."""
    world = own_world(coid=True)
    one = Checked(world)
    rows = lambda: {table: int(world.sql(f"SELECT COUNT(*) FROM coid_{table}")[0][0]) for table in ("call", "photo", "evidence", "day")}
    there = rows()
    assert there["call"] == there["photo"] == 1 and there["evidence"] >= 8, there

    def age(days):
        world.sql(f"UPDATE coid_call SET kept_at = NOW(6) - INTERVAL {days} DAY;"
                  f"UPDATE coid_evidence SET kept_at = NOW(6) - INTERVAL {days} DAY;"
                  f"UPDATE coid_day SET changed_at = NOW(6) - INTERVAL {days} DAY;"
                  "INSERT INTO coid_news VALUES (REPEAT('n', 32), '', '', 'old', '', NOW(6), NOW(6) - INTERVAL 1096 DAY)")
        world.restart()  # it sweeps at once; news come last
        until("a sweep", lambda: world.sql("SELECT COUNT(*) FROM coid_news WHERE subject = 'old'") == [["0"]])

    age(1095)
    assert rows() == there and not world.events("coid.deleted", "verification")
    age(1096)
    until("the end", lambda: not any(rows().values()))
    text = dump(world)
    number = one.key.replace("-", "").upper().encode()
    assert not [line[:80] for line in text.splitlines() if b"`coid_" in line and number in line.upper()]
    hold_clean({"dump": text}, one.sought)
    assert world.sql("SELECT COUNT(*) FROM coid_evidence WHERE body <> ''") == [["0"]]
    assert world.told("coid.deleted") and world.events("coid.deleted", "1 verifications with their photos")
    assert any(one.key in line["text"] for line in world.events("coid.key_written"))
    assert ask(world, coid.get_verification(one.key)).error == "verificationUnknown"


def test_a_shorter_time_is_a_sandboxes_alone(own_world):
    world = own_world(coid=True, settings={"coid": {"evidence_keep_days": 1095}})
    text = world.config.read_text()
    broken = world.folder / "broken.conf"
    broken.write_text(re.sub(r"\[sandbox\]\nenabled = yes\nphone_url[^\n]*\n", "", text))
    done = run(BUILD / "shepd", "--check-config", "--config", broken, check=False)
    assert done.returncode != 0 and "evidence_keep_days: at least 1096" in done.stdout + done.stderr, done.stdout + done.stderr
