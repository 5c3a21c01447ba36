"""The console's door in a real browser: logging in, wrong passwords, lock-out, roles, languages (req 0.36, 0.53)."""
import pytest

from console import ADMINISTRATOR, AUDITOR, PASSWORD, WRONG, a_console, add_user, at, log_in, press, user

WORDS = {"kk": ("Кіру", "Құпиясөз"), "ru": ("Вход", "Пароль"), "en": ("Log in", "Password")}


@pytest.fixture(scope="module")
def console(country):
    yield from a_console(country, max_failures=3)


def whereabouts(browser):
    return browser.js("location.pathname + location.search")


def overflows(browser):
    """What sticks out of the window at the right, but for what scrolls by itself."""
    return browser.js("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0


def test_in_and_out_again(console, browser):  # req 0.36
    browser.open(at(console, ""))
    assert whereabouts(browser) == "/admin/login"
    assert browser.js("document.activeElement.id") == "name"
    log_in(browser, console, ADMINISTRATOR)
    assert ADMINISTRATOR in browser.text(".who") and "администратор" in browser.text(".who")
    press(browser, "form[action='/admin/logout'] button")
    assert whereabouts(browser) == "/admin/login?said_out" and "Вы вышли" in browser.text("[role=status]")
    browser.driver.back()
    browser.open(at(console, "password"))
    assert whereabouts(browser) == "/admin/login"


def test_a_wrong_password_and_a_lock_out_look_the_same(console, browser):
    add_user(console, "dana")
    said = []
    for password in (WRONG, WRONG, WRONG, PASSWORD):
        log_in(browser, console, "dana", password)
        said.append((browser.text("[role=alert]"), browser.one("#name").get_attribute("value")))
        browser.forgive("403")
    assert set(said) == {(said[0][0], "")} and "Войти не удалось" in said[0][0]
    assert console.events("auth.locked")[-1]["account"] == "dana"
    user(console, "unlock", "dana")
    log_in(browser, console, "dana")
    assert "dana" in browser.text(".who")
    user(console, "remove", "dana")


def test_roles_see_what_is_theirs(console, browser):  # req 0.53
    menus = {}
    for name, role in ((ADMINISTRATOR, "администратор"), (AUDITOR, "аудитор")):
        log_in(browser, console, name)
        assert role in browser.text(".who")
        menus[name] = [link.get_attribute("href") for link in browser.all(".menu a")]
        press(browser, "form[action='/admin/logout'] button")
    assert set(menus[AUDITOR]) <= set(menus[ADMINISTRATOR])
    log_in(browser, console, AUDITOR)
    for href in set(menus[ADMINISTRATOR]) - set(menus[AUDITOR]):
        browser.open(href)
        assert browser.text("h1") == "Отказано", href
        browser.forgive("403")
        assert console.events("access.refused", href.rsplit("/", 1)[1])[-1]["account"] == AUDITOR


@pytest.mark.parametrize("language", WORDS)
def test_the_languages(console, browser, language):
    browser.open(at(console, "login"))
    press(browser, f".languages button[value={language}]")
    title, password = WORDS[language]
    assert (browser.text("h1"), browser.text("label[for=password]")) == (title, password)
    assert browser.js("document.documentElement.lang") == language
    log_in(browser, console, ADMINISTRATOR)
    browser.open(at(console, "password"))
    assert browser.text("h1") == password


LUMINANCE = """(function () {
    function channels(text) { return text.match(/[0-9.]+/g).map(Number); }
    function light(rgb) {
        return rgb.slice(0, 3).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    }
    function behind(element) {
        for (; element; element = element.parentElement) {
            const rgb = channels(getComputedStyle(element).backgroundColor);
            if (rgb.length < 4 || rgb[3] > 0) return rgb;
        }
        return [255, 255, 255];
    }
    return Array.from(document.querySelectorAll('body *'))
        .filter(e => Array.from(e.childNodes).some(n => n.nodeType === 3 && n.textContent.trim()) && e.offsetParent)
        .map(e => {
            const [a, b] = [light(channels(getComputedStyle(e).color)), light(behind(e))];
            return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.tagName + '.' + e.className + ' ' + e.innerText];
        })
        .filter(([contrast]) => contrast < 4.5);
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_on_any_screen_in_the_light_and_in_the_dark(console, browser, scheme):
    browser.prefer(color_scheme=scheme)
    for width in (1440, 360):
        (browser.as_desktop if width > 360 else browser.as_telephone)(width)
        browser.driver.delete_all_cookies()
        browser.open(at(console, "login"))
        assert browser.js(LUMINANCE) == [] and not overflows(browser), width
        log_in(browser, console, ADMINISTRATOR)
        for path in ("password", "totp"):
            browser.open(at(console, path))
            assert browser.js(LUMINANCE) == [] and not overflows(browser), (width, path)


def test_a_second_factor_is_switched_on_by_scanning_what_is_shown(console, browser):
    add_user(console, "timur")
    log_in(browser, console, "timur")
    browser.open(at(console, "totp"))
    browser.one("#password").send_keys(PASSWORD)
    press(browser, "form.card button")
    uri, = browser.qr_codes()
    secret = browser.text("code").replace(" ", "")
    assert uri.startswith("otpauth://totp/shepd%20sandbox:timur?secret=" + secret)
    user(console, "remove", "timur")
