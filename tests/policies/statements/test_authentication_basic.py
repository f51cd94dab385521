"""`authentication-basic`, by the article "Authenticate with Basic"."""

from __future__ import annotations

from policies.compiler import Environment, check_document
from tests.policies.pipelines import document, run


def test_the_authorization_header_is_set() -> None:
    environment = Environment(named_values={"p": ("pä:ss", True)})
    done = run(document(inbound="<authentication-basic username='@(\"Aladdin\")' password='{{p}}'/>"), environment=environment)
    assert done.sent.headers.get("Authorization") == "Basic QWxhZGRpbjpww6Q6c3M="


def test_a_colon_in_the_user_name_is_refused() -> None:
    (error,) = check_document(document(inbound="<authentication-basic username='a:b' password='c'/>")).errors
    assert error.message == "the user name may not hold a colon"
