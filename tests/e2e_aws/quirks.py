"""What the emulator asks for and AWS does not, added to templates after their synthesis."""

import json

SEND, SEND_BATCH = "sqs:SendMessage", "sqs:SendMessageBatch"
GET_DATABASE = "glue:GetDatabase"
"""Which the emulator takes for a look at a table of that name."""
IMPORT = "acm:ImportCertificate"
SECRET = "AWS::SecretsManager::Secret"
POLICIES = {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}
"""What is more than a policy of a role has room for stands in one beside it."""
ONE_STREAM = {
    "Namespace": "AWS/Firehose",
    "MetricName": "DeliveryToS3.DataFreshness",
    "Statistic": "Maximum",
    "Period": 60,
}


def adapt(assembly):
    """Grant what the emulator alone wants, and watch one stream where it knows no query of all.

    To AWS sending a batch is the right to send a message; and a certificate that is imported for the first time is
    `certificate/*` there, but `*` to the emulator. It does not see which prefix a list is asked for, either, nor the
    tags of a certificate or a domain name.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    for path in assembly.glob("*.template.json"):
        template = json.loads(path.read_text())
        for resource in template["Resources"].values():
            if resource["Type"] in POLICIES:
                _widen(resource["Properties"]["PolicyDocument"]["Statement"])
            elif resource["Type"] == "AWS::CloudWatch::Alarm" and resource["Properties"].pop("Metrics", None):
                resource["Properties"] |= ONE_STREAM
        secrets = {name for name, entry in template["Resources"].items() if entry["Type"] == SECRET}
        path.write_text(json.dumps(_with_arns(template, secrets)))


def _with_arns(part, secrets):
    """Return a part of a template in which a secret is referred to by its ARN, as on AWS; here it would be its name."""
    if isinstance(part, list):
        return [_with_arns(each, secrets) for each in part]
    if not isinstance(part, dict):
        return part
    if part.keys() == {"Ref"} and part["Ref"] in secrets:
        return {"Fn::GetAtt": [part["Ref"], "Id"]}
    return {name: _with_arns(each, secrets) for name, each in part.items()}


def _widen(statements):
    for statement in list(statements):
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        if SEND in actions:
            statement["Action"] = [*actions, SEND_BATCH]
        if IMPORT in actions:
            statements.append({"Effect": "Allow", "Action": IMPORT, "Resource": "*"})
        if GET_DATABASE in actions:
            statements.append({"Effect": "Allow", "Action": GET_DATABASE, "Resource": "*"})
        equal = statement.get("Condition", {}).get("StringEquals", {})
        if any(key.startswith(("aws:ResourceTag/", "aws:RequestTag/")) for key in equal):
            statement["Condition"] = {"StringEqualsIfExists": equal}
        if "s3:prefix" in statement.get("Condition", {}).get("StringLike", {}):
            statement["Condition"] = {"StringLikeIfExists": statement["Condition"]["StringLike"]}
