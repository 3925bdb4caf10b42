"""Custom domains and their certificates: what a sound one is, and the ports to what keeps and serves them."""
