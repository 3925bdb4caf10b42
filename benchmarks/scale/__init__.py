"""Days of up to ten thousand million requests, simulated: the product's own code against models of the services."""
