"""What an auditor looks for in the journal: who asked whom, what was refused, what became of the configuration
(req 0.33, 0.37 to 0.40, 0.60, 0.62)."""
import shutil

from tools import until


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
