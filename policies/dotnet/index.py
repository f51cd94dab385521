"""Which family declares which .NET type, so that a family is imported only when a document first names one of its types.

The rule here: one row a family, full names with .NET's arity mark. A test compares the rows with what families declare.
Types that no row names do not exist for expressions.
"""

from __future__ import annotations

__all__ = ["EXTENSIONS", "FAMILIES", "IMPORTED", "full_name", "similar_names"]

FAMILIES: dict[str, str] = {
    "objects": """System.Object System.Type System.Void System.ValueType System.Enum System.Array`1
        System.Nullable System.Nullable`1""",
    "arrays": "System.Array",
    "grids": "System.Array2`1 System.Array3`1",
    "enums": """System.TypeCode System.Globalization.NumberStyles System.Text.NormalizationForm
        System.Globalization.UnicodeCategory""",
    "delegates": """System.Action System.Action`1 System.Action`2 System.Action`3 System.Action`4 System.Action`5
        System.Action`6 System.Action`7 System.Action`8 System.Func`1 System.Func`2 System.Func`3 System.Func`4 System.Func`5
        System.Func`6 System.Func`7 System.Func`8 System.Func`9 System.Predicate`1 System.Comparison`1
        System.Converter`2""",
    "interfaces": """System.IDisposable System.IFormatProvider System.IComparable System.Collections.IEnumerable
        System.Collections.Generic.IEnumerable`1 System.Collections.Generic.ICollection`1
        System.Collections.Generic.IList`1 System.Collections.Generic.IReadOnlyCollection`1
        System.Collections.Generic.IReadOnlyList`1""",
    "exceptions": """System.Exception System.SystemException System.ArgumentException System.ArgumentNullException
        System.ArgumentOutOfRangeException System.FormatException System.OverflowException System.ArithmeticException
        System.DivideByZeroException System.InvalidCastException System.InvalidOperationException
        System.NullReferenceException System.IndexOutOfRangeException System.NotSupportedException
        System.PlatformNotSupportedException System.Text.RegularExpressions.RegexParseException
        System.NotImplementedException System.RankException System.TimeoutException System.UriFormatException
        System.ArrayTypeMismatchException System.Collections.Generic.KeyNotFoundException
        System.Security.Cryptography.CryptographicException System.Xml.XmlException System.Text.DecoderFallbackException
        System.Text.RegularExpressions.RegexMatchTimeoutException Newtonsoft.Json.JsonException
        Newtonsoft.Json.JsonReaderException Newtonsoft.Json.JsonSerializationException System.TimeZoneNotFoundException""",
    "numbers": """System.Boolean System.Byte System.SByte System.Int16 System.UInt16 System.Int32 System.UInt32
        System.Int64 System.UInt64 System.Single System.Double System.Decimal""",
    "chars": "System.Char",
    "convert": "System.Convert System.BitConverter",
    "builders": "System.Text.StringBuilder System.IO.StringReader System.IO.StringWriter",
    "comparers": "System.StringComparer",
    "tuples": """System.Tuple System.Tuple`1 System.Tuple`2 System.Tuple`3 System.Tuple`4 System.Tuple`5 System.Tuple`6
        System.Tuple`7""",
    "maths": "System.Math System.MidpointRounding",
    "dates.tables": """System.DateTime System.DateTimeOffset System.TimeSpan System.DateTimeKind System.DayOfWeek
        System.TimeZoneInfo System.TimeZone
        System.Globalization.DateTimeStyles""",
    "collections.tables": """System.Collections.Generic.KeyValuePair`2 System.Collections.Generic.IEnumerator`1
        System.Collections.Generic.IEqualityComparer`1 System.Collections.Generic.IComparer`1
        System.Collections.Generic.IReadOnlyDictionary`2 System.Collections.Generic.IDictionary`2
        System.Collections.Generic.ISet`1 System.Collections.Generic.List`1 System.Collections.Generic.Dictionary`2
        System.Collections.Generic.HashSet`1 System.Collections.Generic.Queue`1 System.Collections.Generic.Stack`1""",
    "strings": "System.String System.StringComparison System.StringSplitOptions",
    "linq.tables": "System.Linq.Enumerable System.Linq.IGrouping`2 System.Linq.IOrderedEnumerable`1 System.Linq.ILookup`2",
    "json.tables": """Newtonsoft.Json.Linq.JTokenType Newtonsoft.Json.Formatting Newtonsoft.Json.Linq.JEnumerable`1
        System.Numerics.BigInteger Newtonsoft.Json.Linq.JToken Newtonsoft.Json.Linq.JContainer Newtonsoft.Json.Linq.JObject
        Newtonsoft.Json.Linq.JArray Newtonsoft.Json.Linq.JConstructor Newtonsoft.Json.Linq.JProperty
        Newtonsoft.Json.Linq.JValue Newtonsoft.Json.Linq.JRaw Newtonsoft.Json.Linq.Extensions Newtonsoft.Json.JsonConvert""",
    "uris": "System.Uri System.UriPartial System.UriKind System.UriHostNameType",
    "regex.tables": """System.Text.RegularExpressions.RegexOptions System.Text.RegularExpressions.MatchEvaluator
        System.Text.RegularExpressions.Regex System.Text.RegularExpressions.Capture System.Text.RegularExpressions.Group
        System.Text.RegularExpressions.Match System.Text.RegularExpressions.GroupCollection
        System.Text.RegularExpressions.CaptureCollection System.Text.RegularExpressions.MatchCollection""",
    "xml.tables": """System.Xml.XmlNodeType System.Xml.Linq.LoadOptions System.Xml.Linq.SaveOptions System.Xml.Linq.XNamespace
        System.Xml.Linq.XName System.Xml.Linq.XObject System.Xml.Linq.XNode System.Xml.Linq.XContainer
        System.Xml.Linq.XElement System.Xml.Linq.XDocument System.Xml.Linq.XAttribute System.Xml.Linq.XText
        System.Xml.Linq.XCData System.Xml.Linq.XComment System.Xml.Linq.XProcessingInstruction
        System.Xml.Linq.XDocumentType System.Xml.Linq.XDeclaration System.Xml.Linq.Extensions
        System.Xml.Linq.XNodeEqualityComparer System.Xml.Linq.XNodeDocumentOrderComparer""",
    "crypto.tables": """System.Security.Cryptography.HashAlgorithm System.Security.Cryptography.KeyedHashAlgorithm
        System.Security.Cryptography.HMAC System.Security.Cryptography.MD5 System.Security.Cryptography.SHA1
        System.Security.Cryptography.SHA1Managed System.Security.Cryptography.SHA256
        System.Security.Cryptography.SHA256Managed System.Security.Cryptography.SHA384
        System.Security.Cryptography.SHA384Managed System.Security.Cryptography.SHA512
        System.Security.Cryptography.SHA512Managed System.Security.Cryptography.HMACMD5
        System.Security.Cryptography.HMACSHA1 System.Security.Cryptography.HMACSHA256
        System.Security.Cryptography.HMACSHA384 System.Security.Cryptography.HMACSHA512
        System.Security.Cryptography.HashAlgorithmName System.Security.Cryptography.CipherMode
        System.Security.Cryptography.PaddingMode System.Security.Cryptography.SymmetricAlgorithm
        System.Security.Cryptography.ICryptoTransform
        System.Security.Cryptography.RSAEncryptionPaddingMode System.Security.Cryptography.RSASignaturePaddingMode
        System.Security.Cryptography.RSAEncryptionPadding System.Security.Cryptography.RSASignaturePadding
        System.Security.Cryptography.AsymmetricAlgorithm System.Security.Cryptography.RSA System.Security.Cryptography.Oid
        System.Security.Cryptography.RNGCryptoServiceProvider System.Security.Cryptography.X509Certificates.X509ContentType
        System.Security.Cryptography.X509Certificates.X509NameType
        System.Security.Cryptography.X509Certificates.X500DistinguishedName
        System.Security.Cryptography.X509Certificates.PublicKey
        System.Security.Cryptography.X509Certificates.X509Certificate
        System.Security.Cryptography.X509Certificates.X509Certificate2
        System.Security.Cryptography.X509Certificates.RSACertificateExtensions""",
    "net": "System.Net.WebUtility System.Net.IPAddress System.Net.Sockets.AddressFamily",
    "encodings": "System.Text.Encoding",
    "randoms": "System.Random",
    "cultures": "System.Globalization.CultureInfo",
    "guids": "System.Guid",
    "apim.tables": """Microsoft.ApiManagement.IProxyRequestContext Microsoft.ApiManagement.IRequest
        Microsoft.ApiManagement.IResponse Microsoft.ApiManagement.IMessageBody Microsoft.ApiManagement.IUrl
        Microsoft.ApiManagement.IApi
        Microsoft.ApiManagement.IContextApi Microsoft.ApiManagement.ISubscriptionKeyParameterNames
        Microsoft.ApiManagement.IOperation Microsoft.ApiManagement.IProduct Microsoft.ApiManagement.IGroup
        Microsoft.ApiManagement.IUserIdentity Microsoft.ApiManagement.IUser Microsoft.ApiManagement.ISubscription
        Microsoft.ApiManagement.IDeployment Microsoft.ApiManagement.IGateway Microsoft.ApiManagement.ISustainabilityInfo
        Microsoft.ApiManagement.ILastError Microsoft.ApiManagement.IPrivateEndpointConnection
        Microsoft.ApiManagement.IBackend Microsoft.ApiManagement.IWorkspace Microsoft.ApiManagement.ProductState
        Microsoft.ApiManagement.CarbonIntensityCategory""",
    "apim.views": """Microsoft.ApiManagement.HeaderCollection Microsoft.ApiManagement.QueryParameters
        Microsoft.ApiManagement.Variables""",
    "apim.tokens": """Microsoft.ApiManagement.Jwt Microsoft.ApiManagement.BasicAuthCredentials
        Microsoft.ApiManagement.Authorization""",
    "apim.extensions": "Microsoft.ApiManagement.ExpressionSyntaxExtensions",
}
"""Module under `policies.dotnet` → the types it declares. The tables of a package are a module of their own, so that what it
does can be used without them."""

EXTENSIONS: tuple[str, ...] = (
    "System.Linq.Enumerable",
    "Newtonsoft.Json.Linq.Extensions",
    "System.Xml.Linq.Extensions",
    "System.Security.Cryptography.X509Certificates.RSACertificateExtensions",
    "Microsoft.ApiManagement.ExpressionSyntaxExtensions",
)
"""Static classes whose extension methods are in scope, as if by `using`."""

KEYWORDS: dict[str, str] = {
    "object": "System.Object",
    "void": "System.Void",
    "bool": "System.Boolean",
    "byte": "System.Byte",
    "sbyte": "System.SByte",
    "short": "System.Int16",
    "ushort": "System.UInt16",
    "int": "System.Int32",
    "uint": "System.UInt32",
    "long": "System.Int64",
    "ulong": "System.UInt64",
    "float": "System.Single",
    "double": "System.Double",
    "decimal": "System.Decimal",
    "char": "System.Char",
    "string": "System.String",
}

IMPORTED: tuple[str, ...] = (
    "System",
    "System.Collections",
    "System.Collections.Generic",
    "System.IO",
    "System.Linq",
    "System.Net",
    "System.Security.Cryptography",
    "System.Security.Cryptography.X509Certificates",
    "System.Text",
    "System.Text.RegularExpressions",
    "System.Xml",
    "System.Xml.Linq",
    "Newtonsoft.Json",
    "Newtonsoft.Json.Linq",
    "Microsoft.ApiManagement",
    "System.Globalization",
)
"""Namespaces that every expression imports; earlier ones win where two have the same name."""

_OWNERS: dict[str, str] = {name: module for module, names in FAMILIES.items() for name in names.split()}
NAMESPACES: frozenset[str] = frozenset(
    ".".join(parts[:count]) for parts in {tuple(name.split(".")[:-1]) for name in _OWNERS} for count in range(1, len(parts) + 1)
)


def full_name(key: str) -> str | None:
    """The full name behind a keyword, a short name or a full name (each with its arity mark); None when unknown."""
    if key in KEYWORDS:
        return KEYWORDS[key]
    if key in _OWNERS:
        return key
    return next((full for namespace in IMPORTED if (full := f"{namespace}.{key}") in _OWNERS), None)


def family_of(full: str) -> str:
    """The module that declares the type."""
    return f"policies.dotnet.{_OWNERS[full]}"


def similar_names() -> list[str]:
    """Every name an expression could write for a type, for "did you mean"."""
    return [*KEYWORDS, *{name.rpartition(".")[2].partition("`")[0] for name in _OWNERS}]
