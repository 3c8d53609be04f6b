"""{{ slice.name | docstring }} on Modal: the ASGI application `app` of service.py in this slice's folder.

`modal deploy app.py` takes its settings from deployments/$VSO_ENVIRONMENT/modal_config.json (test without the
variable). Secrets are named there and live in Modal.
"""

import json
import os
import sys
from pathlib import Path

import modal

SLICE = {{ slice.id }}
ENVIRONMENT = os.environ.get("VSO_ENVIRONMENT", "test")
FOLDER = Path(__file__).resolve().parent.parent
REMOTE_FOLDER = "/root/slice"
DEFAULTS = {
    "max_containers": 2,
    "max_inputs": 20,
    "min_containers": 0,
    "region": None,
    "secrets": [],
    "timeout_seconds": 300,
}


def settings():
    """The settings of this environment; inside a container the file is not there, and nothing needs it."""
    root = next((folder for folder in FOLDER.parents if (folder / "deployments").is_dir()), FOLDER)
    path = root / "deployments" / ENVIRONMENT / "modal_config.json"
    return {**DEFAULTS, **(json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {})}


SETTINGS = settings()
REQUIREMENTS = FOLDER / "requirements.txt"

image = modal.Image.debian_slim(python_version="3.12").pip_install("fastapi[standard]==0.115.12")
if modal.is_local() and REQUIREMENTS.is_file():
    image = image.pip_install_from_requirements(str(REQUIREMENTS))
image = image.env({"VSO_ENVIRONMENT": ENVIRONMENT{% if modal.data %}, "DATA_DIRECTORY": "/data"{% endif %}})
if modal.is_local():
    ignored = ["terraform", "**/__pycache__", "**/.pytest_cache", "**/.env"]
    image = image.add_local_dir(str(FOLDER), REMOTE_FOLDER, ignore=ignored)

app = modal.App(f"{SLICE}-{ENVIRONMENT}", image=image)
secrets = [modal.Secret.from_name(name) for name in SETTINGS["secrets"]]
{% if modal.data %}
data = modal.Volume.from_name(f"{SLICE}-{ENVIRONMENT}-data", create_if_missing=True)
{% endif %}


@app.function(
    secrets=secrets,
{% if modal.data %}
    volumes={"/data": data},
{% endif %}
{% if modal.gpu %}
    gpu={{ modal.gpu }},
{% endif %}
    region=SETTINGS["region"],
    min_containers=SETTINGS["min_containers"],
    max_containers=SETTINGS["max_containers"],
    timeout=SETTINGS["timeout_seconds"],
)
@modal.concurrent(max_inputs=SETTINGS["max_inputs"])
@modal.asgi_app()
def serve():
    """The slice's ASGI application."""
    sys.path.insert(0, REMOTE_FOLDER)
    from service import app as application

    return application
{% if modal.nightly %}


@app.function(
    secrets=secrets,
{% if modal.data %}
    volumes={"/data": data},
{% endif %}
{% if modal.gpu %}
    gpu={{ modal.gpu }},
{% endif %}
    schedule=modal.Cron("0 2 * * *"),
    timeout=4 * 60 * 60,
)
def nightly():
    """What the specification wants done every night, at 02:00 UTC: `nightly` of service.py."""
    sys.path.insert(0, REMOTE_FOLDER)
    from service import nightly as work

    work()
{% if modal.data %}
    data.commit()
{% endif %}
{% endif %}
