"""Dates, lengths of time, time zones. The type tables are in `tables`."""
