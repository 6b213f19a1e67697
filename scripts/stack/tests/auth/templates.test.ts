import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compileTemplate } from '../../src/auth/template-language.ts';
import { readTemplates, type TemplateData } from '../../src/auth/templates.ts';

const values = { Email: 'ann@example.com', Data: { language: 'uk', name: 'Ann', empty: [], count: 0 } };

describe('the template language', () => {
  test.each([
    ['Hi {{ .Email }}!', 'Hi ann@example.com!'],
    ['{{.Data.name}} {{ .Data.missing }}{{ .Missing.deeper }}.', 'Ann .'],
    ['{{ if .Data.name }}yes{{ end }}', 'yes'],
    ['{{ if .Data.empty }}a{{ else if .Data.count }}b{{ else }}c{{ end }}', 'c'],
    ['{{ if eq .Data.language "en" "uk" }}either{{ end }}', 'either'],
    ['{{ if and .Data.missing .Email }}both{{ else }}not{{ end }}', 'not'],
    ['{{ if or .Data.missing (ne .Data.language "en") }}one{{ end }}', 'one'],
    ['{{ if not .Data.empty }}{{ if .Email }}inner{{ end }}{{ end }}', 'inner'],
    ['{{ index .Data "name" }}{{/* nothing */}}', 'Ann'],
    ['a  {{- .Data.name -}}  b', 'aAnnb'],
    ['{{ "}}" }}', '}}'],
    ['{{ .Data.constructor }}', ''],
  ])('turns %j into %j', (source, expected) => {
    expect(compileTemplate(source)(values, (text) => text)).toBe(expected);
  });

  test.each([
    '{{ range .Data }}{{ end }}',
    '{{ .Email | html }}',
    '{{ if .Email }}',
    '{{ if .Email }}{{ else }}',
    '{{ end }}',
    '{{ .Email',
    '{{ eq }}',
    '{{ (.Email }}',
    '{{ }}',
  ])('refuses %j with a reason', (source) => {
    expect(() => compileTemplate(source)).toThrow(/\{\{/);
  });
});

describe('the templates of a project', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stack-templates-'));
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  const data: TemplateData = {
    ConfirmationURL: 'http://127.0.0.1/verify?a=1&b=2',
    Email: 'ann@example.com',
    NewEmail: '',
    OldEmail: '',
    SendingTo: 'ann@example.com',
    Token: '123456',
    TokenHash: 'abc',
    RedirectTo: 'https://example.com/?a=b&c=d',
    Data: {
      bad: 'x" onclick="y <b>',
      script: 'JavaScript:alert(1)',
      bare: 'x onclick=y',
      line: 'a\r\nBcc: b',
    },
  };

  function render(source: string, subject = ''): { subject: string; html: string } {
    fs.writeFileSync(path.join(folder, 'mail.html'), source);
    const template = { subject, content_path: './mail.html' };
    return readTemplates(
      { template: { recovery: template }, notification: {} },
      'https://example.com',
      folder,
    ).render('recovery', data);
  }

  test.each([
    ['<p>{{ .Data.bad }}</p>', '<p>x&#34; onclick=&#34;y &#60;b&#62;</p>'],
    ['<a href="{{ .ConfirmationURL }}">', '<a href="http://127.0.0.1/verify?a=1&#38;b=2">'],
    [
      '<a href="{{ .SiteURL }}/x?to={{ .RedirectTo }}">',
      '<a href="https://example.com/x?to=https%3A%2F%2Fexample.com%2F%3Fa%3Db%26c%3Dd">',
    ],
    ["<a href='{{ .Data.script }}'>", "<a href='#ZgotmplZ'>"],
    ['<a href={{ .Data.script }}>', '<a href=#ZgotmplZ>'],
    ['<i title={{ .Data.bare }}>', '<i title=x&#32;onclick&#61;y>'],
  ])('are safe in %s', (source, expected) => {
    expect(render(source).html).toBe(expected);
  });

  test('have a subject of one line', () => {
    expect(render('x', '{{ .Token }}: {{ .Data.line }}').subject).toBe('123456: a Bcc: b');
  });

  test('of notifications are found in supabase/ as well', () => {
    fs.mkdirSync(path.join(folder, 'supabase'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'supabase/notice.html'), 'inside');
    fs.writeFileSync(path.join(folder, 'outside.html'), 'outside');
    const bodyOf = (content_path: string) =>
      readTemplates(
        { template: {}, notification: { email_changed: { enabled: true, subject: '', content_path } } },
        'https://example.com',
        folder,
      ).render('email_changed', data).html;
    expect(['./notice.html', './outside.html'].map(bodyOf)).toEqual(['inside', 'outside']);
  });

  test('are named in the error about them', () => {
    const read = (content_path: string) =>
      readTemplates(
        { template: { magic_link: { subject: '', content_path } }, notification: {} },
        'https://example.com',
        folder,
      );
    expect(() => read('./none.html')).toThrow(/none\.html cannot be read/);
    fs.writeFileSync(path.join(folder, 'broken.html'), '{{ range .X }}');
    expect(() => read('./broken.html')).toThrow(/template\.magic_link\] cannot be used/);
  });
});
