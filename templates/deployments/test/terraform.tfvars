# Values of the test environment for all slices; secrets stand in files that git ignores, or in the environment.
environment = "test"
server_type = {{ settings.test_server }}
image       = {{ settings.image }}
location    = {{ settings.location }}
port        = {{ settings.port }}
reference   = {{ settings.reference }}
{% if settings.repository %}
repository  = {{ settings.repository }}
{% else %}

# repository = "https://example.org/project.git"
{% endif %}
