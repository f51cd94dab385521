"""A form's fields (`application/x-www-form-urlencoded`) as an `IDictionary<string, IList<string>>`.

The rule here: a name that is not there gets an empty list when it is asked for, so that `form["new"].Add("value")` works, as
the article "Set body" shows.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from policies.dotnet.collections.maps import Dictionary
from policies.dotnet.collections.sequences import List
from policies.dotnet.types import net
from policies.dotnet.values import units

__all__ = ["read_form"]


class Form(Dictionary):
    """The fields, in their order."""

    __slots__ = ()

    def item(self, key: Any) -> Any:
        self.try_add(key, List(net("List<string>"), []))
        return super().item(key)


def read_form(text: str) -> Form:
    """The fields of an encoded form."""
    form = Form(net("Dictionary<string, IList<string>>"))
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            form.item(units(unquote_plus(name))).append(units(unquote_plus(value)))
    return form
