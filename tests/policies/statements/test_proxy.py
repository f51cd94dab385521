"""`proxy`, by the article "Set HTTP proxy"."""

from __future__ import annotations

from policies.compiler import check_document
from policies.secret import Secret
from tests.policies.pipelines import document, run


def test_the_request_to_the_backend_goes_through_it() -> None:
    done = run(document(inbound="<proxy url='@(\"http://p:1\")' username='u' password='s'/>"))
    options = done.backend.options[0]
    assert (options.proxy, options.proxy_username, options.proxy_password) == ("http://p:1", "u", Secret("s"))
    assert "'s'" not in repr(options)


def test_only_http_is_spoken_with_it() -> None:
    (error,) = check_document(document(inbound="<proxy url='https://p:1'/>")).errors
    assert error.message == "the proxy's URL must be http://host:port"
