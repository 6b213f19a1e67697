import { z } from '@hono/zod-openapi';
import { describe, expect, test } from 'vitest';
import { PasswordResetConfirmBody } from '../auth/auth-schemas.ts';
import { NewPost, NewPostForm } from '../posts/post-schemas.ts';
import { ProfileEdit, ProfileEditForm } from '../profiles/profile-schemas.ts';
import { emptyAsNull, fieldsOf, fromTexts } from './form.ts';
import { PageQuery } from './lists.ts';
import { validate } from './validate.ts';

/** The problem with which a schema refuses a value. */
function refusal(schema: z.ZodType, value: unknown) {
  try {
    validate(schema, value);
  } catch (error) {
    return (error as { problem: Record<string, unknown> }).problem;
  }
  throw new Error('It was not refused.');
}

describe('a schema of texts', () => {
  const schema = fromTexts(
    z.strictObject({
      name: z.string(),
      size: z.int().default(3),
      on: z.boolean().nullish(),
      sure: z.boolean().optional(),
      day: z.string().nullish(),
    }),
    { day: emptyAsNull(z.string().nullable()) },
  );

  test.each([
    [{ name: 'a' }, { name: 'a', size: 3 }],
    [
      { name: '', size: '12', on: 'Yes', day: ' ' },
      { name: '', size: 12, on: true, day: null },
    ],
    [
      { name: 'a', on: 'OFF' },
      { name: 'a', size: 3, on: false },
    ],
    [
      { name: 'a', on: '' },
      { name: 'a', size: 3, on: null },
    ],
  ])('reads %j', (texts, output) => {
    expect(schema.parse(texts)).toEqual(output);
  });

  test.each([
    {},
    { name: 'a', size: 'many' },
    { name: 'a', size: '1.5' },
    ...['0x10', '1e1', '+5', ' 5', '05', '', '1 ', '٥'].map((size) => ({ name: 'a', size })),
    { name: 'a', on: 'maybe' },
    { name: 'a', sure: '' },
    { name: 'a', x: '' },
  ])('refuses %j', (texts) => {
    expect(schema.safeParse(texts).success).toBe(false);
  });
});

describe('the fields of a form', () => {
  test('are lists where the schema has lists', () => {
    const values = [
      ['caption', ['x']],
      ['tags', ['a', 'b']],
      ['media', ['p']],
    ] as const;
    expect(fieldsOf(NewPostForm, values)).toEqual({ caption: 'x', tags: ['a', 'b'], media: ['p'] });
  });

  test('are refused where a single value is repeated', () => {
    expect(() => fieldsOf(PageQuery, [['limit', ['1', '2']]])).toThrow('Give limit once.');
  });

  test('give each file the alternative text of its place', () => {
    const form = { caption: 'x', media: ['', 'a', 'b'], alt_text: ['first'] };
    expect(validate(NewPostForm, form)).toMatchObject({
      media: [
        { file: 'a', alt_text: 'first' },
        { file: 'b', alt_text: '' },
      ],
    });
    expect(refusal(NewPostForm, { ...form, alt_text: ['1', '2', '3'] })).toMatchObject({
      code: 'alt_text_invalid',
    });
  });
});

describe('an unknown field', () => {
  test.each([
    ['isPublic', NewPost, 'is_public'],
    ['publicProfile', NewPost, 'is_public'],
    ['file', NewPostForm, 'media'],
    ['images', NewPostForm, 'media'],
    ['is_public', ProfileEdit, 'publicProfile'],
    ['Profile-Pic', ProfileEditForm, 'profile_pic'],
    ['limits', PageQuery, 'limit'],
  ])('%s is named with the field that was meant', (name, schema, meant) => {
    const message = `There is no ${name} here. Did you mean ${meant}?`;
    expect(refusal(schema, { caption: 'x', [name]: 'x' })).toMatchObject({
      status: 422,
      errors: { [name]: [message] },
    });
  });

  test('without a resemblance is named with the known fields', () => {
    expect(refusal(PageQuery, { order: 'x' })).toMatchObject({
      code: 'field_unknown',
      errors: { order: ['There is no order here. Known: limit, cursor.'] },
    });
  });

  test.each(['constructor', 'toString', 'hasOwnProperty'])('may be called %s', (name) => {
    expect(refusal(NewPost, { caption: 'x', [name]: 1 })).toMatchObject({
      code: 'field_unknown',
      errors: { [name]: [expect.any(String)] },
    });
    const fields = fieldsOf(NewPostForm, [[name, ['1', '2']]]);
    expect(Object.keys(fields)).toEqual([name]);
  });

  test('does not make the answer large', () => {
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, place) => [`x${place}`.padEnd(500, 'x'), 1]),
    );
    expect(JSON.stringify(refusal(PageQuery, many)).length).toBeLessThan(10_000);
  });
});

test('a rule that an item of a list breaks is named by its field', () => {
  const media = [{ path: 'a', alt_text: 'x'.repeat(1001) }];
  expect(refusal(NewPost, { caption: 'x', media })).toMatchObject({
    code: 'alt_text_invalid',
    errors: { alt_text: [expect.stringContaining('1000')] },
  });
  expect(refusal(NewPost, { caption: 'x', media: [{ path: 5 }] })).toMatchObject({
    code: 'media_invalid',
    errors: { media: [expect.any(String)] },
  });
  expect(refusal(NewPost, { caption: 'x', media: new Array(11).fill('a') })).toMatchObject({
    code: 'media_too_many',
  });
});

describe('a body with two forms', () => {
  test.each([
    [{ code: '123456', new_password: 'a new password' }, ['email']],
    [{ email: 'a@example.com', new_password: 'a new password' }, ['code']],
    [{ email: 'a@example.com', code: '123456' }, ['new_password']],
    [{ token_hash: '', new_password: 'a new password' }, ['token_hash']],
  ])('is judged as the one that %j resembles', (body, fields) => {
    expect(Object.keys(refusal(PasswordResetConfirmBody, body).errors as object)).toEqual(fields);
  });
});
