-- Extensions live in their own schema, so that nothing of theirs is exposed by the Data API.

-- User names are compared without case everywhere, so the type carries that rule instead of each query.
create extension if not exists citext with schema extensions;
