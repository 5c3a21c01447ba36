"""Where ЦОИД's certificates come from: checked at start and at every reload, without asking anybody."""
import shutil



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
