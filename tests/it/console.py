"""The administrator's console: a client that uses it as a browser without scripts does (cookies, forms, redirects), and the
way in for a real browser."""
import base64
import hashlib
import hmac
import html
import http.client
import re
import ssl
import struct
import urllib.parse

from tools import BUILD, WAIT_S, run, until
from world import at_work, make_world

PASSWORD = "три слова и запятая"  # of every account that these tests make
WRONG = "не тот пароль вовсе"
ADMINISTRATOR, AUDITOR = "aidar", "saule"
STEP_S = 30


def totp(secret, step):
    """RFC 6238, by hand: what the telephone shows. secret: base32."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


def user(world, *arguments, check=True):
    """shepctl user … on this world's configuration."""
    verb, *rest = arguments
    return run(BUILD / "shepctl", "user", verb, "--config", world.config, *rest, check=check)


def add_user(world, name, role="administrator", *options, password=PASSWORD):
    file = world.folder / "console-password"
    file.write_text(password + "\n")
    user(world, "add", name, "--role", role, "--password-file", file, *(options or ("--own",)))
    return name


def a_console(country, **admin):
    """What a fixture yields from: a world with an administrator and an auditor; addresses are not throttled. admin: settings."""
    world = make_world(country)
    world.settings = {"admin": {"max_address_failures": 100000} | admin}
    with at_work(world):
        add_user(world, ADMINISTRATOR)
        add_user(world, AUDITOR, "auditor")
        yield world


class Page:
    """One answer."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def title(self):
        return html.unescape(re.search(r"<h1>(.*?)</h1>", self.text).group(1))

    @property
    def token(self):
        return re.search(r'name="token" value="([^"]+)"', self.text).group(1)

    @property
    def said(self):
        return html.unescape(" ".join(re.findall(r'<p class="notice[^"]*" role="[a-z]+">(.*?)</p>', self.text)))

    @property
    def to(self):
        return self.headers.get("Location")

    @property
    def menu(self):
        return re.findall(r'<li><a href="([^"]+)" aria-current', self.text)


class Client:
    """A browser: keeps cookies, follows nothing by itself."""

    def __init__(self, world, language="en", port=None, tls=False):
        self.port, self.tls, self.language = port or world.admin_port, tls, language
        self.ca, self.cookies, self.last = world.ca, {}, None

    @property
    def origin(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def cookie(self):
        """The log-in's."""
        return self.cookies.get("__Host-shepd" if self.tls else "shepd")

    def ask(self, method, path, body=None, headers=None):
        if self.tls:
            context = ssl.create_default_context(cafile=str(self.ca))
            line = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=WAIT_S, context=context)
        else:
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        sent = {"Accept-Language": self.language, **(headers or {})}
        if self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        line.request(method, path, body, sent)
        answer = line.getresponse()
        page = Page(answer.status, answer.headers, answer.read())
        line.close()
        for text in answer.headers.get_all("Set-Cookie") or []:
            name, value = text.split(";")[0].split("=", 1)
            self.cookies.pop(name, None)
            if "Max-Age=0" not in text:
                self.cookies[name] = value
        if page.status != 303:
            self.last = page
        return page

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, fields=None, token=None, headers=None):
        """Sends a form of the last page: its token, unless another is given."""
        token = token if token is not None else self.last.token
        body = urllib.parse.urlencode({"token": token, **(fields or {})}).encode()
        return self.ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin,
                                             **(headers or {})})

    def follow(self, page):
        while page.status == 303:
            page = self.get(page.to)
        return page

    def try_to_log_in(self, name, password=PASSWORD):
        self.get("/admin/login")
        return self.post("/admin/login", {"name": name, "password": password})

    def log_in(self, name, password=PASSWORD):
        page = self.follow(self.try_to_log_in(name, password))
        assert page.status == 200 and "/admin/logout" in page.text, (page.status, page.text)
        return page

    def log_out(self):
        return self.post("/admin/logout")


# ---- in a real browser ----

def at(world, path):
    return f"http://127.0.0.1:{world.admin_port}/admin/{path}"


def press(browser, css):
    """A button whose form leads to a new page, which has come when this returns."""
    browser.js("(globalThis.__before = true)")
    browser.one(css).click()
    until("the next page", lambda: browser.js("!globalThis.__before && document.readyState === 'complete'"))


def log_in(browser, world, name, password=PASSWORD):
    browser.open(at(world, "login"))
    browser.one("#name").send_keys(name)
    browser.one("#password").send_keys(password)
    press(browser, "form.card button")
