"""Speaks to the slice over HTTP, makes valid examples from its models, and checks what comes back.

vso writes this file; every test is one of the `check_…` methods below with the names that the specification gives.
What only people know (how a record of another slice comes about) stands in steps.py.
"""

import os
import re
import uuid
from datetime import date, datetime, timedelta, timezone

SUCCESS = range(200, 300)
REFUSED = (400, 403, 409, 422, 429)
MISSING = object()
PATTERNS = {
    "uuid": re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    "url": re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE),
    "decimal": re.compile(r"-?\d+(\.\d+)?"),
}


class Interface:
    """The slice's interface: `MODELS` and `ENDPOINTS` of contract.py over an httpx client."""

    def __init__(self, client, contract, steps):
        self.client = client
        self.models = contract.MODELS
        self.endpoints = contract.ENDPOINTS
        self.steps = steps

    # ---- examples ------------------------------------------------------------------------------------------------

    def example(self, name, shape, depth=0):
        """A valid value of a shape; texts differ from call to call."""
        kind = shape.get("type", "any")
        if "reference" in shape:
            return self.key_of(shape["reference"], self.existing(shape["reference"]))
        if kind == "enum":
            return shape["values"][0]
        if kind in ("integer", "number", "decimal"):
            return self.number(shape)
        if kind == "boolean":
            return True
        if kind == "list":
            return [self.example(name, shape.get("of", {}), depth + 1)]
        if kind == "object":
            return self.body_of(self.fields_of(shape), depth + 1)
        return self.words(name, kind, shape)

    def number(self, shape):
        """The smallest number that is allowed; 1 where nothing is said."""
        step = 1 if shape.get("type") == "integer" else 0.5
        if "least" in shape:
            return shape["least"]
        if "above" in shape:
            return shape["above"] + step
        if "most" in shape:
            return min(1, shape["most"])
        return min(1, shape["below"] - step) if "below" in shape else 1

    def words(self, name, kind, shape):
        """A text of a kind, within its limits, that no other call gives again."""
        token = uuid.uuid4().hex
        fixed = {
            "uuid": lambda: str(uuid.uuid4()),
            "email": lambda: f"{token[:12]}@example.org",
            "url": lambda: f"https://example.org/{token[:12]}",
            "date": lambda: self.day(7),
            "datetime": lambda: self.moment(7),
            "time": lambda: "12:30:00",
            "month": lambda: self.day(0)[:7],
        }
        if kind in fixed:
            return fixed[kind]()
        text = f"{name} {token[:12]}"
        text = text.ljust(shape.get("min_length", 0), "x")
        most = shape.get("max_length", len(text))
        return text if len(text) <= most else token[:most]

    def body_of(self, fields, depth=0):
        """An object with all required fields; optional ones where no endless nesting comes of it."""
        if depth > 3:
            return {}
        wanted = {name: shape for name, shape in fields.items() if shape.get("required", True)}
        return {name: self.example(name, shape, depth) for name, shape in wanted.items()}

    def fields_of(self, shape):
        """The fields of an object: its own, or those of the model that it is."""
        return shape.get("fields") or self.models.get(shape.get("model"), {}).get("fields", {})

    @staticmethod
    def text(length):
        """A text of exactly so many characters that no other call gives again."""
        return (uuid.uuid4().hex * (length // 32 + 1))[:length]

    @staticmethod
    def day(offset):
        """The day so many days from today, as YYYY-MM-DD."""
        return (datetime.now(timezone.utc).date() + timedelta(days=offset)).isoformat()

    @staticmethod
    def moment(offset):
        """The moment so many days from now."""
        moment = datetime.now(timezone.utc) + timedelta(days=offset)
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")

    def another(self, name, shape, value):
        """A valid value that is not the given one."""
        if shape.get("type") == "enum":
            return next((other for other in shape["values"] if other != value), value)
        if shape.get("type") == "boolean":
            return not value
        if shape.get("type") in ("integer", "number", "decimal"):
            return shape.get("most", value + 1)
        if shape.get("type") == "date":
            return self.day(9)
        if shape.get("type") == "datetime":
            return self.moment(9)
        return self.example(name, shape)

    # ---- records -------------------------------------------------------------------------------------------------

    def create(self, model, changes=None):
        """A new record, through the endpoint of this slice that creates it, else through steps.existing."""
        call = self.models.get(model, {}).get("create")
        if call is None:
            return self.steps.existing(self, model)
        return self.succeed(call, changes)

    def existing(self, model):
        """A record that may be referred to."""
        return self.create(model)

    def key_of(self, model, record):
        """The key of a record; steps.existing may give the key itself."""
        if not isinstance(record, dict):
            return record
        name = self.models.get(model, {}).get("key", "id")
        assert name in record, f"{model} has no {name}: {record}"
        return record[name]

    def unknown(self, shape):
        """A well-formed key that no record has."""
        if shape.get("type") == "integer":
            return 2_000_000_011
        return str(uuid.uuid4()) if shape.get("type", "uuid") in ("uuid", "any") else f"unknown-{uuid.uuid4().hex[:12]}"

    def read(self, model, record):
        """A record as the interface shows it now; none where this slice has no endpoint for that."""
        call = self.models.get(model, {}).get("read")
        return None if call is None else self.succeed(call, on=record)

    # ---- requests ------------------------------------------------------------------------------------------------

    def place(self, call, on=None):
        """The path of a call with its placeholders filled: by the record `on`, else by new records."""
        endpoint = self.endpoints[call]
        path = endpoint["path"]
        for name, part in endpoint.get("placeholders", {}).items():
            if on is not None and part.get("target", False):
                value = on if not isinstance(on, dict) else self.key_of(part.get("model"), on)
            elif "model" in part:
                value = self.key_of(part["model"], self.create(part["model"]))
            else:
                value = self.example(name, part)
            path = path.replace("{" + name + "}", str(value))
        return path

    def send(self, call, changes=None, on=None, query=None, credentials=True):
        """Sends a valid request with some fields changed, or left out where they are MISSING."""
        endpoint = self.endpoints[call]
        options = {}
        body = self.payload(call, changes)
        if body is not None:
            options["json"] = [body] if endpoint.get("request_is_list") else body
        parameters = query if query is not None else self.body_of(endpoint.get("parameters", {}))
        if parameters:
            options["params"] = parameters
        request = self.client.build_request(endpoint["method"], self.place(call, on), **options)
        if not credentials:
            request.headers.pop("Authorization", None)
            request.headers.pop("Cookie", None)
        answer = self.client.send(request)
        answer.sent = body
        return answer

    def payload(self, call, changes=None):
        """A valid body for a call with some fields changed; none where the call has no body."""
        fields = self.endpoints[call].get("request")
        if fields is None and not changes:
            return None
        changes = changes or {}
        given = {name: shape for name, shape in (fields or {}).items() if name not in changes}
        return {**self.body_of(given), **{name: value for name, value in changes.items() if value is not MISSING}}

    def succeed(self, call, changes=None, on=None, query=None):
        """Sends a valid request, insists on the answer that the specification states, and gives its body."""
        answer = self.send(call, changes, on, query)
        endpoint = self.endpoints[call]
        stated = endpoint.get("status")
        good = answer.status_code == stated if stated else answer.status_code in SUCCESS
        assert good, f"{call} gave {answer.status_code} instead of {stated or '2xx'}: {answer.text[:500]}"
        media = endpoint.get("media")
        if media:
            found = answer.headers.get("content-type", "")
            assert found.startswith(media), f"{call} gave {found!r} instead of {media!r}"
            return answer.text
        if answer.status_code == 204:
            assert not answer.content, f"{call} gave 204 with a body"
        if "answer" not in endpoint:
            return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else None
        body = answer.json()
        self.fits(body, endpoint["answer"], call)
        self.echoes(call, answer.sent, body)
        return body

    def refuse(self, call, status, changes=None, on=None, query=None, credentials=True, why=""):
        """Sends a request that must be refused: with the status, or with any that refuses where none is stated."""
        answer = self.send(call, changes, on, query, credentials)
        wanted = REFUSED if status is None else (status,)
        assert answer.status_code in wanted, (
            f"{call} gave {answer.status_code} instead of {' or '.join(map(str, wanted))} {why}: {answer.text[:500]}"
        )

    # ---- shapes --------------------------------------------------------------------------------------------------

    def fits(self, value, shape, where):
        """Insists that a value has the type, the fields and the limits of a shape."""
        kind = shape.get("type", "any")
        if value is None:
            assert not shape.get("required", True) or kind == "any", f"{where} is null"
            return
        if kind == "object":
            assert isinstance(value, dict), f"{where} is no object: {value!r}"
            for name, field in self.fields_of(shape).items():
                assert name in value or not field.get("required", True), f"{where} has no {name}: {value!r}"
                if name in value:
                    self.fits(value[name], field, f"{where}: {name}")
        elif kind == "list":
            assert isinstance(value, list), f"{where} is no list: {value!r}"
            for index, one in enumerate(value):
                self.fits(one, shape.get("of", {}), f"{where}[{index}]")
        else:
            assert self.is_of(value, kind, shape), f"{where} is no {kind}: {value!r}"
            self.keeps_limits(value, shape, where)

    @staticmethod
    def is_of(value, kind, shape):
        """Whether a value is of a simple type."""
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if kind == "any":
            return True
        if kind == "integer":
            return number and float(value).is_integer()
        if kind == "decimal":
            return number or (isinstance(value, str) and PATTERNS[kind].fullmatch(value) is not None)
        if kind in ("number", "boolean", "enum"):
            return {"number": number, "boolean": isinstance(value, bool), "enum": value in shape.get("values", [])}[kind]
        if not isinstance(value, str):
            return False
        if kind in PATTERNS:
            return PATTERNS[kind].fullmatch(value) is not None
        try:
            if kind == "date":
                date.fromisoformat(value)
            if kind == "datetime":
                datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return False
        return True

    @staticmethod
    def keeps_limits(value, shape, where):
        """Insists on the limits of a shape."""
        if isinstance(value, str) and shape.get("type") != "decimal":
            assert len(value) >= shape.get("min_length", 0), f"{where} is too short: {value!r}"
            assert len(value) <= shape.get("max_length", len(value)), f"{where} is too long: {value!r}"
            return
        if shape.get("type") in ("integer", "number", "decimal"):
            number = float(value)
            assert number >= shape.get("least", number), f"{where} is below {shape.get('least')}: {value!r}"
            assert number <= shape.get("most", number), f"{where} is above {shape.get('most')}: {value!r}"
            assert "above" not in shape or number > shape["above"], f"{where} is not above {shape['above']}: {value!r}"
            assert "below" not in shape or number < shape["below"], f"{where} is not below {shape['below']}: {value!r}"

    def echoes(self, call, sent, body):
        """Insists that a record shows what was sent, where both have a field of one name."""
        if not isinstance(sent, dict) or not isinstance(body, dict):
            return
        for name, value in sent.items():
            if name in body:
                assert same(value, body[name]), f"{call} gave {name} = {body[name]!r} for {value!r}"

    # ---- contract ------------------------------------------------------------------------------------------------

    def check_answer(self, call):
        """The stated status, and a body with the stated fields and types."""
        self.succeed(call)

    def check_unknown(self, call, status, field=None):
        """A reference or a path that leads to nothing."""
        endpoint = self.endpoints[call]
        if field is not None:
            self.refuse(call, status, {field: self.unknown(endpoint["request"][field])}, why=f"for an unknown {field}")
            return
        shapes = [part for part in endpoint["placeholders"].values() if part.get("target")]
        self.refuse(call, status, on=self.unknown(shapes[-1] if shapes else {}), why="for an unknown record")

    def check_twice(self, call, status):
        """The same request a second time."""
        endpoint = self.endpoints[call]
        targets = [part for part in endpoint.get("placeholders", {}).values() if part.get("target")]
        on = self.create(targets[-1]["model"]) if targets and "model" in targets[-1] else None
        body = self.payload(call)
        self.succeed(call, body, on)
        self.refuse(call, status, body, on, why="for the same request again")

    def check_missing(self, call, status, fields):
        """A body without one of the fields that it must have."""
        for field in fields:
            self.refuse(call, status, {field: MISSING}, why=f"without {field}")

    def check_outside(self, call, status, field):
        """Values just outside of a field's limits."""
        shape = self.endpoints[call]["request"][field]
        step = 1 if shape.get("type") == "integer" else 0.01
        wrong = [shape[name] + sign * step for name, sign in (("least", -1), ("most", 1)) if name in shape]
        wrong += [shape[name] for name in ("above", "below") if name in shape]
        wrong += [self.text(shape["max_length"] + 1)] if "max_length" in shape else []
        wrong += [self.text(shape["min_length"] - 1)] if shape.get("min_length") else []
        wrong += ["no value of the list"] if shape.get("type") == "enum" else []
        assert wrong, f"{field} has no limits"
        for value in wrong:
            self.refuse(call, status, {field: value}, why=f"for {field} = {value!r}")

    def check_malformed(self, call, status, field):
        """A value that is not of the field's type."""
        kind = self.endpoints[call]["request"][field].get("type", "any")
        wrong = {"list": "no list"} if kind in ("object", "string", "any") else "\u2205 of no such type"
        self.refuse(call, status, {field: wrong}, why=f"for {field} = {wrong!r}")

    def check_credentials(self, call, status):
        """A request without credentials; with them it is not refused for their lack."""
        self.refuse(call, status, credentials=False, why="without credentials")
        assert self.send(call).status_code != status, f"{call} refuses a request with credentials; is API_TOKEN right?"

    # ---- criteria ------------------------------------------------------------------------------------------------

    def check_created(self, call, model):
        """What was created can be read back, and two records are two."""
        first, second = self.succeed(call), self.succeed(call)
        for record in (first, second):
            shown = self.read(model, record)
            if shown is not None:
                self.agrees(record, shown, call)
        if isinstance(first, dict) and isinstance(second, dict) and "key" in self.models.get(model, {}):
            assert self.key_of(model, first) != self.key_of(model, second), f"{call} gave one key twice"

    def agrees(self, record, shown, where):
        """Insists that two views of one record agree where both have a field."""
        for name in record.keys() & shown.keys():
            assert same(record[name], shown[name]), f"{where}: {name} was {record[name]!r} and is {shown[name]!r}"

    def check_read(self, call, model):
        """A record can be read and is the one that was asked for."""
        record, other = self.create(model), self.create(model)
        for one in (record, other):
            shown = self.succeed(call, on=one)
            if isinstance(one, dict) and isinstance(shown, dict):
                self.agrees(one, shown, call)

    def check_listed(self, call, model):
        """What was created stands in the list."""
        record = self.create(model)
        keys = self.keys_in(model, self.succeed(call, query={}))
        assert self.key_of(model, record) in keys, f"{call} does not list {record}"

    def keys_in(self, model, listed):
        """The keys of the records of a list, also of one inside an object."""
        if isinstance(listed, dict):
            listed = next((value for value in listed.values() if isinstance(value, list)), [])
        return [self.key_of(model, record) for record in listed or []]

    def check_search(self, call, model, parameter, field):
        """A search finds what has the value, and leaves out what has not."""
        record, other = self.create(model), self.create(model)
        found = self.keys_in(model, self.succeed(call, query={parameter: searched(record[field])}))
        assert self.key_of(model, record) in found, f"{call} does not find {record} by {field}"
        assert self.key_of(model, other) not in found, f"{call} finds {other} by another {field}"

    def check_updated(self, call, model, field):
        """A field can be changed, and the change is there when the record is read again."""
        record = self.create(model)
        shape = self.endpoints[call]["request"][field]
        value = self.another(field, shape, record.get(field))
        self.succeed(call, {field: value}, on=record)
        shown = self.read(model, record)
        assert shown is None or same(value, shown[field]), f"{call}: {field} is {shown[field]!r} after {value!r} was set"

    def check_deleted(self, call, model):
        """A record is gone after it was deleted, and another one is still there."""
        record, other = self.create(model), self.create(model)
        self.succeed(call, on=record)
        read = self.models.get(model, {}).get("read")
        if read is None:
            self.refuse(call, 404, on=record, why="for a record that is gone")
            return
        self.refuse(read, 404, on=record, why="for a record that is gone")
        self.succeed(read, on=other)

    def check_action(self, call, model, field=None, value=MISSING):
        """An action succeeds on a record, and leaves its mark on it alone."""
        record, other = self.create(model), self.create(model)
        after = self.succeed(call, on=record)
        if field is None:
            return
        for view in (after, self.read(model, record)):
            if isinstance(view, dict) and field in view:
                self.is_marked(view, field, value, call)
        untouched = self.read(model, other)
        if isinstance(untouched, dict) and isinstance(other, dict):
            assert same(untouched.get(field), other.get(field)), f"{call} changed {field} of another record"

    @staticmethod
    def is_marked(view, field, value, call):
        """Insists that a field has the value, or any where none is stated."""
        if value is MISSING:
            assert view[field] not in (None, False, ""), f"{field} is {view[field]!r} after {call}"
        else:
            assert same(value, view[field]), f"{field} is {view[field]!r} instead of {value!r} after {call}"

    def check_again(self, create, action, model):
        """What an action has ended can be started again; before that, it can't."""
        body = self.payload(create)
        record = self.succeed(create, body)
        self.succeed(action, on=record)
        again = self.succeed(create, body)
        assert self.key_of(model, again) != self.key_of(model, record), f"{create} gave the old record again"

    def check_length(self, call, field, least=None, most=None):
        """Texts at the limit are accepted, those one character beyond it are not."""
        for limit, beyond in ((least, -1), (most, 1)):
            if limit is not None:
                self.succeed(call, {field: self.text(limit)})
                if limit + beyond >= 0:
                    text = self.text(limit + beyond)
                    self.refuse(call, None, {field: text}, why=f"for {field} with {len(text)} characters")

    def check_range(self, call, field, least=None, most=None, above=None, below=None, days=False):
        """Values at the limits are accepted, those beyond them are not."""
        whole = days or self.endpoints[call]["request"].get(field, {}).get("type", "integer") == "integer"
        step = 1 if whole else 0.01
        good = [limit for limit in (least, most) if limit is not None]
        good += [limit + sign * step for limit, sign in ((above, 1), (below, -1)) if limit is not None]
        bad = [limit + sign * step for limit, sign in ((least, -1), (most, 1)) if limit is not None]
        bad += [limit for limit in (above, below) if limit is not None]
        for number in good:
            self.succeed(call, {field: self.day(number) if days else number})
        for number in bad:
            value = self.day(number) if days else number
            self.refuse(call, None, {field: value}, why=f"for {field} = {value!r}")

    def check_unique(self, call, field, status=None):
        """One value for a second record is refused; another one is not."""
        first = self.payload(call)
        self.succeed(call, first)
        second = {**self.payload(call), field: first[field]}
        self.refuse(call, status, second, why=f"for a {field} that another record has")
        self.succeed(call)

    def check_count(self, call, most, per=None):
        """So many records are accepted, one more is not; others are not counted."""
        shared = {} if per is None else {per: self.payload(call)[per]}
        for _ in range(most):
            self.succeed(call, shared)
        self.refuse(call, None, shared, why=f"for one more than {most}")
        if per is not None:
            self.succeed(call)

    def check_required(self, call, fields):
        """A body without one of the fields is refused as bad, a full one is not."""
        self.succeed(call)
        for field in fields:
            answer = self.send(call, {field: MISSING})
            assert answer.status_code in (400, 422), f"{call} gave {answer.status_code} without {field}: {answer.text[:500]}"

    def check_hidden(self, model, field):
        """A field never stands in what the interface shows."""
        record = self.create(model)
        for view in (record, self.read(model, record)):
            assert not isinstance(view, dict) or field not in view, f"{model} shows {field}"

    def check_start(self, call, field, value):
        """A new record starts with a value."""
        record = self.succeed(call)
        assert same(value, record.get(field)), f"{field} starts as {record.get(field)!r} instead of {value!r}"

    def check_order(self, call, model, field, descending=False):
        """A list is in the order of a field."""
        for _ in range(3):
            self.create(model)
        listed = self.succeed(call, query={})
        values = [record[field] for record in listed if record.get(field) is not None]
        assert len(values) >= 2, f"{call} lists too little to see an order"
        assert values == sorted(values, reverse=descending), f"{call} is not in the order of {field}"

    def check_page(self, call, model, most):
        """A list holds at most so many records."""
        for _ in range(most + 1):
            self.create(model)
        listed = self.succeed(call, query={})
        assert len(self.keys_in(model, listed)) <= most, f"{call} lists more than {most}"


def same(one, other):
    """Whether two values say the same: decimals by their number, everything else as it is."""
    if isinstance(one, (int, float)) != isinstance(other, (int, float)):
        try:
            return float(one) == float(other)
        except (TypeError, ValueError):
            return False
    return one == other


def searched(value):
    """A word of a text that tells it from other examples; any other value as it is."""
    return str(value).split()[-1] if isinstance(value, str) else value


def base_url():
    """Where the slice runs."""
    return os.environ.get("BASE_URL", "http://127.0.0.1:8080").rstrip("/")
