"""A regrading whose requests travel in files, to an engine that answers a hundred thousand of them at its leisure.

A judging asks for calls, and the history finds replies by the digest of their request. An export drives the judging of
every answer with the replies that are there, and writes the calls at which it stops; an import keeps the replies that
came back, and drives again. What takes a second round is written by the next export. Nothing is asked twice, and
whatever stops half-way goes on when it is called again. All is streamed: one answer and a few hundred lines at a time.
"""
