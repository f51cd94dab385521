"""System.Xml.Linq. The type tables are in `tables`."""
