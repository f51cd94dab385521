import pytest

from tests.mcp_core.protocol.endpoint import Endpoint


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()
