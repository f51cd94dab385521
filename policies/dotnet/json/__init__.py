"""Newtonsoft.Json. The type tables are in `tables`."""
