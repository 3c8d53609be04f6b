{% if tests.criteria %}
"""One test for each acceptance criterion, named by its id. Red until the slice does what the text says."""
{% if tests.criteria | selectattr("unwritten") | list %}

import pytest
{% endif %}
{% for test in tests.criteria %}


{% if test.unwritten %}
@pytest.mark.unwritten
def {{ test.name | identifier }}(api, steps):
    """{{ test.text | docstring }}"""
    steps.{{ test.step | identifier }}(api)
{% else %}
def {{ test.name | identifier }}(api):
    """{{ test.text | docstring }}"""
{% for check in test.checks %}
    api.{{ check.rule | identifier }}({% for argument in check.arguments %}{{ argument }}{% if not loop.last or check.options %}, {% endif %}{% endfor %}{% for name, value in check.options %}{{ name | identifier }}={{ value }}{% if not loop.last %}, {% endif %}{% endfor %})
{% endfor %}
{% endif %}
{% endfor %}
{% endif %}
