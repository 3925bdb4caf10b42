"""Segment's calls, and those of its family: RudderStack, Jitsu."""

from domain.language.templates.template import Template, TypedPlace, free, moment, text

TEMPLATE = Template(
    [
        text("type", required=True, one_of=("track", "identify", "page", "screen", "group", "alias")),
        text("message_id", "messageId"),  # pixels send none
        text("event"),
        text("name"),
        text("category"),
        text("user_id", "userId"),
        text("anonymous_id", "anonymousId"),
        text("group_id", "groupId"),
        text("previous_id", "previousId"),
        text("channel"),
        moment("timestamp"),
        moment("original_timestamp", "originalTimestamp"),
        moment("sent_at", "sentAt"),
        free("properties"),
        free("traits"),
        free("context"),
        text("library_name", "/context/library/name"),
        text("library_version", "/context/library/version"),
        text("page_url", "/context/page/url"),
        text("page_path", "/context/page/path"),
        text("page_title", "/context/page/title"),
        text("page_referrer", "/context/page/referrer"),
        text("locale", "/context/locale"),
        text("timezone", "/context/timezone"),
        text("user_agent", "/context/userAgent"),
    ],
    title="Segment, RudderStack, Jitsu",
    about="Calls of the Segment, RudderStack and Jitsu SDKs: track, identify, page, screen, group, alias.",
    page="protocols/segment.md",
    event_name=["/event", "/type"],
    typed=TypedPlace("/event", "properties"),
)
