import sys

if sys.version_info < (3, 11):  # noqa: UP036 - who runs an older one shall read why, not a traceback from deep within
    raise RuntimeError(
        f"The MCP gateway needs Python 3.11 or newer, and this is {sys.version.split()[0]}. "
        "In Azure, set the function app's runtime version to 3.13."
    )
