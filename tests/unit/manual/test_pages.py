"""The manual pages that the build made: in order for mandoc and groff, and complete."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

BUILD = pathlib.Path(os.environ["BUILD"])
PAGES = ["shepctl.1", "shepd.conf.5", "shepd.8"]


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, timeout=60, check=False)


def says(*command):
    done = run(*command)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed (scripts/setup test)")


def flat(text):
    return " ".join(text.split())


def read_page(name):
    """As a reader sees it: without overstrikes, blanks and line ends as one blank."""
    return flat(re.sub(r".\x08", "", says("mandoc", "-Tutf8", "-Owidth=500", BUILD / "man" / name)))


@needs("mandoc")
@pytest.mark.parametrize("name", PAGES)
def test_mandoc_finds_nothing_to_warn_of(name):
    done = run("mandoc", "-Tlint", "-Wwarning", BUILD / "man" / name)
    assert done.returncode == 0 and not done.stdout + done.stderr, done.stdout.decode()


@needs("groff")
@pytest.mark.parametrize("name", PAGES)
def test_groff_finds_nothing_to_warn_of(name):
    done = run("groff", "-man", "-K", "utf8", "-Tutf8", "-ww", "-z", BUILD / "man" / name)
    assert done.returncode == 0 and not done.stdout + done.stderr, done.stderr.decode()


def read_sample():
    """(section, key, preset or None, doc) of the sample that the daemon itself prints."""
    section, doc = "", ""
    for line in says(BUILD / "shepd", "--print-sample").splitlines():
        if line.startswith("["):
            section = line.replace('"example"', '"NAME"')
        elif line.startswith("# "):
            doc = line[2:]
        elif " =" in line:
            key, _, value = line.lstrip("#").partition(" =")
            yield section, key, value.strip() if line.startswith("#") else None, doc


@needs("mandoc")
def test_every_setting_of_the_daemon_is_in_its_page_with_its_range_and_default():
    rows = list(read_sample())
    assert len(rows) > 100
    page = read_page("shepd.conf.5").partition("SETTINGS")[2]
    at, current = 0, None
    for section, key, preset, doc in rows:
        if section != current:
            current, at = section, page.index(f" {section} ", at) + len(section)
        words = re.search(r"^(.*?)(?: \((?:one|any) of: ([^()]*)\))?$", doc)
        span = re.search(r"^(.*?)(?: \((-?\d+) to (-?\d+)\))?$", words[1])
        place = page.find(f" {key} {flat(span[1])} ", at)
        assert place >= 0, (section, key)
        rest = page[place + len(f" {key} {flat(span[1])} "):]
        kind = (f"of: {words[2]}." if words[2] else f"A number, {span[2]} to {span[3]}." if span[2] else
                r"Text.|A list, separated by blanks or commas.|yes or no.")
        end = "Required." if preset is None else f"Default: {flat(preset) or 'empty'} "
        pattern = kind if "|" in kind else re.escape(kind)
        assert re.match(rf"(One word |Any words )?({pattern}) {re.escape(end)}", rest + " "), (section, key, rest[:200])
        at = place


def commands(*words):
    """Every command's words and its --help, groups opened; also the lines groups show."""
    text = says(BUILD / "shepctl", *words, "--help")
    if "COMMAND [OPTION]" not in text.splitlines()[0]:
        yield words, None, text
        return
    for name, summary in re.findall(r"^  (\S+) +(\S.*)$", text, re.MULTILINE):
        yield (*words, name), summary, None
        yield from commands(*words, name)


@needs("mandoc")
def test_every_command_and_every_option_of_shepctl_is_in_its_page():
    page = read_page("shepctl.1")
    told = 0
    for words, summary, text in commands():
        title = f"shepctl {' '.join(words)}"
        if summary:
            assert f" {title}: {summary} " in page, title
            continue
        told += 1
        usage, _, rest = text.partition("\n\n")
        assert f" {flat(usage.removeprefix('usage:'))} " in page.partition("DESCRIPTION")[0], usage
        here = page[page.index(f" {title}: "):]
        about, _, options = rest.rpartition("\n\n")
        assert flat(about.replace("`", "")) in here, title
        for left, what in re.findall(r"^  (--\S+(?: \S+)*?) +(\S.*)$", options, re.MULTILINE):
            left, what = flat(left), flat(what.replace("`", ""))
            assert left == "--help" or f" {left} {what}" in here or f" {flat(left + ' ' + what)}" in here, (title, left)
    assert told >= 18


@needs("mandoc")
def test_every_option_of_the_daemon_is_in_its_page():
    page = read_page("shepd.8")
    options = re.findall(r"^  (--\S+(?: [A-Z]+)?) +(\S.*)$", says(BUILD / "shepd", "--help"), re.MULTILINE)
    assert len(options) >= 5
    for left, what in options:
        assert f" {left} {what} " in page, left
    for section in ("NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "SIGNALS", "FILES", "SEE ALSO"):
        assert f" {section} " in page, section
    for signal in ("SIGHUP", "SIGTERM", "SIGINT"):
        assert signal in page


def test_the_daemon_ends_as_its_page_says():
    assert run(BUILD / "shepd", "--help").returncode == 0
    assert run(BUILD / "shepd", "--check-config", "--config", "/no/such/file").returncode == 1
    for wrong in (["--nothing"], ["argument"], ["--config"], ["--help=x"]):
        assert run(BUILD / "shepd", *wrong).returncode == 2, wrong


def test_a_page_is_installed_in_its_chapter(tmp_path):
    done = run("cmake", "--install", BUILD, "--component", "manual", "--prefix", tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.[0-9]"))
    assert found == ["share/man/man1/shepctl.1", "share/man/man5/shepd.conf.5", "share/man/man8/shepd.8"]
