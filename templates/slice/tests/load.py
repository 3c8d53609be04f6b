"""Measures the slice under load: latency percentiles at a rate, throughput, availability.

Samples are enough for the percentile that is asked for: at least twenty lie beyond it, so that one slow answer decides
nothing. LOAD_SCALE scales samples, seconds and records; below 1 the measurement is a smoke test and says less.
"""

import math
import os
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

NO_ANSWER = 599
BEYOND = 20
WORKERS = 32
DEFAULT_SAMPLES = 200


def scale():
    """How much of a full measurement is made."""
    return max(float(os.environ.get("LOAD_SCALE", "1")), 0.001)


def percentile_of(values, percentile):
    """The value that so many percent of the values do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(math.ceil(len(ranked) * percentile / 100) - 1, 0)]


class Load:
    """Sends many valid requests through an Interface."""

    def __init__(self, api):
        self.api = api

    def sample(self, call):
        """One request: its time in milliseconds from sending to the end of the answer, and its status.

        A connection that breaks or takes too long is a request without an answer, not the end of the measurement.
        """
        try:
            answer = self.api.send(call)
        except httpx.TransportError:
            return math.inf, NO_ANSWER
        return answer.elapsed.total_seconds() * 1000, answer.status_code

    def run(self, calls, count, rate=None):
        """So many requests over the calls in turn, started at a rate where one is given."""
        start = time.monotonic()

        def one(index):
            if rate:
                time.sleep(max(0.0, start + index / rate - time.monotonic()))
            return self.sample(calls[index % len(calls)])

        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            return list(pool.map(one, range(count)))

    def check_latency(self, calls, limit_ms, percentile, rate=None, records=None):
        """The percentile of every call's latency stays under the limit."""
        if records is not None:
            model, amount = records
            for _ in range(math.ceil(amount * scale())):
                self.api.create(model)
        self.warm_up(calls)
        share = max(1 - percentile / 100, BEYOND / DEFAULT_SAMPLES)
        count = max(math.ceil(BEYOND / share * scale()), 5) * len(calls)
        results = self.run(calls, count, rate)
        for index, call in enumerate(calls):
            mine = results[index :: len(calls)]
            failed = [status for _, status in mine if status >= 400]
            assert not failed, f"{call}: {len(failed)} of {len(mine)} requests failed, the first with {failed[0]}"
            found = percentile_of([taken for taken, _ in mine], percentile)
            assert found < limit_ms, f"{call}: p{percentile} is {found:.1f} ms, the limit {limit_ms} ms"

    def check_availability(self, calls, percent):
        """So many percent of requests are answered without a server error."""
        self.warm_up(calls)
        count = max(math.ceil(3 / (1 - percent / 100) * scale()), 20)
        results = self.run(calls, count)
        answered = sum(1 for _, status in results if status < 500)
        assert answered * 100 >= percent * count, f"{answered} of {count} requests were answered, {percent} % must be"

    def check_throughput(self, calls, rate):
        """So many requests a second are finished, without a failure."""
        self.warm_up(calls)
        count = max(math.ceil(rate * 10 * scale()), 20)
        start = time.monotonic()
        results = self.run(calls, count)
        found = count / (time.monotonic() - start)
        failed = [status for _, status in results if status >= 400]
        assert not failed, f"{len(failed)} of {count} requests failed, the first with {failed[0]}"
        assert found >= rate, f"{found:.1f} requests/s, {rate} must be possible"

    def warm_up(self, calls):
        """Each call once, as the contract says; a slice that does not answer is red here."""
        for call in calls:
            self.api.succeed(call)
