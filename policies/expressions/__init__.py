"""Policy expressions: C# text → checked, then a Python function.

The rule here: everything that the text alone can tell is told by `compile_expression`, when a document is stored; the Python
function is made when it is first wanted, or beforehand by `Expression.prepare`. Source: the article "API Management policy
expressions".
"""

from __future__ import annotations

from policies.expressions.expression import Expression, compile_expression

__all__ = ["Expression", "compile_expression"]
