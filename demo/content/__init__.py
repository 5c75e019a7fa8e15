"""The words and figures of the demo: pure data files and the typed reader over them."""
