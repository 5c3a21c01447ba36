"""Runs a SoapUI project as SoapUI would, as far as ours goes: properties, property transfers, outgoing WS-Security,
assertions. What it does not know it refuses, so that nothing of a project is passed over in silence."""
import base64
import datetime
import os
import re
import subprocess
import uuid

from lxml import etree

CON = "{http://eviware.com/soapui/config}"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
TOKEN = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
BINARY_TOKEN, KEY_IDENTIFIER = "1", "3"  # WSConstants of WSS4J, as SoapUI stores them

GROOVY = {  # the inline scripts that the project may hold
    "java.util.UUID.randomUUID()": lambda: str(uuid.uuid4()),
    "java.time.Instant.now()": lambda: datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z"),
    "java.time.LocalDate.now().minusDays(1)": lambda: str(datetime.date.today() - datetime.timedelta(days=1)),
    "java.time.LocalDate.now().plusDays(1)": lambda: str(datetime.date.today() + datetime.timedelta(days=1)),
    "java.time.LocalDate.now().getYear()": lambda: str(datetime.date.today().year),
    "java.time.LocalDate.now().getMonthValue()": lambda: str(datetime.date.today().month),
}


def text_of(element, path, default=""):
    found = element.find("/".join(CON + name for name in path.split("/")))
    return default if found is None or found.text is None else found.text


def properties_of(element):
    return {text_of(row, "name"): text_of(row, "value") for row in element.findall(f"{CON}properties/{CON}property")}


class Failure(Exception):
    """An assertion of the project that does not hold."""


class Project:
    def __init__(self, path, folder):
        self.root, self.folder = etree.parse(str(path)).getroot(), folder
        self.properties = properties_of(self.root)
        self.cases = {case.get("name"): case for case in self.root.iter(CON + "testCase")}

    @property
    def definition(self):
        """The URL of the WSDL."""
        return self.expand(self.root.find(CON + "interface").get("definition"), {})

    def expand(self, text, case_properties):
        scopes = {"Project": self.properties, "TestCase": case_properties}

        def value(found):
            name = found.group(1)
            if name.startswith("="):
                return GROOVY[name[1:]]()
            scope, _, key = name.removeprefix("#").partition("#")
            return scopes[scope][key]

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def run(self, name, post, by_hand=None):
        """All steps of a TestCase; post(url, envelope) gives (status, text), by_hand(properties) is for manual steps.
        Returns how many assertions held."""
        case = self.cases[name]
        run = Run(self, properties_of(case), post, by_hand)
        for step in case.findall(CON + "testStep"):
            if step.get("disabled") != "true":
                run.step(step)
        return run.held

    # ---- WS-Security ----
    def secured(self, envelope, configuration):
        """The envelope as the outgoing configuration of that name leaves it."""
        container = self.root.find(CON + "wssContainer")
        outgoing = [o for o in container.findall(CON + "outgoing") if text_of(o, "name") == configuration]
        assert len(outgoing) == 1, f"outgoing WS-Security {configuration!r}"
        for entry in outgoing[0].findall(CON + "entry"):
            assert entry.get("type") == "Signature", entry.get("type")
            envelope = self.signed(envelope, entry, outgoing[0].get("mustUnderstand") == "true")
        return envelope

    def key_store(self, label):
        """(file, password) of the keystore whose file has that name."""
        for crypto in self.root.iter(CON + "crypto"):
            source = self.expand(text_of(crypto, "source"), {})
            if os.path.basename(source) == label:
                assert text_of(crypto, "type") == "KEYSTORE"
                return source, text_of(crypto, "password")  # SoapUI expands no properties here
        raise AssertionError(f"no keystore {label}")

    def signed(self, envelope, entry, must_understand):
        settings = {child.tag: child.text or "" for child in entry.find(CON + "configuration")}
        store, password = self.key_store(settings["crypto"])
        assert self.expand(entry.get("password"), {}) == password, "the key's password is the keystore's in PKCS#12"
        assert entry.get("username") == "1", "the alias of a key without a friendlyName"
        assert settings["signatureCanonicalization"] == EXCLUSIVE and settings["useSingleCert"] == "true"
        key, certificate = open_store(store, password, self.folder)
        document = etree.fromstring(envelope.encode())
        part = {row.get("key"): row.get("value") for row in etree.fromstring(settings["signaturePart"])}
        assert part["enc"] == "Element" and not part["id"]
        targets = document.findall(f".//{{{part['namespace']}}}{part['name']}")
        assert len(targets) == 1, part
        targets[0].set(f"{{{WSU}}}Id", "id-1")
        header = document.find(f"{{{SOAP}}}Header")
        header.append(security(settings, certificate, must_understand))
        return xmlsec1(document, part["name"], part["namespace"], key, self.folder)


def open_store(path, password, folder):
    """(PEM file of the private key, base64 of its certificate)."""
    def openssl(*options):
        return subprocess.run(["openssl", "pkcs12", "-legacy", "-in", path, "-passin", "stdin", *options], check=True,
                              input=password, capture_output=True, text=True).stdout
    key = os.path.join(folder, "soapui-key.pem")
    with open(key, "w", encoding="ascii") as file:
        file.write(openssl("-nocerts", "-nodes"))
    pem = openssl("-nokeys", "-clcerts")
    return key, "".join(re.search("BEGIN CERTIFICATE-----(.*?)-----END", pem, re.S).group(1).split())


def security(settings, certificate, must_understand):
    """wsse:Security with a signature still to be made, in WSS4J's shape."""
    base64.b64decode(certificate, validate=True)
    token = f'<wsse:BinarySecurityToken EncodingType="{BASE64}" ValueType="{TOKEN}" wsu:Id="X509-1">{certificate}' \
            "</wsse:BinarySecurityToken>"
    references = {
        BINARY_TOKEN: (token, f'<wsse:Reference URI="#X509-1" ValueType="{TOKEN}"/>'),
        KEY_IDENTIFIER: ("", f'<wsse:KeyIdentifier EncodingType="{BASE64}" ValueType="{TOKEN}">{certificate}'
                             "</wsse:KeyIdentifier>"),
    }
    before, reference = references[settings["keyIdentifierType"]]
    return etree.fromstring(
        f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" xmlns:soapenv="{SOAP}"'
        f'{" soapenv:mustUnderstand=" + chr(34) + "1" + chr(34) if must_understand else ""}>{before}'
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="SIG-1"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{settings["signatureCanonicalization"]}">'
        f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="soapenv"/></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{settings["signatureAlgorithm"]}"/>'
        f'<ds:Reference URI="#id-1"><ds:Transforms><ds:Transform Algorithm="{EXCLUSIVE}">'
        f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList=""/></ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{settings["digestAlgorithm"]}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>'
        '<ds:SignatureValue/><ds:KeyInfo Id="KI-1"><wsse:SecurityTokenReference wsu:Id="STR-1">'
        f"{reference}</wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>")


def xmlsec1(document, name, namespace, key, folder):
    template, output = (os.path.join(folder, f) for f in ("soapui-template.xml", "soapui-signed.xml"))
    etree.ElementTree(document).write(template, xml_declaration=False, encoding="utf-8")
    subprocess.run(["xmlsec1", "--sign", "--privkey-pem", key, "--id-attr:Id", f"{namespace}:{name}", "--output", output,
                    template], check=True, capture_output=True)
    with open(output, encoding="utf-8") as file:
        return re.sub(r"^<\?xml[^>]*\?>\s*", "", file.read())


class Run:
    """One TestCase at work."""

    def __init__(self, project, properties, post, by_hand):
        self.project, self.properties, self.post, self.by_hand = project, properties, post, by_hand
        self.answers, self.held = {}, 0

    def step(self, step):
        {"request": self.request, "transfer": self.transfer, "manualTestStep": self.manual}[step.get("type")](step)

    def request(self, step):
        request = step.find(f"{CON}config/{CON}request")
        envelope = self.project.expand(text_of(request, "request"), self.properties)
        if request.get("outgoingWss"):
            envelope = self.project.secured(envelope, request.get("outgoingWss"))
        status, text = self.post(self.project.expand(text_of(request, "endpoint"), self.properties), envelope)
        self.answers[step.get("name")] = text
        for assertion in request.findall(CON + "assertion"):
            try:
                ASSERTIONS[assertion.get("type")](assertion.find(CON + "configuration"), status, text)
            except Failure as failure:
                raise Failure(f"{step.get('name')}: {assertion.get('name')}: {failure}\n{text}") from None
            self.held += 1

    def transfer(self, step):
        for row in step.iter(CON + "transfers"):
            assert text_of(row, "sourceType") == "Response" and text_of(row, "targetStep") == "#TestCase#"
            found = xpath(text_of(row, "sourcePath"), self.answers[text_of(row, "sourceStep")])
            if not found:
                raise Failure(f"{text_of(row, 'name')} is not in the answer")
            self.properties[text_of(row, "targetType")] = found

    def manual(self, step):
        done = self.by_hand(self.project.expand(text_of(step, "description"), self.properties), self.properties)
        expected = text_of(step, "config/expectedResult")
        if expected not in done:
            raise Failure(f"{step.get('name')}: {expected} is not in {done}")


def xpath(path, text):
    """SoapUI's XPath: declarations of namespaces, then the expression; the text of what it finds first."""
    namespaces = dict(re.findall(r"declare namespace (\w+)\s*=\s*'([^']*)'\s*;", path))
    expression = re.sub(r"declare namespace [^;]*;", "", path).strip()
    found = etree.fromstring(text.encode()).xpath(expression, namespaces=namespaces or None)
    if isinstance(found, list):
        found = found[0] if found else ""
    return found.text or "" if isinstance(found, etree._Element) else str(found)


def is_fault(text):
    return etree.fromstring(text.encode()).find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault") is not None


def hold(is_true, why):
    if not is_true:
        raise Failure(why)


def holds_token(configuration, _status, text):
    assert configuration.findtext("ignoreCase") == "false" and configuration.findtext("useRegEx") == "false"
    hold(configuration.findtext("token") in text, f"{configuration.findtext('token')} is not in the answer")


def holds_match(configuration, _status, text):
    assert configuration.findtext("allowWildcards") == "false"
    found, want = xpath(configuration.findtext("path"), text), configuration.findtext("content")
    hold(found == want, f"{found!r} is not {want!r}")


def holds_status(configuration, status, _text):
    hold(str(status) in configuration.findtext("codes").split(","), f"HTTP {status}")


def holds_envelope(_configuration, _status, text):
    hold(etree.fromstring(text.encode()).tag == f"{{{SOAP}}}Envelope", "no SOAP 1.1 Envelope")


ASSERTIONS = {  # by SoapUI's ids; the names of the last two say the contrary of what they check, in SoapUI too
    "Simple Contains": holds_token,
    "XPath Match": holds_match,
    "Valid HTTP Status Codes": holds_status,
    "SOAP Response": holds_envelope,
    "SOAP Fault Assertion": lambda _c, _s, text: hold(not is_fault(text), "a Fault"),
    "Not SOAP Fault Assertion": lambda _c, _s, text: hold(is_fault(text), "no Fault"),
}
