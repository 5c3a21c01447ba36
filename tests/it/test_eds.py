"""authType Eds over real HTTPS: a person signs in with the authentication key to see the documents, and signs them."""
import json
import re
import time

import pytest

from tools import BUILD, ROOT, load_json, run

# req 1.07–1.11: CMS_WITH_DATA, XML, CMS_SIGN_ONLY, SIGN_BYTES_ARRAY, MIX_SIGN
EXAMPLES = ["-eds", "-xml", "-detached", "-bytes", "-mix"]
FAMILIES = ["gost2015", "gost2004", "rsa"]


def create(world, example="-eds", signers=True):
    payload = (ROOT / f"etc/examples/createSigningSession{example}.xml").read_text()
    payload = re.sub(r"<authType>\w+</authType>", "<authType>Eds</authType>", payload)
    if not signers:
        payload = re.sub(r"<signers>.*?</signers>", "", payload, flags=re.S)
    created = world.call(payload)
    assert created.code == "SCSS001", created.text
    return created


def path_of(world, created, name="documents"):
    api1 = created.value("qrText").removeprefix("mobileSign:")
    return api1.split(f":{world.port}")[1].rsplit("/", 1)[0] + "/" + name


def phone(world, created, *options, key="individual", auth="individual-auth", family="gost2015"):
    return world.phone(created.value("qrText"), "--auth-key", world.key(auth, family), *options, key=key,
                       algorithm=family)


def login_xml(world, url, at, auth="individual-auth", family="gost2015"):
    """What the app makes of API №2 and its clock, signed."""
    source, target = world.folder / "login.xml", world.folder / "login-signed.xml"
    source.write_text(f'<?xml version="1.0" encoding="UTF-8"?><login><url>{url}</url><timeStamp>{at}</timeStamp></login>')
    run(BUILD / "shepctl", "sign", "--profile", "enveloped", "--key", world.key(auth, family), "--pass-file",
        world.sandbox / "pass", "--out", target, source)
    return target.read_text()


def post(world, created, xml):
    status, _, body = world.http("POST", path_of(world, created), json.dumps({"xml": xml}).encode(),
                                 {"Content-Type": "application/json", "Accept-Language": "en"})
    return status, load_json(body)


def offer_of(world, created):
    return load_json(world.http("GET", path_of(world, created, "mgovSign"))[2])["document"]


def now(offset=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("family", FAMILIES)
def test_who_signs_in_sees_the_documents_and_signs_them(world, example, family):
    created = create(world, example)
    assert offer_of(world, created)["auth_type"] == "Eds"  # req 1.16
    done = phone(world, created, family=family)  # req 1.19, 1.22, 1.23
    assert done.returncode == 0 and "success" in done.stdout, done.stdout + done.stderr
    result = world.ask("getSigningResult", created.value("signingSessionId"))
    assert result.code == "SCSS001" and result.value("verdict") == "valid", result.text
    accepted, = world.events("login.accepted", session=created.value("signingSessionId"))  # req 0.36
    assert re.search(r" iin=[0-9a-f]{16}$", accepted["text"]) and accepted["level"] == "Informational"
    assert [row[0] for row in world.sql(
        "SELECT iin FROM signing_login l JOIN signing_session s ON s.id = l.session_id WHERE"
        f" s.id = UNHEX(REPLACE('{created.value('signingSessionId')}', '-', ''))")] == ["123456789011"]


def test_without_a_login_there_is_nothing_to_see(world):
    created = create(world)
    for method, body in (("GET", None), ("PUT", b"{}")):
        status, _, answer = world.http(method, path_of(world, created), body, {"Accept-Language": "en"})
        assert status == 401 and "sign in with your key first" in load_json(answer)["message"]
    assert len(world.events("login.missing", session=created.value("signingSessionId"))) == 2


def test_a_login_counts_once(world):
    created = create(world)
    xml = login_xml(world, offer_of(world, created)["uri"], now())
    assert post(world, created, xml)[0] == 200
    for again in (xml, xml.replace("<ds:KeyInfo>", "<ds:KeyInfo>\n")):
        status, answer = post(world, created, again)
        assert status == 401 and "was used before" in answer["message"]
    refused = world.events("login.refused", session=created.value("signingSessionId"))
    assert len(refused) == 2 and all(line["text"].startswith("replay: this login was accepted") for line in refused)
    status = world.ask("getSigningStatus", created.value("signingSessionId"))
    assert status.value("reason") == "login: replay: this login was accepted before", status.text


@pytest.mark.parametrize("offset", [-3600, 3600])
def test_a_login_of_another_time_is_refused(world, offset):
    created = create(world)
    status, answer = post(world, created, login_xml(world, offer_of(world, created)["uri"], now(offset)))
    assert status == 401 and "telephone's time" in answer["message"]
    assert world.events("login.refused", session=created.value("signingSessionId"))[0]["text"].startswith("timeStamp: ")


def test_a_login_for_another_session_is_refused(world):
    created, other = create(world), create(world)
    status, answer = post(world, created, login_xml(world, offer_of(world, other)["uri"], now()))
    assert status == 401 and "another QR code" in answer["message"]
    assert post(world, created, login_xml(world, offer_of(world, created)["uri"], now()))[0] == 200


@pytest.mark.parametrize("auth, words", [("individual", "cannot sign in with this key"),
                                         ("individual-auth-revoked", "has been revoked"),
                                         ("individual-auth-expired", "has expired")])
def test_a_login_with_a_wrong_key_is_refused(world, auth, words):
    created = create(world)
    status, answer = post(world, created, login_xml(world, offer_of(world, created)["uri"], now(), auth))
    assert status == 401 and words in answer["message"]


def test_who_is_not_expected_is_refused_at_the_door(world):
    created = create(world)
    done = phone(world, created, auth="individual-2-auth", key="individual-2")
    assert done.returncode == 2 and "401" in done.stderr, done.stdout + done.stderr


def test_another_signer_than_who_signed_in_is_refused(world):
    created = create(world, signers=False)
    done = phone(world, created, key="individual-2")
    assert done.returncode == 1 and "403" in done.stdout, done.stdout + done.stderr
    status = world.ask("getSigningStatus", created.value("signingSessionId"))
    assert status.value("state") == "documents_sent"
    assert status.value("reason") == "owner: signed by another person than who logged in"
    assert phone(world, created, key="individual-2", auth="individual-2-auth").returncode == 0


def test_the_sandboxs_telephone_may_refuse_after_signing_in(world):
    created = create(world)
    assert phone(world, created, "--refuse").returncode == 0
    assert world.ask("getSigningStatus", created.value("signingSessionId")).value("state") == "failed"


def test_no_login_leaves_a_secret_in_journal_or_log(world):
    created = create(world)
    uri = offer_of(world, created)["uri"]
    post(world, created, login_xml(world, uri.replace("documents", "mgovSign"), now()))
    post(world, created, login_xml(world, uri, now(), "individual-2-auth"))
    texts = [file.read_text() for file in (world.folder / "journal").glob("*.log")]
    texts.append((world.folder / "shepd.log").read_text())
    for text in texts:
        assert "987654321098" not in text and uri.split("/")[-2] not in text  # C-27
