import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDatabase } from './kit/database.ts';

interface Case {
  entity: 'mention' | 'hashtag';
  description: string;
  text: string;
  expected: string[];
}

// twitter-text's conformance suite is not part of Noctra: these tests run where a copy is beside the project.
const file = fileURLToPath(new URL('../../shared/conformance/twitter-text-extract.json', import.meta.url));
const cases = fs.existsSync(file) ? readCases(file) : [];
if (cases.length === 0)
  console.log(`No conformance suite at ${path.relative(process.cwd(), file)}: its cases are skipped.`);

const sql = openDatabase({ max: 2 });

describe.skipIf(cases.length === 0)('extraction follows twitter-text', () => {
  it.each(cases)('$entity: $description', async ({ entity, text, expected }) => {
    const [row] =
      entity === 'mention'
        ? await sql`select public.extract_mentions(${text}) as names`
        : await sql`select public.extract_hashtags(${text}) as names`;
    expect(row?.names).toEqual(expected);
  });
});

function readCases(name: string): Case[] {
  const content: unknown = JSON.parse(fs.readFileSync(name, 'utf8'));
  return (Array.isArray(content) ? content : Object.values(content as object).flat()) as Case[];
}
