"""Cryptography: AES, RSA, certificates, random bytes, with keys made here."""

from __future__ import annotations

import datetime
import hashlib
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from policies.errors import ExpressionFailure
from tests.policies.dotnet.evaluating import context, value

NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Contoso, Ltd"),
        x509.NameAttribute(NameOID.COMMON_NAME, "api.contoso.com"),
    ]
)


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(elliptic: bool = False) -> x509.Certificate:
    own: Any = ec.generate_private_key(ec.SECP256R1()) if elliptic else key()
    start = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(own.public_key())
        .serial_number(0x0ABC)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("alt.contoso.com")]), critical=False)
    )
    return builder.sign(own, hashes.SHA256())


def pfx() -> bytes:
    return serialization.pkcs12.serialize_key_and_certificates(
        b"x", key(), certificate(), None, serialization.BestAvailableEncryption(b"pw")
    )


def test_a_certificates_members() -> None:
    found = certificate()
    within = context({"mine": found.public_bytes(serialization.Encoding.PEM)})
    of = 'context.Deployment.Certificates["mine"].'
    thumbprint = hashlib.sha1(found.public_bytes(serialization.Encoding.DER)).hexdigest().upper()
    expected = {
        "Thumbprint": thumbprint,
        "GetCertHashString()": thumbprint,
        "SerialNumber": "0ABC",
        "Subject": 'CN=api.contoso.com, O="Contoso, Ltd", C=DE',
        "SubjectName.Name": 'CN=api.contoso.com, O="Contoso, Ltd", C=DE',
        'NotBefore.ToString("o")': "2024-01-02T03:04:05.0000000+00:00",
        "NotAfter.Year": 2025,
        "Version": 3,
        "HasPrivateKey": False,
        "SignatureAlgorithm.FriendlyName": "sha256RSA",
        "PublicKey.Oid.Value": "1.2.840.113549.1.1.1",
        "GetNameInfo(X509NameType.SimpleName, false)": "api.contoso.com",
        "GetNameInfo(X509NameType.DnsName, false)": "alt.contoso.com",
        "VerifyNoRevocation()": False,
        "Verify()": False,
    }
    assert {member: value(of + member, within) for member in expected} == expected


def test_a_signature_of_the_certificates_key_verifies() -> None:
    within = context(raw=bytearray(pfx()))
    signature = value(
        '{ var own = new X509Certificate2((byte[])context.Variables["raw"], "pw"); return own.GetRSAPrivateKey()'
        '.SignData(Encoding.UTF8.GetBytes("data"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1); }',
        within,
    )
    key().public_key().verify(bytes(signature), b"data", padding.PKCS1v15(), hashes.SHA256())
    within.variables["signature"] = signature
    verify = (
        '{{ var own = new X509Certificate2((byte[])context.Variables["raw"], "pw"); return own.GetRSAPublicKey()'
        '.VerifyData(Encoding.UTF8.GetBytes("{}"), (byte[])context.Variables["signature"], HashAlgorithmName.SHA256, '
        "RSASignaturePadding.Pkcs1); }}"
    )
    assert value(verify.format("data"), within) is True
    assert value(verify.format("date"), within) is False


def test_a_pfx_with_a_wrong_password_throws() -> None:
    with pytest.raises(ExpressionFailure) as failure:
        value('new X509Certificate2((byte[])context.Variables["raw"], "no")', context(raw=bytearray(pfx())))
    assert "CryptographicException" in failure.value.detail


def test_a_certificate_of_another_kind_of_key_has_no_rsa_key() -> None:
    within = context({"mine": certificate(elliptic=True)})
    assert value('context.Deployment.Certificates["mine"].GetRSAPublicKey() == null', within) is True
    assert value('context.Deployment.Certificates["mine"].HasPrivateKey', within) is False


def key_pem() -> str:
    """A private key that need not be generated while an expression's time runs."""
    form = serialization.PrivateFormat.PKCS8
    return key().private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.mark.parametrize("name", ["Pkcs1", "OaepSHA1", "OaepSHA256", "CreateOaep(HashAlgorithmName.SHA512)"])
def test_what_rsa_encrypts_it_decrypts(name: str) -> None:
    code = (
        '{ var rsa = RSA.Create(); rsa.ImportFromPem((string)context.Variables["pem"]); var padding = RSAEncryptionPadding.'
        + name
        + '; return Encoding.UTF8.GetString(rsa.Decrypt(rsa.Encrypt(Encoding.UTF8.GetBytes("secret"), padding), padding)); }'
    )
    assert value(code, context(pem=key_pem())) == "secret"


def test_rsa_keys_go_out_as_xml_and_come_back() -> None:
    code = """{
        var rsa = RSA.Create();
        rsa.ImportFromPem((string)context.Variables["pem"]);
        var twin = RSA.Create();
        twin.FromXmlString(rsa.ToXmlString(true));
        var data = Encoding.UTF8.GetBytes("data");
        var signature = twin.SignData(data, HashAlgorithmName.SHA384, RSASignaturePadding.Pss);
        return rsa.VerifyData(data, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pss) && rsa.KeySize == 2048;
    }"""
    assert value(code, context(pem=key_pem())) is True


def test_a_public_key_does_not_sign() -> None:
    within = context({"mine": certificate()})
    with pytest.raises(ExpressionFailure) as failure:
        value(
            'context.Deployment.Certificates["mine"].GetRSAPublicKey().SignData(new byte[1], HashAlgorithmName.SHA256, '
            "RSASignaturePadding.Pkcs1)",
            within,
        )
    assert "private" in failure.value.detail


@pytest.mark.parametrize("mode", ["CBC", "ECB", "CFB"])
@pytest.mark.parametrize("padding_mode", ["PKCS7", "ANSIX923", "ISO10126", "Zeros"])
def test_what_aes_encrypts_it_decrypts(mode: str, padding_mode: str) -> None:
    code = f"""{{
        var aes = SymmetricAlgorithm.Create("AES");
        aes.Mode = CipherMode.{mode};
        aes.Padding = PaddingMode.{padding_mode};
        aes.KeySize = 192;
        var data = Encoding.UTF8.GetBytes("not a multiple of 16");
        var secret = aes.CreateEncryptor().TransformFinalBlock(data, 0, data.Length);
        return Encoding.UTF8.GetString(secret.Decrypt(aes)).TrimEnd('\\0') + aes.Key.Length + aes.IV.Length;
    }}"""
    assert value(code) == "not a multiple of 162416"


def test_random_bytes_fill_the_array() -> None:
    code = "{ var data = new byte[32]; new RNGCryptoServiceProvider().GetNonZeroBytes(data); return data.All(b => b != 0); }"
    assert value(code) is True
    drawn = "{ var data = new byte[32]; new RNGCryptoServiceProvider().GetBytes(data); return Convert.ToBase64String(data); }"
    assert value(drawn) != value(drawn)


def test_an_unknown_hash_name_throws() -> None:
    with pytest.raises(ExpressionFailure) as failure:
        value('RSA.Create().SignData(new byte[1], new HashAlgorithmName("SHA-9"), RSASignaturePadding.Pkcs1)')
    assert "CryptographicException" in failure.value.detail
