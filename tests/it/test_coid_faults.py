"""Whatever ЦОИД and the way to it do: the caller gets the table's answer (flows.md §3) in time, the journal tells the
story under one id, and no comparison is paid for twice. req 2.38, 2.39, C-12, C-26"""
import base64
import concurrent.futures
import contextlib
import re
import time
import typing

import pytest

import chaos
import coid
from coid import OPERATIONS, QUESTIONS, OwnCentre, ask, at_centre, hold_to_schema, new_message, payload_of
from tools import run, until
from world import make_world

BUDGET_MS, CALL_MS = 6000, 2000
SPARE_MS = 4000  # of a machine that is busy; what a limit cuts off would come much later, or never
SHEP_S = 30  # the gateway's patience
MESSAGE_MAX = 250
OURS, THEIRS = "SCSE002", "SCSE003"
CERTIFICATE = "400 The SSL certificate error"


class Row(typing.NamedTuple):
    """What the caller is told while every answer of ЦОИД is so."""
    status: str
    code: str
    upstream: int | None = None  # upstreamStatus
    words: str | None = None  # upstreamText
    told: str | None = None  # the code of coid.told: None: as upstream, else as code
    verdict: str = "unsigned"  # in coid.told

    @property
    def on_record(self):
        return self.told or str(self.upstream or self.code)


def no_answer(code):
    return Row(THEIRS, code, verdict="none")


def unusable(code, verdict):
    return Row(THEIRS, code, 200, verdict=verdict)


# By operation where the same words mean something else: see of().
TABLE = {
    "400": Row(THEIRS, "upstreamBadRequest", 400, "Bad Request"),
    "400-html": Row(THEIRS, "upstreamBadRequest", 400, CERTIFICATE),
    "401": Row(THEIRS, "upstreamForbidden", 401, "Unauthorized"),
    "403": Row(THEIRS, "upstreamForbidden", 403, "Forbidden"),
    "404-person": Row(OURS, "personNotFound", 404, "No one person find! Possibly bad IIN"),
    "404-vendor": Row(OURS, "vendorNotFound", 404, "Vendor not found"),
    "404-similarity": Row(OURS, "similarityNotFound", 404, "SIMILARITY for Idempotency Key not found"),
    "404-plain": Row(OURS, "upstreamNotFound", 404, "Not Found"),
    "404-html": Row(THEIRS, "upstreamStatus", 404, "404 Not Found"),
    "405": Row(THEIRS, "upstreamMethod", 405, "Method Not Allowed"),
    "406-key": Row(OURS, "notAcceptable", 406, "повтор значения заголовка x-idempotency-key"),
    "406-late": Row(OURS, "notAcceptable", 406, "запрос на персональные данные происходит по истечении 24 часов после "
                                                "проведения процедуры верификации"),
    "406-low": Row(OURS, "notAcceptable", 406, "результат верификации ниже 85%"),
    "406-image": Row(OURS, "notAcceptable", 406, "не соответствие требованиям к изображению в Приложение 1"),
    "500-faces": Row(THEIRS, "upstreamBiometric", 500, "на фото более 1 лица"),
    "500-face": Row(THEIRS, "upstreamBiometric", 500, "лицо не распознано"),
    "500-quality": Row(THEIRS, "upstreamBiometric", 500, "не качественное изображение"),
    "502-html": Row(THEIRS, "upstreamUnavailable", 502, "502 Bad Gateway"),
    "502-empty": Row(THEIRS, "upstreamUnavailable", 502),
    "503": Row(THEIRS, "upstreamStatus", 503, "Service Unavailable"),
    "504": Row(THEIRS, "upstreamTimeout", 504, "Gateway Time Out"),
    "register-then-504": Row(THEIRS, "upstreamTimeout", 504, "Gateway Time Out"),
    "523-gbdfl": Row(THEIRS, "gbdflUnavailable", 523, "GBDFL is unavailable"),
    "523-kdp": Row(THEIRS, "kdpUnavailable", 523, "Error obtaining KDP token"),
    "reset": no_answer("upstreamUnreachable"),
    "register-then-reset": no_answer("upstreamUnreachable"),
    "cut-body": no_answer("upstreamUnreachable"),
    "hang": no_answer("timeout"),
    "register-then-hang": no_answer("timeout"),
    "slow": no_answer("timeout"),
    "slow-headers": no_answer("timeout"),
    "slow-body": no_answer("timeout"),
    "big-body": no_answer("answerInvalid"),
    "empty-body": unusable("answerInvalid", "valid"),
    "wrong-type": unusable("answerInvalid", "valid"),
    "truncated-json": unusable("answerInvalid", "valid"),
    "huge-number": unusable("answerInvalid", "valid"),
    "duplicate-key": unusable("answerInvalid", "valid"),
    "nan": unusable("answerInvalid", "valid"),
    "deep": unusable("answerInvalid", "valid"),
    "not-json": unusable("answerInvalid", "valid"),
    "html": unusable("answerUnsigned", "invalid"),
    "no-jws": unusable("answerUnsigned", "invalid"),
    "bad-jws": unusable("answerForged", "invalid"),
    "expired-signer": unusable("answerForged", "invalid"),
    "garbage-jws": unusable("answerUnproven", "indeterminate"),
    "unknown-kid": unusable("answerUnproven", "indeterminate"),
}
SOUND = {"new-member"}  # no fault to a reader: tests/it/test_coid.py
WELL = Row("SCSS001", "", None, None, "200", "valid")
MISSING = TABLE["404-similarity"]  # of GET, where nothing was compared

IMAGE = {"code": "imageRefused", "status": OURS}
SPECIAL = {  # operation, fault: what differs
    **{("verifyPhoto", fault): IMAGE for fault in ("500-faces", "500-face", "500-quality", "406-image")},
    # ЦОИД knows of no comparison when it is asked: so it was the photo (C-26)
    **{("verifyPhoto", fault): IMAGE for fault in ("406-late", "406-low")},
    ("getVerification", "404-plain"): {"code": "similarityNotFound"},
    **{(operation, fault): {"code": "reportNotFound", "status": OURS} for fault in ("404-plain", "404-html")
       for operation in ("getTransactions", "getActDetail", "getAct")},
    # no answer to a comparison: the same message may come again
    ("verifyPhoto", "404-similarity"): {"status": THEIRS},
    ("verifyPhoto", "406-key"): {"status": THEIRS},  # its words name the key: the result may come yet
    ("getPersonData", "406-late"): {"code": "dataTooLate"},
    ("getPersonData", "406-low"): {"code": "dataBelowThreshold"},
}

# A comparison is asked for by POST, and after a doubt by GET: what is no refusal goes on with both.
BOTH = {fault for fault, row in TABLE.items() if row.code.startswith("answer") or row.verdict == "none"} | {"register-then-504"}
BILLED = BOTH - {"reset", "hang"}  # ЦОИД compared, whatever it then said
# What became of a comparison meanwhile: P is POST, G GET; of those not named, P.
CALLS = {**{fault: "PG" for fault, row in TABLE.items() if row.verdict == "none" and fault != "big-body"},
         "register-then-504": "PG", "406-key": "PG", "406-late": "PG", "406-low": "PG",
         "502-html": "PGPG", "502-empty": "PGPG", "504": "PGPG"}
# verifyPhoto: ЦОИД said no for good, so that a repeat is told the same without a call.
ENDS = {"404-person", "404-vendor", "404-plain", "406-late", "406-low", "406-image", "500-faces", "500-face", "500-quality"}
AT_HAND = {"wrong-type"}  # what was kept of the answer is its signed JSON: a repeat reads that
ALERTS = {"answerInvalid": "coid.answer_refused", "answerForged": "coid.answer_refused", "answerUnsigned": "coid.answer_refused",
          "answerUnproven": "coid.answer_refused", "upstreamBadRequest": "coid.certificate_refused"}
METHODS = {"P": ("verifyPhoto", "POST"), "G": ("getVerification", "GET")}


def of(operation, fault):
    return TABLE[fault]._replace(**SPECIAL.get((operation, fault), {}))


@pytest.fixture(scope="module")
def there(country):
    """A world whose patience with ЦОИД is short, and which never leaves it alone."""
    one = make_world(country, coid=True)
    one.settings = {"coid": {"budget_ms": BUDGET_MS, "call_ms": CALL_MS, "failures": 64, "failure_window_ms": 100,
                             "max_answer_bytes": 1 << 20}}
    with at_centre(one):
        yield one


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


# ---- a cell of the matrix ----
class Cell:
    """One operation under one fault: what was said, what is on record of it."""

    def __init__(self, operation, fault, again=None):
        self.operation, self.fault, self.again, self.wrong = operation, fault, again, []
        self.message = again.message if again else new_message()
        self.told, self.row, self.calls, self.is_end = None, None, [], False

    def ask(self, world, iin, key):
        begun = time.monotonic()
        self.told = ask(world, payload_of(self.operation, iin, key), message=self.message)
        self.hold(time.monotonic() - begun < SHEP_S, "longer than the gateway waits")
        return self

    def expect(self, row, calls=None, is_end=False):
        """calls: [(operation, method, its row)] of ЦОИД, in their order; None: the one that the operation is."""
        self.row, self.is_end = row, is_end
        self.calls = calls if calls is not None else [(*self.own_call(), row)]
        said = Row(self.told.code, self.told.error, self.told.value("upstreamStatus"), self.told.value("upstreamText"))
        self.hold(said[:4] == (row.status, row.code, row.upstream and str(row.upstream), row.words), f"{said[:4]}, wanted {row[:4]}")
        message = re.search(r"^message +(.*)$", self.told.text, re.M).group(1)
        self.hold(0 < len(message) <= MESSAGE_MAX, f"the message is «{message}»")
        if row.code:
            self.hold(self.told.data.tag == "{urn:shep-adapter:common:1}error", f"data holds {self.told.data.tag}")
        else:
            hold_to_schema(self.told)
        return self

    def own_call(self):
        return self.operation, "POST" if self.operation in ("verifyPhoto", "getPersonData") else "GET"

    def hold(self, is_true, why):
        if not is_true:
            self.wrong.append(f"{self.operation} × {self.fault}: {why}")

    # ---- the journal ----
    def check_story(self, journal):
        story = list(journal[self.message].values())[1 if self.again else 0]
        events = [line["event"] for line in story]
        self.hold(events[:1] == ["exchange.received"] and events[-1:] == ["exchange.answered"], f"the story is {events}")
        self.hold({line["account"] for line in story} == {"sandbox"}, "the story is of others, too")
        self.hold(self.exchange == self.maker(story), f"the answer names exchange {self.exchange}, the story is {story[-1]}")
        self.check_end(story[-1])
        self.check_calls([line for line in story if line["event"] in ("coid.asked", "coid.told")
                          and (self.operation == "getVendors" or "operation=getVendors " not in line["text"])])
        wanted = [ALERTS[self.row.code]] if self.row.code in ALERTS else []
        if self.operation == "verifyPhoto" and "coid.vendors_unknown" in events:
            wanted *= 2  # the list of vendors was asked for before, and fared alike
        alerts = [line for line in story if line["level"] == "Alerts"]
        self.hold([line["event"] for line in alerts] == wanted and all(line["code"] == self.row.code for line in alerts),
                  f"the alerts are {alerts}")
        refused = [line["code"] for line in story if line["event"] == "coid.refused"]
        self.hold(refused == ([self.row.code] if self.is_end and self.calls else []), f"coid.refused: {refused}")
        if self.operation == "verifyPhoto" and not self.again:
            self.hold("coid.key_written" in events, f"no key is on record before the call: {events}")

    @property
    def exchange(self):
        return re.search(r"^messageId +(\S+)$", self.told.text, re.M).group(1)

    @staticmethod
    def maker(story):
        """The exchange that the story is of, or the one before it whose answer is given again."""
        given_again = re.search(r" again=(\S+)", story[-1]["text"])
        return given_again.group(1) if given_again else story[-1]["exchange"]

    def check_end(self, line):
        level, words = {"SCSS001": ("Informational", "Успешная обработка"), OURS: ("Warning", "Ошибка в бизнес-данных"),
                        THEIRS: ("Errors", "Необработанное исключение")}[self.row.status]
        self.hold((line["code"], line["level"]) == (self.row.status, level), f"answered is {line}")
        why = f"again={self.exchange}" if self.is_end and self.again else f"detail={self.row.code}" if self.row.code else ""
        self.hold(line["text"].startswith(words) and why in line["text"], f"answered says {line['text']}")

    def check_calls(self, lines):
        """Each call is on record before it goes and after; all of them end within the budget."""
        found = []
        for asked, told in zip(lines[::2], lines[1::2]):
            operation, method = re.search(r"operation=(\w+) method=(\w+)", asked["text"]).groups()
            self.hold((asked["event"], told["event"]) == ("coid.asked", "coid.told") and f"operation={operation} " in told["text"],
                      f"{asked} is followed by {told}")
            found.append((operation, method, told["code"], re.search(r"verdict=(\w+)", told["text"]).group(1), told["level"]))
        wanted = [(operation, method, row.on_record, row.verdict, "Informational" if row.verdict == "valid" else "Warning")
                  for operation, method, row in self.calls]
        self.hold(found == wanted and len(lines) == 2 * len(wanted), f"the calls are {found}, wanted {wanted}")
        times = [(line["code"], int(re.search(r"total_ms=(-?\d+)", line["text"]).group(1))) for line in lines[1::2]]
        self.hold(sum(ms for _, ms in times) <= BUDGET_MS + SPARE_MS and all(ms <= CALL_MS + SPARE_MS for _, ms in times),
                  f"the calls took {times}")
        self.hold(all(ms >= CALL_MS - 1 for code, ms in times if code == "timeout"), f"given up too early: {times}")


def comparison(letters, row, with_get=True):
    """The calls of a comparison; with_get: GET fares as POST does, else there is nothing to get."""
    return [(*METHODS[letter], row if letter == "P" or with_get else MISSING) for letter in letters]


def fault_on(centre, operation, fault, times=1000):
    questions = ["verify", "get"] if operation == "verifyPhoto" and fault in BOTH else [QUESTIONS[operation]]
    for question in questions:
        centre.fault(question, fault, times, ms=60000 if fault == "slow" else None)
    return questions


def clear(centre, questions):
    for question in questions:
        centre.clear(question)


def suffer(world, operation, fault, iin, key):
    """The cell, and for a comparison what the same message is told afterwards, and what both cost; the cells."""
    before = world.centre.bills["comparisons"] if operation == "verifyPhoto" else 0
    questions = fault_on(world.centre, operation, fault)
    cell, row = Cell(operation, fault).ask(world, iin, key), of(operation, fault)
    clear(world.centre, questions)
    if operation != "verifyPhoto":
        return [cell.expect(row)]
    ends, billed = fault in ENDS, fault in BILLED
    cell.expect(row, comparison(CALLS.get(fault, "P"), row, fault in BOTH), ends)
    cell.hold(world.centre.bills["comparisons"] - before == billed, "billed what was not compared, or not what was")
    again = Cell(operation, f"{fault}, then the same message", cell).ask(world, iin, key)
    calls = [] if ends or fault in AT_HAND else comparison("G", WELL) if billed else [(*METHODS["G"], MISSING), (*METHODS["P"], WELL)]
    again.expect(row if ends else WELL, calls, ends)
    again.hold(world.centre.bills["comparisons"] - before == (0 if ends else 1), "one message, and not one comparison")
    return [cell, again]


def report(world, cells):
    journal = {}  # messageId: {exchange: [line]}; OCSP and LDAP aside
    for line in world.journal():
        if not line["event"].startswith("upstream."):
            journal.setdefault(line["messageId"], {}).setdefault(line["exchange"], []).append(line)
    for cell in cells:
        cell.check_story(journal)
    wrong = [line for cell in cells for line in cell.wrong]
    assert not wrong, f"{len(wrong)} things are wrong in {len(cells)} cells:\n" + "\n".join(wrong)


def at_the_side(*jobs):
    """Runs jobs beside each other, and returns what they give, one list."""
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        return [one for done in pool.map(lambda job: job(), jobs) for one in done]


def all_at_once(world, fault, iin, key):
    return at_the_side(*[lambda operation=operation: [Cell(operation, fault).ask(world, iin, key)] for operation in OPERATIONS])


# ---- what ЦОИД says ----
def test_the_matrix_has_every_fault_that_the_sandbox_knows(there):
    text = there.centre.control("").split("\nFaults:\n")[1]
    assert set(re.findall(r"^  (\S+)  ", text, re.M)) == set(TABLE) | SOUND


def test_every_operation_under_every_fault_of_coid(there, verified):
    """req 2.38, 2.39, C-12: the table's answer, and what comes of the same message when all is well again."""
    iin, key = verified
    before = there.centre.bills["comparisons"]

    def lane(*operations):
        return lambda: [cell for operation in operations for fault in TABLE
                        for cell in suffer(there, operation, fault, iin, key)]

    cells = at_the_side(lane("verifyPhoto", "getVerification"),  # GET is asked for both
                        *[lane(operation) for operation in OPERATIONS[2:]])
    assert len(cells) == (len(OPERATIONS) + 1) * len(TABLE)
    report(there, cells)
    assert there.centre.bills["comparisons"] - before == len(TABLE) - len(ENDS)


# What happens to a comparison once, and is over when it is asked about
ONCE = ["reset", "register-then-reset", "cut-body", "hang", "register-then-hang", "slow-headers", "slow-body", "502-html",
        "502-empty", "504", "register-then-504"]


@pytest.mark.parametrize("fault", ONCE)
def test_one_doubt_about_a_comparison_is_cleared_by_asking(there, verified, fault):
    """C-26, req 2.10: ЦОИД has kept it; GET with the same key, and POST with the same key only when there is none."""
    before = there.centre.bills["comparisons"]
    there.centre.fault("verify", fault)
    cell = Cell("verifyPhoto", fault).ask(there, *verified)
    doubt = (*METHODS["P"], TABLE[fault])
    cell.expect(WELL, [doubt, (*METHODS["G"], WELL)] if fault in BILLED else
                [doubt, (*METHODS["G"], MISSING), (*METHODS["P"], WELL)])
    report(there, [cell])
    assert there.centre.bills["comparisons"] == before + 1
    assert cell.told.value("idempotencyKey") in there.centre.bills["keys"]


@pytest.mark.parametrize("fault", ["404-plain", "404-html"])
def test_what_never_arrived_is_compared_as_soon_as_coid_itself_knows_of_nothing(there, verified, fault):
    """C-12, C-26: its 404 without words says as much as the one with them; a page of HTML says nothing, and the message
    may come again."""
    before = there.centre.bills["comparisons"]
    there.centre.fault("verify", "reset")
    there.centre.fault("get", fault)
    cell, lost = Cell("verifyPhoto", fault).ask(there, *verified), (*METHODS["P"], TABLE["reset"])
    asked = (*METHODS["G"], of("getVerification", fault))
    if fault == "404-plain":
        report(there, [cell.expect(WELL, [lost, asked, (*METHODS["P"], WELL)])])
    else:
        cell.expect(TABLE[fault], [lost, asked])
        report(there, [cell, repeated(there, cell, before, 0, *verified)])
    assert there.centre.bills["comparisons"] == before + 1


def test_all_calls_of_an_operation_share_one_budget(there, verified):
    """The last GET would be answered within call_ms, and is given up, or not begun, because the operation has no more."""
    there.centre.fault("verify", "hang", times=2)
    there.centre.fault("get", "404-similarity", times=2, ms=CALL_MS * 3 // 4)
    told = ask(there, coid.verify_photo(verified[0]))
    clear(there.centre, ["verify", "get"])
    assert (told.code, told.error) == (THEIRS, "timeout"), told.text
    exchange = re.search(r"^messageId +(\S+)$", told.text, re.M).group(1)
    codes = [line["code"] for line in there.events("coid.told") if line["exchange"] == exchange and "getVendors" not in line["text"]]
    assert codes in (["timeout", "404", "timeout", "timeout"], ["timeout", "404", "timeout"]), codes


def test_what_is_slow_and_comes_in_time_is_an_answer(there, verified):
    with settings_of(there, budget_ms=20000, call_ms=10000):
        for fault, ms in (("slow", 300), ("slow-headers", 1), ("slow-body", 1)):
            there.centre.fault("vendors", fault, ms=ms)
            told = ask(there, coid.get_vendors())
            assert told.code == "SCSS001", (fault, told.text)
        slow = ask(there, coid.verify_photo(there.centre.people["slow"]))
        assert slow.code == "SCSS001" and slow.value("passed") == "true", slow.text


# ---- the way to it ----
NETWORK = {  # mode: (settings, code, calls of a comparison)
    chaos.REFUSE: ({}, "upstreamUnreachable", "P"),
    chaos.HANG: ({}, "timeout", "P"),
    chaos.RESET: ({}, "upstreamUnreachable", "P"),
    chaos.MUTE: ({}, "timeout", "PG"),
    chaos.CUT: ({"after": 0}, "upstreamUnreachable", "PG"),
    chaos.DRIP: ({"every_s": 0.05}, "timeout", "PG"),
}
SENT = {chaos.MUTE, chaos.CUT, chaos.DRIP}  # the request arrives


def test_every_operation_on_every_bad_line(there, verified):
    """TCP and TLS: where it breaks, and what the same message is told when the line is good again."""
    line = chaos.Chaos(there.centre.port)
    with settings_of(there, base_url=there.centre.url.replace(str(there.centre.port), str(line.port))):
        cells = [cell for mode in NETWORK for cell in suffer_line(there, line, mode, *verified)]
        report(there, cells)
    line.close()


def suffer_line(world, line, mode, iin, key):
    how, code, letters = NETWORK[mode]
    before = world.centre.bills["comparisons"]
    with line.being(mode, **how):
        cells = all_at_once(world, mode, iin, key)
    for cell in cells:
        cell.expect(no_answer(code), comparison(letters, no_answer(code)) if cell.operation == "verifyPhoto" else None)
    billed = world.centre.bills["comparisons"] - before
    cells[0].hold(billed == (mode in SENT), f"{billed} comparisons")
    return [*cells, repeated(world, cells[0], before, billed, iin, key)]


def repeated(world, cell, before, billed, iin, key):
    """The message of a comparison once more, when all is well; the cell."""
    again = Cell("verifyPhoto", f"{cell.fault}, then the same message", cell).ask(world, iin, key)
    again.expect(WELL, comparison("G", WELL) if billed else [(*METHODS["G"], MISSING), (*METHODS["P"], WELL)])
    again.hold(world.centre.bills["comparisons"] == before + 1, "not one comparison")
    return again


def test_without_its_directory_no_answer_is_believed(there, verified, country):
    """req 2.49: and a comparison that was paid for is told when the directory is back."""
    before = there.centre.bills["comparisons"]
    country.directory("kill")
    there.restart()  # forgets the certificates it has found
    cells = all_at_once(there, "LDAP down", *verified)
    country.directory("start")
    for cell in cells:
        cell.expect(unusable("answerUnproven", "indeterminate"))
    report(there, cells)
    assert there.events("ldap.away")
    until("the directory is asked again", lambda: ask(there, coid.get_vendors()).code == "SCSS001")
    report(there, [repeated(there, cells[0], before, 1, *verified)])


# ---- certificates that have run out: ours, and their server's; their signer's is a row of the table ----
def test_with_a_certificate_of_ours_that_has_run_out_nobody_is_let_in(there, verified):
    """req 2.38, 3.01: ЦОИД's 400 is SCSE003 with an alert in the exchange, beside the one that the certificate itself has;
    with a new certificate the same message is answered."""
    before = there.centre.bills["comparisons"]
    with settings_of(there, client_key_file=there.sandbox / "tls/client-expired.p12"):
        cells = all_at_once(there, "our certificate expired", *verified)
        until("the alert", lambda: there.events("certificate.expired", "role coid-client"))
    for cell in cells:
        cell.expect(TABLE["400"])
    assert there.centre.bills["comparisons"] == before
    report(there, [*cells, repeated(there, cells[0], before, 0, *verified)])


def server_certificate(folder, days):
    """CA, certificate and key of a server on loopback that is good for so many days from now."""
    ca, key, request, cert = (folder / name for name in ("ca.pem", "server.key", "server.csr", "server.pem"))
    names = folder / "names.conf"
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    if not ca.exists():
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "ca.key", "-out", ca, "-subj",
            "/CN=another CA", "-days", 2)
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    run("openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", days,
        "-extfile", names, "-out", cert)
    return ca, cert, key


def test_a_server_whose_certificate_has_run_out_gets_no_request(there, verified, tmp_path):
    """C-13: nor does one of an authority that nobody has named; nothing has left, so nothing is asked for again."""
    own = OwnCentre(there.country)
    for days, named, why in ((-1, True, "certificate has expired"), (2, False, "unable to get local issuer certificate")):
        ca, cert, key = server_certificate(tmp_path, days)
        (own.sandbox / "tls/server.pem").write_bytes(cert.read_bytes())
        (own.sandbox / "tls/server.key").write_bytes(key.read_bytes())
        own.start()
        with settings_of(there, base_url=own.url, **({"ca_file": ca} if named else {})):
            cells = all_at_once(there, why, *verified)
            for cell in cells:
                cell.expect(no_answer("upstreamUnreachable"))
            report(there, cells)
            told = [line for line in there.events("coid.told", why) if line["code"] == "upstreamUnreachable"]
            assert len(told) >= len(OPERATIONS) and own.bills["comparisons"] == 0
            assert not any(own.bills["requests"].values())
        assert own.stop() == 0
    with settings_of(there, base_url=own.start().url, ca_file=ca):
        report(there, [repeated(Behind(there, own), cells[0], 0, 0, *verified)])
    assert own.stop() == 0


class Behind:
    """A world whose ЦОИД is another one."""

    def __init__(self, world, centre):
        self.world, self.centre = world, centre

    def __getattr__(self, name):
        return getattr(self.world, name)


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
