"""Everything that an emulated account holds, of every kind that a deployment makes."""

_CLOUDFRONT = {
    "distribution": ("list_distributions", "DistributionList"),
    "policy of headers": ("list_response_headers_policies", "ResponseHeadersPolicyList"),
    "function of CloudFront": ("list_functions", "FunctionList"),
}


def inventory(emulator):
    """Return the names of what is there, by kind."""
    client = emulator.client
    found = {
        "stack": [
            stack["StackName"]
            for stack in client("cloudformation").list_stacks()["StackSummaries"]
            if stack["StackStatus"] != "DELETE_COMPLETE"
        ],
        "bucket": [row["Name"] for row in client("s3").list_buckets()["Buckets"]],
        "table": client("dynamodb").list_tables()["TableNames"],
        "database": [row["Name"] for row in client("glue").get_databases()["DatabaseList"]],
        "queue": client("sqs").list_queues().get("QueueUrls", []),
        "stream": client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        "secret": [row["Name"] for row in client("secretsmanager").list_secrets()["SecretList"]],
        "function": [row["FunctionName"] for row in client("lambda").list_functions()["Functions"]],
        "event source": [
            row["EventSourceArn"] for row in client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ],
        "log group": [row["logGroupName"] for row in client("logs").describe_log_groups()["logGroups"]],
        "role": [row["RoleName"] for row in client("iam").list_roles()["Roles"]],
        "rule": [row["Name"] for row in client("events").list_rules()["Rules"]],
        "state machine": [row["name"] for row in client("stepfunctions").list_state_machines()["stateMachines"]],
        "user pool": [row["Name"] for row in client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]],
        "alarm": [row["AlarmName"] for row in client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "dashboard": [row["DashboardName"] for row in client("cloudwatch").list_dashboards()["DashboardEntries"]],
        "topic": [row["TopicArn"] for row in client("sns").list_topics()["Topics"]],
        "key": _keys(client("kms")),
        "api": [row["Name"] for row in client("apigatewayv2").get_apis()["Items"]],
        "domain name": [row["DomainName"] for row in client("apigatewayv2").get_domain_names()["Items"]],
        "certificate": [
            row["CertificateArn"]
            for row in client("acm").list_certificates(Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]})[
                "CertificateSummaryList"
            ]
        ],
        "record": _records(client("route53")),
    }
    for kind, (verb, answer) in _CLOUDFRONT.items():
        found[kind] = [str(row) for row in getattr(client("cloudfront"), verb)()[answer].get("Items", [])]
    return {kind: set(names) for kind, names in found.items()}


def _keys(kms):
    """Return the ids of the keys that are not to be deleted; a key always waits for some days."""
    states = {row["KeyId"]: kms.describe_key(KeyId=row["KeyId"])["KeyMetadata"] for row in kms.list_keys()["Keys"]}
    return [key for key, state in states.items() if state["KeyState"] != "PendingDeletion"]


def _records(route53):
    return [
        f"{row['Name']} {row['Type']}"
        for zone in route53.list_hosted_zones()["HostedZones"]
        for row in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    ]
