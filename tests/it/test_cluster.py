"""Two adapters on one database with one cluster key are one service: whichever is asked, and whoever dies."""
import shutil
import subprocess
import tempfile
import threading

import pytest

from telephone import Telephone, document, request
from tools import at_once, run, until
from world import Second, World

pytestmark = pytest.mark.concurrency
PAYLOAD = request("CMS_WITH_DATA", [document(1, "первый"), document(2, "второй")])


@pytest.fixture(scope="module")
def pair(country):
    first = World(tempfile.mkdtemp(prefix="w", dir=country.folder), country).start()
    second = Second(first).start()
    yield first, second
    assert second.stop() == 0
    assert first.stop() == 0


def read_qr(png, folder):
    file = folder / "qr.png"
    file.write_bytes(png)
    done = run("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", file)
    return done.stdout.strip()


def values(answer):
    """The signed documents of a result, in order."""
    return [part.split("</data>")[0] for part in answer.text.split("<data>")[1:]]


def test_a_session_is_served_half_by_one_and_half_by_the_other(pair, tmp_path):
    first, second = pair
    created = first.create()
    session, qr = created.value("signingSessionId"), created.value("qrText")
    page = created.value("pageUrl").split(f":{first.port}")[1]
    if shutil.which("zbarimg"):
        assert read_qr(second.http("GET", page + "/qr.png")[2], tmp_path) == qr
    assert second.http("GET", page + "/qr.png")[2] == first.http("GET", page + "/qr.png")[2]
    phone = Telephone(second, created).scan().fetch()  # the Bearer was never stored: derived anew
    assert first.ask("getSigningStatus", session).value("state") == "documents_sent"
    signed = phone.sign()
    phone.world = first
    assert phone.put(signed)[0] == 200
    here, there = (world.ask("getSigningResult", session) for world in pair)
    assert there.code == "SCSS001" and values(here)[0] == values(there)[0] != ""
    phone.world = second
    assert phone.put(signed)[0] == 200  # the same again, elsewhere


def test_a_message_is_answered_once_whichever_adapter_gets_it_again(pair):
    first, second = pair
    message = "11111111-2222-4333-8444-555555555555"
    here, there = first.create("--message-id", message), second.create("--message-id", message)
    assert here.code == there.code == "SCSS001"
    assert here.value("signingSessionId") == there.value("signingSessionId")


def test_who_waits_at_one_sees_what_happens_at_the_other(pair):
    first, second = pair
    created = first.create()
    phone = Telephone(first, created)
    for step, state in [(phone.scan, "scanned"), (phone.fetch, "documents_sent"),
                        (lambda: first.ask("cancelSigningSession", phone.session), "cancelled")]:
        before = len(second.events("exchange.received"))
        answers = []
        waiter = threading.Thread(target=lambda: answers.append(second.ask_for_news(phone.session)))
        waiter.start()
        until("the call to arrive", lambda: len(second.events("exchange.received")) > before)
        step()
        waiter.join(60)
        assert answers[0].value("state") == state, answers[0].text


def test_the_same_put_at_both_is_one_signing(pair):
    first, second = pair
    for _ in range(5):
        created = first.call(PAYLOAD)
        here, there = Telephone(first, created).scan().fetch(), Telephone(second, created).scan().fetch()
        signed = here.sign()
        answers = at_once(*[lambda phone=phone: phone.put(signed) for phone in (here, there) * 2])
        assert [status for status, _ in answers] == [200] * 4
        rows = first.sql("SELECT COUNT(*) FROM signed_document WHERE session_id = UNHEX('%s')" % here.session.replace("-", ""))
        assert rows == [["2"]]
        accepted = [line for world in pair for line in world.events("put.accepted", session=here.session)]
        assert len(accepted) == 1


def test_of_two_valid_puts_at_once_one_is_taken_and_the_other_told_so(pair):
    """Two telephones of one person, each with its own valid signature of the same documents."""
    first, second = pair
    for round_ in range(6):
        created = first.call(PAYLOAD)
        here, there = Telephone(first, created).scan().fetch(), Telephone(second, created).scan().fetch()
        mine, other = here.sign(), there.sign(again=round_ + 10)
        assert mine != other
        answers = at_once(lambda: here.put(mine), lambda: there.put(other))
        assert sorted(status for status, _ in answers) == [200, 409], answers
        place = [status for status, _ in answers].index(200)
        kept = values(second.ask("getSigningResult", here.session))
        assert kept[0] == (mine, other)[place]["documentsToSign"][0]["document"]["file"]["data"]
        for phone in (here, there):  # from now on it is clear to everybody
            assert phone.put((mine, other)[place])[0] == 200
            assert phone.put((other, mine)[place])[0] == 409


def test_cancel_and_put_at_once_end_in_one_of_the_two(pair):
    first, second = pair
    for _ in range(6):
        created = first.call(PAYLOAD)
        phone = Telephone(second, created).scan().fetch()
        signed = phone.sign()
        (status, _), cancelled = at_once(lambda: phone.put(signed), lambda: first.ask("cancelSigningSession", phone.session))
        state = first.ask("getSigningStatus", phone.session).value("state")
        if status == 200:
            assert state == "signed" and "sessionFinal" in cancelled.text
        else:
            assert status == 409 and state == "cancelled" == cancelled.value("state")


def test_both_sweepers_at_once_end_every_overdue_session_once(country):
    first = World(tempfile.mkdtemp(prefix="w", dir=country.folder), country).start()
    second = Second(first)
    second.write_config()
    created = [first.create().value("signingSessionId") for _ in range(2)]
    first.shepd.stop()
    columns = "sender_id, reason, description, language, method, auth, back_url, org_name_ru, org_name_kz, org_name_en, org_bin"
    first.sql("INSERT INTO signing_session (id, token_sha256, page_id_sha256, state, created_at, expires_at, " + columns + ")"
              " SELECT UNHEX(MD5(seq)), UNHEX(SHA2(seq, 256)), UNHEX(SHA2(seq + 5000, 256)),"
              " ELT(1 + seq % 3, 'created', 'scanned', 'documents_sent'), NOW(6) - INTERVAL 1 HOUR,"
              " NOW(6) - INTERVAL seq SECOND, " + columns + " FROM signing_session, seq_1_to_1200"
              " WHERE id = UNHEX('%s')" % created[0].replace("-", ""))
    at_once(first.start_shepd, second.start_shepd)
    try:
        until("the sweep", lambda: first.sql("SELECT COUNT(*) FROM signing_session WHERE state = 'expired'") == [["1200"]])
        assert first.sql("SELECT COUNT(*) FROM signing_session WHERE ended_at <> expires_at") == [["0"]]
        assert {first.ask("getSigningStatus", one).value("state") for one in created} == {"created"}

        def swept():
            text = (first.folder / "shepd.log").read_text() + (second.folder / "shepd.log").read_text()
            return [int(part.split()[0]) for part in text.split("rows=")[1:]]

        until("the log", lambda: sum(swept()) >= 1200)
        assert sum(swept()) == 1200
        ends = [line for world in (first, second) for line in world.events("session.expired")]
        assert len(ends) == len({line["signing"] for line in ends}) == 1200
        words = {line["text"].rpartition("Z: ")[2] for line in ends}
        assert words == {"never scanned", "scanned, but the documents were not fetched",
                         "the documents were sent, but not signed"}
        assert {line["account"] for line in ends} == {first.sql("SELECT DISTINCT sender_id FROM signing_session")[0][0]}
    finally:
        assert second.stop() == 0
        assert first.stop() == 0


def shift_database_clock(world, seconds):
    """What NOW() says to shepd from its next connection on; root's own clock stays."""
    statement = f"SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() + {seconds}'"
    subprocess.run(["mariadb", "--no-defaults", "-u", "root", "-S", str(world.folder / "db/sock"), "-e", statement], check=True,
                   timeout=60)


def test_sessions_end_by_the_databases_clock_and_not_by_the_adapters(own_world):
    """To an adapter whose own clock is an hour fast or slow nothing is different."""
    world = own_world()
    phone = Telephone(world, world.call(PAYLOAD)).scan().fetch()  # half an hour to live
    signed = phone.sign()
    shift_database_clock(world, 3600)
    world.restart()
    assert world.ask("getSigningStatus", phone.session).value("state") == "expired"
    assert phone.put(signed)[0] == 403
    shift_database_clock(world, -3600)
    world.restart()
    phone = Telephone(world, world.call(PAYLOAD)).scan().fetch()  # over half an hour ago, says the adapter's clock
    assert phone.put(signed)[0] == 200
    assert world.ask("getSigningStatus", phone.session).value("state") == "signed"


def test_both_seal_the_evidence_and_each_session_has_one_seal(pair):
    first, second = pair
    phones = [Telephone(pair[n % 2], first.call(PAYLOAD)).scan().fetch() for n in range(8)]
    signed = phones[0].sign()
    assert [status for status, _ in at_once(*[lambda phone=phone: phone.put(signed) for phone in phones])] == [200] * 8
    until("the seals", lambda: first.sql("SELECT COUNT(*) FROM evidence_seal WHERE seal IS NULL") == [["0"]])
    sealed = lambda phone: [line for world in pair for line in world.events("session.sealed", session=phone.session)]
    for phone in phones:
        until("what tells of the seal", lambda phone=phone: sealed(phone))
        assert len(sealed(phone)) == 1
        assert "<form>XAdES-T</form>" in second.ask("getSigningResult", phone.session).text
