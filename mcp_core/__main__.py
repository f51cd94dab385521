"""`python -m mcp_core`: the command line."""

import sys

from mcp_core.cli import main

sys.exit(main(sys.argv[1:]))
