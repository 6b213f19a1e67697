// Exported as embedded-supabase/testing: helpers for tests of projects and of the stack itself.
export { familyOf, type Process, survivors } from './processes.ts';
export { killServer, type Replica, startReplica } from './read-replica.ts';
export { type Command, run, runBehind, statusOf, until } from './running.ts';
