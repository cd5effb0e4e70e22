"""One file a figure: where its numbers come from, and how they are drawn."""
