"""The official conformance suite against this gateway: `python3 dev.py conformance`."""
