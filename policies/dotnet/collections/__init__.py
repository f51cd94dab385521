"""System.Collections.Generic. The type tables are in `tables`."""
