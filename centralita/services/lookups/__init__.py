"""Sources over HTTP that a flow asks while a caller waits."""
