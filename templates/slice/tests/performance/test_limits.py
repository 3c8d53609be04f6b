{% if tests.performance %}
"""Numbers of non-functional requirements, measured. LOAD_SCALE scales samples and records (1 is a full measurement)."""
{% for test in tests.performance %}


def {{ test.name | identifier }}(load):
    """{{ test.text | docstring }}"""
{% for check in test.checks %}
    load.{{ check.rule | identifier }}({% for argument in check.arguments %}{{ argument }}{% if not loop.last or check.options %}, {% endif %}{% endfor %}{% for name, value in check.options %}{{ name | identifier }}={{ value }}{% if not loop.last %}, {% endif %}{% endfor %})
{% endfor %}
{% endfor %}
{% endif %}
