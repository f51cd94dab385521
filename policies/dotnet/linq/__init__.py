"""System.Linq. The type tables are in `tables`."""
