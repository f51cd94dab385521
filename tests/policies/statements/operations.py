"""An operation for the tests of the validation policies."""

from __future__ import annotations

from mcp_core.catalog.operations import BodyContent, Operation, Parameter, RequestBody, ResponseSpec
from policies.context import OperationInfo

ITEM = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "tag": {"$ref": "#/$defs/Tag"}, "same": {"const": {"properties": {}}}},
}
OPERATION = Operation(
    id="putItem",
    method="PUT",
    url_template="/items/{id}",
    parameters=(
        Parameter("id", "path", {"type": "integer", "minimum": 1}, required=True),
        Parameter("state", "query", {"enum": ["open", "closed"]}),
        Parameter("ids", "query", {"type": "array", "items": {"type": "integer"}}, style="form", explode=True),
        Parameter("tags", "query", {"$ref": "#/$defs/Tags"}, style="pipeDelimited"),
        Parameter("filter", "query", {"type": "object"}, style="deepObject", explode=True),
        Parameter("exact", "query", {"type": ["boolean", "null"]}),
        Parameter("X-Trace", "header", {"type": "string", "maxLength": 4}, required=True),
    ),
    body=RequestBody((BodyContent("application/json", ITEM), BodyContent("text/*"))),
    responses=(
        ResponseSpec("200", contents=(BodyContent("application/json", ITEM),), headers={"X-Left": {"type": "integer"}}),
        ResponseSpec("4XX"),
    ),
    definitions={"Tag": {"type": "string", "pattern": "^[a-z]+$"}, "Tags": {"type": "array", "items": {"$ref": "#/$defs/Tag"}}},
)
INFO = OperationInfo("putItem", "Put item", "PUT", "/items/{id}", OPERATION)
