"""A Debian 12 in a folder, for what must be installed to be seen: made by debootstrap, kept as an archive between runs.

Its mounts live in the mount namespace of each command, so nothing is left mounted whatever happens."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import pytest

from tools import run

SUITE = "bookworm"
PACKAGES = ("systemd", "procps")  # what a host has
MAKE_S = 600
KEEP_S = 7 * 24 * 3600  # a kept root older than this is made anew
APT_FILES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources", "/etc/apt/apt.conf.d/99artifact-registry",
             "/etc/resolv.conf", "/etc/hosts")
# $1 the root, $2 the socket of a MariaDB out here or nothing, the rest a command
ENTER = """set -e
root=$1 bound=$2
shift 2
for folder in proc dev sys; do mount --rbind "/$folder" "$root/$folder"; done
if [ -n "$bound" ]; then mount --bind "$bound" "$root/run/mysqld/mysqld.sock"; fi
exec chroot "$root" "$@"
"""


def mirror():
    """The first source of the suite that this host's apt uses."""
    files = [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]
    text = "\n".join(file.read_text() for file in files if file.is_file())
    found = re.search(rf"(?m)^deb\s+(?:\[[^]]*\]\s+)?(https?://\S+)\s+{SUITE}\s", text)
    for block in re.split(r"\n\s*\n", text):
        uri, suites = re.search(r"(?m)^URIs:\s*(https?://\S+)", block), re.search(r"(?m)^Suites:(.*)$", block)
        if not found and uri and suites and SUITE in suites.group(1).split():
            found = uri
    return found.group(1) if found else "http://deb.debian.org/debian"


def why_not():
    """What this host lacks to make a Debian in a folder, or None."""
    if os.geteuid() != 0:
        return "not root"
    for tool in ("debootstrap", "unshare"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    with tempfile.TemporaryDirectory() as folder:
        tried = run("unshare", "--mount", "mount", "--bind", folder, folder, check=False)
        if tried.returncode != 0:
            return f"no right to mount: {tried.stderr.strip()}"
        tried = run("/usr/lib/apt/apt-helper", "download-file", f"{mirror()}/dists/{SUITE}/InRelease", f"{folder}/it",
                    check=False)
        if tried.returncode != 0:
            return f"{mirror()} is out of reach: {tried.stderr.strip()[-200:]}"
    return None


def slowly(*args):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=MAKE_S)
    if done.returncode != 0:
        pytest.fail(f"{args}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def kept_archive():
    """Where the bare system is kept: named by what it is made of."""
    name = hashlib.sha256(" ".join((mirror(), SUITE, *PACKAGES)).encode()).hexdigest()[:12]
    return pathlib.Path("/var/cache/shep-adapter") / f"{SUITE}-{name}.tar"


class Debian:
    """The system in a folder. One test's own."""

    def __init__(self, folder):
        self.root, self.bound = pathlib.Path(folder), ""

    def make(self):
        archive = kept_archive()
        self.root.mkdir()
        if archive.is_file() and time.time() - archive.stat().st_mtime < KEEP_S:
            slowly("tar", "-C", self.root, "--xattrs", "-xpf", archive)
        else:
            slowly("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, self.root, mirror())
            shutil.rmtree(self.root / "var/cache/apt/archives")
            self.keep(archive)
        for file in APT_FILES:
            if pathlib.Path(file).is_file():
                shutil.copy(file, self.root / file.lstrip("/"))
        if (self.root / "etc/apt/sources.list.d/debian.sources").exists():
            (self.root / "etc/apt/sources.list").unlink()  # that of debootstrap, twice the same
        self.run("apt-get", "update", "-qq")
        return self

    def keep(self, archive):
        archive.parent.mkdir(parents=True, exist_ok=True)
        new = archive.with_suffix(f".{os.getpid()}")  # whole or not at all
        slowly("tar", "-C", self.root, "--xattrs", "--exclude=./dev/*", "-cpf", new, ".")
        new.rename(archive)

    def command(self, *args):
        """A command in there, as one that can be run from out here; its process becomes that command."""
        return ["unshare", "--mount", "sh", "-c", ENTER, "enter", self.root, self.bound, *args]

    def run(self, *args, check=True, user=None):
        who = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        clean = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                 "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"}
        return run(*self.command(*who, *args), check=check, env=clean)

    def apt(self, *args, check=True):
        """apt-get, offline from what it fetched as often as it can be."""
        return self.run("apt-get", "-y", "-q", "--no-install-recommends", *args, check=check)

    def bring(self, file):
        """A file of ours in its /root; its path there."""
        shutil.copy(file, self.root / "root")
        return f"/root/{pathlib.Path(file).name}"

    def ids(self, user):
        """(uid, gid) of a user of this system."""
        line = re.search(rf"(?m)^{user}:(.*)$", (self.root / "etc/passwd").read_text())
        assert line, f"no user {user}"
        fields = line.group(1).split(":")
        return int(fields[1]), int(fields[2])
