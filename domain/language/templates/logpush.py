"""Cloudflare Logpush: lines of the data set `http_requests`, of which a job sends the fields that it is set to.

https://developers.cloudflare.com/logs/logpush/logpush-job/datasets/zone/http_requests/
Times are RFC 3339 where the job's `timestamp_format` is `rfc3339`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from domain.language.field_keys import stored_keys
from domain.language.templates.template import RawField, Template, free, moment, number, text, truth, whole


def _list(key: str, sent: str) -> RawField:
    return free(key, sent, kinds=("array",))


_SENT: Mapping[Callable[[str, str], RawField], str] = MappingProxyType(
    {
        moment: "EdgeStartTimestamp EdgeEndTimestamp",
        text: (
            "RayID ParentRayID ZoneName BotScoreSrc CacheCacheStatus ClientCity ClientCountry ClientDeviceType "
            "ClientIP ClientIPClass ClientLatitude ClientLongitude ClientMTLSAuthCertFingerprint "
            "ClientMTLSAuthStatus "
            "ClientRegionCode ClientRequestHost ClientRequestMethod ClientRequestPath ClientRequestProtocol "
            "ClientRequestReferer ClientRequestScheme ClientRequestSource ClientRequestURI ClientRequestUserAgent "
            "ClientSSLCipher ClientSSLProtocol ClientXRequestedWith EdgeColoCode EdgePathingOp EdgePathingSrc "
            "EdgePathingStatus EdgeRequestHost EdgeResponseContentType EdgeServerIP JA3Hash JA4 "
            "JSDetectionPassed LeakedCredentialCheckResult OriginIP OriginResponseHTTPExpires "
            "OriginResponseHTTPLastModified OriginSSLProtocol SecurityAction SecurityRuleDescription SecurityRuleID "
            "VerifiedBotCategory WAFFlags WAFMatchedVar WorkerScriptName WorkerStatus"
        ),
        whole: (
            "ZoneID BotScore CacheResponseBytes CacheResponseStatus ClientASN ClientRequestBytes ClientSrcPort "
            "ClientTCPRTTMs EdgeColoID EdgeResponseBodyBytes EdgeResponseBytes EdgeResponseStatus "
            "EdgeTimeToFirstByteMs OriginDNSResponseTimeMs OriginRequestHeaderSendDurationMs OriginResponseBytes "
            "OriginResponseDurationMs OriginResponseHeaderReceiveDurationMs OriginResponseStatus OriginResponseTime "
            "OriginTCPHandshakeDurationMs OriginTLSHandshakeDurationMs SmartRouteColoID UpperTierColoID "
            "WAFAttackScore WAFRCEAttackScore WAFSQLiAttackScore WAFXSSAttackScore WorkerCPUTime "
            "WorkerSubrequestCount WorkerWallTimeUs"
        ),
        number: "EdgeResponseCompressionRatio",
        truth: "CacheReserveUsed CacheTieredFill EdgeCFConnectingO2O WorkerSubrequest",
        _list: (
            "BotDetectionIDs BotDetectionTags BotTags ContentScanObjResults ContentScanObjSizes ContentScanObjTypes "
            "SecurityActions SecurityRuleIDs SecuritySources"
        ),
        free: "Cookies JA4Signals RequestHeaders ResponseHeaders",
    }
)


def _fields() -> list[RawField]:
    sent = [(make, name) for make, names in _SENT.items() for name in names.split()]
    keys = stored_keys([name for _, name in sent], 1)
    return [make(key, name) for key, (make, name) in zip(keys, sent, strict=True)]


TEMPLATE = Template(
    _fields(),
    title="Cloudflare Logpush",
    about="HTTP request logs (http_requests) that Cloudflare Logpush delivers, with times in RFC 3339.",
    page="protocols/logpush.md",
    event_name=["/ZoneName", "/ClientRequestHost"],
)
