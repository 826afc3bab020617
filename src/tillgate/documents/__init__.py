"""Documents out of templates: what a project's people publish, and what its keys have made of it."""
