#!/usr/bin/env python3
"""Server time and size of the dashboard's pages, with many slices and many events.

    benches/pages.py target/release/vso [SLICES] [EVENTS...]

Makes a project of SLICES (1000) slices in step, fills its ledger with each number of EVENTS (100000 1000000) and asks for each
page five times with gzip; prints the best time in milliseconds and the bytes that travel. Needs git and Python 3.11.
"""

import http.client
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

PAGES = ["", "/slices/{slice}", "?page=5", "?q=part7", "/conflicts", "/proposals", "/queue", "/activity", "/activity?kind=proposal.merged",
         "/activity?q=nothing-like-this", "/logs", "/analytics", "/settings", "/search?q=feature", "/graph"]


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
    database.executemany("INSERT INTO events (at, kind, subject, data) VALUES (?, ?, ?, ?)", rows)
    database.commit()


def main():
    vso = os.path.abspath(sys.argv[1])
    slices = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    counts = [int(word) for word in sys.argv[3:]] or [100_000, 1_000_000]
    environment = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.invalid",
                       GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@example.invalid")
    with tempfile.TemporaryDirectory() as folder:
        run = lambda *words: subprocess.run(words, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(folder, "master-spec.md"), "w", encoding="utf-8") as file:
            file.write(master(slices))
        with open(os.path.join(folder, ".gitignore"), "w", encoding="utf-8") as file:
            file.write(".slice-orchestrator/\n")
        run("git", "init", "-q", "-b", "main")
        run(vso, "decompose")
        run("git", "add", "-A")
        run("git", "commit", "-qm", "large")
        server = subprocess.Popen([vso, "serve", "--json", "--port", "0"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            text = b""
            while not text.endswith(b"}\n"):
                text += server.stdout.readline()
            measure(json.loads(text), os.path.join(folder, ".slice-orchestrator/queue.db"), slices, counts)
        finally:
            server.kill()
            server.wait()


def measure(said, ledger, slices, counts):
    connection = http.client.HTTPConnection("127.0.0.1", said["port"])

    def ask(path, headers):
        # A connection that was idle for ten seconds is closed by the server.
        if connection.sock is None:
            connection.connect()
        begun = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        size = len(answer.read())
        return answer, (time.perf_counter() - begun) * 1000, size

    answer, _, _ = ask(said["url"][len(said["base"]):], {})
    headers = {"cookie": answer.getheader("set-cookie").split(";")[0], "accept-encoding": "gzip"}
    print(f"first look at {slices} slices: {ask('/r/local', headers)[1]:.0f} ms")
    for events in counts:
        fill(ledger, events)
        connection.close()
        print(f"\n{events} events")
        for page in PAGES:
            path = "/r/local" + page.format(slice=f"slice-{slices // 2:03}-part{slices // 2}")
            asked = [ask(path, headers) for _ in range(5)]
            status = asked[0][0].status
            print(f"{page or '/':34} {asked[0][1]:8.1f} first {min(took for _, took, _ in asked):8.1f} ms {asked[0][2]:7} bytes {'' if status == 200 else status}")


main()
