"""What the emulator asks for and AWS does not, added to templates after their synthesis."""

import json

SEND, SEND_BATCH = "sqs:SendMessage", "sqs:SendMessageBatch"


def adapt(assembly):
    """Let who may send a message send a batch: to AWS that is the same right, to the emulator one of its own.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    for path in assembly.glob("*.template.json"):
        template = json.loads(path.read_text())
        for statement in _statements(template):
            actions = statement["Action"]
            actions = [actions] if isinstance(actions, str) else actions
            if SEND in actions:
                statement["Action"] = [*actions, SEND_BATCH]
        path.write_text(json.dumps(template))


def _statements(template):
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            yield from resource["Properties"]["PolicyDocument"]["Statement"]
