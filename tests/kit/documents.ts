import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { photo } from './files.ts';
import { settings } from './settings.ts';

/** The code blocks of a Markdown text: of one language, or all. */
export function codeBlocks(text: string, language = '\\w*'): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, code = '']) => code,
  );
}

/**
 * Runs TypeScript of a document as a module, with `publishableKey` and `file` given, and returns those of its constants
 * that have these names. The module is a file of this folder, where packages are found; Git ignores it.
 */
// biome-ignore lint/suspicious/noExplicitAny: examples return what they like.
export async function runExample(code: string, names: string[]): Promise<Record<string, any>> {
  const source = [
    ...(code.match(/^import .*$/gm) ?? []).map((line) =>
      line.replace("'@noctra/sdk'", "'../../sdk/src/index.ts'"),
    ),
    'export async function run(publishableKey: string, file: File) {',
    code.replace(/^import .*$/gm, ''),
    `return { ${names.map((name) => `${name}: typeof ${name} === 'undefined' ? null : ${name}`).join(', ')} };`,
    '}',
  ];
  const module = fileURLToPath(new URL(`.example-${randomUUID()}.ts`, import.meta.url));
  fs.writeFileSync(module, source.join('\n'));
  try {
    return await (await import(module)).run(settings.publishableKey, photo());
  } finally {
    fs.rmSync(module);
  }
}
