"""The pages of the administrator's console in a real browser: search, one exchange, sessions, export, numbers, roles; and
that each look is on record (req 0.39, 0.53, 0.59, 0.60)."""
import csv
import io
import json
import re

import pytest

from console import ADMINISTRATOR, AUDITOR, Client, a_console, log_in
from tools import ROOT, run, until

IIN = "123456789011"  # who signs in the example
PAGES = (ROOT / "src/server/admin/pages.c").read_text()
TABLE = re.findall(r'\{ "(/admin/[^"]+)", "\w+", (ROLES_\w+), (true|false), \w+ \}', PAGES)
NASTY = 'm-<script>alert(1)</script>"\'&<b>\u202e=1+1'


class Story:
    """What has happened before anybody looks."""

    def __init__(self, world):
        self.world = world
        example = (ROOT / "etc/examples/createSigningSession.xml").read_text()
        self.created = world.call(example)
        self.session = self.created.value("signingSessionId")
        world.phone(self.created.value("qrText"))
        self.result = world.ask("getSigningResult", self.session)
        self.unknown = world.ask("getSigningStatus", "0193a000-0000-7000-8000-000000000000")
        world.seal_of(self.session)
        answered = world.events("exchange.answered", session=self.session)
        self.exchange, self.message = answered[-1]["exchange"], answered[-1]["messageId"]
        last = max(int(line["seq"]) for line in world.journal())
        until("the table has it", lambda: int(world.sql(
            "SELECT IFNULL(MAX(seq), 0) FROM journal_event WHERE instance = 'sandbox'")[0][0]) >= last)


@pytest.fixture(scope="module")
def console(country):
    yield from a_console(country)


@pytest.fixture(scope="module")
def story(console):
    return Story(console)


@pytest.fixture(scope="module")
def admin(console):
    client = Client(console)
    client.log_in(ADMINISTRATOR)
    return client


@pytest.fixture(scope="module")
def auditor(console):
    client = Client(console)
    client.log_in(AUDITOR)
    return client


def views(world, account, event):
    return [line for line in world.events(event) if line["account"] == account]


def rows_of(page):
    return re.findall(r'<tr class="[a-z]*"><td class="time".*?</tr>', page.text, re.S)


def paths_of(story):
    """Every page of the table, with what it wants behind it."""
    below = {"/admin/exchange/": story.exchange, "/admin/sessions/": story.session}
    return [(path + below.get(path, ""), roles) for path, roles, _ in TABLE]


# ---- roles, and the record of each look ----

def test_each_page_has_its_roles_and_each_look_is_on_record(console, story, admin, auditor):  # req 0.39, 0.53, 0.60
    assert len(TABLE) == PAGES.count('{ "/admin/') and len(TABLE) >= 10  # a new page is tested too
    for client, account, role in ((admin, ADMINISTRATOR, "ROLES_ADMINISTRATOR"), (auditor, AUDITOR, "ROLES_AUDITOR")):
        for path, roles in paths_of(story):
            may = roles in (role, "ROLES_ALL")
            name = "access.refused" if not may else \
                "personal.viewed" if path.startswith("/admin/sessions/") else "console.viewed"
            before = len(views(console, account, name))
            page = client.get(path)
            assert page.status == (200 if may else 403), path
            if not may:
                main = page.text.split("<main")[1]
                assert story.exchange not in main and story.session not in main
                assert path.split("?")[0] not in page.menu
            line = views(console, account, name)[before:][-1]
            assert path in line["text"] and line["ip"] == "127.0.0.1" and line["start"] and line["end"], path
    menu = [path for path, roles, in_menu in TABLE if in_menu == "true" and roles == "ROLES_ALL"]
    assert auditor.get("/admin/overview").menu == menu
    assert all(roles == "ROLES_ADMINISTRATOR" for path, roles, _ in TABLE
               if re.match(r"/admin/(journal|exchange|sessions|senders)", path))  # req 0.53, whatever the table says


def test_the_record_of_a_look_has_the_status_that_it_got(console, story, admin, auditor):  # req 0.39, 0.45
    missing = "0193a000-0000-7000-8000-000000000001"
    for client, account, path, name, status in (
            (admin, ADMINISTRATOR, f"/admin/exchange/{story.exchange}", "console.viewed", 200),
            (admin, ADMINISTRATOR, f"/admin/sessions/{story.session}", "personal.viewed", 200),
            (admin, ADMINISTRATOR, f"/admin/exchange/{missing}", "console.failed", 404),
            (admin, ADMINISTRATOR, "/admin/no-such-page", "console.failed", 404),
            (admin, ADMINISTRATOR, "/admin/journal?from=never", "console.failed", 400),
            (auditor, AUDITOR, f"/admin/exchange/{story.exchange}", "access.refused", 403)):
        names = ("console.viewed", "personal.viewed", "console.failed", "access.refused")
        before = {each: len(views(console, account, each)) for each in names}
        assert client.get(path).status == status, path
        added = {each: views(console, account, each)[before[each]:] for each in names}
        assert [each for each in names if added[each]] == [name], path  # and nothing else
        line, = added[name]
        assert line["code"] == str(status) and path.split("?")[0] in line["text"], path


def test_an_auditor_sees_numbers_and_nobodys_ids(story, auditor):  # req 0.53
    for path, roles in paths_of(story):
        if roles != "ROLES_ALL":
            continue
        text = auditor.get(path).text
        for secret in (story.exchange, story.session, story.message, IIN, story.created.value("link")):
            assert secret not in text, path
        assert not re.search(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b", text), path


# ---- the journal ----

@pytest.mark.parametrize("query, events", [
    ("id={exchange}", {"exchange.received", "exchange.answered"}),
    ("id={message}", {"exchange.received", "exchange.answered"}),
    ("event=put.", {"put.verified", "put.accepted"}),
    ("code=SCSE002", {"exchange.answered"}),
    ("text=SIGNING+SESSION+CREATED", {"session.created"}),
    ("account=sandbox&level=Warning", {"exchange.answered"}),
    ("service=EGOVMOBILE_QR_SIGN_SERVICE&event=exchange.received", {"exchange.received"})])
def test_a_search_finds_what_it_names(story, admin, query, events):  # req 0.39, 0.59
    page = admin.get("/admin/journal?" + query.format(exchange=story.exchange, message=story.message))
    found = rows_of(page)
    names = {re.search(r"<strong>(.*?)</strong>", row).group(1) for row in found}
    assert found and names - {"console.viewed", "personal.viewed"} == events  # others have looked at it
    assert rows_of(admin.get("/admin/journal?to=2026-01-01T00:00")) == []


def test_an_iin_is_searched_by_its_pseudonym_and_stands_nowhere(console, story, admin):  # req 0.39
    page = admin.get(f"/admin/journal?iin={IIN}")
    pseudonym = re.search(r'name="iin" type="text" value="([0-9a-f]{16})"', page.text).group(1)
    assert len(rows_of(page)) >= 2 and IIN not in page.text and f"iin={pseudonym}" in page.text
    line = views(console, ADMINISTRATOR, "personal.viewed")[-1]
    assert pseudonym in line["text"] and IIN not in str(line)
    assert set(rows_of(page)) <= set(rows_of(admin.get(f"/admin/journal?iin={pseudonym}")))
    assert not any(IIN in file.read_text(encoding="utf-8") for file in (console.folder / "journal").glob("*.log"))


@pytest.mark.parametrize("query, said", [
    ("from=2026-01-01T00:00&to=2026-04-03T00:00", "92"), ("from=yesterday", "yyyy-mm-ddThh:mm"), ("iin=12345", "12"),
    ("level=Bad", "level"), ("after=20261122~node1", "damaged"), ("text=" + "x" * 256, "255"), ("ip=%ff", "IP"),
    ("from=2026-02-01T00:00&to=2026-01-01T00:00", "before")])
def test_a_bad_search_is_told_by_field_and_limit(admin, query, said):
    page = admin.get("/admin/journal?" + query)
    assert page.status == 400 and said in page.said, page.said


def test_pages_show_each_line_once(console, story, admin):  # req 0.39
    for _ in range(60):
        admin.get("/admin/certificates")
    last = max(int(line["seq"]) for line in console.journal())
    until("the table has it", lambda: int(console.sql(
        "SELECT MAX(seq) FROM journal_event WHERE instance = 'sandbox'")[0][0]) >= last)
    seen, path = [], "/admin/journal"
    while path:
        page = admin.get(path)
        seen += re.findall(r"sandbox #(\d+)", page.text)
        path = (re.search(r'rel="next" href="([^"]+)"', page.text) or [None, ""])[1].replace("&amp;", "&")
    mine = [int(seq) for seq in seen if int(seq) <= last]
    assert len(mine) == len(set(mine)) and set(mine) == set(range(1, last + 1))


def test_what_strangers_wrote_is_text_on_the_page_and_in_the_table(console, admin):  # req 0.39
    text = NASTY.replace("'", "''")
    console.sql("INSERT INTO journal_event SELECT day, 'nasty', 1, id, written_at, start_at, end_at, level, category, event,"
                f" '=cmd()', ip, NULL, '{text}', '', NULL, code, '', '{text}', line FROM journal_event"
                " ORDER BY day DESC, seq DESC LIMIT 1")
    page = admin.get("/admin/journal?account=%3Dcmd()")
    assert len(rows_of(page)) == 1 and "<script" not in page.text and "<b>" not in page.text
    assert "&lt;script&gt;" in page.text
    file = admin.get("/admin/journal.csv?account=%3Dcmd()")
    assert file.headers["Content-Type"].startswith("text/csv") and "attachment" in file.headers["Content-Disposition"]
    assert file.body.startswith(b"\xef\xbb\xbf")
    head, row = csv.reader(io.StringIO(file.body.decode("utf-8-sig"), newline=""))
    cells = dict(zip(head, row))
    assert cells["account"] == "'=cmd()" and cells["text"] == NASTY and cells["instance"] == "nasty"
    console.sql("DELETE FROM journal_event WHERE instance = 'nasty'")


def test_an_export_holds_what_the_search_finds(console, story, admin):  # req 0.39
    before = len(views(console, ADMINISTRATOR, "console.viewed"))
    file = admin.get("/admin/journal.csv?event=exchange.")
    head, *rows = csv.reader(io.StringIO(file.body.decode("utf-8-sig"), newline=""))
    lines = console.events("exchange.received") + console.events("exchange.answered")
    of_seq = {line["seq"]: line for line in lines}
    assert sorted(int(row[head.index("seq")]) for row in rows) == sorted(int(line["seq"]) for line in lines)
    for row in rows:
        cells = dict(zip(head, row))
        line = of_seq[cells["seq"]]
        assert [cells[key] for key in ("date", "time", "id", "event", "exchange", "messageId", "code", "level")] == \
            [line[key] for key in ("date", "time", "id", "event", "exchange", "messageId", "code", "level")]
    assert f"rows={len(rows)} " in views(console, ADMINISTRATOR, "console.viewed")[before:][-1]["text"]


# ---- one exchange, one session ----

def test_an_exchange_is_told_in_its_order_with_what_is_kept(console, story, admin):  # req 0.39, 0.59
    page = admin.get(f"/admin/exchange/{story.exchange}")
    own = page.text.split('<ol class="timeline">')[1]
    assert re.findall(r"<h3>([a-z.]+) ", own.split("</ol>")[0])[:2] == ["exchange.received", "exchange.answered"]
    assert re.search(r"\+\d+ ms", own) and "put.accepted" in page.text and "session.sealed" in page.text
    before = len(views(console, ADMINISTRATOR, "personal.viewed"))
    answer = admin.get(f"/admin/exchange/{story.exchange}/answer.xml")
    assert answer.status == 200 and b"SCSS001" in answer.body and answer.body.startswith(b"<")
    assert views(console, ADMINISTRATOR, "personal.viewed")[before:][-1]["exchange"] == story.exchange
    for path in ("/admin/exchange/x", "/admin/exchange/0193a000-0000-7000-8000-000000000001",
                 f"/admin/exchange/{story.exchange}/no", f"/admin/exchange/{story.exchange}/coid/x/body"):
        assert admin.get(path).status == 404, path


def test_a_session_gives_its_signed_bytes_verdicts_and_seal(console, story, admin, tmp_path):  # req 0.39
    listed = admin.get("/admin/sessions?state=signed&sender=sandbox").text
    assert story.session in listed and IIN not in listed
    assert story.session not in admin.get("/admin/sessions?state=failed").text
    page = admin.get(f"/admin/sessions/{story.session}")
    assert IIN in page.text
    links = re.findall(rf'href="(/admin/sessions/{story.session}/[^"]+)"', page.text)
    kinds = {link.split("/")[4]: link for link in links}
    assert set(kinds) == {"signed", "report", "seal.xml"}
    before = len(views(console, ADMINISTRATOR, "personal.viewed"))
    file = tmp_path / "signed.p7s"
    file.write_bytes(admin.get(kinds["signed"]).body)
    assert run("openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", file, "-noout").returncode == 0
    assert json.loads(admin.get(kinds["report"]).body)["verdict"] == "valid"
    assert b"Signature" in admin.get(kinds["seal.xml"]).body
    lines = views(console, ADMINISTRATOR, "personal.viewed")[before:]
    assert len(lines) == 3 and all(line["signing"] == story.session for line in lines)
    assert "iin=" in lines[0]["text"] and IIN not in str(lines)
    assert admin.get(f"/admin/sessions/{story.session}/signed/9/9").status == 404


# ---- as a reader sees it ----

@pytest.mark.parametrize("language, search", [("ru", "Найти"), ("kk", "Іздеу"), ("en", "Search")])
def test_the_pages_are_read_in_three_languages_on_any_screen(console, story, browser, language, search):  # req 0.39
    browser.as_desktop(1440, 900, language)
    log_in(browser, console, ADMINISTRATOR)
    for width in (1440, 360) if language == "ru" else (360,):
        for path, _ in paths_of(story):
            if path.endswith(".csv"):
                continue
            browser.as_desktop(width, 900, language)
            browser.open(f"http://127.0.0.1:{console.admin_port}{path}")
            assert browser.js("document.documentElement.scrollWidth <= innerWidth"), (path, width)
            assert browser.text("h1") and browser.js("document.documentElement.lang") == language
            assert "{{" not in browser.text() and not browser.js(
                "Array.from(document.querySelectorAll('th, dt, label, button, figcaption, .tiles span')).some("
                "e => !e.innerText.trim() && getComputedStyle(e).display != 'none' && e.offsetHeight > 3)"), path
    browser.open(f"http://127.0.0.1:{console.admin_port}/admin/journal")
    assert browser.one("form.search button").text == search


def test_a_reader_searches_and_comes_to_the_exchange(console, story, browser):  # req 0.39, 0.59
    log_in(browser, console, ADMINISTRATOR)
    browser.open(f"http://127.0.0.1:{console.admin_port}/admin/journal")
    browser.one("#f_id").send_keys(story.message)
    browser.one("form.search button").click()
    browser.wait_for_text("exchange.answered", "table.list")
    assert len(browser.all("table.list tbody tr")) == 2
    browser.one(f'a[href="/admin/exchange/{story.exchange}"]').click()
    browser.wait_for_text("exchange.received", ".timeline")
    assert story.exchange in browser.text(".facts")


def test_the_overview_counts_exchanges_by_hour(console, story, admin, auditor):  # req 0.60
    answered = len(console.events("exchange.answered"))
    for client in (admin, auditor):
        page = client.get("/admin/overview")
        assert f"<strong>{answered}</strong>" in page.text and page.text.count("<svg") == 3
        assert sum(int(n) for n in re.findall(r"<title>[^<]*SCS[SE]00[12][^<]*: (\d+)</title>", page.text)) >= answered
    assert "put.verified" in auditor.get("/admin/verdicts").text
    assert "SCSS001" in admin.get("/admin/senders").text
    assert "364" in auditor.get("/admin/certificates").text or "36" in auditor.get("/admin/certificates").text
    assert re.search(r"journal-\d{8}-\d+\.log", auditor.get("/admin/proof").text)
