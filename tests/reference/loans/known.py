"""Keys of tools and members that exist, the same in the service and in its tests."""

import uuid


def keys(kind):
    """Many keys of one kind."""
    return [str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{number}")) for number in range(3000)]


TOOLS = dict.fromkeys(keys("tool"))
MEMBERS = dict.fromkeys(keys("member"))
