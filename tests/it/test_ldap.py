"""Where ЦОИД's certificates come from: checked at start and at every reload, without asking anybody."""
import shutil
import subprocess

from tools import ROOT, free_port, run, until


def test_pins_and_ldap_are_read_at_start_and_at_reloads(own_world):
    world = own_world()
    pins = world.folder / "pins"
    pins.mkdir()
    world.settings = {"jws": {"pins_dir": pins}, "ldap": {"urls": "ldap://127.0.0.1:1", "base": "c=KZ"}}
    world.write_config()
    assert str(pins) in str(world.reload("config.refused"))  # it is empty
    shutil.copy(world.sandbox / "gost2015/caller.pem", pins)
    world.reload("config.reloaded")
    world.settings["ldap"]["starttls"] = "yes"
    world.write_config()
    assert "CA file" in str(world.reload("config.refused"))
    world.settings["ldap"]["ca_file"] = world.ca
    world.restart()
    assert world.create().code == "SCSS001"


LDIF = "dn: c=KZ\nobjectClass: country\nc: KZ\n\ndn: o=NPK,c=KZ\nobjectClass: organization\no: NPK\n"


def test_a_directory_of_ones_own_serves_its_ldif_and_ends_with_its_owner(tmp_path):
    """scripts/private-slapd, on which the tests of ЦОИД stand."""
    folder, ldif, port = tmp_path / "ldap", tmp_path / "it.ldif", free_port()
    ldif.write_text(LDIF)
    owner = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    start = [ROOT / "scripts/private-slapd", "start", folder, port, ldif, "--owner", owner.pid]
    assert "listening" in run(*start).stdout and "already running" in run(*start).stdout

    def entries():
        return run("ldapsearch", "-x", "-LLL", "-H", f"ldap://127.0.0.1:{port}", "-b", "c=KZ", "dn", check=False).stdout

    assert entries().count("dn:") == 2
    run(ROOT / "scripts/private-slapd", "kill", folder)
    assert entries() == ""
    run(*start)  # filled anew
    assert entries().count("dn:") == 2
    owner.communicate()
    until("its end with its owner", lambda: not (folder / "pid").exists())
    assert entries() == ""
