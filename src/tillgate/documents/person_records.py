"""Where what documents are made of may name a person. What was issued is no such place: the law has it kept."""

from typing import Final

from tillgate.store.erasing import Place

# A template is of both modes.
_OF_BOTH: Final = "project_id = $1 AND $2 IN (TRUE, FALSE)"
PLACES: Final = (
    Place("renders", ("id",), "project_id = $1 AND livemode = $2", cleared=("filename",), documents=("data",)),
    # A partner's users, by the ids that the partner gave them, and what they filled in as sample data.
    Place(
        "embed_sessions",
        ("id",),
        "project_id = $1 AND livemode = $2",
        texts=("tenant", "actor"),
        unique=("subject",),
        documents=("terms",),
    ),
    Place("templates", ("id",), _OF_BOTH, texts=("name",), unique=("tenant",), cleared=("description",)),
    Place(
        "template_versions",
        ("id",),
        "template_id IN (SELECT id FROM templates WHERE project_id = $1 AND $2 IN (TRUE, FALSE))",
        texts=("published_by",),
        documents=("manifest",),
    ),
)
