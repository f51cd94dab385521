"""System.Text.RegularExpressions. The type tables are in `tables`."""
