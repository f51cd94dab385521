"""Delegates: what a lambda or a method's name can become. At run time each is a Python callable."""

from __future__ import annotations

from policies.dotnet.types import Delegate

__all__ = ["TYPES"]


def _signature(count: int) -> tuple[str, str]:
    names = [f"T{number}" for number in range(1, count + 1)]
    return ", ".join(f"in {name}" for name in names), ", ".join(f"{name} arg{name[1:]}" for name in names)


def _action(count: int) -> tuple[str, str]:
    generics, arguments = _signature(count)
    return f"System.Action<{generics}>" if count else "System.Action", f"void Invoke({arguments})"


def _func(count: int) -> tuple[str, str]:
    generics, arguments = _signature(count)
    return f"System.Func<{generics}, out TResult>" if count else "System.Func<out TResult>", f"TResult Invoke({arguments})"


TYPES = (
    *(Delegate(*_action(count)) for count in range(9)),
    *(Delegate(*_func(count)) for count in range(9)),
    Delegate("System.Predicate<in T>", "bool Invoke(T obj)"),
    Delegate("System.Comparison<in T>", "int Invoke(T x, T y)"),
    Delegate("System.Converter<in T, out R>", "R Invoke(T input)"),
)
