"""The interface as the specification states it: models with their fields, endpoints with what goes in and comes out."""

MODELS = {
{% for model in contract.models %}
    {{ model.name }}: {
{% for name, value in model.facts | items %}
        {{ name }}: {{ value }},
{% endfor %}
        "fields": {
{% for name, shape in model.fields %}
            {{ name }}: {{ shape }},
{% endfor %}
        },
    },
{% endfor %}
}

ENDPOINTS = {
{% for endpoint in contract.endpoints %}
    {{ endpoint.call }}: {
{% for name, value in endpoint.facts | items %}
        {{ name }}: {{ value }},
{% endfor %}
    },
{% endfor %}
}
