"""docs/INTEGRATION.md as a partner reads it: its commands, top to bottom, against a sandbox."""
import json
import re
import subprocess

import pytest

import coid
from tools import BUILD, ROOT
from world import make_world

DOC = ROOT / "docs/INTEGRATION.md"
START = "scripts/run"  # the world of the test stands for what this starts
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def blocks():
    """The texts of all fences; each says what it holds."""
    found = FENCE.findall(DOC.read_text(encoding="utf-8"))
    assert {language for language, _ in found} == {"sh"}, "a fence that no test runs"
    return [text.strip() for _, text in found]


@pytest.fixture(scope="module")
def desk(country):
    """A folder that looks like the source tree after scripts/run, and the world behind it."""
    world = make_world(country, coid=True)
    world.start()
    folder = world.folder / "tree"
    folder.mkdir()
    (folder / "var").mkdir()
    (folder / "var/sandbox").symlink_to(world.sandbox)
    (folder / "build").symlink_to(BUILD)
    for name in ("etc", "scripts", "tests", "wsdl"):
        (folder / name).symlink_to(ROOT / name)
    yield world, folder
    assert world.stop() == 0


@pytest.fixture(scope="module")
def said(desk):
    """What every block printed, in order: one shell runs them all, and stops at the first that fails."""
    world, folder = desk
    commands = [text for text in blocks() if text != START]
    script = "set -eu\n" + "".join(f"{text}\necho '== end of block {i}'\n" for i, text in enumerate(commands))
    script = script.replace("127.0.0.1:8443", f"127.0.0.1:{world.port}")
    script = script.replace("127.0.0.1:8089", f"127.0.0.1:{world.authority_port}")
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr}"
    return re.split(r"== end of block \d+\n", done.stdout)


def test_the_first_command_starts_the_sandbox():
    assert blocks()[0] == START and blocks().count(START) == 1
    assert (ROOT / START).is_file()


def test_every_block_runs_in_turn(said):
    assert len(said) == len(blocks()), said[-1]


def test_the_commands_lead_to_what_the_text_promises(said, desk):
    everything = "\n".join(said)
    _, folder = desk
    assert everything.count("SCSS001") >= 11 and "SCSE002" in everything
    for operation in coid.OPERATIONS:
        assert f":{operation}Response" in everything, operation
    bills = json.loads(next(line for line in everything.splitlines() if line.startswith('{"comparisons"')))
    assert set(bills["keys"].values()) == {1}  # 504 after a comparison costs nothing more
    assert "<state>signed</state>" in everything  # shepctl call
    assert re.search(r"^valid$", everything, re.M)  # the verdict of the result
    kinds = re.findall(r"^VALID .*\((\w+)\)$", everything, re.M)  # shepctl verify
    assert kinds == ["cms", "shep", "enveloped", "xades", "detached", "detached"], kinds
    assert "<code>fieldMissing</code>" in everything and "<field>signingSessionId</field>" in everything
    assert everything.count("success") >= 3  # every telephone
    assert "▀" in everything or "█" in everything  # the QR in the terminal
    assert "<wsdl:binding" in (folder / "var/SyncChannel.wsdl").read_text()
    assert "createSigningSession" in (folder / "var/signing.xsd").read_text()


def test_the_words_are_in_both_languages():
    """Between two headings there is Russian where there is English."""
    sections = re.split(r"(?m)^#{2,3} ", DOC.read_text(encoding="utf-8"))[1:]
    for section in sections:
        words = FENCE.sub("", section.partition("\n")[2]).strip()
        if not words:
            continue  # a chapter that is its sections
        assert re.search(r"[а-яё]{4,} [а-яё]{3,}", words), section[:60]
        assert re.search(r"\b(the|is|are|of|and)\b", words), section[:60]
