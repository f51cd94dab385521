"""Policy expressions: C# text → checked, then a Python function.

The rule here: everything that the text alone can tell is told by `compile_expression`, when a document is stored, and nothing
is left to be compiled when an expression is evaluated. Source: the article "API Management policy expressions".
"""

from __future__ import annotations

from policies.expressions.expression import Expression, Form, compile_expression, compile_together

__all__ = ["Expression", "Form", "compile_expression", "compile_together"]
