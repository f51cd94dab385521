"""Python's syntax nodes as this room makes them: those of `ast`, each with a place.

The rule here: Python's compiler asks every node for its place, and in an expression's code none would tell anything. As
attributes of classes the places need not be written into thousands of nodes; and since nothing is written into a node, one
may stand in many trees.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ast import (
        Assign,
        Attribute,
        AugAssign,
        BinOp,
        BoolOp,
        Break,
        Call,
        Compare,
        Constant,
        Continue,
        ExceptHandler,
        Expr,
        For,
        FormattedValue,
        FunctionDef,
        If,
        IfExp,
        JoinedStr,
        Lambda,
        List,
        Name,
        NamedExpr,
        Nonlocal,
        Pass,
        Raise,
        Return,
        Subscript,
        Try,
        Tuple,
        UnaryOp,
        While,
        Yield,
        arg,
        keyword,
    )

__all__ = [
    "LOAD",
    "PLACED",
    "STORE",
    "Assign",
    "Attribute",
    "AugAssign",
    "BinOp",
    "BoolOp",
    "Break",
    "Call",
    "Compare",
    "Constant",
    "Continue",
    "ExceptHandler",
    "Expr",
    "For",
    "FormattedValue",
    "FunctionDef",
    "If",
    "IfExp",
    "JoinedStr",
    "Lambda",
    "List",
    "Name",
    "NamedExpr",
    "Nonlocal",
    "Pass",
    "Raise",
    "Return",
    "Subscript",
    "Try",
    "Tuple",
    "UnaryOp",
    "While",
    "Yield",
    "arg",
    "keyword",
]

_PLACE = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}

LOAD, STORE = ast.Load(), ast.Store()
PLACED: dict[type[ast.AST], Any] = {}
"""A class of `ast` → ours."""

for _name in __all__[3:]:
    _kind = getattr(ast, _name)
    globals()[_name] = PLACED[_kind] = type(_name, (_kind,), _PLACE)
