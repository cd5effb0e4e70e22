"""What every command line of ours does alike: begin, end, say how far it is, and fail in one line.

``application`` makes a typer application with ``--version`` and examples, ``shell`` runs it with
exit statuses that scripts can use, ``entry`` starts it before anything heavy is imported, ``pace``
says about how long it will take, ``version`` which version and commit it is.
"""
