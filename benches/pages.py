#!/usr/bin/env python3
"""Server time and size of the dashboard's pages, with many slices and many events.

    benches/pages.py [BINARY] [--slices N] [--events N...] [--write]

Takes target/release/vso where no binary is given. Makes a project of 1,000 slices in step, fills its ledger with 100,000 events and
deliveries, then with 1,000,000 events, and asks for each page fifteen times with gzip; what counts is the median time until the whole page is
there, the bytes that travel, and the page that grew most with the events. Needs git and Python 3.11. With --write the table goes into
benches/README.md. The exit code is 1 when a limit is not met.
"""

import argparse
import http.client
import itertools
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- pages:begin -->", "<!-- pages:end -->"
ASKED = 15
PAGES = ["", "/slices/{slice}", "?page=5", "?q=part7", "/conflicts", "/proposals", "/queue", "/deliveries", "/deliveries?q=nothing-like-this",
         "/activity", "/activity?kind=proposal.merged", "/activity?q=nothing-like-this", "/logs", "/analytics", "/settings",
         "/search?q=feature", "/search?q=nothing-like-this", "/graph"]


def master(slices):
    lines = ["---", 'title: "Large"', 'version: "1.0.0"', "---", "", "# Large", "", "## Requirements", ""]
    for part in range(1, slices + 1):
        lines += [f"- **FR-{part:04}{item}** [component: Part{part}] A user can use feature {item} of part {part}." for item in range(4)]
    lines += ["", "## Architecture", "", "### Components", ""]
    needs = lambda part: f" Depends on: Part{part // 2}." if part > 1 and part % 3 == 0 else ""
    lines += [f"- **Part{part}**: Part number {part}.{needs(part)}" for part in range(1, slices + 1)]
    return "\n".join(lines) + "\n"


def fill(place, events):
    database = sqlite3.connect(place)
    there = database.execute("SELECT count(*) FROM events").fetchone()[0]
    kinds = ["proposal.opened", "proposal.updated", "proposal.merged", "proposal.closed", "job.failed", "nightly.ended", "a.b", "c.d"]
    now = int(time.time() * 1000)
    rows = ((now - (events - n) * 2500, kinds[n % 8], f"slice-{n % 1000:03}", json.dumps({"number": n})) for n in range(there, events))
    # In pieces, as a server writes them: one transaction of a million rows would leave its log behind.
    while piece := list(itertools.islice(rows, 20_000)):
        database.executemany("INSERT INTO events (at, kind, subject, data) VALUES (?, ?, ?, ?)", piece)
        database.commit()


def deliver(place, count):
    """Deliveries that are over, as a busy month leaves them."""
    database = sqlite3.connect(place)
    now = int(time.time() * 1000)
    rows = ((f"{n:08x}-0000-4000-8000-000000000000", "push", "org/design", f"repository {n % 7}", now - (count - n) * 25_000, 7_000, "done", now) for n in range(count))
    sql = "INSERT INTO deliveries (guid, event, repository, key, received, bytes, kept, state, settled) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)"
    database.executemany(sql, rows)
    database.commit()


def measure(vso, slices, counts):
    """The first look in milliseconds; of each count of events each page's milliseconds and bytes; the server's memory in MiB."""
    environment = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.invalid",
                       GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@example.invalid")
    with tempfile.TemporaryDirectory() as folder:
        run = lambda *words: subprocess.run(words, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        Path(folder, "master-spec.md").write_text(master(slices), encoding="utf-8")
        Path(folder, ".gitignore").write_text(".slice-orchestrator/\n", encoding="utf-8")
        run("git", "init", "-q", "-b", "main")
        run(vso, "decompose")
        run("git", "add", "-A")
        run("git", "commit", "-qm", "large")
        server = subprocess.Popen([vso, "serve", "--json", "--port", "0"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            text = b""
            while not text.endswith(b"}\n"):
                text += server.stdout.readline()
            return asked(json.loads(text), os.path.join(folder, ".slice-orchestrator/queue.db"), slices, counts, server.pid)
        finally:
            server.kill()
            server.wait()


def asked(said, ledger, slices, counts, process):
    connection = http.client.HTTPConnection("127.0.0.1", said["port"])

    def ask(path, headers):
        # A connection that was idle for a while is closed by the server.
        if connection.sock is None:
            connection.connect()
        begun = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        size = len(answer.read())
        return answer, (time.perf_counter() - begun) * 1000, size

    answer, _, _ = ask(said["url"][len(said["base"]):], {})
    headers = {"cookie": answer.getheader("set-cookie").split(";")[0], "accept-encoding": "gzip"}
    begun = time.perf_counter()
    while ask("/r/local", headers)[0].status == 503:
        pass
    first = (time.perf_counter() - begun) * 1000
    print(f"first look at {slices} slices, for who comes at once: {first:.0f} ms")
    deliver(ledger, counts[0])
    found = {}
    for events in counts:
        fill(ledger, events)
        connection.close()
        print(f"\n{events} events")
        for page in PAGES:
            path = "/r/local" + page.format(slice=f"slice-{slices // 2:03}-part{slices // 2}")
            every = [ask(path, headers) for _ in range(ASKED)]
            if any(answer.status != 200 for answer, _, _ in every):
                sys.exit(f"{path}: {every[0][0].status}")
            took, size = statistics.median(took for _, took, _ in every), every[0][2]
            found[events, page] = took, size
            print(f"{page or '/':34} {every[0][1]:8.1f} ms first {took:8.1f} ms median {size:7} bytes", flush=True)
    memory = next(int(line.split()[1]) / 1024 for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return first, found, memory


def write(table):
    """Puts the table between the marks of benches/README.md."""
    path = ROOT / "benches" / "README.md"
    before, rest = path.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", nargs="?", type=Path, default=ROOT / "target/release/vso", help="the vso to measure")
    parser.add_argument("--slices", type=int, default=1000)
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--write", action="store_true", help="put the table into benches/README.md")
    given = parser.parse_args()
    few, many = given.events[0], given.events[-1]
    first, found, memory = measure(given.binary.resolve(), given.slices, given.events)
    name = lambda page: f"`{page.format(slice='slice-…') or '/'}`"
    met = lambda holds: "yes" if holds else "**no**"
    rows = []
    for events in given.events:
        slowest = max(PAGES, key=lambda page: found[events, page][0])
        took = found[events, slowest][0]
        middle = statistics.median(found[events, page][0] for page in PAGES)
        rows.append((f"the slowest of {len(PAGES)} pages, {given.slices:,} slices, {events:,} events: {name(slowest)} (median of all)",
                     f"{took:.1f} ms ({middle:.1f} ms)", "50 ms", met(took < 50)))
    largest = max(PAGES, key=lambda page: max(found[events, page][1] for events in given.events))
    size = max(found[events, largest][1] for events in given.events)
    rows.append((f"the largest of them, compressed: {name(largest)}", f"{size / 1000:.1f} kB", "100 kB", met(size < 100_000)))
    # A few milliseconds of one page are noise.
    slower = max(PAGES, key=lambda page: found[many, page][0] - found[few, page][0])
    before, after = found[few, slower][0], found[many, slower][0]
    rows.append((f"what {many:,} events cost against {few:,}, at most: {name(slower)}", f"{after - before:+.1f} ms ({before:.1f} to {after:.1f} ms)",
                 "no more than a fifth or 3 ms", met(after - before < max(3, before / 5))))
    rows.append((f"the first page right after the start, {given.slices:,} slices", f"{first:.0f} ms", "none", "-"))
    rows.append(("resident memory after all that", f"{memory:.0f} MiB", "none", "-"))
    lines = ["| what | measured | limit | met |", "| --- | --- | --- | --- |"]
    table = "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])
    print(f"\n{table}")
    if given.write:
        write(table)
    sys.exit(0 if all(row[3] != "**no**" for row in rows) else 1)


if __name__ == "__main__":
    main()
