"""The sandbox's telephone in a real browser: the whole walk by mouse, and whom it does not listen to."""
import base64
import re
import urllib.error
import urllib.parse
import urllib.request
from xml.sax.saxutils import escape

import pytest
from selenium.common.exceptions import WebDriverException

from tools import WAIT_S, until

HOSTILE = "<img src=x onerror=\"console.error('hit')\">&amp;'"
TEXT = "Пункт 1 <script>console.error('hit')</script> & \"всё\"\n\n  отступ\n"
XML = '<?xml version="1.0" encoding="UTF-8"?><invoice sum="1&amp;2"><b>42</b></invoice>'


def make_pdf(text):
    """A page with a line of text, which any viewer takes."""
    stream = f"BT /F1 24 Tf 40 120 Td ({text}) Tj ET".encode()
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
               b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table, len(out))


PDF = make_pdf("Lease 123/ABC")


def document(number, name, mime, data, more=""):
    """mime None: an XML document of method XML."""
    body = (f"<documentXml>{escape(data)}</documentXml>" if mime is None else
            f"<file><mime>{mime}</mime><data>{base64.b64encode(data).decode()}</data></file>")
    return (f"<document><id>{number}</id>{more}<nameRu>{escape(name)}</nameRu><nameKz>Құжат {number}</nameKz>"
            f"<nameEn>Document {number}</nameEn>"
            f"<meta><item><name>{escape(name)} поле</name><value>{escape(HOSTILE)}</value></item></meta>{body}</document>")


class Walk:
    """A session, and the telephone's pages as a person uses them."""

    def __init__(self, world, browser, documents=None, method="CMS_WITH_DATA", auth="Token", description="Договор",
                 more=""):
        if documents is None:
            created = world.create()
        else:
            created = world.call(
                f'<s:createSigningSession xmlns:s="urn:shep-adapter:signing:1"><description>{escape(description)}'
                f"</description><signMethod>{method}</signMethod><authType>{auth}</authType>{more}<documents>"
                f"{''.join(documents)}</documents></s:createSigningSession>")
        assert created.code == "SCSS001", created.text
        self.world, self.browser = world, browser
        self.session, self.qr = created.value("signingSessionId"), created.value("qrText")
        self.link, self.page = created.value("link"), created.value("pageUrl")
        self.base = f"http://127.0.0.1:{world.authority_port}/phone/"

    def open(self, qr=None, lang="ru"):
        self.browser.open(f"{self.base}?lang={lang}&qr={urllib.parse.quote(qr or self.qr, safe='')}")
        return self

    def choose(self, key):
        self.browser.one(f"option[value='{key}']").click()
        return self

    def press(self, text):
        """Presses a button, and waits for the page after it."""
        self.browser.js("(globalThis.__old = true)")
        next(b for b in self.browser.all("button") if b.text == text).click()
        until(f"the page after «{text}»", self.is_fresh)
        return self

    def is_fresh(self):
        try:
            return self.browser.js("!globalThis.__old && document.readyState === 'complete'")
        except WebDriverException:  # between two pages
            return False

    def scan(self, **kwargs):
        return self.open(**kwargs).press("Открыть документы")

    def state(self):
        return self.world.ask("getSigningStatus", self.session).value("state")

    def text(self, css="main"):
        return self.browser.text(css)


@pytest.fixture
def walk(world, browser):
    return lambda *args, **kwargs: Walk(world, browser, *args, **kwargs)


def fetch(url, method="GET", body=None, **headers):
    """(status, headers, body), as curl would."""
    request = urllib.request.Request(url, data=body, method=method,
                                     headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


# ---- the walk ----

def test_a_link_leads_through_sign_to_the_bytes_that_were_shown(walk, world):
    """1.45, 1.46: figure 2, by mouse: the link is opened, the documents are seen and signed."""
    one = walk().scan(qr=None)
    assert one.text("h1") == "Подписание договора аренды"
    assert re.search(r"Срок действия QR-кода: \d\d-\d\d-20\d\d, \d\d:\d\d\n", one.text())
    assert 'АО "ТЕСТ"' in one.text(".rows") and "123456789021" in one.text(".rows")
    assert one.text("h3") == "Договор аренды"
    assert "Номер договора\n123/ABC" in one.text(".document")
    assert one.text("pre") == "Договор аренды № 123/ABC\n"
    assert one.state() == "documents_sent"
    one.press("Подписать")
    assert one.text("h1") == "Подписано и отправлено" and "success" in one.text() and "HTTP 200" in one.text()
    assert one.state() == "signed"
    result = world.ask("getSigningResult", one.session)
    assert result.value("verdict") == "valid" and result.value("iin") == "123456789011"


def test_the_https_link_does_what_the_qr_does(walk):
    one = walk()
    one.scan(qr=one.link).press("Подписать")
    assert one.state() == "signed"


def test_refuse_ends_the_session(walk):
    one = walk().scan().press("Отказать")
    assert one.text("h1") == "Вы отказались подписывать"
    assert one.state() == "failed"
    assert "refused" in one.world.ask("getSigningStatus", one.session).text


def test_back_leads_to_the_senders_site_and_a_reload_repeats_nothing(walk, browser):
    one = walk([document(1, "Д", "text/plain", b"text")], more="<backUrl>https://bank.example/done?a=1&amp;b=2</backUrl>")
    one.scan().press("Подписать")
    assert browser.one("a.main").get_attribute("href") == "https://bank.example/done?a=1&b=2"
    browser.driver.refresh()
    assert "success" in one.text()
    puts = [line["event"] for line in one.world.journal()
            if line.get("signing") == one.session and line["event"].startswith("put.")]
    assert puts.count("put.accepted") == 1 and "put.repeated" not in puts


@pytest.mark.parametrize("key", ["gost2004/legal-entity", "rsa/ceo"])
def test_every_family_signs(walk, key):
    one = walk([document(1, "Д", "text/plain", b"text")]).open().choose(key).press("Открыть документы").press("Подписать")
    assert one.state() == "signed", one.text()


@pytest.mark.parametrize("key", ["gost2015/individual", "gost2015/individual-2", "rsa/ceo"])
def test_with_eds_the_person_signs_in_with_a_key_of_their_own(walk, key):
    """1.19"""
    one = walk([document(1, "Д", "text/plain", b"text")], auth="Eds").open().choose(key)
    one.press("Открыть документы")
    assert one.text("pre") == "text"
    one.press("Подписать")
    assert one.state() == "signed", one.text()


def test_the_signing_page_leads_to_the_telephone_and_turns_to_signed(walk, browser):
    """1.45: by mouse alone, from the page that the sender shows to the page that says it is done."""
    one = walk()
    browser.open(one.page)
    page = browser.driver.current_window_handle
    browser.one(".sandbox a").click()
    until("the telephone", lambda: len(browser.driver.window_handles) == 2)
    browser.driver.switch_to.window(browser.driver.window_handles[-1])
    until("its page", lambda: browser.all("#qr"))
    assert browser.one("#qr").get_attribute("value") == one.qr
    one.press("Открыть документы").press("Подписать")
    assert one.text("h1") == "Подписано и отправлено"
    browser.driver.close()
    browser.driver.switch_to.window(page)
    browser.wait_for_text("подписаны", ".state")


# ---- what is shown ----

def test_text_pdf_and_xml_are_shown_with_sign_bytes_array(walk, browser):
    """1.32"""
    one = walk([document(1, "Текст", "text/plain", TEXT.encode()), document(2, "PDF", "application/pdf", PDF),
                document(3, "XML", "application/xml", XML.encode()), document(4, "Картинка", "image/png", b"\x89PNG....")],
               method="SIGN_BYTES_ARRAY").scan()
    shown = browser.js("Array.from(document.querySelectorAll('pre'), e => e.textContent)")
    assert shown == [TEXT, XML]
    assert one.text(".hidden").split("\n\n") == ["Файл этого типа в приложении не отображается", "image/png 8 байт"]
    one.press("Подписать")
    assert one.state() == "signed"


def test_xml_is_shown_by_no_other_method(walk, browser):
    """1.32: application/xml by CMS, and the XML of method XML, are signed unseen."""
    one = walk([document(1, "По CMS", "application/xml", XML.encode(), "<signMethod>CMS_SIGN_ONLY</signMethod>"),
                document(2, "По XML", None, "<a>42</a>", "<signMethod>XML</signMethod>"),
                document(3, "Текст", "text/plain", TEXT.encode(), "<signMethod>CMS_WITH_DATA</signMethod>")],
               method="MIX_SIGN", auth="None").scan()
    assert browser.js("Array.from(document.querySelectorAll('pre'), e => e.textContent)") == [TEXT]
    assert "42" not in one.text("main") and one.text(".hidden").count("не отображает") == 2
    one.press("Подписать")
    assert one.state() == "signed"


@pytest.mark.parametrize("method", ["CMS_WITH_DATA", "CMS_SIGN_ONLY", "SIGN_BYTES_ARRAY"])
def test_a_pdf_is_opened_and_saved_as_it_was_issued(walk, browser, method, tmp_path):
    """1.32"""
    one = walk([document(1, HOSTILE, "application/pdf", PDF)], method=method).scan()
    view, save = [link.get_attribute("href") for link in browser.all(".links a")]
    for url, disposition in ((view, "inline"), (save, "attachment")):
        status, headers, body = fetch(url)
        assert (status, body) == (200, PDF)
        assert headers["Content-Type"] == "application/pdf" and headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Disposition"] == f'{disposition}; filename="document-1.pdf"'
    browser.tell("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.js("document.querySelector('.links').scrollIntoView({block: 'center'})")
    browser.all(".links a")[1].click()
    until("the file", lambda: (tmp_path / "document-1.pdf").exists())
    until("all of it", lambda: (tmp_path / "document-1.pdf").read_bytes() == PDF)
    here = browser.driver.current_url
    browser.forgive("favicon.ico")  # asked for beside a PDF, which cannot name one
    browser.open(view)
    assert browser.js("document.contentType") == "application/pdf", "the browser's own viewer takes it"
    browser.open(here)
    one.press("Подписать")
    assert one.state() == "signed"
    assert fetch(view)[0] == 404  # nothing is on the screen any more


def test_hostile_names_and_texts_are_text(walk, browser):
    one = walk([document(1, HOSTILE, "text/plain", TEXT.encode())], description=HOSTILE).scan()
    assert one.text("h1") == HOSTILE and one.text("h3") == HOSTILE
    assert one.text(".document dd") == HOSTILE and one.text(".document dt") == f"{HOSTILE} поле"
    assert browser.driver.title == f"{HOSTILE} — Телефон песочницы"
    assert browser.all("main img, main script, main [onerror]") == []
    assert fetch(browser.driver.current_url)[1]["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")


@pytest.mark.parametrize("lang, name, sign, scan", [("ru", "Договор аренды", "Подписать", "Открыть документы"),
                                                    ("kk", "Жалға алу шарты", "Қол қою", "Құжаттарды ашу"),
                                                    ("en", "Lease Agreement", "Sign", "Open the documents")])
def test_the_app_speaks_three_languages(walk, browser, lang, name, sign, scan):
    """1.42, 1.46"""
    one = walk().open(lang="en" if lang == "ru" else "ru")
    browser.one(f".languages button[value={lang}]").click()
    until("the language", lambda: browser.js("document.documentElement.lang") == lang)
    assert browser.one("#qr").get_attribute("value") == one.qr
    one.press(scan)
    assert one.text("h3") == name
    one.press(sign)
    assert one.state() == "signed"


# ---- what goes wrong is said ----

def test_each_step_says_why_it_failed(walk, browser):
    one = walk()
    one.scan(qr="mobilesign:https://x")
    assert one.text("h1") == "Не удалось открыть QR-код" and "HTTP" not in one.text()
    one.scan(qr=one.qr.replace("/m/", "/m/x"))
    assert "Не удалось открыть QR-код" in one.text() and "HTTP 404" in one.text()
    one.scan(qr="mobileSign:https://10.255.255.1/mgovSign")
    assert "--phone-allow" in one.text()
    one.open().choose("gost2015/individual-revoked").press("Открыть документы").press("Подписать")
    assert one.text("h1") == "Подписи не приняты" and "HTTP 403" in one.text()
    assert len(one.text(".message")) > 20, "the server's words for a citizen"
    one.press("Сканировать ещё раз")
    assert browser.one("#qr").get_attribute("value") == one.qr
    assert browser.one("#key").get_attribute("value") == "gost2015/individual-revoked"
    one.choose("gost2015/individual").press("Открыть документы").press("Подписать")
    assert one.state() == "signed"
    one.scan()
    assert "Не удалось" in one.text("h1"), "a session signs once"


def test_a_walk_that_nobody_knows_is_told_so(walk, browser):
    one = walk()
    browser.forgive("404")
    browser.open(one.base + "0" * 32)
    assert "больше нет" in one.text("h1")


# ---- whom it does not listen to ----

def scan_by_curl(world, qr, host=None, origin=True):
    base = f"http://127.0.0.1:{world.authority_port}"
    headers = {"Host": host} if host else {}
    if origin:
        headers["Origin"] = base if origin is True else origin
    opener = urllib.request.build_opener(NoRedirect)
    body = urllib.parse.urlencode({"qr": qr, "key": "gost2015/individual", "lang": "ru"}).encode()
    try:
        with opener.open(urllib.request.Request(f"{base}/phone/", body, headers), timeout=WAIT_S) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def test_only_its_own_pages_may_press_its_buttons(world):
    qr = world.create().value("qrText")
    port = world.authority_port
    assert scan_by_curl(world, qr, origin=False)[0] == 403
    assert scan_by_curl(world, qr, origin="null")[0] == 403
    assert scan_by_curl(world, qr, origin="http://evil.example")[0] == 403
    assert scan_by_curl(world, qr, origin="http://evil.example", host=f"evil.example:{port}")[0] == 403
    status, headers = scan_by_curl(world, qr)
    assert status == 303
    walk = f"http://127.0.0.1:{port}{headers['Location']}"
    assert fetch(walk)[0] == 200
    assert fetch(walk, Host=f"evil.example:{port}")[0] == 403
    assert fetch(f"{walk}/sign", "POST", b"")[0] == 403
    assert fetch(f"{walk}/sign")[0] == 404
    assert fetch(walk, "DELETE")[0] == 405


def test_a_signature_by_curl_waits_for_the_authority_of_the_same_process(world):
    """OCSP and TSP are answered while the telephone waits for shepd."""
    created = world.create()
    base = f"http://127.0.0.1:{world.authority_port}"
    walk = base + scan_by_curl(world, created.value("qrText"))[1]["Location"]
    status, _, page = fetch(f"{walk}/sign", "POST", b"", Origin=base)
    assert status == 200 and "Подписано и отправлено" in page.decode()
    assert world.ask("getSigningStatus", created.value("signingSessionId")).value("state") == "signed"
