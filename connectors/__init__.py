"""One folder per kind of destination, the same files in each: its capabilities as data, and its connector."""
