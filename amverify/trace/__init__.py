"""The trace: what a run leaves behind, column by column, where methods and theorems meet."""
