"""The gateway's own extension methods on texts, bytes, dictionaries and certificates.

The rule here: each is a row over the room that does the work. Their class has the name that documents write where they call
one as a static method.
"""

from __future__ import annotations

from typing import Any

from policies.dotnet import values
from policies.dotnet.apim import tokens
from policies.dotnet.objects import default_of
from policies.dotnet.types import NetType, Static, Typed, net

__all__ = ["TYPES"]


def _joined(source: Any, name: str, otherwise: str | None = None) -> str | None:
    pair = source.find(name)
    return otherwise if pair is None else ",".join(text or "" for text in pair.value)


def _plain(source: Any, name: str, otherwise: str | None = None) -> Any:
    pair = source.find(name)
    return otherwise if pair is None else pair.value


def _several(source: Any, name: str, otherwise: Any) -> Any:
    pair = source.find(name)
    return values.cast(otherwise, net("string[]")) if pair is None else pair.value


def _typed(types: tuple[NetType], source: Any, name: str, *otherwise: Any) -> Any:
    pair = source.find(name)
    if pair is None:
        return otherwise[0] if otherwise else default_of(types[0])
    return values.cast(pair.value, types[0])


def _form(fields: Any) -> str | None:
    """Fields as a form's text, names and values escaped as .NET's FormUrlEncodedContent does."""
    from policies.dotnet.uris import escape_data

    if fields is None:
        return None

    def escape(text: str | None) -> str:
        return escape_data(text or "").replace("%20", "+")

    return "&".join(f"{escape(pair.key)}={escape(value)}" for pair in fields for value in pair.value or ())


def _query(fields: Any) -> str | None:
    text = _form(fields)
    return f"?{text}" if text else None


def _encrypt(data: bytearray, algorithm: Any, key: bytearray | None = None, iv: bytearray | None = None) -> bytearray:
    from policies.dotnet.crypto import symmetric

    return symmetric.encrypt(data, algorithm, key, iv)


def _decrypt(data: bytearray, algorithm: Any, key: bytearray | None = None, iv: bytearray | None = None) -> bytearray:
    from policies.dotnet.crypto import symmetric

    return symmetric.decrypt(data, algorithm, key, iv)


def _verify(certificate: Any) -> bool:
    from policies.dotnet.crypto import certificates

    return certificates.verify_no_revocation(certificate)


_TEXTS = "IReadOnlyDictionary<string, string[]>"
_OBJECTS = "IReadOnlyDictionary<string, object>"
_STRINGS = "IReadOnlyDictionary<string, string>"
_FORM = "IDictionary<string, IList<string>>"

TYPES = (
    Static(
        "Microsoft.ApiManagement.ExpressionSyntaxExtensions",
        members={
            "static Jwt AsJwt(this string input)": tokens.as_jwt,
            "static bool TryParseJwt(this string input, out Jwt result)": tokens.try_parse_jwt,
            "static BasicAuthCredentials AsBasic(this string input)": tokens.as_basic,
            "static bool TryParseBasic(this string input, out BasicAuthCredentials result)": tokens.try_parse_basic,
            f"static string GetValueOrDefault(this {_TEXTS} dictionary, string key)": _joined,
            f"static string GetValueOrDefault(this {_TEXTS} dictionary, string key, string defaultValue)": _joined,
            # the default is string[]; IEnumerable keeps `GetValueOrDefault("x", null)` the method above
            f"static string[] GetValueOrDefault(this {_TEXTS} dictionary, string key, IEnumerable defaultValue)": _several,
            f"static string GetValueOrDefault(this {_STRINGS} dictionary, string key)": _plain,
            f"static string GetValueOrDefault(this {_STRINGS} dictionary, string key, string defaultValue)": _plain,
            f"static object GetValueOrDefault(this {_OBJECTS} dictionary, string key)": _plain,
            f"static T GetValueOrDefault<T>(this {_OBJECTS} dictionary, string key)": Typed(_typed),
            f"static T GetValueOrDefault<T>(this {_OBJECTS} dictionary, string key, T defaultValue)": Typed(_typed),
            f"static string ToFormUrlEncodedContent(this {_FORM} dictionary)": _form,
            f"static string ToQueryString(this {_FORM} dictionary)": _query,
            "static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)": _encrypt,
            "static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg)": _encrypt,
            "static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)": _encrypt,
            "static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)": _decrypt,
            "static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg)": _decrypt,
            "static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)": _decrypt,
            "static bool VerifyNoRevocation(this X509Certificate2 input)": _verify,
        },
    ),
)
