import path from 'node:path';
import type { Readable } from 'node:stream';
import { StackError } from '../errors.ts';
import type { Project } from '../project.ts';
import type { EdgeFunction } from './definitions.ts';
import type { Report } from './reports.ts';

/** Takes reports out of a stream. Other lines were printed past the console; lines that arrive together stay together. */
export function readLines(
  stream: Readable,
  mark: string,
  take: (report: Report) => void,
  print: (text: string) => void,
): void {
  let rest = '';
  let printed: string[] = [];
  const flush = () => {
    const text = printed.join('\n').trim();
    printed = [];
    if (text) print(text);
  };
  const line = (text: string) => {
    const at = text.indexOf(mark);
    if (at < 0) {
      printed.push(text);
      return;
    }
    if (at > 0) printed.push(text.slice(0, at));
    flush();
    take(JSON.parse(text.slice(at + mark.length)) as Report);
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) line(text);
    flush();
  });
  stream.on('close', () => {
    if (rest) line(rest);
    flush();
  });
}

/** A text without colours. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins a colour.
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}

/** Quotes of Deno's coloured output the message and the places in the project. */
export function startFailure(project: Project, definition: EdgeFunction, said: string): StackError {
  const useful = plain(said)
    .split('\n')
    .filter((line) => line.trim() && !/worker\.ts|\/\.?boot-|^\s+\^|^\s+at .*\b(ext|node):/.test(line))
    .map((line) =>
      line.replace(
        /^\s+at (.*?)\(?file:\/\/(\S+?)\)?$/,
        (_, _name, place) => `  in ${path.relative(project.root, place)}`,
      ),
    );
  return new StackError(
    `The edge function "${definition.name}" did not start:\n${useful.slice(0, 8).join('\n')}`,
    `Correct ${path.relative(project.root, definition.entrypoint)}: it is started again when it changes.`,
  );
}
