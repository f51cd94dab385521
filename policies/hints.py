"""What would be right instead: for names that are wrong and elements that stand where they may not.

The rule here: only a document that is refused asks, so nothing here costs the others anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from policies import registry
from policies.document import Element
from policies.errors import DocumentError
from policies.registry import SECTIONS, Child, Policy

__all__ = ["list_of", "misplaced", "near", "no_policy", "no_section", "unknown_attribute"]


def near(name: str, candidates: Collection[str], otherwise: str) -> str:
    """A hint with the nearest name, or else, where `otherwise` begins one, with all of them."""
    from difflib import get_close_matches  # late: see above

    found = get_close_matches(name, candidates, 1)
    if found:
        return f"did you mean {found[0]}?"
    return list_of(otherwise, candidates) if otherwise else ""


def list_of(start: str, names: Iterable[str]) -> str:
    """The names after `start`: sections in their order, others by alphabet; "" when there are none."""
    listed = ", ".join(sorted(names, key=lambda name: (SECTIONS.index(name) if name in SECTIONS else -1, name)))
    return f"{start} {listed}" if listed else ""


def misplaced(element: Element, parent: str, allowed: Collection[str]) -> DocumentError:
    """The refusal of what stands among those that change a message."""
    name, start = element.name, "allowed are"
    is_other_policy = registry.find(name) is not None or registry.unsupported(name) is not None
    hint = list_of(start, allowed) if is_other_policy else near(name, allowed, start)
    return element.error(f"<{name}> may not stand in <{parent}>", hint)


def no_section(element: Element) -> DocumentError:
    """The refusal of what stands among the sections."""
    if registry.find(element.name) is not None:
        return element.error(f"<{element.name}> may not stand directly in <policies>", list_of("put it into", SECTIONS))
    return element.error(f"<{element.name}> is no section", near(element.name, SECTIONS, "a section is"))


def no_policy(element: Element) -> DocumentError:
    """The refusal of what stands among policies and is none that APIM knows."""
    name = element.name
    if name in SECTIONS:
        return element.error(f"<{name}> is a section, not a policy", "it stands directly in <policies>")
    return element.error(f"<{name}> is no policy", _instead_of(name))


def unknown_attribute(name: str, shape: Policy | Child) -> str:
    """What is right instead of an attribute that there is not: the element of that name, or an attribute."""
    inside = {child.name for child in shape.children} | (shape.edits or set())
    element = next((each for each in (name, f"set-{name}") if each in inside), "")
    if element:
        return f"it is an element: <{element}>…</{element}> inside"
    return near(name, [each.name for each in shape.attributes], "allowed are") or "it has no attributes"


@lru_cache(64)
def _instead_of(name: str) -> str:
    """Where an element belongs that only its parent knows, or the policy that may be meant."""
    policies = (registry.find(each) for each in registry.names())
    parents = [policy.name for policy in policies if policy and any(child.name == name for child in policy.children)]
    return list_of("it belongs to", parents) or near(name, registry.names(), "")
