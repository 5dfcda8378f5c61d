"""`crossbrand board`: pages with pictures of the published marts, defined in boards/."""
