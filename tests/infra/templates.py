"""Reading templates: what CloudFormation would put together, put together."""

from typing import Any


def text_of(value: Any) -> str:
    """Return a value with the names of what it refers to in the place of what those will be."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join(text_of(item) for item in value)
    ((kind, said),) = value.items()
    match kind:
        case "Fn::Join":
            separator, parts = said
            return separator.join(text_of(part) for part in parts)
        case "Ref":
            return {"AWS::Region": "eu-central-1", "AWS::AccountId": "111122223333", "AWS::Partition": "aws"}.get(
                said, said
            )
        case "Fn::GetAtt":
            return ".".join(said)
        case "Fn::ImportValue":
            return text_of(said)
        case "Fn::Sub":
            return text_of(said)
        case "Fn::Select":
            number, parts = said
            return text_of(parts[number] if isinstance(parts, list) else parts)
        case "Fn::Split":
            return text_of(said[1])
    raise AssertionError(f"what is {kind}?")


def statements_of(synthesized: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return every statement of every role's policy, as (path of the role, statement)."""
    found = []
    for stack in synthesized.templates:
        for name, entry in synthesized.resources(stack).items():
            if entry["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
                role = f"{stack.title()}/{name}"
                found += [(role, statement) for statement in entry["Properties"]["PolicyDocument"]["Statement"]]
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
