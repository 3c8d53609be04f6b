"""Steps that only people can write: vso asks for them here, and keeps what you write.

A step that is not written yet fails with its text, so its test is red; `vso trace` calls it unwritten.
"""


def existing(api, model):
    """A record of a model that no endpoint of this slice creates: a mapping with its key, or the key itself."""
    raise NotImplementedError(f"say in tests/steps.py how a {model} comes about")
{% for test in tests.steps %}


def {{ test.step | identifier }}(api):
    """{{ test.text | docstring }}"""
    raise NotImplementedError({{ test.text }})
{% endfor %}
