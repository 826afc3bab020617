"""Where what documents are made of may name a person. What was issued is no such place: the law has it kept."""

from typing import Final

from tillgate.store.erasing import Place

PLACES: Final = (
    Place("renders", ("id",), "project_id = $1 AND livemode = $2", cleared=("filename",), documents=("data",)),
)
