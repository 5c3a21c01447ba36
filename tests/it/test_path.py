"""The way of every operation through the journal: its start and its end are on record with all fields, under ids that are
the same in the request, in the answer, in every line and in the table."""
import re
import uuid

import pytest

import coid
from telephone import Telephone, document, request
from test_fire import hold_the_table, raw_lines
from tools import ROOT, until
from world import envelope, send_message

LEVELS = {"Alerts": "ERROR", "Critical": "ERROR", "Errors": "ERROR", "Warning": "WARN", "Notifications": "INFO",
          "Informational": "INFO", "Debug": "DEBUG"}
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
FIELDS = (  # req 0.42 to 0.50, in the order in which they stand
    ("seq", r"\d+"), ("id", UUID), ("date", r"\d\d:\d\d:\d{4}"), ("time", r"\d\d:\d\d:\d\d"), ("source", "shepd/sandbox"),
    ("account", r"[^\s\"]+"), ("ip", r"[0-9a-f.:]+|-|"), ("start", r"\d\d:\d\d:\d\d\.\d{3}"), ("end", r"\d\d:\d\d:\d\d\.\d{3}"),
    ("level", "|".join(LEVELS)), ("category", "ERROR|WARN|INFO|DEBUG"), ("event", r"[a-z0-9_]+\.[a-z0-9_]+"),
    ("exchange", f"({UUID})?"), ("messageId", ".*?"), ("sessionId", ".*?"), ("signing", "([0-9a-f-]{36})?"), ("code", r"\w*"),
    ("text", r"(?:[^\"\\]|\\.)+"), ("prev", "[0-9a-f]{64}"))
LINE = re.compile(" ".join(f'{name}="({value})"' for name, value in FIELDS))
SESSION = "{6b29fc40-ca47-1067-b31d-00dd010662da}"  # as ШЭП writes it


def hold_the_form(world):
    """Every line of the journal, whatever it is of."""
    for line in raw_lines(world):
        assert LINE.fullmatch(line), line
    for line in world.journal():
        assert LEVELS[line["level"]] == line["category"], line
        assert line["start"] <= line["end"] or line["start"][:2] > line["end"][:2], line  # over midnight


class Said:
    """One signed exchange: what the caller wrote, and what it read."""

    def __init__(self, world, payload, service=None, edit=lambda text: text, **how):
        self.message = str(uuid.uuid4())
        service = service or "EGOVMOBILE_QR_SIGN_SERVICE"
        body = send_message(f"<data>{payload}</data>", self.message, service=service, **how)
        body = body.replace("</requestInfo>", f"<sessionId>{SESSION}</sessionId></requestInfo>")
        status, _, answer = world.post(edit(world.sign(envelope(body))))
        self.text = answer.decode()
        assert status in (200, 500)
        self.code = re.search(r"\b(SC[SE][SE]?\d{3})\b", self.text).group(1)

    def value(self, name):
        found = re.search(rf"<{name}>([^<]*)</{name}>", self.text)
        return found and found.group(1)

    @property
    def answer_id(self):
        """The answer's own messageId."""
        return re.search(r"<(?:\w+:)?responseInfo>.*?<messageId>([^<]+)<", self.text, re.DOTALL).group(1)


def of_message(world, said):
    return [line for line in world.journal() if line["messageId"] == said.message]


def hold_the_path(world, said, operation, code="SCSS001", signing=None):
    """Its start and its end, and all between them, under the caller's ids and ours. Returns the lines."""
    lines = of_message(world, said)
    assert said.code == code, said.text
    assert (lines[0]["event"], lines[-1]["event"]) == ("exchange.received", "exchange.answered"), lines
    assert [line["event"] for line in lines].count("exchange.received") == 1
    assert f"operation={operation} " in lines[0]["text"] and lines[-1]["code"] == code
    assert {line["exchange"] for line in lines} == {said.answer_id}  # ours: in each line, and in the answer
    assert {line["sessionId"] for line in lines} == {SESSION} and said.value("sessionId") == SESSION
    assert said.value("correlationId") == said.message
    assert {(line["account"], line["ip"]) for line in lines} == {("sandbox", "127.0.0.1")}
    assert lines[0]["start"] == lines[-1]["start"] and lines[0]["end"] <= lines[-1]["end"] or lines[0]["end"][:2] == "23"
    if signing:
        assert lines[-1]["signing"] == signing
    return lines


def hold_the_columns(world, message):
    """The ids are columns of the table, unchanged."""
    until("the table", lambda: world.sql(f"SELECT COUNT(*) FROM journal_event WHERE message_id = '{message}'"
                                         " AND event = 'exchange.answered'") == [["1"]])
    rows = world.sql("SELECT DISTINCT LOWER(HEX(exchange)), message_id, session_id FROM journal_event"
                     f" WHERE message_id = '{message}'")
    exchange = next(line["exchange"] for line in world.journal() if line["messageId"] == message)
    assert rows == [[exchange.replace("-", ""), message, SESSION]]


def example(name, session):
    text = (ROOT / f"etc/examples/{name}.xml").read_text(encoding="utf-8").replace("SIGNING-SESSION-ID", session)
    return text[text.index("?>") + 2:] if text.startswith("<?xml") else text


def test_every_operation_of_signing_and_of_the_telephone_is_on_record(own_world):
    """req 0.42–0.50, 0.59"""
    world = own_world()
    created = Said(world, request("CMS_WITH_DATA", [document(1, "первый")]))
    session = created.value("signingSessionId")
    path = hold_the_path(world, created, "createSigningSession", signing=session)
    assert [line["event"] for line in path if line["event"].startswith("session.")] == ["session.created"]
    phone = Telephone(world, created)
    steps = []

    def step(do, *events):
        before = len(world.journal())
        answer = do()
        lines = [line for line in world.journal()[before:] if line["event"] in events]
        assert sorted(line["event"] for line in lines) == sorted(events), lines
        assert all(line["signing"] == session and line["ip"] == "127.0.0.1" and line["exchange"] for line in lines), lines
        assert len({line["exchange"] for line in lines}) == 1
        steps.append(lines[0]["exchange"])
        return answer

    step(phone.scan, "api1.fetched")
    step(phone.fetch, "api2.fetched")
    signed = phone.sign()
    assert step(lambda: phone.put(signed), "put.verified", "put.accepted")[0] == 200
    assert len(set(steps)) == 3  # each request of the telephone is an exchange of its own
    for operation in ("getSigningStatus", "getSigningResult"):
        hold_the_path(world, Said(world, example(operation, session)), operation, signing=session)
    until("the seal", lambda: world.events("session.sealed", session=session))
    other = Said(world, request("CMS_WITH_DATA", [document(1, "первый")])).value("signingSessionId")
    cancelled = Said(world, example("cancelSigningSession", other))
    path = hold_the_path(world, cancelled, "cancelSigningSession", signing=other)
    assert [line["signing"] for line in path if line["event"] == "session.cancelled"] == [other]
    unknown = Said(world, example("getSigningStatus", session[:-1] + ("0" if session[-1] != "0" else "1")))
    assert hold_the_path(world, unknown, "getSigningStatus", code="SCSE002")[-1]["level"] == "Warning"
    for said in (created, cancelled, unknown):
        hold_the_columns(world, said.message)
    hold_the_form(world)
    hold_the_table(world)


def test_every_operation_of_identity_is_on_record_to_the_bill(own_world):
    """req 0.42–0.50, 0.59: the key of a comparison is the same in the answer, in our lines, in the table and at ЦОИД."""
    world = own_world(coid=True)
    world.centre.reset()
    iin = world.centre.people["man"]
    key = None
    for operation in coid.OPERATIONS:
        said = Said(world, coid.payload_of(operation, iin, key), service=coid.SERVICE)
        lines = hold_the_path(world, said, operation)
        asked = [line for line in lines if line["event"] in ("coid.asked", "coid.told")]
        assert len(asked) % 2 == 0 and (asked or operation in ("getVerification", "getVendors")), (operation, lines)
        if operation == "verifyPhoto":
            key = said.value("idempotencyKey")
        if operation in ("verifyPhoto", "getPersonData"):
            assert {found[1] for line in asked if (found := re.search(r" key=(\S+)", line["text"]))} == {key}
        hold_the_columns(world, said.message)
    assert key in world.centre.bills["keys"]
    assert world.sql(f"SELECT COUNT(*) FROM coid_call WHERE idempotency_key = UNHEX('{key.replace('-', '')}')") == [["1"]]
    hold_the_form(world)
    assert iin not in "\n".join(raw_lines(world))  # C-27


FAULTS = [
    ("SCE001", lambda text: text[:-9], {}, False),
    ("SCE004", lambda text: text, {"service": "NO_SUCH_SERVICE"}, True),
    ("SCE005", lambda text: text, {"date": "2020-01-01T00:00:00Z"}, True),
    ("SCE006", lambda text: text, {"sender": "nobody"}, True),
    ("SCE007", lambda text: re.sub(rb"<soap:Header>.*</soap:Header>", b"<soap:Header/>", text, flags=re.S), {}, False),
]


@pytest.mark.parametrize("code, edit, how, is_known", FAULTS, ids=[row[0] for row in FAULTS])
def test_every_fault_is_on_record(world, code, edit, how, is_known):
    """req 0.42–0.50, 0.59, 0.62: also of messages that cannot be read; with its sender's ids as far as they are verified."""
    before = len(world.journal())
    said = Said(world, example("getSigningStatus", str(uuid.uuid4())), edit=edit, **how)
    lines = [line for line in world.journal()[before:] if line["event"].startswith("exchange.")]
    assert said.code == lines[-1]["code"] == code, (said.text, lines)
    assert lines[-1]["event"] == "exchange.answered" and lines[-1]["level"] == "Errors" and lines[-1]["exchange"]
    if is_known:
        assert {(line["messageId"], line["sessionId"]) for line in lines} == {(said.message, SESSION)}
        assert len({line["exchange"] for line in lines}) == 1
    hold_the_form(world)
