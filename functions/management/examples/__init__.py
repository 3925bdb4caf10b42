"""Examples for the OpenAPI document; a test says where one is missing or not sound."""
