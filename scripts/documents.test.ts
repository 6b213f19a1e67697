import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeBlocks } from '../tests/kit/documents.ts';
import { root } from './noctra.ts';

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'sdk/README.md', 'sdk/example/README.md', 'supabase/CONVENTIONS.md'],
  ...['scripts/stack/README.md', 'scripts/stack/tests/answers/README.md'],
  ...fs.readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`),
];
const exists = (file: string) => fs.existsSync(path.join(root, file));
const { scripts, devDependencies } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

describe.each(pages)('%s', (page) => {
  const text = fs.readFileSync(path.join(root, page), 'utf8');
  // Without code blocks, whose fences would count as the backticks of inline code.
  const inline = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(
    ([, code]) => code ?? '',
  );
  const code = [...codeBlocks(text), ...inline];

  it('names npm scripts and programs that exist, and runs no TypeScript by an older Node', () => {
    for (const part of code) {
      for (const [, name = ''] of part.matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g))
        expect(scripts, part).toHaveProperty([name]);
      for (const [, name = ''] of part.matchAll(/npx ([a-z-]+)/g))
        expect(devDependencies, part).toHaveProperty([name]);
      // Node 20 does not run TypeScript; npm scripts run the newer Node of node_modules.
      expect(part).not.toMatch(/\bnode \S+\.ts\b/);
    }
  });

  it('names files that exist', () => {
    const named = code.flatMap(
      (part) => part.match(/(?<![\w./<@-])(?:tests|scripts|supabase|sdk|docs)\/[\w./-]*\w/g) ?? [],
    );
    // A `.env` is not committed.
    for (const file of named.filter((name) => !name.endsWith('.env'))) {
      const isStart = fs.existsSync(path.join(root, path.dirname(file)))
        ? fs
            .readdirSync(path.join(root, path.dirname(file)))
            .some((name) => name.startsWith(path.basename(file)))
        : false;
      expect(exists(file) || isStart, file).toBe(true);
    }
  });

  it('links to pages that exist', () => {
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      expect(exists(path.join(path.dirname(page), link)), link).toBe(true);
  });
});

describe('the table of threats in docs/security.md', () => {
  const text = fs.readFileSync(path.join(root, 'docs/security.md'), 'utf8');
  const [, table = ''] = text.split('## Threats and their tests');
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| threat |'))
    .map((line) => line.split(' | ') as [threat: string, defence: string, tests: string]);

  it('has rows', () => expect(rows.length).toBeGreaterThan(20));

  it.each(rows)('names tests that exist: %s', (_threat, _defence, cell) => {
    const named = [...cell.matchAll(/`([^`]+)`: ((?:"[^"]+"(?:, )?)+)/g)];
    expect(named.length).toBeGreaterThan(0);
    // Everything in the cell is checked.
    expect(cell.replaceAll(/`[^`]+`: (?:"[^"]+"(?:, )?)+/g, '').replaceAll(/[·|\s]/g, '')).toBe('');
    for (const [, file = '', names = ''] of named) {
      const source = fs.readFileSync(path.join(root, file), 'utf8');
      for (const [, name = ''] of names.matchAll(/"([^"]+)"/g))
        expect(source, `${file}: ${name}`).toContain(name);
    }
  });
});
