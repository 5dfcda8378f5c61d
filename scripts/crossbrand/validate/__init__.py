"""`crossbrand validate`: Great Expectations over a landing before the build, the marts after it."""
