"""What a role of a template may do, decided as AWS decides it, as far as these templates need."""

from fnmatch import fnmatchcase

from tests.infra.templates import listed, statements_of, text_of


def may(synthesized, role, action, resource, context=None):
    """Return whether a role, such as `Service/Ingest`, is granted an action on a resource.

    `context` holds the keys that conditions ask for; a list is a key of several values.
    """
    effects = {
        statement["Effect"]
        for said, statement in statements_of(synthesized)
        if said.startswith(f"{role}Role")
        and _covers(statement, action, resource)
        and _holds(statement.get("Condition", {}), context or {})
    }
    return effects == {"Allow"}


def _covers(statement, action, resource):
    patterns = map(text_of, listed(statement["Resource"]))
    return action in listed(statement["Action"]) and any(fnmatchcase(resource, pattern) for pattern in patterns)


def _holds(conditions, context):
    return all(
        _matches(operator, context.get(key), listed(wanted))
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _matches(operator, found, wanted):
    if found is None:
        return operator.endswith("IfExists") or operator.startswith("ForAllValues:")
    values = listed(found)
    patterns = [text_of(pattern) for pattern in wanted]
    match operator.removeprefix("ForAllValues:").removesuffix("IfExists"):
        case "StringEquals":
            return all(value in patterns for value in values)
        case "StringNotEquals":
            return all(value not in patterns for value in values)
        case "StringLike" | "ArnEquals":
            return all(any(fnmatchcase(value, pattern) for pattern in patterns) for value in values)
        case "StringNotLike":
            return not any(fnmatchcase(value, pattern) for value in values for pattern in patterns)
    raise AssertionError(f"what is {operator}?")
