"""`authentication-certificate`, by the article "Authenticate with client certificate"."""

from __future__ import annotations

import pytest

from policies.certificates import ClientCertificate
from policies.compiler import check_document
from policies.context import DeploymentInfo
from policies.secret import Secret
from tests.policies.pipelines import Run, document, run

INSTALLED = object()


def sent(attributes: str, **variables: object) -> Run:
    deployment = DeploymentInfo(certificates={"CA06F56B": INSTALLED})
    xml = document(inbound=f"<authentication-certificate {attributes}/>")
    return run(xml, deployment=deployment, variables=dict(variables))


@pytest.mark.parametrize("attributes", ["thumbprint='ca06f56b'", "certificate-id='CA06F56B'", "thumbprint='@(\"CA06F56B\")'"])
def test_an_installed_certificate_is_used(attributes: str) -> None:
    assert sent(attributes).backend.options[0].certificate is INSTALLED


def test_a_certificate_may_come_as_bytes() -> None:
    done = sent("body='@((byte[])context.Variables[\"c\"])' password='p'", c=bytearray(b"pfx"))
    assert done.backend.options[0].certificate == ClientCertificate(b"pfx", Secret("p"))
    assert "pfx" not in repr(done.backend.options[0])


@pytest.mark.parametrize("attributes", ["thumbprint='00'", "body='@(\"text\")'"])
def test_what_is_no_certificate_fails_the_request(attributes: str) -> None:
    assert sent(attributes).response.status == 500


@pytest.mark.parametrize("attributes", ["", "thumbprint='a' certificate-id='b'"])
def test_it_needs_one_source(attributes: str) -> None:
    assert check_document(document(inbound=f"<authentication-certificate {attributes}/>")).errors
