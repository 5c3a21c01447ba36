"""Whatever ЦОИД and the way to it do: the caller gets the table's answer (flows.md §3) in time, the journal tells the
story under one id, and no comparison is paid for twice. req 2.38, 2.39, C-12, C-26"""
import base64
import concurrent.futures
import contextlib
import re
import time

import pytest

import chaos
import coid
from coid import OPERATIONS, QUESTIONS, ask, hold_to_schema, new_message, payload_of
from tools import until
from world import make_world

BUDGET_MS, CALL_MS = 6000, 2000
SPARE_S = 4  # for all that is not ЦОИД, on a machine that is busy
OURS, THEIRS = "SCSE002", "SCSE003"

# What is answered while every answer of ЦОИД is so: fault: (status, code, upstreamStatus). By operation where the same
# words mean something else: see of().
TABLE = {
    "400": (THEIRS, "upstreamBadRequest", 400),
    "401": (THEIRS, "upstreamForbidden", 401),
    "403": (THEIRS, "upstreamForbidden", 403),
    "404-person": (OURS, "personNotFound", 404),
    "404-vendor": (OURS, "vendorNotFound", 404),
    "404-similarity": (OURS, "similarityNotFound", 404),
    "405": (THEIRS, "upstreamMethod", 405),
    "406-key": (OURS, "notAcceptable", 406),
    "406-late": (OURS, "notAcceptable", 406),
    "406-low": (OURS, "notAcceptable", 406),
    "406-image": (OURS, "notAcceptable", 406),
    "500-faces": (THEIRS, "upstreamBiometric", 500),
    "500-face": (THEIRS, "upstreamBiometric", 500),
    "500-quality": (THEIRS, "upstreamBiometric", 500),
    "502-html": (THEIRS, "upstreamUnavailable", 502),
    "504": (THEIRS, "upstreamTimeout", 504),
    "register-then-504": (THEIRS, "upstreamTimeout", 504),
    "523-gbdfl": (THEIRS, "gbdflUnavailable", 523),
    "523-kdp": (THEIRS, "kdpUnavailable", 523),
    "reset": (THEIRS, "upstreamUnreachable", None),
    "register-then-reset": (THEIRS, "upstreamUnreachable", None),
    "cut-body": (THEIRS, "upstreamUnreachable", None),
    "hang": (THEIRS, "timeout", None),
    "register-then-hang": (THEIRS, "timeout", None),
    "slow": (THEIRS, "timeout", None),
    "empty-body": (THEIRS, "answerInvalid", None),
    "wrong-type": (THEIRS, "answerInvalid", None),
    "truncated-json": (THEIRS, "answerInvalid", None),
    "huge-number": (THEIRS, "answerInvalid", None),
    "duplicate-key": (THEIRS, "answerInvalid", None),
    "nan": (THEIRS, "answerInvalid", None),
    "deep": (THEIRS, "answerInvalid", None),
    "not-json": (THEIRS, "answerInvalid", None),
    "big-body": (THEIRS, "answerInvalid", None),
    "bad-jws": (THEIRS, "answerForged", 200),
    "garbage-jws": (THEIRS, "answerUnproven", 200),
    "no-jws": (THEIRS, "answerUnsigned", 200),
    "unknown-kid": (THEIRS, "answerUnproven", 200),
    "expired-signer": (THEIRS, "answerForged", 200),
}
SPECIAL = {
    ("verifyPhoto", "500-faces"): (OURS, "imageRefused", 500),
    ("verifyPhoto", "500-face"): (OURS, "imageRefused", 500),
    ("verifyPhoto", "500-quality"): (OURS, "imageRefused", 500),
    ("verifyPhoto", "406-image"): (OURS, "imageRefused", 406),
    # ЦОИД knows of no comparison when it is asked: so it was the photo (C-26)
    ("verifyPhoto", "406-key"): (OURS, "imageRefused", 406),
    ("verifyPhoto", "406-late"): (OURS, "imageRefused", 406),
    ("verifyPhoto", "406-low"): (OURS, "imageRefused", 406),
    # no answer to a comparison: the same message may come again
    ("verifyPhoto", "404-similarity"): (THEIRS, "similarityNotFound", 404),
    ("getPersonData", "406-late"): (OURS, "dataTooLate", 406),
    ("getPersonData", "406-low"): (OURS, "dataBelowThreshold", 406),
}


# A comparison is asked for by POST, and after a doubt by GET: what is no refusal goes on with both.
BOTH = {fault for fault, (_, code, _) in TABLE.items() if code.startswith("answer")} | {
    "register-then-504", "reset", "register-then-reset", "cut-body", "hang", "register-then-hang", "slow"}
# verifyPhoto: ЦОИД said no for good, so that a repeat is told the same without a call.
ENDS = {"404-person", "404-vendor", "406-key", "406-late", "406-low", "406-image", "500-faces", "500-face", "500-quality"}
ALERTS = {"answerForged": "coid.answer_refused", "answerUnsigned": "coid.answer_refused",
          "answerUnproven": "coid.answer_refused", "upstreamBadRequest": "coid.certificate_refused"}


def of(operation, fault):
    return SPECIAL.get((operation, fault), TABLE[fault])


@pytest.fixture(scope="module")
def there(country):
    """A world whose patience with ЦОИД is short, and which never leaves it alone."""
    one = make_world(country, coid=True)
    one.settings = {"coid": {"budget_ms": BUDGET_MS, "call_ms": CALL_MS, "failures": 64, "failure_window_ms": 100,
                             "max_answer_bytes": 1 << 20}}
    one.start()
    one.centre.reset()
    yield one
    one.centre.reset()
    assert one.stop() == 0, (one.folder / "shepd.log").read_text()[-3000:]


@pytest.fixture(scope="module")
def verified(there):
    """(IIN, key) of a verification that passed."""
    iin = there.centre.people["man"]
    told = ask(there, coid.verify_photo(iin))
    assert told.code == "SCSS001", told.text
    return iin, told.value("idempotencyKey")


@contextlib.contextmanager
def settings_of(world, **settings):
    """The world with other settings of [coid] for a while; it forgets what it has cached."""
    before = dict(world.settings["coid"])
    world.settings["coid"].update(settings)
    world.restart()
    try:
        yield
    finally:
        world.settings["coid"] = before
        world.restart()


class Cell:
    """One operation under one fault: what was said, how long it took."""

    def __init__(self, operation, fault, message=None):
        self.operation, self.fault, self.message = operation, fault, message or new_message()
        self.told, self.took_s, self.wrong = None, 0.0, []

    def ask(self, world, iin, key):
        begun = time.monotonic()
        self.told = ask(world, payload_of(self.operation, iin, key), message=self.message)
        self.took_s = time.monotonic() - begun
        return self

    def expect(self, status, code, upstream):
        said = (self.told.code, self.told.error, self.told.value("upstreamStatus"))
        self.hold(said == (status, code, upstream and str(upstream)), f"{said}, wanted {(status, code, upstream)}")
        self.hold(self.took_s < BUDGET_MS / 1000 + SPARE_S, f"took {self.took_s:.1f} s")
        return self

    def hold(self, is_true, why):
        if not is_true:
            self.wrong.append(f"{self.operation} × {self.fault}: {why}")


def fault_on(centre, operation, fault, times=1000):
    questions = ["verify", "get"] if operation == "verifyPhoto" and fault in BOTH else [QUESTIONS[operation]]
    for question in questions:
        centre.fault(question, fault, times, ms=60000 if fault == "slow" else None)
    return questions


def clear(centre, questions):
    for question in questions:
        centre.clear(question)


def suffer(world, operation, fault, iin, key):
    """The cell, and for a comparison what the same message is told afterwards; the cells."""
    questions = fault_on(world.centre, operation, fault)
    cell = Cell(operation, fault).ask(world, iin, key).expect(*of(operation, fault))
    clear(world.centre, questions)
    if operation != "verifyPhoto":
        return [cell]
    again = Cell(operation, f"{fault}, then the same message", cell.message).ask(world, iin, key)
    again.expect(*(of(operation, fault) if fault in ENDS else ("SCSS001", "", None)))
    return [cell, again]


def report(cells):
    wrong = [line for cell in cells for line in cell.wrong]
    assert not wrong, f"{len(wrong)} of {len(cells)} cells:\n" + "\n".join(wrong)


def at_the_side(*jobs):
    """Runs jobs beside each other, and returns what they give, one list."""
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        return [one for done in pool.map(lambda job: job(), jobs) for one in done]


def test_every_operation_under_every_fault_of_coid(there, verified):
    """req 2.38, 2.39, C-12: the table's answer, and what comes of the same message when all is well again."""
    iin, key = verified

    def lane(*operations):
        return lambda: [cell for operation in operations for fault in TABLE
                        for cell in suffer(there, operation, fault, iin, key)]

    cells = at_the_side(lane("verifyPhoto", "getVerification"),  # GET is asked for both
                        *[lane(operation) for operation in OPERATIONS[2:]])
    check_story(there, cells)
    report(cells)
    bills = there.centre.bills
    assert max(bills["keys"].values()) == 1


def check_story(world, cells):
    journal = world.journal()
    lines = {}
    for line in journal:
        lines.setdefault(line.get("exchange"), []).append(line)
    for cell in cells:
        exchange = re.search(r"^messageId +(\S+)$", cell.told.text, re.M).group(1)
        story = lines.get(exchange, [])
        events = [line["event"] for line in story if not line["event"].startswith("upstream.")]  # OCSP, LDAP
        cell.hold(events[:1] == ["exchange.received"] and events[-1:] == ["exchange.answered"], f"the story is {events}")
        cell.hold(events.count("coid.asked") == events.count("coid.told"), f"asked and told: {events}")
        wanted = ALERTS.get(cell.told.error)
        cell.hold(not wanted or wanted in events, f"no {wanted} in {events}")


# What happens to a comparison once, and is over when it is asked about: fault, comparisons billed before anything else
ONCE = ["reset", "register-then-reset", "cut-body", "hang", "register-then-hang", "502-html", "504", "register-then-504"]


@pytest.mark.parametrize("fault", ONCE)
def test_one_doubt_about_a_comparison_is_cleared_by_asking(there, fault):
    """C-26: GET with the same key, and POST with the same key only when there is none."""
    iin = there.centre.people["man"]
    before = there.centre.bills["comparisons"]
    there.centre.fault("verify", fault)
    told = ask(there, coid.verify_photo(iin))
    assert told.code == "SCSS001", told.text
    hold_to_schema(told)
    assert there.centre.bills["keys"][told.value("idempotencyKey")] == 1
    assert there.centre.bills["comparisons"] == before + 1
    exchange = re.search(r"^messageId +(\S+)$", told.text, re.M).group(1)
    methods = [re.search(r"method=(\w+)", line["text"]).group(1) for line in there.events("coid.asked")
               if line["exchange"] == exchange and "operation=getVendors" not in line["text"]]
    was_made = fault in ("register-then-reset", "cut-body", "register-then-hang", "register-then-504")
    assert methods == (["POST", "GET"] if was_made else ["POST", "GET", "POST"])


NETWORK = {  # the way to ЦОИД: mode: (settings, code)
    chaos.REFUSE: ({}, "upstreamUnreachable"),
    chaos.HANG: ({}, "timeout"),
    chaos.RESET: ({}, "upstreamUnreachable"),
    chaos.MUTE: ({}, "timeout"),
    chaos.CUT: ({"after": 0}, "upstreamUnreachable"),
    chaos.DRIP: ({"every_s": 0.05}, "timeout"),
}
SENT = {chaos.MUTE, chaos.CUT, chaos.DRIP}  # the request arrives


def test_every_operation_on_every_bad_line(there, verified):
    """TCP and TLS: where it breaks, and what the same message is told when the line is good again."""
    line = chaos.Chaos(there.centre.port)
    with settings_of(there, base_url=there.centre.url.replace(str(there.centre.port), str(line.port))):
        cells = [cell for mode in NETWORK for cell in suffer_line(there, line, mode, *verified)]
        check_story(there, cells)
    line.close()
    report(cells)


def all_at_once(world, fault, iin, key):
    return at_the_side(*[lambda operation=operation: [Cell(operation, fault).ask(world, iin, key)] for operation in OPERATIONS])


def suffer_line(world, line, mode, iin, key):
    how, code = NETWORK[mode]
    before = world.centre.bills["comparisons"]
    with line.being(mode, **how):
        cells = all_at_once(world, mode, iin, key)
    for cell in cells:
        cell.expect(THEIRS, code, None)
    billed = world.centre.bills["comparisons"] - before
    cells[0].hold(billed == (1 if mode in SENT else 0), f"{billed} comparisons")
    again = Cell("verifyPhoto", f"{mode}, then the same message", cells[0].message).ask(world, iin, key)
    again.expect("SCSS001", "", None)
    again.hold(world.centre.bills["comparisons"] == before + 1, "not one comparison")
    return [*cells, again]


def test_without_its_directory_no_answer_is_believed(there, verified, country):
    """req 2.49: and a comparison that was paid for is told when the directory is back."""
    iin, key = verified
    country.directory("kill")
    there.restart()  # forgets the certificates it has found
    cells = all_at_once(there, "LDAP down", iin, key)
    country.directory("start")
    for cell in cells:
        cell.expect(THEIRS, "answerUnproven", 200)
    check_story(there, cells)
    report(cells)
    again = until("the directory is asked again",
                  lambda: (told := ask(there, coid.verify_photo(iin), message=cells[0].message)).code == "SCSS001" and told)
    assert there.centre.bills["keys"][again.value("idempotencyKey")] == 1


def test_with_a_certificate_of_ours_that_has_run_out_nobody_is_let_in(there, verified):
    """req 3.01: the operator has the alert at once, the caller SCSE003; with a new certificate the same message is answered."""
    before = there.centre.bills["comparisons"]
    with settings_of(there, client_key_file=there.sandbox / "tls/client-expired.p12"):
        cells = all_at_once(there, "certificate expired", *verified)
        until("the alert", lambda: there.events("certificate.expired", "role coid-client"))
    for cell in cells:
        cell.expect(THEIRS, "upstreamUnreachable", None)
    check_story(there, cells)
    again = Cell("verifyPhoto", "certificate expired, then the same message", cells[0].message).ask(there, *verified)
    again.expect("SCSS001", "", None)
    report([*cells, again])
    assert there.centre.bills["comparisons"] == before + 1


def test_who_asks_too_often_of_a_sick_coid_is_refused_at_once(own_world):
    """The breaker opens, says so, and closes again when ЦОИД is well."""
    world = own_world(coid=True, settings={"coid": {"budget_ms": BUDGET_MS, "call_ms": CALL_MS, "failures": 3, "open_ms": 3000,
                                                    "successes": 1}})
    world.centre.fault("vendors", "504", times=3)
    errors = [ask(world, coid.get_vendors()).error for _ in range(4)]
    assert errors == ["upstreamTimeout"] * 3 + ["upstreamOpen"], errors
    until("it is asked again", lambda: ask(world, coid.get_vendors()).code == "SCSS001")


def test_the_journal_holds_nobodys_data(there, verified):
    """IIN, names, photos: whatever went through, and whatever went wrong."""
    iin, _ = verified
    told = ask(there, coid.get_person_data(verified[1], iin))
    assert told.code == "SCSS001", told.text
    person = told.data.find("person")
    words = {person.findtext(name) for name in ("surname", "name", "patronymic", "mobilephone")} - {None, ""}
    photo = base64.b64encode(coid.picture()).decode()
    texts = [file.read_text(encoding="utf-8") for file in (there.folder / "journal").glob("*.log")]
    texts.append((there.folder / "shepd.log").read_text())
    for secret in {iin, coid.FULL_NAME, photo[:60], *words}:
        assert not any(secret in text for text in texts), secret
