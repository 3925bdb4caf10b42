"""Settings of the function that counts what was delivered, on AWS."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveredSettings:
    """Where its counts go; which bucket's objects they are, the bucket's messages say."""

    counters_table: str
