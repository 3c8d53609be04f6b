#!/usr/bin/env python3
"""The obvious way in Python, as the project's founding document sketches it, to hold vso against.

    python3 benches/baseline.py MASTER OUT SAMPLE
    python3 benches/baseline.py --dry-run MASTER OUT SAMPLE

`markdown` parses the specification, regular expressions take the items out, `networkx` orders the components, and the
files are written one after the other: those of the folder SAMPLE (a slice that vso wrote), each of the same size. What
is in them is far simpler than what vso writes; items are not matched with an earlier version, nothing is checked, and
nothing is undone when a write fails. So the comparison favours this file. With --dry-run all texts are made and none is
written, which is what `vso decompose --dry-run` does too.
"""

import json
import re
import sys
from pathlib import Path

import markdown
import networkx

REQUIREMENT = re.compile(r"^- \*\*(?P<id>N?FR-\d+)\*\* (?:\[component: (?P<tag>[^]]+)\] )?(?P<text>.+)$", re.M)
COMPONENT = re.compile(r"^- \*\*(?P<name>[^*]+)\*\*: (?P<text>.*?)(?: Depends on: (?P<needs>[^.]+)\.)?$", re.M)
MODEL = re.compile(r"^- (?P<name>\w+): \{(?P<fields>.*)\}$", re.M)
ENDPOINT = re.compile(r"^- (?P<method>GET|POST|PUT|PATCH|DELETE) (?P<path>\S+) → (?P<rest>.+)$", re.M)


def parse(text):
    """Sections with their items."""
    converter = markdown.Markdown(extensions=["meta", "toc"])
    converter.convert(text)
    parts = dict(re.findall(r"^##+ (.+?)\n(.*?)(?=^##|\Z)", text, re.M | re.S))
    return {
        "metadata": converter.Meta,
        "requirements": [found.groupdict() for found in REQUIREMENT.finditer(text)],
        "components": [found.groupdict() for found in COMPONENT.finditer(parts["Components"])],
        "models": [found.groupdict() for found in MODEL.finditer(parts["Data Models"])],
        "endpoints": [found.groupdict() for found in ENDPOINT.finditer(parts["API Endpoints"])],
    }


def order(components):
    """Components, dependencies first."""
    graph = networkx.DiGraph()
    for component in components:
        graph.add_node(component["name"])
        for need in filter(None, (component["needs"] or "").split(", ")):
            graph.add_edge(need, component["name"])
    return list(networkx.topological_sort(graph))


def belongs(item, name):
    """By tag, else by mention of the name without its spaces."""
    if item.get("tag"):
        return item["tag"] == name
    return name.replace(" ", "") in item["text"] or item["id"].startswith("NFR")


def slices(sections):
    """One dictionary a slice."""
    for number, name in enumerate(order(sections["components"]), 1):
        slug, model = name.lower().replace(" ", "-"), name.replace(" ", "")
        yield {
            "id": f"slice-{number:03}-{slug}",
            "name": name,
            "requirements": [item for item in sections["requirements"] if belongs(item, name)],
            "models": [item for item in sections["models"] if item["name"] == model],
            "endpoints": [item for item in sections["endpoints"] if item["path"].split("?")[0].startswith(f"/{slug}")],
        }


def spec(cut):
    """`spec.md` of a slice."""
    criteria = "\n".join(f"- [ ] **AC-{item['id']}** {item['text']}" for item in cut["requirements"])
    models = "\n".join(f"- {item['name']}: {item['fields']}" for item in cut["models"])
    endpoints = "\n".join(f"- {item['method']} {item['path']}: {item['rest']}" for item in cut["endpoints"])
    return f"# {cut['name']}\n\n## Acceptance Criteria\n{criteria}\n\n## Models\n{models}\n\n## API\n{endpoints}\n"


def content(path, size, cut):
    """What stands in a file, filled up to the size of the sample's."""
    if path.name == "spec.md":
        return spec(cut)
    if path.name == "metadata.json":
        return json.dumps(cut, indent=2, sort_keys=True)
    functions = "".join(f"def test_{item['id'].lower().replace('-', '_')}(): ...\n" for item in cut["requirements"])
    return (f"# {cut['id']}\n{functions}" if path.suffix == ".py" else f"# {cut['id']}\n").ljust(size, "#")


def main():
    writes = sys.argv[1] != "--dry-run"
    master, out, sample = map(Path, sys.argv[1 if writes else 2 :])
    files = sorted((path.relative_to(sample), path.stat().st_size) for path in sample.rglob("*") if path.is_file())
    for cut in slices(parse(master.read_text(encoding="utf-8"))):
        for path, size in files:
            target = out / cut["id"] / path
            text = content(path, size, cut)
            if writes:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
