"""Signs a webhook as Slack's own library does for tests of those who receive it."""

import json
import sys
import time

from slack_sdk.signature import SignatureVerifier

order = json.load(sys.stdin)
seconds = str(int(time.time()))
signature = SignatureVerifier(order["secret"]).generate_signature(timestamp=seconds, body=order["payload"])
print(json.dumps({"x-slack-request-timestamp": seconds, "x-slack-signature": signature}))
