// What tests of a project may use, beside the tests of the stack itself: see "exports" in package.json.
export { familyOf, type Process, survivors } from './processes.ts';
export { killServer, type Replica, startReplica } from './read-replica.ts';
export { type Command, run, runBehind, statusOf, until } from './running.ts';
