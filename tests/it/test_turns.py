"""Several signers in turn: each telephone fetches the original documents by the same QR code, in any order; the result
holds what each of them signed, and every signature stands by itself."""
import base64
import html
import re
import threading

import pytest

from telephone import Telephone, document
from tools import at_once, until

TESTOV, ZHUSUPOVA, TEST_BIN = "123456789011", "987654321098", "123456789021"
SECOND = "individual-2"
XML = [document(1, "<order><sum>100</sum></order>"), document(2, "<order><sum>200</sum></order>")]
FILES = [document(1, "первый"), document(2, "второй")]
METHODS = {"XML": (XML, "enveloped"), "CMS_WITH_DATA": (FILES, "cms"), "SIGN_BYTES_ARRAY": (FILES, "bytes")}
BOTH = f"<signer><iin>{TESTOV}</iin><role>individual</role></signer><signer><iin>{ZHUSUPOVA}</iin></signer>"


def create(world, method="CMS_WITH_DATA", signers=BOTH, language="ru", seconds=1800):
    documents, _ = METHODS[method]
    return world.call('<s:createSigningSession xmlns:s="urn:shep-adapter:signing:1"><description>Договор</description>'
                      f"<language>{language}</language><expiresInSeconds>{seconds}</expiresInSeconds>"
                      f"<signMethod>{method}</signMethod><signers>{signers}</signers>"
                      f"<documents>{''.join(documents)}</documents></s:createSigningSession>")


def new_session(world, *args, **kwargs):
    """The answer and a telephone that has fetched."""
    created = create(world, *args, **kwargs)
    assert created.code == "SCSS001", created.text
    return created, Telephone(world, created).scan().fetch()


def status(world, session, *options):
    """(state, signedCount, [whether each signer has signed])"""
    answer = world.ask("getSigningStatus", session, *options)
    signers = re.search(r"<signers>(.*?)</signers>", answer.text, re.DOTALL).group(1)
    return (answer.value("state"), int(answer.value("signedCount")),
            ["<signedAt>" in one for one in re.findall(r"<signer>(.*?)</signer>", signers, re.DOTALL)])


def documents_of(answer):
    return re.findall(r"<document>(.*?)</document>", answer.text, re.DOTALL)


def value_in(text, name):
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found and found.group(1)


def signed_bytes(entry):
    xml = value_in(entry, "documentXml")
    return html.unescape(xml).encode() if xml else base64.b64decode(re.search(r"<file>.*?<data>([^<]+)<", entry, re.DOTALL).group(1))


def check_alone(world, entry, profile, content, folder):
    """One signature of the result by shepctl verify, by itself and by the sealed evidence."""
    signed, original = folder / "signed", folder / "original"
    signed.write_bytes(signed_bytes(entry))
    original.write_text(content)
    more = ["--content", original] if profile == "bytes" else []
    done = world.verify(signed, "--profile", profile, *more, "--evidence", folder / "seal.xml")
    assert done.returncode == 0 and "the evidence's seal: valid" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "reversed"])
@pytest.mark.parametrize("method", METHODS)
def test_two_people_sign_in_any_order_and_every_signature_stands(world, tmp_path, method, reverse):
    created = create(world, method)
    session, qr = created.value("signingSessionId"), created.value("qrText")
    keys = ["individual", SECOND]
    for number, key in enumerate(reversed(keys) if reverse else keys):
        assert status(world, session)[:2] == ("created" if number == 0 else "documents_sent", number)
        phone = world.phone(qr, key=key)
        assert phone.returncode == 0 and "success" in phone.stdout, phone.stdout + phone.stderr
        if number == 0:
            assert status(world, session) == ("documents_sent", 1, [not reverse, reverse])
            assert "sessionNotSigned" in world.ask("getSigningResult", session).text
    assert status(world, session) == ("signed", 2, [True, True])
    answer = world.ask("getSigningResult", session)
    entries = documents_of(answer)
    who = [(value_in(entry, "id"), value_in(entry, "turn"), value_in(entry, "iin")) for entry in entries]
    assert who == [("1", "1", TESTOV), ("1", "2", ZHUSUPOVA), ("2", "1", TESTOV), ("2", "2", ZHUSUPOVA)]
    (tmp_path / "seal.xml").write_bytes(world.seal_of(session)[1])
    contents = ["<order><sum>100</sum></order>", "<order><sum>200</sum></order>"] if method == "XML" else ["первый", "второй"]
    for entry in entries:
        assert value_in(entry, "verdict") == "valid"
        checks = re.findall(r"<name>(\w+)</name>\s*<outcome>(\w+)</outcome>", entry)
        assert ("owner", "ok") in checks and ("role", "ok" if value_in(entry, "turn") == "1" else "skipped") in checks
        check_alone(world, entry, METHODS[method][1], contents[int(value_in(entry, "id")) - 1], tmp_path)
    one = documents_of(world.call('<s:getSigningResult xmlns:s="urn:shep-adapter:signing:1">'
                                  f"<signingSessionId>{session}</signingSessionId><documentId>2</documentId>"
                                  "</s:getSigningResult>"))
    assert [(value_in(entry, "id"), value_in(entry, "turn")) for entry in one] == [("2", "1"), ("2", "2")]


def test_each_gets_the_original_documents(world):
    created, first = new_session(world, "XML")
    assert first.put(first.sign())[0] == 200
    second = Telephone(world, created).scan().fetch()
    assert second.asked == first.asked and "Signature" not in str(second.asked)


def test_the_wrong_person_and_the_wrong_role_are_refused_and_the_right_one_is_not(world):
    _, phone = new_session(world, signers=f"<signer><iin>{ZHUSUPOVA}</iin></signer>"
                                          f"<signer><bin>{TEST_BIN}</bin><role>ceo</role></signer>")
    code, message = phone.put(phone.sign())
    assert code == 403 and message.startswith("Этот документ должно подписать другое"), message
    assert "owner" in world.ask("getSigningStatus", phone.session).value("reason")
    code, message = phone.put(phone.sign(key="legal-entity"))
    assert code == 403 and message.startswith("Для этого документа нужна подпись лица с другими"), message
    assert "role" in world.ask("getSigningStatus", phone.session).value("reason")
    assert phone.put(phone.sign(key="ceo"))[0] == 200
    assert status(world, phone.session) == ("documents_sent", 1, [False, True])
    assert phone.put(phone.sign(key=SECOND))[0] == 200
    assert status(world, phone.session) == ("signed", 2, [True, True])


def test_nobody_signs_twice_and_the_same_put_is_taken_again(world):
    _, phone = new_session(world)
    mine, hers = phone.sign(), phone.sign(key=SECOND)
    assert phone.put(mine)[0] == 200
    reordered = {key: mine[key] for key in reversed(mine)}
    for again in (mine, reordered, b""):
        assert phone.put(again)[0] == 200
    for language, words in (("ru", "Вы уже подписали"), ("kk", "Сіз бұл құжаттарға"), ("en", "You have signed")):
        code, message = phone.put(phone.sign(again=1), language)
        assert code == 409 and message.startswith(words), message
    assert status(world, phone.session)[1] == 1
    assert phone.put(hers)[0] == 200
    for again in (mine, hers, reordered):
        assert phone.put(again)[0] == 200
    assert phone.put(phone.sign(again=1))[0] == 409
    lines = [line["event"] for line in world.journal() if line["signing"] == phone.session and line["event"].startswith("put.")]
    assert lines.count("put.accepted") == 2 and lines.count("put.repeated") == 6 and lines.count("put.refused") == 4


def put_at_once(phone, *bodies):
    return [status for status, _ in at_once(*[lambda body=body: phone.put(body) for body in bodies])]


ANYBODY = "<signer><role>individual</role></signer>" * 2


@pytest.mark.parametrize("signers", [BOTH, ANYBODY], ids=["named", "by role"])
def test_two_at_once_both_count_and_two_of_one_person_end_in_one(world, signers):
    for again in range(5):
        _, phone = new_session(world, signers=signers)
        both = [phone.sign(again=10 + again), phone.sign(key=SECOND, again=10 + again)]
        assert put_at_once(phone, *both) == [200, 200]
        assert status(world, phone.session) == ("signed", 2, [True, True])
        assert len(documents_of(world.ask("getSigningResult", phone.session))) == 4
        _, phone = new_session(world)
        codes = put_at_once(phone, *[phone.sign(again=number) for number in range(3)])
        assert sorted(codes) == [200, 409, 409]
        assert status(world, phone.session) == ("documents_sent", 1, [True, False])


@pytest.mark.parametrize("language, reason", [("ru", "подписали не все"), ("kk", "бәрі бірдей қол қойған жоқ"),
                                              ("en", "Not all whose signatures were expected")])
def test_what_expires_halfway_says_so(world, language, reason):
    _, phone = new_session(world, language=language)
    assert phone.put(phone.sign())[0] == 200
    world.expire(phone.session)
    assert phone.put(phone.sign(key=SECOND))[0] == 403
    assert status(world, phone.session) == ("expired", 1, [True, False])
    assert reason in world.ask("getSigningStatus", phone.session).value("reason")
    assert "sessionNotSigned" in world.ask("getSigningResult", phone.session).text


def test_who_waits_for_news_hears_of_the_first_signature(world):
    _, phone = new_session(world)
    heard = []
    before = len(world.events("exchange.received"))
    waiter = threading.Thread(target=lambda: heard.append(world.ask_for_news(phone.session)))
    waiter.start()
    until("the call to arrive", lambda: len(world.events("exchange.received")) > before)
    assert phone.put(phone.sign())[0] == 200
    waiter.join(15)  # it waits for 20 s when there is no news
    assert heard and heard[0].value("signedCount") == "1", heard


@pytest.mark.parametrize("signers, code, field, limit", [
    (f"<signer><iin>{TESTOV}</iin></signer>" * 2, "duplicateSigner", "signers/signer[2]", "once"),
    ("<signer/>" * 11, "tooManySigners", "signers", "10"),
    (f"<signer/><signer><bin>{TEST_BIN}</bin><role>individual</role></signer>", "fieldInvalid", "signers/signer[2]/role", "no bin"),
    ("<signer/><signer><iin>12345</iin></signer>", "fieldInvalid", "signers/signer[2]/iin", "12 digits"),
], ids=["a duplicate", "too many", "an individual with a BIN", "a short IIN"])
def test_signers_that_cannot_be_are_refused_at_create(world, signers, code, field, limit):
    answer = create(world, signers=signers)
    assert (answer.code, answer.value("code"), answer.value("field"), answer.value("limit")) == ("SCSE002", code, field, limit), answer.text
