"""The evidence bundle: what happened in an operation, for those who were not there.

A bundle is an in-toto Statement about one operation, in a DSSE envelope, which the server signs
where it has a key; artifacts may lie beside it in an archive. Whoever has the file can verify it
without the server, the database, or the network.

Making one: ``statement`` (what is said; its types are ``predicate``, its view of the operation is
``snapshot``), ``envelope`` and ``keys`` (who says it), ``archive`` (with the artifacts' bytes).

Verifying one: ``verify`` makes a ``report`` of checks. ``contents`` has those of what the statement
says about itself; ``replay`` goes through the events one by one and asks of each whether the plan
allowed it, by the rules in ``moves``, ``work``, ``endings`` and ``people``, each looking at one
``moment``. ``strict`` reads and writes JSON of which there is only one reading.
"""
