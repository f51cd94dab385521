"""System.Security.Cryptography. The type tables are in `tables`."""
