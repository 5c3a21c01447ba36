"""A strict reader of Prometheus' text format 0.0.4, written from its specification alone: what it
does not know it refuses. https://prometheus.io/docs/instrumenting/exposition_formats/"""
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|\Z)')
NUMBER = re.compile(r"([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|NaN|[+-]Inf)\Z")
KINDS = {"counter", "gauge", "histogram", "summary", "untyped"}


class Refused(Exception):
    pass


def refuse_unless(right, why):
    if not right:
        raise Refused(why)


def read_labels(text):
    labels, at = {}, 0
    while at < len(text):
        found = LABEL.match(text, at)
        refuse_unless(found, f"labels {text!r}")
        refuse_unless(found[1] not in labels, f"label {found[1]} twice")
        labels[found[1]] = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], found[2])
        at = found.end()
        refuse_unless(found[3] == "," or at == len(text), f"labels {text!r}")
    refuse_unless(not text.endswith(","), f"labels {text!r}")
    return labels


def read_sample(line):
    name, brace, rest = line.partition("{")
    labels = {}
    if brace:
        inside, closing, value = rest.rpartition("} ")
        refuse_unless(closing, f"sample {line!r}")
        labels = read_labels(inside)
    else:
        name, _, value = line.partition(" ")
    refuse_unless(NAME.match(name) and NUMBER.match(value), f"sample {line!r}")
    return name, labels, float(value)


class Family:
    def __init__(self, name, help_text):
        self.name, self.help, self.kind, self.samples = name, help_text, None, []

    def owns(self, name):
        parts = ("_bucket", "_sum", "_count") if self.kind == "histogram" else ("",)
        return any(name == self.name + part for part in parts)

    def check(self):
        seen = [(name, tuple(sorted(labels.items()))) for name, labels, _ in self.samples]
        refuse_unless(len(seen) == len(set(seen)), f"{self.name}: a series twice")
        if self.kind == "counter":
            refuse_unless(self.name.endswith("_total"), f"{self.name}: a counter ends in _total")
            refuse_unless(all(value >= 0 for _, _, value in self.samples), f"{self.name}: falls")
        if self.kind == "histogram":
            self.check_histogram()

    def check_histogram(self):
        groups = {}
        for name, labels, value in self.samples:
            key = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
            groups.setdefault(key, {"buckets": []})
            if name.endswith("_bucket"):
                refuse_unless("le" in labels, f"{self.name}: a bucket without le")
                groups[key]["buckets"].append((float(labels["le"]), value))
            else:
                groups[key][name.rpartition("_")[2]] = value
        for key, group in groups.items():
            bounds, counts = zip(*group["buckets"])
            refuse_unless(list(bounds) == sorted(set(bounds)), f"{self.name}{key}: order of bounds")
            refuse_unless(list(counts) == sorted(counts), f"{self.name}{key}: buckets fall")
            refuse_unless(bounds[-1] == float("inf"), f"{self.name}{key}: no +Inf")
            refuse_unless({"sum", "count"} <= set(group), f"{self.name}{key}: sum or count is missing")
            refuse_unless(group["count"] == counts[-1], f"{self.name}{key}: count and +Inf differ")


def read(text):
    """{name: Family}; raises Refused."""
    refuse_unless(text.endswith("\n"), "the last line does not end")
    families, family = {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, help_text = line[7:].partition(" ")
            refuse_unless(NAME.match(name) and help_text, f"{line!r}")
            refuse_unless(name not in families, f"{name}: HELP twice, or not together")
            families[name] = family = Family(name, help_text)
        elif line.startswith("# TYPE "):
            name, _, kind = line[7:].partition(" ")
            refuse_unless(family and name == family.name and kind in KINDS, f"{line!r}")
            refuse_unless(family.kind is None and not family.samples, f"{name}: TYPE out of place")
            family.kind = kind
        else:
            refuse_unless(not line.startswith("#") and line, f"{line!r}")
            name, labels, value = read_sample(line)
            refuse_unless(family and family.kind and family.owns(name), f"{line!r}: whose is it?")
            family.samples.append((name, labels, value))
    for one in families.values():
        refuse_unless(one.kind, f"{one.name}: no TYPE")
        one.check()
    return families
