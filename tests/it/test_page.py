"""The signing page, in a real browser and by its bytes."""
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from browser import DESKTOP, TELEPHONE
from tools import ROOT, run, until

EXAMPLE = (ROOT / "etc/examples/createSigningSession.xml").read_text()
BACK = "https://bank.example/done?contract=1&step=2"
LANGUAGES = ("ru", "kk", "en")
CODE_IS_SEEN = "document.querySelector('.code').checkVisibility({contentVisibilityAuto: true})"


class Signing:
    """One session, its page and its telephone."""

    def __init__(self, world, back_url=None):
        more = f"<backUrl>{back_url.replace('&', '&amp;')}</backUrl>" if back_url else ""
        created = world.call(EXAMPLE.replace("<documents>", more + "<documents>"))
        assert created.code == "SCSS001", created.text
        self.world = world
        self.session, self.qr = created.value("signingSessionId"), created.value("qrText")
        self.link, self.business = created.value("link"), created.value("businessLink")
        self.url = created.value("pageUrl")
        self.path = urlsplit(self.url).path
        self.api1 = urlsplit(self.qr.removeprefix("mobileSign:")).path

    def get(self, part="", headers=None, method="GET"):
        return self.world.http(method, self.path + part, headers=headers)

    def status(self):
        return json.loads(self.get("/status")[2])

    def scan(self):
        self.token = json.loads(self.world.http("GET", self.api1)[2])["document"]["auth_token"]

    def fetch(self):
        documents = self.api1.replace("/mgovSign", "/documents")
        assert self.world.http("GET", documents, headers={"Authorization": f"Bearer {self.token}"})[0] == 200

    def sign(self, *options, **kwargs):
        return self.world.phone(self.qr, *options, **kwargs)

    def expire(self):
        self.world.expire(self.session)


@pytest.fixture
def signing(world):
    return Signing(world)


def tab(browser):
    """One press; what has the focus then, as a reader knows it."""
    ActionChains(browser.driver).send_keys(Keys.TAB).perform()
    return browser.js("document.activeElement.innerText.trim()")


# ---- what is on the screen ----

def test_the_camera_reads_from_the_screen_what_the_answer_says(signing, browser):
    """1.01: in the light, in the dark and on a small screen."""
    for scheme in ("light", "dark"):
        for width in (1440, 768, 360):
            browser.prefer(color_scheme=scheme)
            browser.as_desktop(width, 900)
            browser.open(signing.url)
            assert browser.qr_codes() == [signing.qr], f"{scheme}, {width}"


def test_a_telephone_gets_a_button_and_shows_the_code_on_request(signing, browser):
    browser.as_telephone()
    browser.open(signing.url)
    big, quiet = browser.all(".button")
    assert big.get_attribute("href") == signing.link and big.text == "Открыть eGov Mobile"
    assert quiet.get_attribute("href") == signing.business and quiet.text == "Открыть eGov Business"
    assert big.size["height"] >= 48 and big.size["width"] > 260
    assert browser.js("document.querySelector('.button').getBoundingClientRect().bottom < innerHeight")
    assert not browser.js(CODE_IS_SEEN)
    browser.one("summary").click()
    browser.js("document.querySelector('.code').scrollIntoView()")
    assert browser.qr_codes() == [signing.qr]


def test_a_desktop_browser_that_is_narrow_offers_both(signing, browser):
    browser.open(signing.url)
    assert not browser.one(".narrow").is_displayed()
    browser.as_desktop(400, 800)
    assert browser.one(".narrow .button").is_displayed() and browser.one(".code img").is_displayed()


def test_the_page_shows_the_organisation_and_nothing_that_is_in_the_documents(signing, browser):
    browser.open(signing.url)
    page = signing.get()[2].decode()
    assert browser.text("h1") == 'АО "ТЕСТ" просит подписать документы'
    for secret in ("аренд", "123456789011", "123/ABC", signing.session):
        assert secret not in page, secret


# ---- the page while it stands open ----

def test_the_open_page_follows_the_telephone_without_a_reload(world, browser):
    signing = Signing(world, back_url=BACK)
    browser.open(signing.url)
    browser.js("(globalThis.__kept = 1)")
    browser.one(".instead a").send_keys("")  # it has the focus
    link = browser.driver.switch_to.active_element
    assert browser.text(".now") == "Ожидается сканирование"
    signing.scan()
    browser.wait_for_text("QR-код отсканирован", ".state")
    assert browser.text(".now") == "QR-код отсканирован"
    signing.fetch()
    browser.wait_for_text("Документы открыты в приложении", ".state")
    assert browser.text(".now") == "Документы открыты"
    assert browser.driver.switch_to.active_element == link, "the focus stays where it was"
    assert signing.sign().returncode == 0
    browser.wait_for_text("Документы подписаны", ".state")
    assert browser.driver.title == "Документы подписаны — Подписание документов"
    assert len(browser.all(".done")) == 4 and not browser.all("#clock")
    assert browser.js("document.activeElement.tagName") == "H1", "what had the focus is gone"
    back = browser.one(".open a")
    assert back.get_attribute("href") == BACK and back.text == "Вернуться на сайт организации"
    assert browser.js("globalThis.__kept") == 1 and browser.driver.current_url == signing.url
    assert not browser.all("meta[http-equiv]")


def test_the_state_is_read_aloud_and_the_seconds_are_not(signing, browser):
    browser.open(signing.url)
    region = browser.one("#state")
    assert region.get_attribute("role") == "status"
    assert browser.js("getComputedStyle(document.getElementById('state')).display") != "none"
    assert not browser.all("#state #clock") and browser.one("#clock").get_attribute("role") == "timer"
    signing.scan()
    until("the news inside of the same region", lambda: "отсканирован" in region.text)


def seconds(clock):
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return total


def test_the_countdown_is_the_servers_whatever_the_visitors_clock_says(signing, browser):
    lie = "const D = Date; globalThis.Date = class extends D { constructor() { super(0); } static now() { return 0; } };"
    told = browser.tell("Page.addScriptToEvaluateOnNewDocument", source=lie)
    browser.open(signing.url)
    browser.tell("Page.removeScriptToEvaluateOnNewDocument", identifier=told["identifier"])
    first = seconds(browser.text("#clock"))
    assert 1780 < first <= 1800
    until("two seconds less", lambda: seconds(browser.text("#clock")) <= first - 2)
    assert abs(seconds(browser.text("#clock")) - signing.status()["secondsLeft"]) <= 2
    signing.world.move_end(signing.session, "NOW(6) + INTERVAL 2 HOUR")
    until("the hours, by the next look at the server", lambda: browser.text("#clock").count(":") == 2)
    assert abs(seconds(browser.text("#clock")) - 7200) < 60


def test_a_page_that_nobody_sees_asks_nothing(signing, browser):
    def shown(is_shown):
        browser.js("""(Object.defineProperty(document, 'hidden', {configurable: true, value: !arguments[0]}),
                       document.dispatchEvent(new Event('visibilitychange')))""", is_shown)

    def questions():
        return [url for url in browser.requests() if "/status?" in url]

    browser.open(signing.url)
    until("a question", questions)
    shown(False)
    questions()
    start = seconds(browser.text("#clock"))
    until("the clock to go on", lambda: seconds(browser.text("#clock")) <= start - 5)
    assert len(questions()) <= 1  # it may have been on its way
    shown(True)
    until("a question", questions)


def test_the_page_says_that_it_is_cut_off_and_goes_on_by_itself(own_world, browser):
    world = own_world()
    signing = Signing(world)
    browser.forgive("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_CONNECTION_CLOSED", "503")
    browser.open(signing.url)
    assert world.shepd.stop() == 0
    browser.wait_for_text("Нет связи с сервисом", "#offline")
    world.start_shepd()
    signing.scan()
    browser.wait_for_text("QR-код отсканирован", ".state")
    until("no more complaint", lambda: not browser.one("#offline").is_displayed())


# ---- how it ends ----

def test_a_refused_signature_is_explained_while_the_page_stays_open(signing, browser):
    browser.open(signing.url)
    assert signing.sign(key="individual-2").returncode != 0
    browser.wait_for_text("Этот документ должно подписать другое лицо", ".refused")
    assert browser.qr_codes() == [signing.qr], "it may be tried again"
    assert signing.sign().returncode == 0
    browser.wait_for_text("Документы подписаны", ".state")
    assert not browser.all(".refused")


def test_what_is_said_once_is_not_fetched_again(signing, browser):
    browser.as_desktop(language="ru")
    browser.open(f"{signing.url}?lang=en")
    assert signing.sign(key="individual-2").returncode != 0
    browser.wait_for_text("Somebody else must sign this document", ".refused")
    browser.requests()
    asked = []
    until("three more questions", lambda: (asked.extend(browser.requests()),
                                           sum("/status?" in url for url in asked) >= 3)[1])
    assert all("/status?" in url for url in asked), asked


def refuse(signing):
    assert signing.sign("--refuse").returncode == 0


def cancel(signing):
    assert signing.world.ask("cancelSigningSession", signing.session).code == "SCSS001"


def fail(signing):
    for _ in range(5):
        signing.sign(key="individual-revoked")


def open_and_expire(signing):
    signing.scan()
    signing.fetch()
    signing.expire()


ENDS = [  # what happens, the state, words of the explanation
    (refuse, "Документы не подписаны", "Вы отказались подписать эти документы"),
    (cancel, "Запрос отменён", "Организация отменила запрос на подпись"),
    (Signing.expire, "Срок действия истёк", "Никто не открыл документы вовремя"),
    (open_and_expire, "Срок действия истёк", "подпись не пришла вовремя"),
    (fail, "Документы не подписаны", "Ваш сертификат ЭЦП отозван"),
]


@pytest.mark.parametrize("end, state, words", ENDS, ids=[row[0].__name__ for row in ENDS])
def test_every_end_is_told_in_words(signing, browser, end, state, words):
    browser.open(signing.url)
    end(signing)
    browser.wait_for_text(state, ".state")
    assert words in browser.text("#state")
    assert not browser.all(".code") and not browser.all("#clock")
    browser.open(signing.url)  # and to whoever comes later
    assert browser.text(".state") == state and words in browser.text("#state")
    browser.requests()
    assert not browser.all("script"), "nothing is waited for any more"


# ---- languages ----

ACCEPTED = [
    ("", "ru"), ("kk", "kk"), ("kz", "kk"), ("en-GB,en;q=0.9", "en"), ("de,fr;q=0.9", "ru"),
    ("ru;q=0.5,kk;q=0.8,en;q=0.1", "kk"), ("en;q=0,kk;q=0.1", "kk"),
]


@pytest.mark.parametrize("accepted, language", ACCEPTED)
def test_the_page_speaks_the_visitors_language(signing, accepted, language):
    """1.42, q-values and kz tolerated."""
    page = signing.get(headers={"Accept-Language": accepted})[2].decode()
    assert f'<html lang="{language}">' in page


def test_the_switch_changes_the_language_and_the_live_page_keeps_it(signing, browser):
    browser.as_desktop(language="kk-KZ,kk;q=0.9,ru;q=0.8")
    browser.open(signing.url)
    assert browser.js("document.documentElement.lang") == "kk"
    assert browser.text("h1") == '"ТЕСТ" АҚ құжаттарға қол қоюды сұрайды'
    browser.driver.find_element("link text", "English").click()
    browser.wait_for_text("Scan the QR code", ".state")
    assert browser.js("document.documentElement.lang") == "en"
    assert browser.one(".languages [aria-current=true]").text == "English"
    signing.scan()
    browser.wait_for_text("QR code scanned", ".state")


# ---- for everybody ----

def test_by_keyboard_alone_everything_is_reached_in_order_and_seen(signing, browser):
    browser.open(signing.url)
    want = ["Қазақша", "Русский", "English", "Открыть телефон песочницы", "Открыть по ссылке вместо QR-кода",
            "Скопировать ссылку"]
    for name in want:
        assert tab(browser) == name
        assert browser.js("getComputedStyle(document.activeElement).outlineStyle") == "solid", name
    browser.as_telephone()
    browser.open(signing.url)
    want[4:] = ["Открыть eGov Mobile", "Открыть eGov Business", "Подписать на другом телефоне: показать QR-код"]
    assert [tab(browser) for _ in want] == want
    ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
    assert browser.js(CODE_IS_SEEN)


# Ratios of WCAG 2.2 (1.4.3) of every text against what lies behind it: [ratio, text].
CONTRASTS = """(() => {
    const parse = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = colour => parse(colour).slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = e => { for (; e; e = e.parentElement) {
        const c = getComputedStyle(e).backgroundColor, p = parse(c);
        if (p.length === 3 || p[3] === 1) return c; }
        return 'rgb(255, 255, 255)'; };
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode());) {
        const e = node.parentElement;
        if (!node.data.trim() || !e.checkVisibility()) continue;
        const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
        found.push([(a + 0.05) / (b + 0.05), node.data.trim()]);
    }
    return found;
})()"""
STRUCTURE = """({
    h1: document.querySelectorAll('h1').length, main: document.querySelectorAll('main').length,
    banner: document.querySelectorAll('body > header').length, nav: document.querySelectorAll('nav[aria-label]').length,
    noAlt: document.querySelectorAll('img:not([alt])').length, lang: document.documentElement.lang,
    title: document.title.length > 0,
    ids: [...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i).length,
    nameless: [...document.querySelectorAll('a, button, summary')].filter(e => !e.innerText.trim()).length,
    small: [...document.querySelectorAll('.button, summary, .languages a')].filter(
        e => e.checkVisibility() && e.getBoundingClientRect().height < 24).length,
    sideways: document.documentElement.scrollWidth - innerWidth })"""
SOUND = {"h1": 1, "main": 1, "banner": 1, "nav": 1, "noAlt": 0, "title": True, "ids": 0, "nameless": 0, "small": 0}


def check_sound(browser, language, where):
    structure = browser.js(STRUCTURE)
    assert structure.pop("sideways") <= 0, f"{where}: wider than the screen"
    assert structure == {**SOUND, "lang": language}, where
    ratios = browser.js(CONTRASTS)
    assert len(ratios) > 4
    assert min(ratios)[0] >= 4.5, f"{where}: {min(ratios)}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_sound_in_every_state_and_width(world, browser, scheme):
    """Structure, names, contrast; 640 px are also 1280 at 200 %, 320 px are 1280 at 400 %."""
    signing = Signing(world, back_url=BACK)
    browser.prefer(color_scheme=scheme, reduced_motion="reduce")

    def look(what, sizes=((320, 640), (1440, 900))):
        for language in LANGUAGES:
            for agent in (DESKTOP, TELEPHONE):
                for width, height in sizes:
                    browser.look_as(agent, width, height, touch=agent == TELEPHONE)
                    browser.open(f"{signing.url}?lang={language}")
                    check_sound(browser, language, f"{what}, {language}, {width} px, {agent[13:20]}")

    look("created", sizes=((320, 640), (640, 480), (768, 1024), (1440, 900)))
    signing.sign(key="individual-2")
    look("refused once")
    signing.sign()
    look("signed")
    signing = Signing(world)
    refuse(signing)
    look("failed")
    signing.path, signing.url = "/sign/none", signing.url.replace(signing.path, "/sign/none")
    browser.forgive("404")
    look("not found", sizes=((320, 640),))  # few: who asks for many pages that are not there is not heard


def test_without_scripts_the_page_renews_itself(signing, browser):
    browser.scripts(False)
    browser.open(signing.url)
    assert browser.qr_codes() == [signing.qr]
    root = browser.tell("DOM.getDocument", depth=1)["root"]["nodeId"]

    def shown(css):
        found = browser.tell("DOM.querySelector", nodeId=root, selector=css)["nodeId"]
        return browser.tell("DOM.getOuterHTML", nodeId=found)["outerHTML"] if found else ""

    assert "Обновить страницу" in shown("noscript a")
    assert 'content="10"' in shown("noscript meta")
    signing.scan()
    browser.requests()
    until("the page to come again by itself", lambda: signing.url in browser.requests())


# ---- its bytes ----

def test_the_page_is_closed_to_everything_but_its_own_files(signing):
    status, headers, _ = signing.get()
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'",
                      "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'",
                      "frame-ancestors": "'none'"}
    for name, value in [("X-Frame-Options", "DENY"), ("X-Content-Type-Options", "nosniff"),
                        ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"),
                        ("Cross-Origin-Opener-Policy", "same-origin")]:
        assert headers[name] == value
    assert "camera=()" in headers["Permissions-Policy"]


def test_the_pictures_and_the_status_are_there(signing):
    assert signing.get("/qr.png")[2].startswith(b"\x89PNG")
    assert b"<svg" in signing.get("/qr.svg")[2]
    status = signing.status()
    assert status["state"] == "created" and 1790 <= status["secondsLeft"] <= 1800
    assert (status["signedCount"], status["signerCount"]) == (0, 1)
    for part in ("", "/qr.png", "/qr.svg", "/status"):
        code, headers, body = signing.get(part, method="HEAD")
        assert code == 200 and body == b"" and int(headers["Content-Length"]) > 50


def test_the_pages_files_are_kept_and_asked_for_again(signing):
    page = signing.get()[2].decode()
    names = set(re.findall(r'(?:href|src)="(sign\.[a-z]+)"', page))
    assert names == {"sign.css", "sign.js", "sign.svg"}
    for name in names:
        status, headers, body = signing.world.http("GET", f"/sign/{name}")
        assert status == 200 and len(body) > 100 and headers["Cache-Control"] == "no-cache"
        etag = headers["ETag"]
        for known, want in [(etag, 304), (f'"0", {etag}', 304), ('"0"', 200)]:
            status, headers, body = signing.world.http("GET", f"/sign/{name}", headers={"If-None-Match": known})
            assert (status, bool(body)) == (want, want == 200) and headers["ETag"] == etag


NOWHERE = ["/sign/AAAAAAAAAAAAAAAAAAAAAA", "/sign/none", "/sign/sign.html"]


@pytest.mark.parametrize("path", NOWHERE)
def test_a_page_that_is_not_there_says_so_in_the_visitors_language(world, path):
    as_browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "kk"}
    status, headers, body = world.http("GET", path, headers=as_browser)
    assert status == 404 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Бет табылмады" in body.decode() and "default-src 'none'" in headers["Content-Security-Policy"]
    status, headers, body = world.http("GET", path)
    assert status == 404 and headers["Content-Type"].startswith("text/plain")


def test_a_part_that_is_not_there_is_no_page(signing):
    status, headers, _ = signing.get("/nothing", headers={"Accept": "text/html"})
    assert status == 404 and headers["Content-Type"].startswith("text/plain")


def test_while_the_store_is_away_the_page_asks_for_patience(own_world):
    world = own_world(settings={"store": {"wait_ms": 500}})
    signing = Signing(world)
    run(ROOT / "scripts/private-mariadbd", "stop", world.folder / "db")
    status, _, body = signing.get(headers={"Accept": "text/html", "Accept-Language": "en"})
    assert status == 503 and "The service is temporarily unavailable" in body.decode()
    assert signing.get("/status")[0] == 503


# ---- the sandbox ----

def test_in_the_sandbox_the_page_is_marked_and_leads_to_the_telephone(signing, browser):
    browser.open(signing.url)
    assert browser.text(".sandbox strong") == "Песочница"
    phone = urlsplit(browser.one(".sandbox a").get_attribute("href"))
    assert (phone.port, phone.path) == (signing.world.authority_port, "/phone/")
    assert parse_qs(phone.query) == {"lang": ["ru"], "qr": [signing.qr]}
    assert signing.world.http("GET", f"{phone.path}?{phone.query}", port=phone.port, plain=True)[0] == 200


def test_out_of_the_sandbox_nothing_speaks_of_it(own_world):
    world = own_world(settings={"sandbox": {"enabled": "no"}})
    page = Signing(world).get()[2].decode()
    assert "sandbox" not in page and "/phone/" not in page
