"""docs/OPERATIONS.md and .ru.md as an operator reads them: settings that exist, defaults that are so, and the chapters of ЦОИД
done as they stand, against a sandbox."""
import datetime
import re
import shlex
import shutil

import pytest

import coid
from coid import ASTANA, ask, at_centre
from tools import BUILD, ROOT, run
from world import make_world

DOCS = {"en": (ROOT / "docs/OPERATIONS.md").read_text(encoding="utf-8"), "ru": (ROOT / "docs/OPERATIONS.ru.md").read_text(encoding="utf-8")}
FILES = {"syslog.position"}  # names like a setting's
UNITS = {"s": 1, "с": 1, "min": 60, "минут": 60, "h": 3600, "ч": 3600, "часов": 3600}
CHAPTERS = {"en": ("## ЦОИД\n", "## Seals\n"), "ru": ("## ЦОИД\n", "## Печати\n")}


def settings():
    """{section.key: default} of the sample that shepd prints."""
    section, found = "", {}
    for line in run(BUILD / "shepd", "--print-sample").stdout.splitlines():
        if heading := re.match(r"#?\[(\w+)", line):
            section = heading[1]
        elif pair := re.match(r"#?(\w+) = ?(.*)$", line):
            found[f"{section}.{pair[1]}"] = pair[2]
    return found


SETTINGS = settings()


def chapters(language):
    begin, end = CHAPTERS[language]
    return DOCS[language].split(begin)[1].split(end)[0]


# ---- settings ----
@pytest.mark.parametrize("language", DOCS)
def test_every_setting_that_is_named_exists(language):
    sections = {name.split(".")[0] for name in SETTINGS}
    events = set(re.findall(r"`([a-z_]+\.[a-z0-9_]+)`", "".join(re.findall(r"(?m)^\| .*$", DOCS[language]))))
    named = {name for name in re.findall(r"`(\w+\.[a-z_0-9]+)`", DOCS[language]) if name.split(".")[0] in sections}
    assert len(named & set(SETTINGS)) > 60
    unknown = {name for name in named - set(SETTINGS) - FILES if name not in events}
    assert not unknown, sorted(unknown)
    keys = {name.split(".")[1] for name in SETTINGS}
    for key in re.findall(r"`([a-z_]+(?:_ms|_days|_file|_dir|_limit|_percent|_bytes|_path|_order|_alphabet))`", chapters(language)):
        assert key in keys, key
    lines = re.findall(r"(?m)^(\w+) = ", "".join(re.findall(r"(?s)```\n(\[coid\].*?)```", chapters(language))))
    assert len(lines) >= 10 and set(lines) <= keys


@pytest.mark.parametrize("language", DOCS)
def test_every_default_that_is_told_is_so(language):
    told = re.findall(r"`(\w+\.[a-z_0-9]+)` \((\d+)(?: (\w+))?(?=[,:;)])", DOCS[language])
    assert len(told) >= 8, told
    for name, number, unit in told:
        default = int(SETTINGS[name])
        assert default == int(number) * UNITS.get(unit, 1) * (1000 if unit and name.endswith("_ms") else 1), (name, number, unit)


# ---- the chapters of ЦОИД ----
@pytest.fixture(scope="module")
def world(country):
    with at_centre(make_world(country, coid=True)) as one:
        yield one


def configured(world, language):
    """The chapter's settings in place of the sandbox's; its files under the names that it gives them."""
    (block,) = re.findall(r"(?s)```\n(\[coid\]\n.*?)```", chapters(language))
    place = world.folder / f"etc-{language}"
    (place / "pins").mkdir(parents=True)
    for name, source in {"ca.pem": world.ca, "rsa.p12": world.sandbox / "tls/client.p12", "gost.pfx": world.key("adapter"),
                         "rsa.pass": world.sandbox / "pass", "gost.pass": world.sandbox / "pass",
                         "pins/coid.pem": world.key("coid").with_suffix(".pem")}.items():
        shutil.copy(source, place / name)
    text = re.sub(r"(?s)\n\[(?:coid|jws|ldap)\]\n.*?(?=\n\[|\Z)", "\n", "\n" + world.config.read_text())
    block = block.replace("/etc/shepd/coid", str(place)).replace("https://onlinetest.kisc.kz/identity/1.1.0", world.centre.url)
    block = block.replace("sender_id = bank", "sender_id = bank\norganisation_ru = АО «Наименование»")
    return text + "[ldap]\nurls =\n" + block


@pytest.mark.parametrize("language", DOCS)
def test_the_settings_as_printed_bring_coid_into_service(world, language):
    """req 3.02, 3.04: keys, CA, pin and participant of the example; the first command proves the line and costs nothing."""
    file = world.folder / f"as-printed-{language}.conf"
    file.write_text(configured(world, language))
    done = run(BUILD / "shepd", "--check-config", "--config", file, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (printed,) = re.findall(r"(?m)^sudo -u shepd (shepctl coid reconcile .*)$", chapters(language))
    today = datetime.datetime.now(ASTANA).date().isoformat()
    words = shlex.split(printed.replace("2026-11-22", today))
    done = run(BUILD / words[0], *words[1:], "--config", file, check=False)
    assert done.returncode in (0, 1) and "here" in done.stdout, done.stdout + done.stderr  # other tests' comparisons differ
    (world.folder / f"etc-{language}/pins/coid.pem").unlink()  # it is by the pin
    done = run(BUILD / words[0], *words[1:], "--config", file, check=False)
    assert done.returncode == 2, done.stdout


@pytest.mark.parametrize("language", DOCS)
def test_the_commands_of_the_table_do_what_it_says(world, language, tmp_path):
    """req 2.07, 2.16, 2.26, 3.06: each in the form in which it stands there."""
    keys = {}
    for name in ("man", "low"):
        told = ask(world, coid.verify_photo(world.centre.people[name]))
        assert told.code == "SCSS001", told.text
        keys[name] = told.value("idempotencyKey")
    today = datetime.datetime.now(ASTANA).date()
    commands = re.findall(r"(?m)^\| `shepctl (coid [^`]+)` \|", chapters(language))
    assert [command.split()[1] for command in commands] == ["reconcile", "usage", "evidence", "decide", "decisions", "news"]
    for number, command in enumerate(commands):
        key = keys["low" if "decide" in command else "man"]
        words = [{"FROM": today.strftime("%Y%m%d"), "TO": (today + datetime.timedelta(days=1)).isoformat(), "KEY": key,
                  "DIR": str(tmp_path / f"out{number}"), "TEXT": "похож на снимок с экрана"}.get(word, word) for word in command.split()]
        done = run(BUILD / "shepctl", *words, "--config", world.config, check=False)
        assert done.returncode == 0 or (words[1] == "reconcile" and done.returncode == 1), (words, done.stdout, done.stderr)
        if words[1] == "decisions":
            assert keys["low"] in done.stdout and "suspectedFraud" in done.stdout
        elif words[1] == "evidence":
            assert (tmp_path / f"out{number}/README").exists() and (tmp_path / f"out{number}/photo").read_bytes() == coid.picture()


@pytest.mark.parametrize("language", DOCS)
def test_the_statements_and_the_directorys_command_run(world, language, tmp_path):
    """What lies under which key; and how a directory is tried."""
    told = ask(world, coid.verify_photo(world.centre.people["man"]))
    assert told.code == "SCSS001", told.text
    statements = re.findall(r"(?s)```\n(SELECT SUBSTRING.*?;)(.*?)```", DOCS[language])
    assert len(statements) == 2
    for statement, rest in statements:
        world.sql(statement)
        table = re.search(r"FROM (\w+)", statement)[1]
        column = re.search(r"SUBSTRING\((\w+), 3", statement)[1]
        for other, its in re.findall(r"(\w+) \((\w+)(?: <> '')?\)", rest):
            rows = world.sql(re.sub(rf"\b{table}\b", other, re.sub(rf"\b{column}\b", its, statement)))
            assert not other.startswith("coid_") or rows[0][0] == "k1", (other, rows)
    out = tmp_path / "out"
    run(BUILD / "shepctl", "coid", "evidence", told.value("idempotencyKey"), "--out", out, "--config", world.config)
    evidence = out / told.value("proof/evidenceId")
    (printed,) = re.findall(r"(?m)^shepctl (verify --profile jws --content BODY .*)$", chapters(language))
    words = [{"BODY": evidence / "body", "JWS": evidence / "header.jws", "DIR": world.sandbox / "trust", "DN": "c=KZ",
              "ldap://HOST:62222": f"ldap://127.0.0.1:{world.country.ldap_port}"}.get(word, word) for word in shlex.split(printed)]
    done = run(BUILD / "shepctl", *words, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
