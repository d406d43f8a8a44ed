"""The pure core: what an operation is, and what it does next. The whole product is in here.

To understand it, read in this order:

1. ``model``: a plan as frozen data: phases, transitions, what an action does to the world.
2. ``inputs`` (what the core is told), ``events`` (what happened) and ``commands`` (what must be
   done): three closed unions, which are the vocabulary of everything else.
3. ``run`` and ``evolve``: an operation's state, as a fold over its events.
4. ``decide``: one input in, events and commands out. Its table says what is legal in which
   status; ``movement`` (along the plan, stopping), ``attempts`` (retry, crash, unknown outcomes)
   and ``step`` (the scratch pad they share) say what follows. ``standing`` says which proof or
   approval must be made again, ``retry`` when an attempt is, ``admission`` whether an operation
   may begin on its lane.
5. ``machine``: the plan as a statechart, which has the last word on every transition.

Beside that stand

- ``compile``: from a plan's document to all of the above; ``expressions`` with ``cel``,
  ``templates`` and ``checked_expression``: the CEL in it;
- ``proofs``: what is proved of a plan before it runs, with ``findings`` as its result;
  ``differences``: what two plans do differently, and whether that is dangerous; ``schemas`` and
  ``schema_references``: JSON Schemas, told in words;
- ``retention``: which operations may be forgotten; ``audit``: what was refused, chained as events
  are; ``cancelling``: what a stop does in a phase;
- ``envelope``: an event as it stands in the record; ``chain`` and ``digests``: hashes over
  canonical JSON; ``instants``: times and durations;
  ``targets``: what of a target record is public; ``names``: titles and suggestions.
"""
