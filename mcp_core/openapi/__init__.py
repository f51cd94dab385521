"""OpenAPI documents → APIs with operations and tools. Bytes in, `catalog.model.Api` out; no I/O.

The rule here: a document is read as its author meant it. One bad operation is left out with a sentence, the rest imports; what
cannot be imported at all is refused with one.

    load, yaml_events            bytes → data, within bounds
    document                     version and references
    keywords, patterns, repairs, subtypes, cycles, schemas   schemas of every dialect → draft 2020-12 with `$defs`
    swagger, parameters, media, bodies, servers, reading   operations
    shapes, inputs, outputs, names, tools   operation → tool
    merge                        a second import, in place
"""

from mcp_core.openapi.importing import import_document
from mcp_core.openapi.merge import Changes, merge_import
from mcp_core.openapi.tools import tool_for

__all__ = ["Changes", "import_document", "merge_import", "tool_for"]
