"""A real headless Chromium for the tests of pages, kept on the loopback and watched.

One browser serves a module (fixture chromium), each test gets it fresh (fixture browser). When a test ends the fixture
fails it for whatever the browser complained about meanwhile: an error on the console, a violation of the Content
Security Policy, a request to another origin. A test that wants one says so by browser.forgive()."""
import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tools import run, until

TELEPHONE = ("Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) "
             "Chrome/126.0.0.0 Mobile Safari/537.36")
DESKTOP = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
           "Chrome/126.0.0.0 Safari/537.36")
# Seen by every document before its own scripts run; the driver's scripts are not under the page's policy.
LISTENER = """
globalThis.__violations = [];
document.addEventListener('securitypolicyviolation',
    event => globalThis.__violations.push(event.effectiveDirective + ' ' + event.blockedURI));
"""


def pin_of(pem):
    """What Chromium names a key by: base64 of SHA-256 over the SubjectPublicKeyInfo of the certificate."""
    lines = run("openssl", "x509", "-in", pem, "-noout", "-pubkey").stdout.splitlines()
    key = base64.b64decode("".join(line for line in lines if not line.startswith("-----")))
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def arguments(profile, pins):
    yield from ("--headless=new", "--no-first-run", "--disable-gpu", "--disable-sync", "--disable-dev-shm-usage",
                "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
                "--disable-extensions", "--hide-scrollbars", "--force-color-profile=srgb", "--lang=ru",
                "--disable-features=Translate,OptimizationHints,MediaRouter,HttpsUpgrades",
                f"--user-data-dir={profile}",
                f"--ignore-certificate-errors-spki-list={','.join(pins)}",
                # all but the loopback leads nowhere, by name and by number
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
                "--proxy-server=http://127.0.0.1:9", "--proxy-bypass-list=127.0.0.1;localhost")
    if os.geteuid() == 0:
        yield "--no-sandbox"


class Browser:
    """driver is selenium's; the rest is what tests of pages need beyond it."""

    def __init__(self, certificates):
        """certificates: PEM files of the servers' certificates (or of their issuers, where the server sends them)."""
        self.profile = tempfile.mkdtemp(prefix="shep-browser-")
        options = Options()
        options.binary_location = shutil.which("chromium")
        for argument in arguments(self.profile, [pin_of(pem) for pem in certificates]):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.driver.set_page_load_timeout(60)
        self.driver.set_script_timeout(60)
        self.tell("Page.addScriptToEvaluateOnNewDocument", source=LISTENER)
        self.forgiven, self.violations = [], []

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def tell(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, parameters)

    # ---- who looks ----
    def look_as(self, agent, width, height, language="ru", scale=1, touch=False):
        self.tell("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                  mobile=touch)
        self.tell("Emulation.setTouchEmulationEnabled", enabled=touch)

    def as_desktop(self, width=1440, height=900, language="ru"):
        self.look_as(DESKTOP, width, height, language)

    def as_telephone(self, width=360, height=740, language="ru", scale=2):
        self.look_as(TELEPHONE, width, height, language, scale, touch=True)

    def prefer(self, **features):
        """prefer(color_scheme="dark", reduced_motion="reduce"); none at all: as the machine does."""
        self.tell("Emulation.setEmulatedMedia", features=[
            {"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in features.items()])

    def scripts(self, enabled):
        """The page's scripts; the driver's own (js) do not run either while they are off."""
        self.tell("Emulation.setScriptExecutionDisabled", value=not enabled)

    # ---- looking ----
    def open(self, url):
        self.keep_violations()
        self.driver.get(url)

    def js(self, expression, *args):
        return self.driver.execute_script(f"return {expression}", *args)

    def one(self, css):
        return self.driver.find_element("css selector", css)

    def all(self, css):
        return self.driver.find_elements("css selector", css)

    def text(self, css="body"):
        """What a reader sees of it; a page that is just being replaced is looked at again."""
        return self.driver.execute_script(
            "return Array.from(document.querySelectorAll(arguments[0]), e => e.innerText).join('\\n')", css)

    def wait_for_text(self, text, css="body"):
        return until(f"«{text}» in {css}", lambda: text in self.text(css))

    def screenshot(self, path=None, whole=True):
        """PNG bytes of the page, all of it or the window only; kept in path when one is given."""
        shot = self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        png = base64.b64decode(shot["data"])
        if path:
            pathlib.Path(path).write_bytes(png)
        return png

    def qr_codes(self):
        """Texts of the QR codes that a telephone's camera would find on the screen."""
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(self.screenshot(whole=False))
            file.flush()
            done = subprocess.run(["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", file.name],
                                  capture_output=True, text=True, timeout=60, check=False)
        return done.stdout.splitlines()

    # ---- what went wrong ----
    def keep_violations(self):
        """Takes those of the page there is; a page without scripts has none to tell."""
        try:
            self.violations += self.js("(globalThis.__violations || []).splice(0)")
        except Exception:  # pylint: disable=broad-except  # scripts are off: js says so in many ways
            pass

    def requests(self):
        """URLs asked for since the last call (it takes them), but the browser's own data: and about:."""
        urls = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return [url for url in urls if url.startswith("http")]

    def forgive(self, *parts):
        """The test wants complaints with one of these texts in them."""
        self.forgiven += parts

    def complaints(self):
        """What the console, the policy and the network have to say since the last call."""
        self.keep_violations()
        found = [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser")
                 if entry["level"] in ("SEVERE", "WARNING")]
        found += [f"policy violated: {what}" for what in self.violations]
        found += [f"request to {url}" for url in self.requests() if not url.startswith("https://127.0.0.1:")
                  and not url.startswith("http://127.0.0.1:")]
        self.violations = []
        return [what for what in found if not any(part in what for part in self.forgiven)]

    def fresh(self):
        """As if nobody had looked at anything yet."""
        self.scripts(True)
        self.driver.get("about:blank")
        self.tell("Network.clearBrowserCookies")
        self.tell("Network.clearBrowserCache")
        self.tell("Emulation.clearDeviceMetricsOverride")
        self.prefer()
        self.as_desktop()
        self.forgiven = []
        self.complaints()
