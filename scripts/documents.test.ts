import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './noctra.ts';

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'sdk/README.md', 'scripts/stack/README.md', 'supabase/CONVENTIONS.md'],
  ...fs.readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`),
];
const exists = (file: string) => fs.existsSync(path.join(root, file));
const { scripts, devDependencies } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

describe.each(pages)('%s', (page) => {
  const text = fs.readFileSync(path.join(root, page), 'utf8');
  // Code blocks first: their fences would count as the backticks of inline code.
  const blocks = [...text.matchAll(/```\w*\n([\s\S]*?)```/g)].map(([, code]) => code ?? '');
  const inline = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(
    ([, code]) => code ?? '',
  );
  const code = [...blocks, ...inline];

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
      (part) => part.match(/(?<![\w./<-])(?:tests|scripts|supabase|sdk|docs)\/[\w./-]*\w/g) ?? [],
    );
    for (const file of named) {
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
