"""The forms of texts and numbers in Keyturn's own API, out of the constants of the code that checks them.

The types are those of fields that are sent. They are decoded as any text, and the operations check them, with better
words and more to go by; what they declare is for the OpenAPI document. ``FORMS`` are those of what is answered.
"""

from typing import Annotated, Any, Final

from keyturn.admission.carriers import CREDENTIAL_MAX
from keyturn.http.reading import PARAM_MAX
from keyturn.http.vocabulary import FORMS as SHARED
from keyturn.http.vocabulary import Forms, declares
from keyturn.insight.usage import AGENT_MAX, PATH_MAX
from keyturn.keys.issuing import ID_LENGTH
from keyturn.keys.labels import (
    EXTERNAL_ID_FORM,
    EXTERNAL_ID_MAX,
    METADATA_MAX,
    NAME_FORM,
    TAG_FORM,
    TAGS_MAX,
    VALUE_MAX,
)
from keyturn.keys.model import NAME_MAX, REPORTABLE
from keyturn.keys.restrictions import (
    APP_FORM,
    APP_LENGTH_MAX,
    APPS_MAX,
    BURST_MAX,
    NETWORKS_MAX,
    ORIGIN_LENGTH_MAX,
    ORIGINS_MAX,
    PER_SECOND_MAX,
)
from keyturn.limiting.gcra import PER_SECOND_MIN
from keyturn.portal.model import KEY_DAYS_MAX, KEYS_MAX, RETURN_URL_MAX
from keyturn.portal.operations import ID_LENGTH as PORTAL_ID_LENGTH
from keyturn.words import LANG_MAX

PROJECT_ID_MAX: Final = 64
# What stands in a path for an id or a project.
ID_LENGTH_MAX: Final = 100
PROJECT_ID: Final = rf"[A-Za-z0-9][A-Za-z0-9_.:-]{{0,{PROJECT_ID_MAX - 1}}}"

_NAME: Final[dict[str, Any]] = {"minLength": 1, "maxLength": NAME_MAX}
_EXTERNAL_ID: Final[dict[str, Any]] = {
    "minLength": 1,
    "maxLength": EXTERNAL_ID_MAX,
    "pattern": f"^{EXTERNAL_ID_FORM}$",
}
_VALUE: Final[dict[str, Any]] = {"maxLength": VALUE_MAX}
_TAG: Final[dict[str, Any]] = {"pattern": f"^{TAG_FORM}$"}
_NETWORK: Final[dict[str, Any]] = {"pattern": "^[0-9A-Fa-f:.]{2,45}(/[0-9.]{1,15})?$"}
# An origin, or all of them.
_ORIGIN: Final[dict[str, Any]] = {
    "minLength": 1,
    "maxLength": ORIGIN_LENGTH_MAX,
    "pattern": r"^(\*|[A-Za-z-]+://\S+)$",
}
_APP: Final[dict[str, Any]] = {"maxLength": APP_LENGTH_MAX, "pattern": f"^{APP_FORM}$"}
_REPORTABLE: Final[dict[str, Any]] = {"enum": sorted(one.value for one in REPORTABLE)}
LANG: Final[dict[str, Any]] = {"pattern": "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"}
_RATE: Final[dict[str, Any]] = {"minimum": PER_SECOND_MIN, "maximum": PER_SECOND_MAX}

Name = Annotated[str, declares(**_NAME)]
ExternalIdText = Annotated[str, declares(**_EXTERNAL_ID)]
Metadata = Annotated[
    dict[str, Annotated[str, declares(**_VALUE)]],
    declares(maxProperties=METADATA_MAX, propertyNames={"pattern": f"^{NAME_FORM}$"}),
]
Tags = Annotated[list[Annotated[str, declares(**_TAG)]], declares(maxItems=TAGS_MAX)]
Networks = Annotated[list[Annotated[str, declares(**_NETWORK)]], declares(maxItems=NETWORKS_MAX)]
NetworkTuple = Annotated[tuple[Annotated[str, declares(**_NETWORK)], ...], declares(maxItems=NETWORKS_MAX)]
Origins = Annotated[list[Annotated[str, declares(**_ORIGIN)]], declares(maxItems=ORIGINS_MAX)]
Apps = Annotated[list[Annotated[str, declares(**_APP)]], declares(maxItems=APPS_MAX)]
ReportOnly = list[Annotated[str, declares(**_REPORTABLE)]]
PerSecond = Annotated[float, declares(**_RATE)]
Burst = Annotated[int, declares(minimum=1, maximum=BURST_MAX)]

FORMS: Final[Forms] = {
    **SHARED,
    "agent": {"maxLength": AGENT_MAX},
    "app": _APP,
    "credential": {"maxLength": CREDENTIAL_MAX, "pattern": r"^\S+$"},
    "days": {"minimum": 1, "maximum": KEY_DAYS_MAX},
    "external_id": _EXTERNAL_ID,
    "key_id": {"pattern": f"^key_[0-9A-Za-z]{{{ID_LENGTH}}}$"},
    "keys": {"minimum": 1, "maximum": KEYS_MAX},
    "lang": {**LANG, "maxLength": LANG_MAX},
    "last_four": {"minLength": 4, "maxLength": 4},
    "name": _NAME,
    "network": _NETWORK,
    "origin": _ORIGIN,
    "param": {"maxLength": PARAM_MAX},
    "path": {"maxLength": PATH_MAX},
    "portal_id": {"pattern": f"^kps_[0-9A-Za-z]{{{PORTAL_ID_LENGTH}}}$"},
    "project": {"pattern": f"^{PROJECT_ID}$"},
    "rate": _RATE,
    "reportable": _REPORTABLE,
    "return_url": {"format": "uri", "maxLength": RETURN_URL_MAX},
    "tag": _TAG,
    "value": _VALUE,
}
