"""What lies in the database of citizens' documents, and for how long: sealed, wiped, judged again, deleted."""
import base64
import html
import re

import pytest

import prometheus
from telephone import telephone
from tools import BUILD, ROOT, at_once, run, until
from world import Second

MARKER = "МАРКЕР-ДОКУМЕНТА-7f3a9c51"
CANARY = "CANARY-7f3a9c51"  # in a text that is not sealed: proves that the search finds what is there
DOCUMENT = f"Договор аренды № 1\n{MARKER}\n"
XML = f"<application><text>{MARKER}</text></application>"


def payload(example):
    text = (ROOT / "etc/examples" / example).read_text()
    text = re.sub(r"<data>[^<]*</data>", f"<data>{base64.b64encode(DOCUMENT.encode()).decode()}</data>", text)
    text = re.sub(r"<documentXml>[^<]*</documentXml>", f"<documentXml>{html.escape(XML, quote=False)}</documentXml>", text)
    return re.sub(r"<description>[^<]*<", f"<description>{CANARY}<", text)


def sign(world, example):
    """A session that is signed and sealed; (id, the whole signed document, the seal)."""
    created = world.call(payload(example))
    assert created.code == "SCSS001", created.text
    phone = world.phone(created.value("qrText"))
    assert phone.returncode == 0, phone.stdout + phone.stderr
    session = created.value("signingSessionId")
    seal = world.seal_of(session)[1]
    return session, signed_of(world.ask("getSigningResult", session)), seal


def signed_of(result):
    assert result.code == "SCSS001", result.text
    if result.value("documentXml"):
        return html.unescape(result.value("documentXml")).encode()
    return base64.b64decode(result.value("data"))


def age(world, days):
    """Every session ended so long ago."""
    world.sql(f"UPDATE signing_session SET ended_at = NOW(6) - INTERVAL {days} DAY")


def wiped(world):
    return int(world.sql("SELECT COUNT(*) FROM signing_session WHERE wiped_at IS NOT NULL")[0][0])


def forms_of(text):
    """The bytes of a text, and what base64 makes of them at each of its three places."""
    raw = text.encode()
    yield raw
    for shift in range(3):
        yield base64.b64encode(bytes(shift) + raw)[4:-4]


def in_the_database(world, text):
    """Files of the data folder, the redo log among them, that hold the text."""
    files = [file for file in (world.folder / "db/data").rglob("*") if file.is_file()]
    return sorted({file.name for file in files for form in forms_of(text) if form in file.read_bytes()})


@pytest.mark.parametrize("example, document", [("createSigningSession.xml", DOCUMENT), ("createSigningSession-xml.xml", XML),
                                               ("createSigningSession-detached.xml", DOCUMENT)])
def test_a_wiped_document_leaves_a_signature_that_is_judged_when_it_is_brought(own_world, tmp_path, example, document):
    world = own_world()
    session, whole, seal = sign(world, example)
    assert in_the_database(world, CANARY), "the search finds nothing at all"
    assert in_the_database(world, MARKER) == []  # nor in kept answers
    age(world, 30)
    until("the wipe", lambda: wiped(world) == 1)
    assert world.sql("SELECT content, LENGTH(content_sha256), content_bytes FROM signing_document") == [
        ["", "32", str(len(document.encode()))]]
    result = world.ask("getSigningResult", session)
    left = signed_of(result)
    assert result.value("contentWipedAt") and result.value("verdict") == "valid"
    assert MARKER.encode() not in left and len(left) <= len(whole)
    assert in_the_database(world, MARKER) == []
    events = world.told("session.wiped")
    assert [line["signing"] for line in events] == [session] and "1 signatures stay" in events[0]["text"]
    # at the desk, years later
    files = {name: tmp_path / name for name in ("signature", "document", "other", "seal")}
    files["signature"].write_bytes(left)
    files["document"].write_text(document)
    files["other"].write_text(document.replace("7f3", "7f4"))
    files["seal"].write_bytes(seal)
    years_later = ["--time", "2040-01-01T00:00:00Z"]
    done = world.verify(files["signature"], "--content", files["document"])
    assert done.returncode == 0, done.stdout
    done = world.verify(files["signature"], "--content", files["document"], "--evidence", files["seal"], *years_later)
    assert done.returncode == 0 and "the evidence's seal: valid" in done.stdout, done.stdout
    assert re.search(r"✓ revocation +.* good ", done.stdout), done.stdout
    done = world.verify(files["signature"], "--content", files["other"])
    assert done.returncode == 1 and "because digest" in done.stdout, done.stdout
    done = world.verify(files["signature"], "--content", files["other"], "--evidence", files["seal"], *years_later)
    assert done.returncode == 1, done.stdout
    assert world.verify(files["signature"]).returncode != 0


def test_evidence_of_the_document_is_not_evidence_of_another_signer(own_world, tmp_path):
    world = own_world()
    session, whole, seal = sign(world, "createSigningSession-xml.xml")
    content, other, evidence = (tmp_path / name for name in ("content", "other", "seal"))
    content.write_text(XML)
    evidence.write_bytes(seal)
    run(BUILD / "shepctl", "sign", "--profile", "enveloped", "--key", world.key("ceo"), "--pass-file", world.sandbox / "pass",
        "--out", other, content)
    signature = re.search(rb"<ds:Signature.*</ds:Signature>", other.read_bytes(), re.DOTALL).group()
    other.write_bytes(signature)
    assert world.verify(other, "--content", content).returncode == 0
    done = world.verify(other, "--content", content, "--evidence", evidence, "--revocation", "off")
    assert done.returncode == 1 and "not of this signer" in done.stdout, done.stdout


def test_the_telephone_and_the_rest_are_answered_as_before(own_world):
    world = own_world()
    created = world.call(payload("createSigningSession.xml"))
    qr, session = created.value("qrText"), created.value("signingSessionId")
    assert world.phone(qr).returncode == 0
    world.seal_of(session)
    age(world, 31)
    until("the wipe", lambda: wiped(world) == 1)
    path = qr.split(f":{world.port}")[1]
    token = path.split("/mgovSign")[0]
    assert world.http("GET", path)[0] in (403, 409)
    assert world.http("GET", f"{token}/documents")[0] in (401, 403, 409)
    assert world.ask("getSigningStatus", session).value("state") == "signed"
    assert world.ask("cancelSigningSession", session).code == "SCSE002"
    assert world.phone(qr).returncode != 0


def test_a_put_that_comes_again_after_the_wipe_is_taken_again(own_world):
    world = own_world()
    phone = telephone(world, payload("createSigningSession.xml"))
    mine = phone.sign()
    assert phone.put(mine)[0] == 200
    world.seal_of(phone.session)
    age(world, 31)
    until("the wipe", lambda: wiped(world) == 1)
    for again in (mine, b""):
        assert phone.put(again)[0] == 200
    assert phone.put(phone.sign(again=1))[0] == 409
    assert signed_of(world.ask("getSigningResult", phone.session))
    events = [line["event"] for line in world.journal() if line["signing"] == phone.session and line["event"].startswith("put.")]
    assert events.count("put.accepted") == 1 and events.count("put.repeated") == 2


@pytest.mark.concurrency
def test_two_adapters_wipe_and_delete_each_session_once(own_world):
    world = own_world(settings={"signing": {"seal_tsp_url": ""}})
    second = Second(world)
    second.settings["signing"] = {"seal_tsp_url": ""}
    sessions = []
    for _ in range(4):
        created = world.call(payload("createSigningSession.xml"))
        sessions.append(created.value("signingSessionId"))
        assert world.phone(created.value("qrText")).returncode == 0
    until("the seals", lambda: world.sql("SELECT COUNT(*) FROM evidence_seal WHERE seal IS NOT NULL") == [["4"]])
    second.start()
    try:
        age(world, 31)
        until("the wipe", lambda: wiped(world) == 4)
        lines = lambda event: world.events(event) + second.events(event)
        until("the journals", lambda: len(lines("session.wiped")) >= 4)
        assert sorted(line["signing"] for line in lines("session.wiped")) == sorted(sessions)
        assert world.shepd.stop() == second.stop() == 0
        age(world, 1096)
        at_once(world.start_shepd, second.start_shepd)  # a sweep of each, at the same time
        tables = ("signing_session", "signing_document", "signed_document", "evidence", "evidence_seal")
        until("the end", lambda: all(world.sql(f"SELECT COUNT(*) FROM {table}") == [["0"]] for table in tables))
        deleted = lambda: sum(int(line["text"].split()[0]) for line in lines("sessions.deleted"))
        until("the journals", lambda: deleted() >= 4)
        assert deleted() == 4
        assert world.ask("getSigningResult", sessions[0]).code == "SCSE002"
    finally:
        assert second.stop() == 0


def late(world):
    families = prometheus.read(world.http("GET", "/metrics", port=world.admin_port, plain=True)[2].decode())
    return {labels["work"]: value for _, labels, value in families["shepd_late_sessions"].samples}


def test_what_cannot_be_wiped_is_told_of_and_counted(own_world):
    world = own_world()
    session = sign(world, "createSigningSession.xml")[0]
    until("the numbers", lambda: late(world) == {"seal": 0, "wipe": 0})
    world.sql("UPDATE signed_document SET content = 'torn'")
    age(world, 31)
    told = lambda: world.events("session.wipe_failed")
    until("the line", told)
    assert [(line["signing"], line["level"]) for line in told()] == [(session, "Warning")]
    world.restart()  # which counts at once
    until("the numbers", lambda: late(world) == {"seal": 0, "wipe": 1})
    assert len(told()) == 1 and wiped(world) == 0


def test_keys_are_rotated_without_a_pause_and_their_loss_is_told(own_world):
    """A new key in front seals what comes; the old ones read what is there, until their line is taken out."""
    world = own_world()
    keys = world.folder / "content.keys"
    old = keys.read_text()
    session, whole, _ = sign(world, "createSigningSession.xml")

    def reload(text, event):
        keys.write_text(text)
        world.reload(event)

    fresh = "k2 " + base64.b64encode(bytes(range(32))).decode() + "\n"
    reload(fresh + "broken\n", "config.refused")
    reload(fresh + old, "config.reloaded")
    assert signed_of(world.ask("getSigningResult", session)) == whole
    second, other, _ = sign(world, "createSigningSession.xml")
    names = world.sql("SELECT DISTINCT SUBSTRING(content, 3, ORD(SUBSTRING(content, 2, 1))) FROM signing_document ORDER BY 1")
    assert names == [["k1"], ["k2"]]
    reload(fresh, "config.reloaded")
    assert signed_of(world.ask("getSigningResult", second)) == other
    assert world.ask("getSigningResult", session).code == "SCSE003"
    reload(fresh + old, "config.reloaded")
    assert signed_of(world.ask("getSigningResult", session)) == whole


def test_no_keys_no_service(own_world):
    """A file that others may read is refused at start, by name."""
    world = own_world()
    world.shepd.stop()
    (world.folder / "content.keys").chmod(0o644)
    done = run(BUILD / "shepd", "--config", world.config, check=False)
    assert done.returncode != 0 and "content.keys: its mode is 644" in done.stdout + done.stderr
    (world.folder / "content.keys").chmod(0o600)
    world.start_shepd()
