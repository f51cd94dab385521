"""`base`: where the outer scopes' policies stand (article "Set or edit policies")."""

from __future__ import annotations

from policies.compiler import ScopedDocument, check_document
from tests.policies.pipelines import document, run

OUTER = ScopedDocument("global", document(inbound="<set-header name='A'><value>outer</value></set-header>"))


def test_it_may_stand_first_last_or_inside_another_policy() -> None:
    mine = "<set-header name='A' exists-action='append'><value>inner</value></set-header>"
    wrapped = "<choose><when condition='true'><base/></when></choose>"
    for inbound, expected in (
        (f"<base/>{mine}", "outer,inner"),
        (f"{mine}<base/>", "outer"),
        (f"{wrapped}{mine}", "outer,inner"),
    ):
        done = run(OUTER, f"<policies><inbound>{inbound}</inbound></policies>")
        assert done.sent.headers.get("A") == expected


def test_it_has_no_attributes_but_an_id() -> None:
    (error,) = check_document("<policies><inbound><base id='x' scope='global'/></inbound></policies>").errors
    assert error.message == "<base> has no attribute scope"
