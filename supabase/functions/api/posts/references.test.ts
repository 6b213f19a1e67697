import { describe, expect, test } from 'vitest';
import { cpuMilliseconds } from '../../../../tests/kit/cpu.ts';
import { mentions, tags } from './references.ts';

const fromJson = (value: unknown) => tags.json.safeParse(value).data ?? null;
const fromFields = (...fields: string[]) => tags.form.safeParse(fields).data ?? null;

describe('tags in a JSON body', () => {
  test.each([
    ['an empty list', [], []],
    ['strings', ['a', 'b'], ['a', 'b']],
    ['objects', [{ name: 'a' }, { name: 'b' }], ['a', 'b']],
    ['strings and objects', ['a', { name: 'b' }], ['a', 'b']],
    ['the objects of an answer', [{ id: '1', name: 'a' }], ['a']],
    ['the objects of older answers', [{ id: 1, name: 'a' }], ['a']],
    ['a tag called like a word of JSON', ['null', '#true'], ['null', 'true']],
    ['one object', { name: 'a' }, ['a']],
    ['a text with commas', 'a, b', ['a', 'b']],
    ['a text with JSON', '["a", "b"]', ['a', 'b']],
    ['a hash in front', ['#a', '＃b', '##c'], ['a', 'b', 'c']],
    ['a hash inside', ['c#'], ['c#']],
    ['a comma inside a string of a list', ['a,b'], ['a,b']],
  ])('are read from %s', (_, value, names) => {
    expect(fromJson(value)).toEqual(names);
  });

  test.each([
    ['a number', 5],
    ['a list of numbers', [1]],
    ['a list in a list', [['a']]],
    ['an object without a name', [{ label: 'a' }]],
    ['an object whose name is no text', [{ name: 1 }]],
    ['an empty name', ['']],
    ['a name that is only a hash', ['#']],
    ['two hashtags in one name', ['#a #b']],
    ['a text with an unclosed list', '["a"'],
    ['an object with an unknown key', [{ name: 'a', x: 1 }]],
    ['a text of null', 'null'],
  ])('are refused as %s', (_, value) => {
    expect(fromJson(value)).toBeNull();
  });
});

describe('tags in a form field', () => {
  test.each([
    ['nothing', '', []],
    ['spaces', '  ', []],
    ['one name', 'amazing', ['amazing']],
    ['a comma list', 'a, #b ,c,', ['a', 'b', 'c']],
    ['a comma list with an apostrophe', "it's, fine", ["it's", 'fine']],
    ['a JSON array of objects', '[{"name": "a"}, {"name": "b"}]', ['a', 'b']],
    ['a JSON array of strings', '["a", "b"]', ['a', 'b']],
    ['a JSON string', '"a"', ['a']],
    ['single quotes, as in the example', "[{'name': 'amazing'}]", ['amazing']],
    ['several with single quotes', "[{'name': 'a'}, {'name': 'b'}]", ['a', 'b']],
    ['strings with single quotes', "['a', 'b']", ['a', 'b']],
    ['both quotes, as Python writes them', `[{'name': "it's"}, {'name': 'b'}]`, ["it's", 'b']],
    ['an apostrophe inside single quotes', "[{'name': 'it's'}]", ["it's"]],
    ['two apostrophes inside single quotes', "['rock'n'roll']", ["rock'n'roll"]],
    ['a tag called like a word of JSON', '#true, null', ['true', 'null']],
    ['an escaped apostrophe', String.raw`[{'name': 'it\'s'}]`, ["it's"]],
    ['other keys beside the name', "[{'id': '1', 'name': 'a'}]", ['a']],
    ['one object', "{'name': 'a'}", ['a']],
    ['no spaces', "[{'name':'a'},{'name':'b'}]", ['a', 'b']],
    ['an empty list', '[]', []],
  ])('are read from %s', (_, text, names) => {
    expect(fromFields(text)).toEqual(names);
  });

  test('may be repeated, each time in any shape', () => {
    const fields = ['a', 'b,c', '["d"]', "[{'name': 'e'}]"];
    expect(fromFields(...fields)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test.each([
    ['a bracket', '['],
    ['a list that does not end', "[{'name': 'a'"],
    ['a list whose end is missing', "[{'name': 'a'}"],
    ['a string that does not end', "['a"],
    ['names without quotes', '[a, b]'],
    ['an object in an object', "{'name': {'name': 'a'}}"],
    ['a key without a value', "[{'name'}]"],
    ['numbers', '[1, 2]'],
    ['an empty name', "[{'name': ''}]"],
    ['hashtags without commas', '#a #b'],
    ['strings without commas', "['a' 'b']"],
    ['strings without commas and spaces', "['a''b']"],
    ['strings in double quotes without commas', '["a" "b"]'],
    ['a double quote in a string', '["a"b"]'],
    ['null', 'null'],
    ['true', ' true '],
    ['what a script without a list writes', 'undefined'],
    ['an unknown key', "[{'name': 'a', 'x': 1}]"],
  ])('are refused as %s', (_, text) => {
    expect(fromFields(text)).toBeNull();
  });

  test.each([
    ['brackets', '['],
    ['braces', '{'],
    ['single quotes', "'"],
    ['quotes with spaces between', "' "],
    ['backslashes', '\\'],
    ['commas', ','],
    ['objects', "{'name':'a'},"],
    ['hashes', '#'],
  ])('are read at once from hostile %s', (_, piece) => {
    const time = cpuMilliseconds(() => {
      for (const length of [19_990, 1_000_000]) {
        const hostile = `['${piece.repeat(length / piece.length)}`;
        fromFields(hostile);
        fromFields(hostile.slice(2));
      }
    });
    expect(time).toBeLessThan(500);
  });
});

describe('mentions', () => {
  test('are user names or ids, with or without @', () => {
    const value = ['@kai', { username: 'mia' }, { id: 'b1', username: 'old_name' }, { name: 'lu' }];
    expect(mentions.json.parse(value)).toEqual(['kai', 'mia', 'b1', 'lu']);
  });

  test.each([{ id: 'b1', x: 1 }, { username: 'kai', x: 1 }, { x: 1 }, {}])('are refused as %j', (value) => {
    expect(mentions.json.safeParse([value]).success).toBe(false);
  });

  test('are read from a text with single quotes', () => {
    expect(mentions.form.parse(["[{'username': 'kai'}, '@mia']"])).toEqual(['kai', 'mia']);
  });
});
