"""Revocation without a responder, and without the network (req 0.22, 0.24, 0.25)."""
from tools import until

DEAD = "http://127.0.0.1:1/"


def texts(world, event):
    return " | ".join(line["text"] for line in world.events(event))


CA, ROOT = "ҰЛТТЫҚ", "НЕГІЗГІ"  # in the names of the sandbox's issuing CA and root


def loaded(world, name, part=""):
    """The lines crl.loaded of one issuer whose text holds part."""
    return [line["text"] for line in world.events("crl.loaded", part) if name in line["text"]]


def exchange(world):
    """A request and a telephone, both judged: (session's state, exit status and output of the telephone)."""
    answer = world.create()
    assert answer.code == "SCSS001", answer.text
    phone = world.phone(answer.value("qrText"))
    return world.ask("getSigningStatus", answer.value("signingSessionId")).value("state"), phone


def check_by_lists(world):
    state, phone = exchange(world)
    assert (state, phone.returncode) == ("signed", 0), phone.stdout + phone.stderr
    kinds = {row[0] for row in world.sql("SELECT DISTINCT kind FROM evidence")}
    assert "3" in kinds or "crl" in kinds, kinds  # the lists relied upon are kept
    answer = world.create()
    refused = world.phone(answer.value("qrText"), key="individual-revoked")
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert world.ask("getSigningStatus", answer.value("signingSessionId")).value("state") != "signed"
    return refused


def test_lists_serve_while_the_responder_is_away_and_after_a_restart_without_the_network(own_world):
    """0.24, 0.25: lists come from the addresses in the certificates, answer in the responder's place, and survive."""
    world = own_world(settings={"trust": {"ocsp_url": DEAD}})
    until("the lists", lambda: loaded(world, CA, "from the network"))
    check_by_lists(world)
    assert not loaded(world, CA, "delta no. none"), texts(world, "crl.loaded")
    assert loaded(world, ROOT, "delta no. none, until"), texts(world, "crl.loaded")  # intermediates are judged by it
    assert sorted(file.suffix for file in (world.folder / "crl").iterdir()) == [".base", ".base", ".delta"]
    # a base without its delta, and another authority's list, are said in the journal
    base = f"http://127.0.0.1:{world.authority_port}/crl"
    for file in (world.folder / "crl").iterdir():
        file.rename(world.folder / file.name)
    world.settings["trust"].update({"crl_url": f"{base}/rsa.crl {base}/gost2015.crl", "crl_delta_url": DEAD})
    world.restart()
    until("the delta's refusal", lambda: "delta: " in texts(world, "crl.refused"))
    assert "delta no. none" in until("the base", lambda: loaded(world, CA))[-1]
    # both addresses are about other issuers than the root: its list comes from where its certificates say
    until("the root's list", lambda: len(loaded(world, ROOT, "from the network")) == 2)
    for file in (world.folder / "crl").iterdir():
        file.unlink()
    for file in list(world.folder.glob("*.base")) + list(world.folder.glob("*.delta")):
        file.rename(world.folder / "crl" / file.name)
    # nothing outside answers any more, as far as shepd can tell
    world.settings["trust"].update({"crl_url": DEAD, "crl_delta_url": DEAD})
    world.restart()
    assert loaded(world, CA, "from disk") and loaded(world, ROOT, "from disk"), texts(world, "crl.loaded")
    check_by_lists(world)


def test_neither_responder_nor_list_is_neither_good_nor_revoked(own_world):
    """0.24: what cannot be learnt is said to be so, and a file that was touched is no list."""
    world = own_world(settings={"trust": {"ocsp_url": DEAD}})
    until("the lists", lambda: "from the network" in texts(world, "crl.loaded"))
    world.settings["trust"].update({"crl_url": DEAD, "crl_delta_url": DEAD})
    assert world.shepd.stop() == 0
    for file in (world.folder / "crl").iterdir():
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)
    world.start_shepd()
    answer = world.create()
    assert answer.code == "SCE909" and "revocation" in answer.text, answer.text
    assert "no CRL of the certificate's issuer is here" in answer.text, answer.text
    until("the refusals", lambda: len(world.events("crl.refused")) >= 2)
    # the telephone alone: the request passes by a list that the telephone's certificate has not
    world.settings["trust"] = {"revocation": "off"}
    world.restart()
    qr = world.create().value("qrText")
    world.settings["trust"] = {"ocsp_url": DEAD, "crl_url": DEAD, "crl_delta_url": DEAD, "crl_dir": ""}
    world.restart()
    phone = world.phone(qr)
    assert phone.returncode != 0 and "503" in phone.stdout + phone.stderr, phone.stdout + phone.stderr
