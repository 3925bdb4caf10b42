"""Records in a hosted zone of Route 53 that the operator has set aside for custom domains."""

from typing import TYPE_CHECKING, Literal

import boto3
from botocore.exceptions import ClientError

from adapters.aws_failures import CONFIG, failure_from, translated
from domain.certificates.ports import DnsRecord

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef

TTL_SECONDS = 300


def make_client() -> "Route53Client":
    """Return a client of the environment's endpoint."""
    return boto3.client("route53", config=CONFIG)


class HostedZone:
    """Implements `DnsZone`.

    Records are created, never replaced: what someone has set by hand stays. The zone's own name is left to people,
    since no CNAME can stand there.
    """

    def __init__(self, client: "Route53Client", zone_id: str, zone_name: str) -> None:
        """Take the zone's id, and its name without a dot at the end."""
        self._client = client
        self._zone_id = zone_id
        self._zone_name = zone_name

    def covers(self, domain: str) -> bool:
        return domain.endswith(f".{self._zone_name}")

    def lends(self, domain: str) -> bool:
        if not self.covers(domain) or "." in domain.removesuffix(f".{self._zone_name}"):
            return False
        with translated("look for a DNS record"):
            answer = self._client.list_resource_record_sets(
                HostedZoneId=self._zone_id, StartRecordName=f"{domain}.", MaxItems="1"
            )
        return all(row["Name"].rstrip(".") != domain for row in answer["ResourceRecordSets"])

    def set(self, record: DnsRecord) -> bool:
        with translated("set a DNS record"):
            found = self._find(record)
            if found is not None:
                return _is_same(found, record)
            try:
                self._change("CREATE", record)
            except ClientError as error:
                if failure_from(error).code != "InvalidChangeBatch":  # one of another type, or another run was faster
                    raise
                return False
        return True

    def remove(self, record: DnsRecord) -> None:
        with translated("remove a DNS record"):
            found = self._find(record)
            if found is None or not _is_same(found, record):
                return
            try:
                self._change("DELETE", record)
            except ClientError as error:
                if failure_from(error).code != "InvalidChangeBatch":  # another run was faster
                    raise

    def _change(self, action: Literal["CREATE", "DELETE"], record: DnsRecord) -> None:
        self._client.change_resource_record_sets(
            HostedZoneId=self._zone_id,
            ChangeBatch={
                "Changes": [
                    {
                        "Action": action,
                        "ResourceRecordSet": {
                            "Name": f"{record.name}.",
                            "Type": record.type,
                            "TTL": TTL_SECONDS,
                            "ResourceRecords": [{"Value": _value(record)}],
                        },
                    }
                ]
            },
        )

    def _find(self, record: DnsRecord) -> "ResourceRecordSetOutputTypeDef | None":
        answer = self._client.list_resource_record_sets(
            HostedZoneId=self._zone_id, StartRecordName=f"{record.name}.", StartRecordType=record.type, MaxItems="1"
        )
        found = answer["ResourceRecordSets"][:1]
        return next(
            (row for row in found if (row["Name"].rstrip("."), row["Type"]) == (record.name, record.type)), None
        )


def _is_same(found: "ResourceRecordSetOutputTypeDef", record: DnsRecord) -> bool:
    values = [row["Value"].rstrip(".") for row in found.get("ResourceRecords", ())]
    return values == [record.value]


def _value(record: DnsRecord) -> str:
    return f"{record.value}." if record.type == "CNAME" else record.value
