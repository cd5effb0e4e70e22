"""The command line ``amverify``: what is asked for, in which process it runs, how it ends."""
