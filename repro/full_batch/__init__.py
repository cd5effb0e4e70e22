"""Full-batch training: the methods, their settings, a run, and their tuning."""
