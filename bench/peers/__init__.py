"""Other open-source key layers, each in an environment of its own, behind an app as its documentation shows it.

Every app is started with a port and an empty directory. It makes its keys through its library's own API, writes
them to ``keys`` in that directory (one a line), and then answers whether a key is valid.
"""
