"""How the events of a protocol are made, where that takes a file of its own."""
