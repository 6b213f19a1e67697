import { describe, expect, test } from 'vitest';
import {
  mentionReferences,
  referencesFromFields,
  referencesFromJson,
  tagReferences,
} from '../../supabase/functions/api/posts/references.ts';

const fromField = (text: string) => referencesFromFields([text], tagReferences).names;
const fromJson = (value: unknown) => referencesFromJson(value, tagReferences).names;

describe('tags in a JSON body', () => {
  test.each([
    ['nothing', undefined, []],
    ['null', null, []],
    ['an empty list', [], []],
    ['strings', ['a', 'b'], ['a', 'b']],
    ['objects', [{ name: 'a' }, { name: 'b' }], ['a', 'b']],
    ['strings and objects', ['a', { name: 'b' }], ['a', 'b']],
    ['what the API itself answers', [{ id: '1', name: 'a' }], ['a']],
    ['one object', { name: 'a' }, ['a']],
    ['a text with commas', 'a, b', ['a', 'b']],
    ['a hash in front', ['#a', '＃b', '##c'], ['a', 'b', 'c']],
    ['a comma inside a string of a list', ['a,b'], ['a,b']],
  ])('%s', (_, value, names) => {
    expect(fromJson(value)).toEqual(names);
  });

  test.each([
    ['a number', 5],
    ['a list of numbers', [1]],
    ['a list in a list', [['a']]],
    ['an object without a name', [{ label: 'a' }]],
    ['an object whose name is no text', [{ name: 1 }]],
    ['an inherited name', [Object.create({ name: 'a' })]],
    ['an empty name', ['']],
    ['a name that is only a hash', ['#']],
  ])('%s is refused', (_, value) => {
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
    ['an escaped apostrophe', String.raw`[{'name': 'it\'s'}]`, ["it's"]],
    ['other keys beside the name', "[{'id': '1', 'name': 'a'}]", ['a']],
    ['one object', "{'name': 'a'}", ['a']],
    ['no spaces', "[{'name':'a'},{'name':'b'}]", ['a', 'b']],
    ['an empty list', '[]', []],
  ])('%s', (_, text, names) => {
    expect(fromField(text)).toEqual(names);
  });

  test('the field may be repeated, each time in any shape', () => {
    const fields = ['a', 'b,c', '["d"]', "[{'name': 'e'}]"];
    expect(referencesFromFields(fields, tagReferences).names).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test.each([
    ['a list that does not end', "[{'name': 'a'"],
    ['a string that does not end', "['a"],
    ['names without quotes', '[a, b]'],
    ['an object in an object', "{'name': {'name': 'a'}}"],
    ['a key without a value', "[{'name'}]"],
    ['numbers', '[1, 2]'],
    ['an empty name', "[{'name': ''}]"],
  ])('%s is refused', (_, text) => {
    expect(fromField(text)).toBeNull();
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
  ])('a megabyte of %s is read in linear time', (_, piece) => {
    const hostile = `['${piece.repeat(1_000_000 / piece.length)}`;
    const began = performance.now();
    fromField(hostile);
    fromField(hostile.slice(2));
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('mentions', () => {
  test('by user name or id, with or without @', () => {
    const value = ['@kai', { username: 'mia' }, { id: 'b1', username: 'old_name' }, { name: 'lu' }];
    expect(referencesFromJson(value, mentionReferences).names).toEqual(['kai', 'mia', 'b1', 'lu']);
  });

  test('as text with single quotes', () => {
    expect(referencesFromFields(["[{'username': 'kai'}, '@mia']"], mentionReferences).names).toEqual([
      'kai',
      'mia',
    ]);
  });
});
