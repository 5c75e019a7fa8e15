"""Our own illustrations: drawn in code as SVG by one consistent hand, then rendered to WebP at set-up."""
