"""/metrics by Debian's own parser of Prometheus' format, and that the dashboard and the alert rules under etc/ ask for
what is there: every metric, label and value they name."""
import json
import re
import shutil
import subprocess

import pytest

import coid
import prometheus
from test_keys import admin
from tools import ROOT, until

yaml = pytest.importorskip("yaml", reason="SKIP: no python3-yaml")
parser = pytest.importorskip("prometheus_client.parser", reason="SKIP: no python3-prometheus-client")

RULES = ROOT / "etc/prometheus/shepd.rules.yml"
SCRAPE = ROOT / "etc/prometheus/scrape.yml"
DASHBOARD = ROOT / "etc/grafana/shepd.json"
OF_PROMETHEUS = {"instance", "job"}  # labels of the target, not of the exposition
FUNCTIONS = {"rate", "increase", "changes", "histogram_quantile", "sum", "min", "max", "topk", "sort", "time", "abs"}
WORDS = {"by", "and", "offset"}
WRONG_UNITS = ("_ms", "_milliseconds", "_minutes", "_hours", "_kb", "_mb", "_percent")


def events(world, name):
    found = [value for _, labels, value in prometheus.read(page(world))["shepd_journal_events_total"].samples
             if labels["event"] == name]
    return sum(found)


def page(world):
    return admin(world, "/metrics")[1]


@pytest.fixture(scope="module")
def text(world):
    """The page once everything that is counted has happened."""
    created = world.create()
    assert created.code == "SCSS001"
    assert world.phone(created.value("qrText")).returncode == 0
    assert world.ask("getSigningStatus", created.value("signingSessionId")).code == "SCSS001"
    assert world.ask("getSigningStatus", "00000000-0000-0000-0000-000000000000").code == "SCSE002"
    assert world.post(b"<no/>")[0] == 500
    assert coid.ask(world, coid.verify_photo(world.centre.people["man"])).code == "SCSS001"
    late = lambda: all(name in page(world) for name in ("shepd_late_sessions{", "shepd_crl_age_seconds{"))
    until("lists and the first sweep", late)
    return page(world)


@pytest.fixture(scope="module")
def families(text):
    """{name of a sample without its part: set of label names}, and {(name, label): values}."""
    labels, values = {}, {}
    for family in parser.text_string_to_metric_families(text):
        if family.type == "gauge":  # the clock's has no sample where no time server is configured
            labels[family.name] = set()
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
            for label, value in sample.labels.items():
                values.setdefault((sample.name, label), set()).add(value)
    return labels, values


def test_debians_parser_reads_what_ours_reads(text):
    theirs = {(s.name, tuple(sorted(s.labels.items()))): s.value
              for family in parser.text_string_to_metric_families(text) for s in family.samples}
    ours = {(name, tuple(sorted(labels.items()))): value
            for family in prometheus.read(text).values() for name, labels, value in family.samples}
    assert theirs == ours and len(ours) > 100


def test_names_help_and_units_are_as_is_usual(text):
    """https://prometheus.io/docs/practices/naming/"""
    found = list(parser.text_string_to_metric_families(text))
    assert len(found) > 25
    for family in found:
        assert family.name.startswith("shepd_"), family.name
        assert family.type in ("counter", "gauge", "histogram"), family.name
        assert family.documentation.endswith(".") and len(family.documentation.split()) >= 3, family.name
        assert not family.name.endswith(WRONG_UNITS), family.name
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
        if family.type == "counter":
            assert all(sample.name == f"{family.name}_total" for sample in family.samples)
        for sample in family.samples:
            assert not OF_PROMETHEUS & set(sample.labels), family.name


def test_what_happened_is_counted(text, world):
    counts = {tuple(labels.values()): value
              for _, labels, value in prometheus.read(text)["shepd_exchanges_total"].samples}
    assert counts["signing", "createSigningSession", "SCSS001", ""] >= 1
    assert counts["signing", "getSigningStatus", "SCSE002", "sessionUnknown"] >= 1
    assert counts["coid", "verifyPhoto", "SCSS001", ""] >= 1
    assert counts["-", "-", "SCE001", ""] >= 1
    assert counts["-", "-", "none", ""] == 0  # there from the start: the alert rule looks at its growth
    value = lambda name, **wanted: sum(number for _, labels, number in prometheus.read(text)[name].samples
                                       if wanted.items() <= labels.items())
    assert value("shepd_workers") >= value("shepd_workers_busy") >= 1
    assert value("shepd_queue_limit_requests") > value("shepd_queue_requests") >= 0
    assert value("shepd_journal_events_total", event="put.accepted", level="Informational") >= 1
    assert value("shepd_ocsp_answers_total", result="good") >= 1
    assert value("shepd_sweeps_total", result="done") >= 1
    assert value("shepd_journal_refused_lines_total") == 0
    telephone = prometheus.read(text)["shepd_telephone_call_duration_seconds"].samples
    assert {("GET", "200"), ("PUT", "200")} <= {(labels["method"], labels["status"]) for _, labels, _ in telephone}
    ages = [number for _, _, number in prometheus.read(text)["shepd_crl_age_seconds"].samples]
    assert all(0 <= age < 86400 for age in ages), ages
    before = events(world, "session.created")
    assert world.create().code == "SCSS001"
    assert events(world, "session.created") == before + 1
    until("the lag", lambda: "shepd_journal_lag_lines{sink=\"database\"} 0\n" in page(world))


# ---- PromQL, as far as the dashboard and the rules use it ----

TOKEN = re.compile(r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<time>\[\w+\])|(?P<number>\d[\w.]*)|(?P<name>[a-zA-Z_:][\w:]*)
                       |(?P<sign>=~|!=|!~|>=|<=|==|[{}(),=<>*/+-]))""", re.VERBOSE)


def tokens(expression):
    at, found = 0, []
    while expression[at:].strip():
        token = TOKEN.match(expression, at)
        assert token, f"{expression[at:]!r}: not understood"
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


def take_apart(expression):
    """([(metric, [(label, sign, value)])], [labels of by])."""
    left, selectors, groups = tokens(expression), [], []
    while left:
        kind, word = left.pop(0)
        if kind != "name":
            continue
        if word == "by":
            assert left.pop(0)[1] == "("
            while (token := left.pop(0))[1] != ")":
                groups += [token[1]] if token[0] == "name" else []
        elif left and left[0][1] == "(" or left and left[0][1] == "by":
            assert word in FUNCTIONS | WORDS, f"{word}: no function"
        elif word not in WORDS:
            matchers = []
            if left and left[0][1] == "{":
                left.pop(0)
                while (token := left.pop(0))[1] != "}":
                    if token[0] == "name":
                        matchers.append((token[1], left.pop(0)[1], json.loads(left.pop(0)[1])))
            selectors.append((word, matchers))
    assert selectors, expression
    return selectors, groups


def sources():
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "src").rglob("*.c")))


def wrong_in(expression, families, source):
    """What an expression asks for and nobody gives: names, labels, values."""
    labels, values = families
    selectors, groups = take_apart(expression)
    wrong, known = [], set(OF_PROMETHEUS)
    for name, matchers in selectors:
        own = OF_PROMETHEUS | (labels.get(name, set()) if name != "up" else set())
        known |= own
        wrong += [] if name == "up" or name in labels else [name]
        for label, sign, value in matchers:
            wrong += [] if label in own else [f"{name}{{{label}}}"]
            if label in OF_PROMETHEUS:
                continue
            for one in value.split("|") if "~" in sign else [value]:
                plain = re.fullmatch(r"[\w.-]+", one) and not ("~" in sign and re.search(r"\.(\.|$)", one))
                if plain and one not in values.get((name, label), ()) and f'"{one}"' not in source:
                    wrong.append(f"{name}{{{label}={one}}}")
    return wrong + [f"by ({label})" for label in groups if label not in known]


@pytest.mark.parametrize("expression, wrong", [
    ("sum by (code) (rate(shepd_exchanges_total{instance=~\"$instance\"}[5m])) > 0.5", []),
    ("sum(rate(shepd_exchange_total[5m]))", ["shepd_exchange_total"]),
    ("shepd_exchanges_total{codes=\"SCSE003\"}", ["shepd_exchanges_total{codes}"]),
    ("shepd_exchanges_total{code=\"SCSE00X\"}", ["shepd_exchanges_total{code=SCSE00X}"]),
    ("sum by (vendor) (shepd_exchanges_total)", ["by (vendor)"]),
    ("time() - shepd_exchange_duration_seconds > 1", ["shepd_exchange_duration_seconds"]),
    ("histogram_quantile(0.9, sum by (le) (rate(shepd_exchange_duration_seconds_bucket[5m])))", []),
    ("shepd_journal_events_total{event=~\"put.*|put.nonsense\"}", ["shepd_journal_events_total{event=put.nonsense}"]),
])
def test_what_is_not_there_is_seen(expression, wrong, families):
    assert wrong_in(expression, families, sources()) == wrong


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


def test_every_alert_asks_for_what_is_there_and_says_what_to_do(families):
    source = sources()
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names)) and len(names) >= 20
    for rule in rules():
        assert wrong_in(rule["expr"], families, source) == [], rule["alert"]
        assert re.fullmatch(r"\d+[mh]", rule["for"]) and rule["labels"]["severity"] in ("critical", "warning")
        notes = rule["annotations"]
        assert set(notes) == {"summary", "action", "summary_ru", "action_ru"}, rule["alert"]
        assert all(re.search("[а-я]", notes[key]) for key in ("summary_ru", "action_ru")), rule["alert"]
        selectors, groups = take_apart(rule["expr"])
        given = set(groups) or OF_PROMETHEUS.union(*(families[0].get(name, set()) for name, _ in selectors))
        used = set(re.findall(r"\$labels\.(\w+)", " ".join(notes.values())))
        if "sum(" in rule["expr"] and not groups:
            given = set()
        assert used <= given, (rule["alert"], used - given)


def test_the_reason_of_every_threshold_is_said():
    lines = RULES.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines):
        if "- alert:" in line:
            assert lines[number - 1].strip().startswith("# ") and len(lines[number - 1].split()) > 5, line


def test_the_scrape_example_fits_the_rules():
    scrape = yaml.safe_load(SCRAPE.read_text(encoding="utf-8"))
    job = scrape["scrape_configs"][0]
    assert scrape["rule_files"] == [RULES.name] and job["metrics_path"] == "/metrics"
    assert {value for rule in rules() for name, matchers in take_apart(rule["expr"])[0] if name == "up"
            for _, _, value in matchers} == {job["job_name"]}
    listen = re.search(r"\[admin\][^\[]*?#listen = (\S+)", (ROOT / "etc/shepd.conf.sample").read_text())[1]
    assert job["static_configs"][0]["targets"] == [listen]


def test_every_panel_asks_for_what_is_there(families):
    source, board = sources(), json.loads(DASHBOARD.read_text(encoding="utf-8"))
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    places = {(p["gridPos"]["x"], p["gridPos"]["y"]) for p in board["panels"]}
    assert len(places) == len(board["panels"])
    for panel in panels:
        assert panel["title"] and panel["description"].endswith("."), panel["title"]
        for target in panel["targets"]:
            assert wrong_in(target["expr"], families, source) == [], panel["title"]
            given = set(take_apart(target["expr"])[1]) or families[0].get(take_apart(target["expr"])[0][0][0], set())
            used = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            assert used <= given | OF_PROMETHEUS, panel["title"]
    shown = {name for panel in panels for target in panel["targets"] for name, _ in take_apart(target["expr"])[0]}
    assert {"shepd_exchanges_total", "shepd_exchange_duration_seconds_bucket", "shepd_telephone_call_duration_seconds_count",
            "shepd_journal_events_total", "shepd_upstream_state", "shepd_coid_comparisons_total", "shepd_queue_requests",
            "shepd_workers_busy", "shepd_journal_lag_lines", "shepd_journal_refused_lines_total", "shepd_crl_age_seconds",
            "shepd_certificate_expiry_days", "shepd_ocsp_answers_total", "shepd_sweeps_total"} <= shown


@pytest.mark.parametrize("name", ["OPERATIONS.md", "OPERATIONS.ru.md"])
def test_the_documents_name_what_is_there(name, text):
    named = re.findall(r"\bshepd_[a-z_]+(?!…)\b", (ROOT / "docs" / name).read_text(encoding="utf-8"))
    there = set(prometheus.read(text))
    assert len(set(named)) > 25 and not {one for one in named if one not in there and not one.endswith("_")}


@pytest.mark.skipif(not shutil.which("promtool"), reason="SKIP: no promtool (Debian's prometheus): rules are read as YAML")
def test_promtool_agrees(text):
    """Days are what an operator counts certificates by: the same end in seconds stands beside them."""
    check = lambda what, **given: subprocess.run(["promtool", "check", *what], capture_output=True, text=True, timeout=60,
                                                 **given)
    done = check(["rules", str(RULES)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert check(["metrics"], input=text).stderr.splitlines() == [
        'shepd_certificate_expiry_days use base unit "seconds" instead of "days"']
