"""The SoapUI project that partners import: every request of it is signed as it says, sent, and judged by its own assertions."""
import shutil
import urllib.parse

import pytest

import coid
import soapui
from tools import ROOT, run

if not shutil.which("xmlsec1"):
    pytest.skip("SKIP: no xmlsec1 command", allow_module_level=True)

MASTER = ROOT / "tests/soapui/shep-adapter-soapui-project.xml"
NAMES = sorted(soapui.Project(MASTER, None).cases)
AWAY = "SCSE003: the store is away"


def project_of(world):
    """The project as scripts/soapui-project prints it for this sandbox."""
    file = world.folder / "soapui-project.xml"
    file.write_text(run(ROOT / "scripts/soapui-project", world.folder, f"127.0.0.1:{world.port}").stdout)
    return soapui.Project(file, str(world.folder))


def post_to(world):
    def post(url, envelope):
        assert url == world.url
        status, _, body = world.post(envelope.encode())
        return status, body.decode()
    return post


def by_telephone(world):
    def by_hand(description, properties):
        assert properties["qrText"] in description and properties["pageUrl"].startswith("https://127.0.0.1:")
        done = world.phone(properties["qrText"])
        return done.stdout + done.stderr
    return by_hand


@pytest.mark.parametrize("name", [name for name in NAMES if name != AWAY])
def test_what_the_project_says_is_so(world, name):
    assert project_of(world).run(name, post_to(world), by_telephone(world)) >= 8


def test_an_unhandled_exception_is_as_the_project_says(own_world):
    """0.71: the case that a partner enables after the database was stopped."""
    world = own_world()
    project = project_of(world)
    assert project.cases[AWAY].get("disabled") == "true"
    run(ROOT / "scripts/private-mariadbd", "stop", world.folder / "db")
    assert project.run(AWAY, post_to(world)) >= 4


def test_every_operation_and_code_has_its_request():
    text = MASTER.read_text()
    for operation in ("createSigningSession", "getSigningStatus", "getSigningResult", "cancelSigningSession"):
        assert f"<s:{operation}>" in text, operation
    for operation in coid.OPERATIONS:
        assert f"<c:{operation}" in text, operation
    for code in ("SCSS001", "SCSE002", "SCSE003"):
        assert f"<content>{code}</content>" in text, code


def test_the_wsdl_that_it_imports_is_served(world):
    project = project_of(world)
    url = urllib.parse.urlsplit(project.definition)
    status, _, body = world.http("GET", f"{url.path}?{url.query}")
    interface = project.root.find(soapui.CON + "interface")
    namespace, name = interface.get("bindingName")[1:].split("}")
    assert status == 200 and f'targetNamespace="{namespace}"' in body.decode()
    assert f'<wsdl:binding name="{name}"' in body.decode()


def test_an_assertion_that_does_not_hold_is_seen(world):
    project = project_of(world)
    case = project.cases["SOAP Faults"]
    content = next(case.iter("content"))
    content.text = "SCE006"
    with pytest.raises(soapui.Failure, match="SCE006"):
        project.run("SOAP Faults", post_to(world))


def test_a_request_that_was_touched_after_signing_is_refused(world):
    """The replay signs for good: what it signed cannot be changed."""
    def post(url, envelope):
        assert "123/ABC" in envelope
        return post_to(world)(url, envelope.replace("123/ABC", "124/ABC"))
    with pytest.raises(soapui.Failure, match="SCE006"):
        project_of(world).run("a session is cancelled", post)
