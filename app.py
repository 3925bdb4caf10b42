"""The CDK app: `cdk deploy --context stage=prod`, or `make deploy STAGE=prod`."""

import sys

from domain.errors import Misconfigured
from infra.deployment import make_app


def main() -> None:
    """Synthesize the stage that the context names, `dev` without one."""
    try:
        make_app().synth()
    except Misconfigured as error:
        sys.exit(f"Misconfigured: {error}")


if __name__ == "__main__":
    main()
