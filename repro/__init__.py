"""Command line and library that regenerate every table, beside the published numbers."""
