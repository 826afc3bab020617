"""Rails: the ways on which money comes. A rail observes; checkout draws the conclusions."""
