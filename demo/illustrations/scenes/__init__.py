"""What each picture shows; one module a shelf of the shop."""
