-- Version 7. Lists that stay as fast as they are, however many operations there are.

-- What is never changed of an operation stands in the indexes of lists that are long, so that rows
-- which are not wanted are passed over without a look at them. By context and by instance alone:
-- lists may ask for one whatever product it is of, and callers may be confined to one.
DROP INDEX operations_by_context;
DROP INDEX operations_by_requester;
DROP INDEX operations_by_status;
CREATE INDEX operations_by_context
  ON operations (context, created_at, ticket, plan, product, instance, requested_by);
CREATE INDEX operations_by_instance ON operations (instance, created_at);
CREATE INDEX operations_by_requester
  ON operations (requested_by, created_at, ticket, plan, product, context, instance);
CREATE INDEX operations_by_status
  ON operations (status, created_at, ticket, plan, product, context, instance, requested_by);

-- The dry runs of a lane, among however many operations that are none.
CREATE INDEX operations_dry_runs ON operations (product, context, instance, created_at)
  WHERE dry_run = 1;

-- Who names an operation: retention asks that of each before it goes.
CREATE INDEX operations_retrying ON operations (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX operations_superseding ON operations (supersedes) WHERE supersedes IS NOT NULL;
