import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import postgres, { type Sql } from 'postgres';
import { afterAll } from 'vitest';
import { readProject } from '../src/project.ts';
import { type Stack, startStack } from '../src/stack.ts';

/** A project of a test that runs. */
export interface Running {
  stack: Stack;
  sql: Sql;
  /** What the start said. */
  steps: string[];
}

const undo: (() => unknown)[] = [];
afterAll(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Writes a project's files, by their paths in `supabase/`; it is removed after the tests of the file. */
export function writeProject(files: Record<string, string>): string {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'stack-written-'));
  undo.push(() => fs.rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, 'supabase', name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  return root;
}

/** Starts a project, which is stopped after the tests of the file, if not before. */
export async function startProject(root: string): Promise<Running> {
  const steps: string[] = [];
  const stack = await startStack({ project: readProject(root), onStep: (step) => steps.push(step) });
  const sql = postgres(stack.run.databaseUrl, { max: 1, onnotice: () => {} });
  undo.push(
    () => stack.stop(),
    () => sql.end(),
  );
  return { stack, sql, steps };
}
