"""An objective is evaluated, and the run does not notice.

| module | holds |
|---|---|
| ``evaluation`` | what is saved before an evaluation, and put back after it |
| ``surroundings`` | what an objective depends on besides x, put back or compared |
| ``reach``, ``spaces`` | what it can reach, and where its names are bound |
"""
