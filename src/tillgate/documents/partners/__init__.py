"""Partners: projects whose templates are shown inside of other pages."""
