"""The embedded stack: servers that one command starts, watches and stops.

Read next: ``process`` (one child process), ``postgres``, ``broker``, ``apache``, ``supervisor``.
Nothing here touches a server, a user or a folder that it did not make itself.
"""
