"""`redirect-content-urls`, by the article "Mask URLs in content"."""

from __future__ import annotations

from policies.context import ApiInfo
from policies.messages import Response
from tests.policies.pipelines import Backend, document, request, run

API = ApiInfo("orders", "Orders", path="orders", service_url="https://internal.example/v1/")
BODY = b'{"self": "https://internal.example/v1/orders/2", "next": "https:\\/\\/internal.example\\/v1\\/orders\\/3"}'


def test_links_to_the_backend_point_to_the_gateway() -> None:
    backend = Backend(lambda req: Response(200, None, BODY))
    done = run(document(outbound="<redirect-content-urls/>"), req=request(url="https://gateway/x"), backend=backend, api=API)
    assert done.text == '{"self": "https://gateway/orders/orders/2", "next": "https:\\/\\/gateway\\/orders\\/orders\\/3"}'


def test_in_inbound_it_is_the_reverse() -> None:
    req = request("POST", "https://gateway/x", body=b"https://gateway/orders/orders/2")
    done = run(document(inbound="<redirect-content-urls/>"), req=req, api=API)
    assert done.sent.body.data == b"https://internal.example/v1/orders/2"


def test_without_an_api_the_body_stays() -> None:
    backend = Backend(lambda req: Response(200, None, BODY))
    assert run(document(outbound="<redirect-content-urls/>"), backend=backend).text == BODY.decode()
