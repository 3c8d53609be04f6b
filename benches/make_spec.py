#!/usr/bin/env python3
"""Writes a master specification in the tidy format: COMPONENTS components with REQUIREMENTS requirements each.

    python3 benches/make_spec.py 100 10 > master-spec.md

Half of the requirements name their component by a tag; the others have to be found by what they speak of. Each
component owns one model and three endpoints and needs one or two earlier ones. The text depends on the arguments only.
"""

import sys

THINGS = (
    "invoice order shipment contract voucher booking ticket survey course exam patient device sensor route vehicle "
    "parcel warehouse supplier tariff meter claim policy payment refund recipe menu table garden plant season"
).split()
KINDS = "ledger desk archive planner tracker exchange register board office studio".split()
DEEDS = (
    "create list close reopen approve reject export import assign cancel rename share print count search merge".split()
)
WHO = "A clerk,A visitor,A manager,An auditor,A partner".split(",")
ENDS = (
    "and see at once who did it",
    "when its state allows that",
    "with a note that others can read",
    "and undo that within 10 minutes",
    "without leaving the page",
    "and be told by email when it is done",
)
LIMITS = (
    "The p95 latency of every endpoint must stay under {} ms at 50 requests/s.",
    "Each service must answer 99.{} % of requests in a month.",
    "A restart must take less than {} seconds.",
)


def component(number):
    """The name of a component and of its model; both are unlike all others."""
    thing, kind = THINGS[number % len(THINGS)], KINDS[(number // len(THINGS)) % len(KINDS)]
    series = number // (len(THINGS) * len(KINDS))
    ending = f" {chr(ord('A') + series)}" if series else ""
    return f"{thing.title()} {kind.title()}{ending}", f"{thing.title()}{kind.title()}{ending.strip()}"


def requirement(owner, of_owner, total):
    """One requirement: even ones have a tag, odd ones mention their component's model."""
    name, model = component(owner)
    deed, end = DEEDS[(total * 7) % len(DEEDS)], ENDS[(total * 5) % len(ENDS)]
    text = f"{WHO[total % len(WHO)]} can {deed} each {model} of part {of_owner + 1} {end}."
    tag = f"[component: {name}] " if of_owner % 2 == 0 else ""
    return f"- **FR-{total + 1:05}** {tag}{text}"


def specification(components, requirements):
    """All lines of the document."""
    yield from ("---", 'title: "Made for measuring"', 'version: "1.0.0"', 'authors: ["vso"]', "---", "")
    yield from ("# Made for measuring", "", "## Overview", "", "Generated; only its size matters.", "")
    yield from ("## Requirements", "", "### Functional", "")
    for owner in range(components):
        for of_owner in range(requirements):
            yield requirement(owner, of_owner, owner * requirements + of_owner)
    yield from ("", "### Non-Functional", "")
    for number, limit in enumerate(LIMITS):
        yield f"- **NFR-{number + 1}** {limit.format(5 + number)}"
    yield from ("", "## Architecture", "", "### Components", "")
    for number in range(components):
        needs = sorted({number // 2, number // 3} - {number})
        depends = f" Depends on: {', '.join(component(need)[0] for need in needs)}." if needs else ""
        yield f"- **{component(number)[0]}**: Keeps every {component(number)[1]} and what belongs to it.{depends}"
    yield from ("", "### Data Models", "")
    for number in range(components):
        yield f"- {component(number)[1]}: {{id: uuid, title: string, owner: string, amount: decimal, closed_on?: date}}"
    yield from ("", "## API Endpoints", "")
    for number in range(components):
        name, model = component(number)
        path = "/" + name.lower().replace(" ", "-")
        yield f"- POST {path} → {{title: string, owner: string, amount: decimal}} → 201 {model}; 422 when a field is missing"
        yield f"- GET {path}/{{id}} → 200 {model}; 404 when there is no such {model}"
        yield f"- GET {path}?query={{text}} → 200 {model}[]"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    components, requirements = int(sys.argv[1]), int(sys.argv[2])
    sys.stdout.write("\n".join(specification(components, requirements)) + "\n")


if __name__ == "__main__":
    main()
