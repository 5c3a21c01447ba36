"""What becomes of each citizen that the sandbox's ЦОИД knows: compared, refused, given data or not, in ЦОИД's own words."""
import re

import pytest

import coid
from coid import ask, at_centre, get_person_data, hold_to_schema, picture, verify_photo
from tools import ROOT
from world import make_world

OURS, THEIRS = "SCSE002", "SCSE003"


@pytest.fixture(scope="module")
def there(country):
    with at_centre(make_world(country, coid=True)) as one:
        yield one


def compared(world, name):
    told = ask(world, verify_photo(world.centre.people[name]))
    assert told.code == "SCSS001", told.text
    hold_to_schema(told)
    return told


def requests(world, question):
    return world.centre.bills["requests"].get(question, 0)


# ---- comparisons ----
@pytest.mark.parametrize("name, code, error, upstream, words", [
    ("no-photo", OURS, "personNotFound", "404", "No one person find! Possibly bad IIN"),
    ("two-faces", OURS, "imageRefused", "500", "на фото более 1 лица"),
    ("no-face", OURS, "imageRefused", "500", "лицо не распознано"),
    ("poor-photo", OURS, "imageRefused", "500", "не качественное изображение"),
    ("gbdfl-down", THEIRS, "gbdflUnavailable", "523", "GBDFL is unavailable"),
    ("kdp-down", THEIRS, "kdpUnavailable", "523", "Error obtaining KDP token")])
def test_what_coid_refuses_is_told_in_its_words(there, name, code, error, upstream, words):
    """req 2.08, 2.09, 2.38: the photo (req 2.27–2.30, 2.32: what only who sees a face can judge), and what ЦОИД asks of КДП and
    ГБД ФЛ by itself."""
    told = ask(there, verify_photo(there.centre.people[name]))
    assert (told.code, told.error, told.value("upstreamStatus")) == (code, error, upstream), told.text
    assert words in told.value("upstreamText")


def test_a_photo_that_annex_1_does_not_allow_is_refused_by_coid(there):
    """req 2.08: with 406, and nothing is compared, not even when it is asked for again."""
    there.centre.fault("verify", "406-image")
    message, request = coid.new_message(), verify_photo(there.centre.people["man"])
    before = there.centre.bills["comparisons"]
    for _ in range(2):
        told = ask(there, request, message=message)
        assert (told.code, told.error, told.value("upstreamStatus")) == (OURS, "imageRefused", "406"), told.text
        assert "изображению" in told.value("upstreamText")
    assert there.centre.bills["comparisons"] == before


@pytest.mark.parametrize("photo, error, limit", [
    (picture(479, 640), "imageTooSmall", "640x480 pixels"),
    (picture(639, 480), "imageTooSmall", "640x480 pixels"),
    (picture(4097, 640), "imageTooLarge", "4096x4096 pixels"),
    (picture()[:-20], "imageBroken", None),
    (b"GIF89a" + bytes(100), "imageType", "image/png, image/jpeg")], ids=["narrow", "low", "wide", "torn", "GIF"])
def test_what_can_be_judged_of_a_photo_is_judged_before_coid_is_asked(there, photo, error, limit):
    """req 2.08, 2.31: size by rule 5, kind, and that it is whole."""
    before = requests(there, "verify")
    told = ask(there, verify_photo(there.centre.people["man"], photo=photo))
    assert (told.code, told.error, told.value("field"), told.value("limit")) == (OURS, error, "photo", limit), told.text
    assert requests(there, "verify") == before


# ---- personal data ----
@pytest.mark.parametrize("name, result, passed", [
    ("man", "0.9959589839", True), ("threshold", "0.85", True), ("below", "0.8499", False), ("low", "0.5", False),
    ("zero", "0", False)])
def test_from_85_percent_on_there_are_data_and_below_the_result_alone(there, name, result, passed):
    """req 2.06, C-05: and below it ЦОИД is not even asked."""
    told = compared(there, name)
    assert told.value("result") == result and told.value("passed") == str(passed).lower()
    assert (told.value("dataUntil") is not None) == passed
    before = requests(there, "data")
    data = ask(there, get_person_data(told.value("idempotencyKey"), there.centre.people[name]))
    assert requests(there, "data") == before + passed
    if passed:
        assert data.code == "SCSS001" and data.value("person/iin") == there.centre.people[name], data.text
    else:
        assert (data.code, data.error, data.value("limit")) == (OURS, "verificationBelowThreshold", "0.85"), data.text
        assert data.data.find("person") is None


@pytest.mark.parametrize("mcdb", [True, False])
def test_the_telephone_number_comes_for_whom_it_is_asked(there, mcdb):
    """req 3.12"""
    key = compared(there, "man").value("idempotencyKey")
    data = ask(there, get_person_data(key, there.centre.people["man"], mcdb=mcdb))
    assert data.code == "SCSS001", data.text
    hold_to_schema(data)
    assert (data.data.find("person/mobilephone") is not None) == mcdb


@pytest.mark.parametrize("name, error, upstream", [
    ("data-kdp-down", "kdpUnavailable", "523"), ("data-504", "upstreamTimeout", "504"),
    ("data-html-502", "upstreamUnavailable", "502")])
def test_who_is_away_when_data_are_asked_for_is_named(there, name, error, upstream):
    """req 2.09, 2.38: the third of ЦОИД's own requests."""
    key = compared(there, name).value("idempotencyKey")
    data = ask(there, get_person_data(key, there.centre.people[name]))
    assert (data.code, data.error, data.value("upstreamStatus")) == (THEIRS, error, upstream), data.text


# ---- as a partner reads of them ----
def test_the_table_of_people_says_what_the_adapter_answers(own_world):
    """docs/INTEGRATION.md has everybody whom the sandbox knows, and nobody else."""
    world = own_world(coid=True, settings={"coid": {"failures": 64}})
    table = (ROOT / "docs/INTEGRATION.md").read_text(encoding="utf-8").split("<!-- people of the sandbox -->")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (\d{12}) \| .* \| (\S+) \| (\S+) \|$", table, re.M)
    assert sorted(iin for iin, _, _ in rows) == sorted(world.centre.people.values())
    found = []
    for iin, _, _ in rows:
        told = ask(world, verify_photo(iin))
        data = ask(world, get_person_data(told.value("idempotencyKey"), iin)) if told.code == "SCSS001" else None
        found.append((iin, told.value("result") or told.error, (data.error or data.code) if data else "–"))
    assert found == rows
