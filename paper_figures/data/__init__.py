"""What a figure is drawn from."""
