"""Fixtures: `api` speaks to the slice at BASE_URL with API_TOKEN as its credentials, where that is set.

The modules beside this file are loaded under names of their own, so that the tests of several slices run together.
"""

import importlib.util
import os
import sys
from pathlib import Path

import httpx
import pytest

SLICE = {{ slice.id }}


def beside(name):
    """A module from this folder, loaded once."""
    full_name = f"{SLICE}.tests.{name}"
    if full_name not in sys.modules:
        spec = importlib.util.spec_from_file_location(full_name, Path(__file__).with_name(f"{name}.py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[full_name] = module
        spec.loader.exec_module(module)
    return sys.modules[full_name]


def pytest_configure(config):
    """Names the marker of tests that no rule could write."""
    config.addinivalue_line("markers", "unwritten: nothing is checked until a person writes the step in steps.py")


@pytest.fixture(scope="session")
def steps():
    """What people wrote for criteria that no rule can turn into a check."""
    return beside("steps")


@pytest.fixture(scope="session")
def client():
    """An HTTP client for the slice; it follows no redirects and gives up after ten seconds."""
    token = os.environ.get("API_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=beside("interface").base_url(), headers=headers, timeout=10) as client:
        yield client


@pytest.fixture(scope="session")
def api(client, steps):
    """The slice's interface with the names and shapes that the specification gives."""
    return beside("interface").Interface(client, beside("contract"), steps)


@pytest.fixture(scope="session")
def load(api):
    """Many requests at once."""
    return beside("load").Load(api)
