"""Where ЦОИД's certificates come from: checked at start and at every reload, without asking anybody."""
import shutil
import signal

from conftest import until


def reload(world, event):
    before = sum(line["event"] == event for line in world.journal())
    world.shepd.process.send_signal(signal.SIGHUP)
    until(event, lambda: sum(line["event"] == event for line in world.journal()) > before)
    return [line for line in world.journal() if line["event"] == event][-1]


def test_pins_and_ldap_are_read_at_start_and_at_reloads(own_world):
    world = own_world()
    pins = world.folder / "pins"
    pins.mkdir()
    world.settings = {"jws": {"pins_dir": pins}, "ldap": {"urls": "ldap://127.0.0.1:1", "base": "c=KZ"}}
    world.write_config()
    assert str(pins) in str(reload(world, "config.refused"))  # it is empty
    shutil.copy(world.sandbox / "gost2015/caller.pem", pins)
    reload(world, "config.reloaded")
    world.settings["ldap"]["starttls"] = "yes"
    world.write_config()
    assert "CA file" in str(reload(world, "config.refused"))
    world.settings["ldap"]["ca_file"] = world.ca
    world.restart()
    assert world.create().code == "SCSS001"
