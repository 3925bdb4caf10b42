"""What AWS's error codes mean: whether time helps. Nothing here needs an SDK."""

import re

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html, and those of each service that say "later".
PASSING = frozenset(
    {
        "ConcurrentModificationException",
        "ExpiredToken",  # the next try signs with renewed credentials
        "ExpiredTokenException",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceErrorException",
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",  # of streams, as well: some may be removed
        "OperationAborted",
        "OverLimit",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestExpired",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "RequestTimeoutException",
        "ResourceInUseException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)

_CODE = r"[A-Za-z0-9_.]{1,100}"


def is_passing(code: str, status: int) -> bool:
    """Return whether the same request may succeed later; `status` is the answer's, 0 where there was none."""
    return code in PASSING or status >= 500 or status == 429


def plain_code(code: object) -> str:
    """Return a code without the name of its family, or `unknown` for what is none."""
    text = str(code).rpartition("#")[2].partition(":")[0]
    return text if re.fullmatch(_CODE, text, re.ASCII) else "unknown"
