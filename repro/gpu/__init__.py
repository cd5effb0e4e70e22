"""Everything that wants a GPU, in one go: checks that it gives a CPU's iterates, and what it costs.

| module | holds |
|---|---|
| ``plan`` | the parts in their order, within a budget of seconds; an outcome for each |
| ``problems`` | layered problems of the tables' shapes with random features: no data are needed |
| ``checks`` | same iterates, no synchronisation, graphs, TF32, SAMT, NCCL |
| ``times`` | sweeps beside Adam's epochs, replicates, SAMT beside SGD, the machine's rates |
| ``clock`` | seconds of work on a device |

All of it runs on ``--device cpu`` too, which is how it is tested where there is no card.
"""
