"""A ZeroDB for the tests: the part of its contract that we rely on, strictly, over HTTP, in a process of its own.

Where the vendor's descriptions disagree, it takes only what all of them allow: a client that this server understands
asks for nothing doubtful. It imports nothing of the project.
"""
