// What other packages may use: see "exports" in package.json.
export { keysOf } from './configured-keys.ts';
export { errorMessage, StackError } from './errors.ts';
export { type Keys, loadKeys } from './keys.ts';
export { databaseUrl } from './postgres/bootstrap.ts';
export { type Project, readProject } from './project.ts';
export { findRun, type Run } from './run.ts';
export { type Stack, type StackOptions, startStack } from './stack.ts';
