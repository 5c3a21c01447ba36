"""The Debian package: what is in it, and its life on a bare Debian 12: installed, configured, started, upgraded, removed
and purged. There is no systemd as process 1: shepd is started by hand as the unit would, and what the package asks
systemd for is written down by a stand-in."""
import os
import pathlib
import re
import shutil
import stat

import pytest

from debian import Debian, why_not
from test_systemd import Systemd
from tools import BUILD, ROOT, Server, run, until
from world import World

PRESET = os.environ.get("SHEP_PRESET", "release")
if PRESET not in ("dev", "release"):
    pytest.skip("SKIP: a sanitized build is not packaged", allow_module_level=True)

UPGRADE = "99.0"
SYSTEMCTL = """#!/bin/sh
# systemd's stand-in: the service runs, and what is asked of it is written down
echo "$*" >>/root/asked
case $* in *is-active*) exit 0 ;; *LoadState*) echo LoadState=loaded ;; esac
"""


def tool(name):
    return shutil.which(name) or pytest.skip(f"SKIP: {name} is not installed: scripts/setup test")


def make_package(out):
    """Without the one of debug symbols, which takes its time."""
    run(ROOT / "scripts/package", "--build", BUILD, "--out", out, env={**os.environ, "DEB_BUILD_OPTIONS": "noautodbgsym"})


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package of this build."""
    tool("dh_builddeb")
    out = tmp_path_factory.mktemp("package")
    make_package(out)
    (file,) = out.glob("shep-adapter_*.deb")
    return file


@pytest.fixture(scope="module")
def unpacked(package):
    folder = package.parent / "unpacked"
    run("dpkg-deb", "-x", package, folder)
    return folder


# ---- the file ----
def test_the_same_build_makes_the_same_package(package, tmp_path):
    make_package(tmp_path)
    assert (tmp_path / package.name).read_bytes() == package.read_bytes()


def test_the_package_has_one_version_with_the_programs(package):
    version = run("dpkg-deb", "-f", package, "Version").stdout.strip()
    assert run(BUILD / "shepd", "--version").stdout.split() == ["shepd", version]
    assert package.name == f"shep-adapter_{version}_{run('dpkg', '--print-architecture').stdout.strip()}.deb"


def test_the_package_is_whole(unpacked):
    """Everything that etc/ and docs/ have is in it, but what is compiled in."""
    examples = unpacked / "usr/share/doc/shep-adapter/examples"
    for file in (ROOT / "etc").rglob("*"):
        inside = file.relative_to(ROOT / "etc")
        if file.is_dir() or inside.parts[0] == "schema":
            continue
        places = {"systemd": unpacked / "lib/systemd/system" / inside.name,
                  "trust": unpacked / "usr/share/shep-adapter" / inside.name,
                  "sysusers.d": unpacked / "usr/lib" / inside, "tmpfiles.d": unpacked / "usr/lib" / inside,
                  "examples": examples / "payloads" / inside.name}
        assert places.get(inside.parts[0], examples / inside).read_bytes() == file.read_bytes(), inside
    for page in (ROOT / "docs").glob("*.md"):
        assert (unpacked / "usr/share/doc/shep-adapter" / page.name).is_file(), page.name
    assert "GPL-3" in (unpacked / "usr/share/doc/shep-adapter/copyright").read_text()


def test_programs_are_hardened(unpacked):
    """Position-independent, relocations read-only from the start, stack and copies guarded; no path of the build inside."""
    if PRESET != "release":
        pytest.skip("SKIP: only the preset release is hardened")
    modules = list(unpacked.glob("usr/lib/*/ossl-modules/kzgost.so"))
    for file in (unpacked / "usr/sbin/shepd", unpacked / "usr/bin/shepctl", *modules):
        head, program, dynamic = (run("readelf", flag, file).stdout for flag in ("-hW", "-lW", "-dW"))
        symbols = run("readelf", "--dyn-syms", "-W", file).stdout
        assert "DYN" in re.search(r"Type:(.*)", head).group(1), file
        assert "GNU_RELRO" in program and re.search(r"\(FLAGS_1\).*NOW", dynamic), file
        assert not re.search(r"GNU_STACK.* RWE ", program), file
        assert "__stack_chk_fail" in symbols and re.search(r"__\w+_chk@", symbols.replace("__stack_chk_fail", "")), file
        assert "RPATH" not in dynamic and "RUNPATH" not in dynamic, file
        assert str(ROOT).encode() not in file.read_bytes(), file
    assert len(modules) == 1


# ---- its life ----
class Packaged(World):
    """A world whose shepd is the installed one, under its own user."""

    def __init__(self, country, debian):
        folder = pathlib.Path(debian.root).parent / "world"
        folder.mkdir()
        super().__init__(folder, country)
        self.debian, self.settings = debian, {"instance": {"name": "packaged"}}

    def write_config(self):
        """Ours with the places of an installed service; what it names lies in /etc/shepd."""
        super().write_config()
        etc, (_, group) = self.debian.root / "etc/shepd", self.debian.ids("shepd")
        text = self.config.read_text().replace(f"dir = {self.folder}/journal", "dir = /var/log/shepd")
        text = text.replace(f"{self.folder}/crl", "/var/lib/shepd/crl")
        text = text.replace(f"{self.folder}/db/sock", "/run/mysqld/mysqld.sock")
        text = text.replace(f"{self.folder}/sandbox/trust", "/etc/shepd/trust").replace(str(self.folder), "/etc/shepd")
        for name in ("cluster.key", "pseudonym.key", "content.keys"):
            shutil.copy(self.folder / name, etc)
        shutil.copytree(self.sandbox / "trust", etc / "trust", dirs_exist_ok=True)
        for name in ("tls/server.pem", "tls/server.key", "pass", f"{self.algorithm}/adapter.p12"):
            (etc / "sandbox" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.sandbox / name, etc / "sandbox" / name)
        (etc / "shepd.conf").write_text(text)  # over the one that is there, whose mode and owner stay
        for place in etc.rglob("*"):
            os.chown(place, 0, group)
            place.chmod(0o750 if place.is_dir() else 0o640)

    def start_shepd(self):
        self.write_config()
        self.debian.bound = self.folder / "db/sock"
        socket = self.debian.root / "run/mysqld/mysqld.sock"
        socket.parent.mkdir(exist_ok=True)
        socket.touch()
        self.run_shepd()

    def run_shepd(self):
        """As the unit does: its user, NOTIFY_SOCKET, ExecStart."""
        (line,) = re.findall(r"(?m)^ExecStart=(.*)$", (self.debian.root / "lib/systemd/system/shepd.service").read_text())
        notify = self.debian.root / "run/notify"
        notify.unlink(missing_ok=True)
        systemd = Systemd(self.debian.root / "run")
        notify.chmod(0o666)
        as_user = ["env", "-i", "NOTIFY_SOCKET=/run/notify", "PATH=/usr/sbin:/usr/bin", "setpriv", "--reuid=shepd",
                   "--regid=shepd", "--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
        self.shepd = Server("shepd", self.debian.command(*as_user, *line.split()), self.folder).start()
        assert systemd.next_other()["READY"] == "1"


@pytest.fixture
def debian(tmp_path):
    """A bare Debian 12 of one's own."""
    lacking = why_not()
    if lacking:
        pytest.skip(f"SKIP: the package is not installed anywhere: {lacking}")
    system = Debian(tmp_path / "root").make()
    yield system
    run("rm", "-rf", "--one-file-system", system.root)


def repacked(package, version):
    """The same files as a package of another version."""
    folder = package.parent / version
    run("dpkg-deb", "-R", package, folder)
    control = folder / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}", control.read_text()))
    run("dpkg-deb", "--root-owner-group", "-b", folder, package.parent / f"shep-adapter_{version}.deb")
    return package.parent / f"shep-adapter_{version}.deb"


def state_of(file):
    info = file.stat()
    return info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode)


def files_below(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def asked_of_systemd(debian):
    """What the package asked since the last look."""
    file = debian.root / "root/asked"
    said = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return said


def judge_what_is_installed(debian, unpacked):
    uid, gid = debian.ids("shepd")
    wanted = {"etc/shepd": (0, gid, 0o750), "etc/shepd/trust": (0, gid, 0o750), "etc/shepd/shepd.conf": (0, gid, 0o640),
              "var/lib/shepd": (uid, gid, 0o700), "var/log/shepd": (uid, gid, 0o700), "usr/sbin/shepd": (0, 0, 0o755),
              "usr/bin/shepctl": (0, 0, 0o755)}
    assert {name: state_of(debian.root / name) for name in wanted} == wanted
    assert (debian.root / "etc/shepd/shepd.conf").read_text() == (ROOT / "etc/shepd.conf.sample").read_text()
    for file in unpacked.rglob("*"):
        there = debian.root / file.relative_to(unpacked)
        if file.is_file():
            assert state_of(there) == (0, 0, 0o755 if there.parent.name in ("sbin", "bin") else 0o644), there
    for page in ("man8/shepd.8", "man1/shepctl.1", "man5/shepd.conf.5"):
        text = run("zcat", debian.root / f"usr/share/man/{page}.gz").stdout
        assert re.search(rf"(?m)^\.TH {page.split('/')[1].rsplit('.', 1)[0]}", text, re.IGNORECASE), page

    refused = debian.run("shepd", "--check-config", "--config", "/etc/shepd/shepd.conf", user="shepd", check=False)
    assert refused.returncode == 1 and "/etc/shepd/shepd.conf: " in refused.stderr  # a sample starts nothing
    assert not (debian.root / "etc/systemd/system/multi-user.target.wants/shepd.service").is_symlink()


def judge_units(debian):
    """Accept 5: by the systemd of that system."""
    units = [pathlib.Path(line).name for line in debian.run("dpkg", "-L", "shep-adapter").stdout.splitlines()
             if re.match(r"/lib/systemd/system/.+", line)]
    assert "shepd.service" in units
    done = debian.run("systemd-analyze", "verify", "--man=no", *units, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    for service in (unit for unit in units if unit.endswith(".service")):
        done = debian.run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", service, check=False)
        assert done.returncode == 0, done.stdout[-300:]


def judge_service(world):
    """It is ready, answers a signed request, and keeps its journal."""
    until("ready", lambda: world.http("GET", "/health/ready", port=world.admin_port, plain=True)[0] == 200)
    answer = world.create()
    assert answer.code == "SCSS001", answer.text
    log = world.debian.root / "var/log/shepd"
    uid, gid = world.debian.ids("shepd")
    assert {state_of(file) for file in log.glob("*.log")} == {(uid, gid, 0o600)}
    return answer.value("signingSessionId")


def upgrade(world, newer):
    """With a service that runs. A configuration that the new program refuses keeps the old one running."""
    debian, conf = world.debian, world.debian.root / "etc/shepd/shepd.conf"
    wrapper = debian.root / "usr/bin/systemctl"  # apt has a PATH of its own
    wrapper.write_text(SYSTEMCTL)
    wrapper.chmod(0o755)
    (debian.root / "run/systemd/system").mkdir(parents=True)
    before, text = (state_of(conf), conf.read_text()), conf.read_text()

    conf.write_text(text + "[nonsense]\n")
    done = debian.apt("install", newer, check=False)
    assert done.returncode != 0 and "the old one serves on" in done.stdout + done.stderr, done.stdout[-2500:] + done.stderr
    assert not [line for line in asked_of_systemd(debian) if "restart" in line or "stop" in line]
    world.create()  # it does

    conf.write_text(text)
    debian.run("dpkg", "--configure", "shep-adapter")
    asked = asked_of_systemd(debian)
    assert [line for line in asked if "try-restart" in line and "shepd.service" in line], asked
    assert not [line for line in asked if "stop" in line or "enable" in line.split()], asked
    assert not [line for line in asked if "shepd-archive.service" in line], asked  # dpkg would wait for its end
    assert debian.run("dpkg-query", "-W", "-f", "${Version}", "shep-adapter").stdout == UPGRADE
    assert (state_of(conf), conf.read_text()) == before


def remove(world):
    """Programs go, everything else stays."""
    debian = world.debian
    before = {folder: files_below(debian.root / folder) for folder in ("etc/shepd", "var/log/shepd", "var/lib/shepd")}
    debian.apt("remove", "shep-adapter")
    assert [line for line in asked_of_systemd(debian) if line.split()[-2:] == ["stop", "shepd.service"]]
    assert not (debian.root / "usr/sbin/shepd").exists() and not (debian.root / "lib/systemd/system/shepd.service").exists()
    assert {folder: files_below(debian.root / folder) for folder in before} == before


def purge(world):
    """req 0.51: journal and evidence outlive the package, and what opens them; it is said aloud."""
    debian = world.debian
    crl, log = debian.root / "var/lib/shepd/crl", debian.root / "var/log/shepd"
    journal, keys = files_below(log), files_below(debian.root / "etc/shepd")
    (debian.root / "var/lib/shepd/archive").mkdir()  # where an operator may keep lists for good
    (debian.root / "var/lib/shepd/archive/kept").write_text("evidence")
    assert journal and "content.keys" in keys and crl.is_dir()
    done = debian.apt("purge", "shep-adapter")
    said = done.stdout + done.stderr
    for folder in ("/etc/shepd", "/var/log/shepd", "/var/lib/shepd"):
        assert f"{folder} is left" in said, said
    assert files_below(log) == journal and (debian.root / "var/lib/shepd/archive/kept").exists()
    del keys["shepd.conf"]
    assert files_below(debian.root / "etc/shepd") == keys
    assert not crl.exists()
    debian.ids("shepd")  # whose files they are


def purge_what_was_never_used(debian, package):
    for folder in ("etc/shepd", "var/log/shepd", "var/lib/shepd"):
        shutil.rmtree(debian.root / folder)
    debian.apt("install", package)
    assert (debian.root / "etc/shepd/shepd.conf").exists()
    done = debian.apt("purge", "shep-adapter")
    assert "is left" not in done.stdout + done.stderr
    for folder in ("etc/shepd", "var/log/shepd", "var/lib/shepd"):
        assert not (debian.root / folder).exists(), folder


def judge_journal(world):
    """By somebody who may: an auditor whom shepctl makes."""
    password = world.debian.root / "etc/shepd/auditor.pass"
    password.write_text("три слова и запятая\n")
    os.chown(password, *world.debian.ids("shepd"))
    password.chmod(0o600)
    who = ["--password-file", "/etc/shepd/auditor.pass"]
    world.debian.run("shepctl", "user", "add", "auditor", "--role", "auditor", "--own", *who, user="shepd")
    world.debian.run("shepctl", "journal", "verify", "/var/log/shepd", "--trust", "/etc/shepd/trust", "--user", "auditor", *who,
                     user="shepd")
    password.unlink()


def test_the_package_lives_on_a_bare_debian(debian, package, unpacked, country):
    """req 0.09, 0.51; accept 5 of the operator's view."""
    here, newer = debian.bring(package), debian.bring(repacked(package, UPGRADE))
    debian.apt("install", here)
    judge_what_is_installed(debian, unpacked)
    judge_units(debian)

    world = Packaged(country, debian)
    (world.folder / "journal").symlink_to(debian.root / "var/log/shepd")
    try:
        world.start()
        assert debian.run("shepd", "--check-config", "--config", "/etc/shepd/shepd.conf", user="shepd").returncode == 0
        session = judge_service(world)

        upgrade(world, newer)
        assert world.shepd.stop() == 0  # what try-restart does
        world.run_shepd()
        assert world.ask("getSigningStatus", session).code == "SCSS001"
        judge_journal(world)
        assert world.shepd.stop() == 0

        remove(world)
        purge(world)
        purge_what_was_never_used(debian, here)
    finally:
        world.stop()
