import fs from 'node:fs';

/** The severity of a record, by the names of hosted functions' logs. */
export type Level = 'debug' | 'info' | 'warn' | 'error';

/** The log of all functions of a project. */
export interface FunctionLog {
  /** Writes one record. Text of several lines stays together: the lines after the first are indented. */
  write(level: Level, name: string, text: string): void;
  /** Resolves when all is in the file. */
  close(): Promise<void>;
}

/** The platform cuts a message at this many characters. Source: Supabase, Edge Functions, Limits. */
const mostCharacters = 10_000;

/**
 * Opens the log in `file`. A record is `<ISO time> <level> <function> <text>`. Those at level warn and error also go
 * to `print`, without the time.
 */
export function openFunctionLog(file: string, print: (line: string) => void): FunctionLog {
  const stream = fs.createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk must not end the stack: the records are lost, the functions go on.
  stream.on('error', () => {});
  return {
    write(level, name, text) {
      const shown = readable(text);
      if (level === 'warn' || level === 'error') print(`${name}: ${shown}`);
      stream.write(`${new Date().toISOString()} ${level} ${name} ${shown}\n`);
    },
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}

/** Colours and other control characters could change what a terminal shows of other lines. */
function readable(text: string): string {
  const whole = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
  return whole
    .trimEnd()
    .replace(colours, '')
    .replace(platformFrames, '')
    .replace(controls, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(/\r?\n/g, '\n  ');
}

/** Stack frames of Deno and of the worker, which do not help the author of a function. */
const platformFrames = /\n +at [^\n]*(\bext:|\/stack\/src\/functions\/worker\.ts)[^\n]*/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins a colour.
const colours = /\u001b\[[0-9;]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches control characters.
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\r(?!\n)/g;
