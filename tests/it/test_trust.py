"""The trust folder under a running shepd: changed by shepctl trust, taken over by a reload, on record."""
import re
import shutil

from tools import BUILD, run


def news(world, event):
    return [line["text"] for line in world.events(event)]


def sha256_of(text):
    return set(re.findall(r"[0-9a-f]{64}", text))


def test_a_missing_intermediate_is_fetched_where_it_is_allowed(own_world):
    world = own_world()
    folder = world.folder / "trusted"
    folder.mkdir()
    shutil.copy(world.sandbox / "trust/gost2015-root.pem", folder)
    world.settings["trust"] = {"dir": str(folder), "revocation": "off"}
    world.restart()
    answer = world.create()
    assert answer.code == "SCE005" and "path" in answer.text, answer.text
    world.settings["trust"]["follow_aia"] = "yes"
    world.write_config()
    world.reload()
    assert world.create().code == "SCSS001"


def test_an_authority_comes_and_goes_by_a_reload_and_is_on_record(own_world):
    """0.21, 0.37: the journal says which certificates came and went."""
    world = own_world()
    folder = world.folder / "trusted"
    folder.mkdir()
    shutil.copy(world.sandbox / "trust/gost2015-root.pem", folder)
    shutil.copy(world.sandbox / "trust/gost2015-ca.pem", folder)
    world.settings["trust"] = {"dir": str(folder), "transport_algorithms": "gost2015 rsa"}
    world.restart()
    assert world.create().code == "SCSS001"
    assert world.create(algorithm="rsa").code != "SCSS001"
    assert not news(world, "trust.added")

    added = run(BUILD / "shepctl", "trust", "add", "--yes", "--dir", folder, world.sandbox / "trust/rsa-root.pem",
                world.sandbox / "trust/rsa-ca.pem").stdout
    world.reload()
    assert world.create(algorithm="rsa").code == "SCSS001"
    assert {text.split()[0] for text in news(world, "trust.added")} == {"root", "intermediate"}
    assert sha256_of(" ".join(news(world, "trust.added"))) == sha256_of(added)
    assert not news(world, "trust.removed")

    world.reload()  # nothing changed, nothing said
    assert len(news(world, "trust.added")) == 2

    for file in folder.glob("*RSA*"):
        file.unlink()
    world.reload()
    assert world.create(algorithm="rsa").code != "SCSS001"
    assert sha256_of(" ".join(news(world, "trust.removed"))) == sha256_of(added)
    assert world.create().code == "SCSS001"
