import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { boundLog } from '../src/log-files.ts';
import { copyProject, removeProjects, run, until } from './running.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true });
});

describe('a log', () => {
  it('that is too long is put aside, and a process that has it open continues in the emptied file', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logs-'));
    folders.push(folder);
    const file = path.join(folder, 'postgres.log');
    const writer = fs.openSync(file, 'a');
    try {
      fs.writeSync(writer, 'first\n');
      boundLog(file, 6);
      expect(fs.readdirSync(folder)).toEqual(['postgres.log']);
      fs.writeSync(writer, 'second\n');
      boundLog(file, 6);
      fs.writeSync(writer, 'third\n');
      expect(fs.readFileSync(`${file}.1`, 'utf8')).toBe('first\nsecond\n');
      expect(fs.readFileSync(file, 'utf8')).toBe('third\n');
    } finally {
      fs.closeSync(writer);
    }
  });

  it('is shown with others in the order of time, with whole entries, and followed when it is put aside', async () => {
    const project = copyProject();
    const logs = path.join(project, '.stack/logs');
    fs.mkdirSync(logs, { recursive: true });
    const write = (name: string, text: string) => fs.writeFileSync(path.join(logs, name), text);
    write('functions.log.1', '2026-01-01T00:00:00.000Z error hello oldest\n');
    write('functions.log', '2026-01-03T00:00:00.000Z error hello third\n    at index.ts:1\n');
    write('postgres.log', '2026-01-02 00:00:00.000 UTC [7] FATAL:  second\n');
    write('keys.txt', '2026-01-04T00:00:00.000Z not a log\n');
    const all = run(project, 'logs');
    expect(await all.ended).toBe(0);
    expect(all.output().split('\n')).toEqual([
      'functions  2026-01-01T00:00:00.000Z error hello oldest',
      'postgres   2026-01-02 00:00:00.000 UTC [7] FATAL:  second',
      'functions  2026-01-03T00:00:00.000Z error hello third',
      '    at index.ts:1',
      '',
    ]);
    const few = run(project, 'logs', 'functions', '--lines', '1');
    await few.ended;
    expect(few.output()).toBe('2026-01-03T00:00:00.000Z error hello third\n    at index.ts:1\n');
    const young = run(project, 'logs', '--since', '1m');
    await young.ended;
    expect(young.output()).toBe('');

    const following = run(project, 'logs', 'functions', '--follow');
    await until(() => following.output().includes('third'), 'what was there is shown');
    boundLog(path.join(logs, 'functions.log'), 1);
    fs.appendFileSync(path.join(logs, 'functions.log'), '2026-01-05T00:00:00.000Z info hello new\n');
    await until(() => following.output().includes('info hello new'), 'it goes on');
    following.child.kill();
    await following.ended;
    await removeProjects([project]);
  });
});
