"""The context variable and the gateway's own types. The type tables are in `tables`."""
