"""What an auditor looks for in the journal: who asked whom, what was refused, what became of the configuration
(req 0.33, 0.37 to 0.40, 0.60, 0.62)."""
import re
import shutil

from tools import load_json, until
from world import envelope, send_message


def exchange_of(world, session):
    """The exchange in which a session was created."""
    return world.events("exchange.answered", session=session)[0]["exchange"]


def test_what_is_asked_of_other_systems_stands_under_the_exchange_that_wants_it(own_world):
    """req 0.39, 0.40, 0.59"""
    world = own_world()
    created = world.create()
    assert created.code == "SCSS001", created.text
    session = created.value("signingSessionId")
    assert world.phone(created.value("qrText")).returncode == 0
    put = until("the signatures", lambda: world.events("put.accepted", session=session))[0]
    lines = world.journal()
    for exchange, address in ((exchange_of(world, session), "127.0.0.1"), (put["exchange"], "127.0.0.1")):
        story = [line for line in lines if line.get("exchange") == exchange]
        asked = [line for line in story if line["event"] == "upstream.asked"]
        told = [line for line in story if line["event"] == "upstream.told"]
        assert len(asked) == len(told) >= 1, [line["event"] for line in story]
        assert [(line["ip"], line["level"]) for line in asked + told] == [(address, "Informational")] * len(asked + told), story
        assert "purpose=ocsp server=http://127.0.0.1:" in asked[0]["text"]
        assert "/" not in asked[0]["text"].partition("://")[2]
        assert told[0]["code"] == "ok" and "took_ms=" in told[0]["text"]
        assert story.index(asked[0]) < story.index(told[0])
    # lists are nobody's exchange
    crl = [line for line in lines if line["event"] == "upstream.asked" and "purpose=crl" in line["text"]]
    assert crl and all(line["ip"] == "-" and line.get("exchange", "") == "" for line in crl)


def told(world, event, *texts):
    """The line of one event that holds all texts, once it is there."""
    def look():
        return [line for line in world.events(event) if all(text in line["text"] for text in texts)]
    return until(f"{event} {texts}", look)[0]


def test_what_becomes_of_the_configuration_and_its_keys_is_told_also_after_a_stop(own_world):
    """req 0.37"""
    world = own_world()
    told(world, "files.watched", "files and folders from now on")
    password = world.folder / "own.pass"
    shutil.copy(world.folder / "sandbox/pass", password)
    password.chmod(0o600)
    world.settings = {"keys": {"sign_pass_file": password}, "http": {"max_wrong_tokens": 7}}
    world.write_config()
    changed = told(world, "file.changed", str(world.config), "http.max_wrong_tokens: 60 → 7")
    assert f"keys.sign_pass_file: {world.folder}/sandbox/pass → {password}" in changed["text"]
    assert (changed["level"], changed["category"]) == ("Notifications", "INFO")
    reloaded = world.reload()
    assert "http.max_wrong_tokens: 60 → 7" in reloaded["text"]
    assert f"keys.sign_pass_file: {world.folder}/sandbox/pass → {password}" in reloaded["text"]
    told(world, "file.copied", str(password), "keyed=")  # of the sandbox's: it was none of ours until the reload
    password.chmod(0o644)
    assert told(world, "file.changed", str(password), "mode=0600→0644")["level"] == "Warning"
    world.config.write_text(world.config.read_text() + "[htpp]\n")
    told(world, "file.changed", str(world.config), "it would be refused", "there is no section [htpp]")
    assert "there is no section [htpp]" in world.reload("config.refused")["text"]
    assert world.shepd.stop() == 0
    password.unlink()
    (world.folder / "cluster.key").rename(world.folder / "cluster.old")
    shutil.copy(world.folder / "cluster.old", world.folder / "cluster.key")
    shutil.copy(world.folder / "sandbox/pass", password)
    world.start_shepd()
    told(world, "file.changed", str(world.config))
    moved = told(world, "file.moved", str(world.folder / "cluster.old"), f"from={world.folder}/cluster.key")
    assert moved["level"] == "Warning"
    secret = (world.folder / "sandbox/pass").read_text().strip()
    assert not any(secret in line["text"].split() for line in world.journal())
    password.unlink()
    gone = told(world, "file.removed", str(password))
    assert (gone["level"], gone["category"]) == ("Alerts", "ERROR")


# name, what is done, the event, its code, its level
REFUSED = [
    ("an unsigned message", lambda w: w.post(envelope(send_message("<data/>", "m")).encode()),
     "exchange.answered", "SCE007", "Errors"),
    ("another sender's name", lambda w: w.post(w.sign(envelope(send_message("<data/>", "m", sender="nobody")))),
     "exchange.answered", "SCE006", "Errors"),
    ("no XML", lambda w: w.post(b"hello"), "exchange.answered", "SCE001", "Errors"),
    ("an unknown service", lambda w: w.post(w.sign(envelope(send_message("<data/>", "m", service="NONE")))),
     "exchange.answered", "SCE004", "Errors"),
    ("a session that is not there", lambda w: w.ask("getSigningStatus", "019ab2d5-0000-7000-8000-000000000000"),
     "exchange.answered", "SCSE002", "Warning"),
    ("another media type", lambda w: w.post(b"{}", "application/json"), "http.refused", "415", "Warning"),
    ("a path that is not there", lambda w: w.http("GET", "/nothing"), "http.refused", "404", "Warning"),
    ("a file of the contract that is not there", lambda w: w.http("GET", "/wsdl/none.xsd"), "http.refused", "404", "Warning"),
    ("a method that is not taken", lambda w: w.http("DELETE", "/shep/SyncChannel"), "http.refused", "405", "Warning"),
    ("a path of the operators' that is not there", lambda w: w.http("GET", "/nothing", port=w.admin_port, plain=True),
     "http.refused", "404", "Warning"),
    ("a head that is too long", lambda w: w.http("GET", "/", headers={"X": "a" * 20000}), "http.refused", "431", "Warning"),
    ("a telephone's wrong token", lambda w: w.http("GET", "/m/" + "A" * 22 + "/mgovSign"), "token.unknown", "404", "Warning"),
    ("a page's wrong token", lambda w: w.http("GET", "/sign/" + "A" * 22), "http.refused", "404", "Warning"),
    ("documents without their Bearer", lambda w: w.http("GET", telephone_path(w) + "/documents"), "bearer.wrong", "401", "Warning"),
    ("a method that the telephone's API has not", lambda w: w.http("PATCH", telephone_path(w) + "/documents"),
     "call.refused", "405", "Warning"),
    ("documents that are none", lambda w: w.http("PUT", telephone_path(w) + "/documents", b"{", bearer(w)),
     "call.refused", "400", "Warning"),
    ("documents that nobody signed", lambda w: w.http("PUT", telephone_path(w) + "/documents", w.http(
        "GET", telephone_path(w) + "/documents", None, bearer(w))[2], bearer(w)), "put.refused", "403", "Warning"),
]
CATEGORIES = {"Alerts": "ERROR", "Critical": "ERROR", "Errors": "ERROR", "Warning": "WARN", "Notifications": "INFO",
              "Informational": "INFO", "Debug": "DEBUG"}  # C-19


def telephone_path(world):
    if not getattr(world, "told_path", None):
        world.told_path = world.create().value("qrText").split(f":{world.port}")[1].removesuffix("/mgovSign")
    return world.told_path


def bearer(world):
    offer = load_json(world.http("GET", telephone_path(world) + "/mgovSign")[2])
    return {"Authorization": "Bearer " + offer["document"]["auth_token"]}


def test_whatever_is_refused_has_its_line_with_all_fields(world):
    """req 0.38, 0.41 to 0.50, 0.60, 0.62"""
    telephone_path(world)
    bearer(world)
    for name, do, event, code, level in REFUSED:
        before = len(world.journal())
        do(world)
        line = until(f"{name}: {event} {code}", lambda: [
            one for one in world.journal()[before:] if (one["event"], one["code"]) == (event, code)])[-1]
        assert (line["level"], line["category"]) == (level, CATEGORIES[level]), (name, line)
        assert line["ip"] == "127.0.0.1" and line["source"].startswith("shepd/") and line["text"], (name, line)
        assert re.fullmatch(r"\d\d:\d\d:\d{4}", line["date"]) and re.fullmatch(r"\d\d:\d\d:\d\d", line["time"][:8]), (name, line)
        assert line["start"] and line["end"] and line["start"] <= line["end"], (name, line)


def test_every_line_of_a_transaction_has_its_ids_actor_and_times(world):
    """req 0.59, 0.60: what a government system and a citizen did, and when"""
    created = world.create()
    session = created.value("signingSessionId")
    assert world.phone(created.value("qrText")).returncode == 0
    until("the signatures", lambda: world.events("put.accepted", session=session))
    assert world.ask("getSigningResult", session).code == "SCSS001"
    story = [line for line in world.journal() if line["signing"] == session]
    events = [line["event"] for line in story]
    for event in ("session.created", "api1.fetched", "api2.fetched", "put.verified", "put.accepted"):
        assert events.count(event) == 1, events
    for line in story:
        if line["event"] not in ("seal.made", "session.sealed"):  # in the background: nobody's
            assert line["exchange"] and line["ip"] == "127.0.0.1" and line["account"] == "sandbox", line
        assert line["start"] <= line["end"], line
    asked = world.events("exchange.received")
    answered = [line for line in story if line["event"] == "exchange.answered"]
    for line in answered:  # the ids of the request, unchanged in the answer's line
        received, = [one for one in asked if one["exchange"] == line["exchange"]]
        assert (received["messageId"], received["sessionId"]) == (line["messageId"], line["sessionId"])
