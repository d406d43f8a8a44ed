"""Operations rehearsed before they run: in virtual time, in memory, with nothing done to the world.

The core decides as it does in a server; here is what stands around it. Simulated drivers answer,
people decide, time passes, and engines are killed, as somebody chooses:

1. ``scene``: everything of an operation at one moment, and what one input makes of it. Nothing is
   performed that was not committed, as in the runtime. ``deeds`` keeps count of what was done to
   the simulated world.
2. ``watch`` and ``watch_state``: what must hold at every commit, whatever happened.
3. Who chooses: a ``scenario`` that somebody wrote (``play``, ``director``), chance (``chance``), or
   nobody: ``exhaustive`` walks every path, by ``moves``, and counts them (``paths``).
4. ``assumed`` takes guards both ways where what they ask is not known; ``bounds`` says what keeps
   the number of paths finite; ``keys`` which states are one, and ``examples`` makes requests and
   evidence from their JSON Schemas.
5. ``judge`` compares what came of a scenario with what was expected; ``coverage`` says which of a
   plan's transitions scenarios took.
"""
