// The SDK's types of requests and answers, from the OpenAPI document.
// openapi-typescript would do it, but it needs the compiler API, which TypeScript 7 does not have.

import path from 'node:path';
import type { GeneratedFile } from './generated-file.ts';
import { root } from './noctra.ts';
import { openApiDocument } from './openapi-document.ts';

/** What Noctra's document uses of JSON Schema. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  description?: string;
}

/** What the SDK uses. Its own types of new posts and changes differ: they take files. */
const names = [
  'Register',
  'SignIn',
  'PasswordChange',
  'PasswordReset',
  'PasswordResetConfirm',
  'ProfileEdit',
  'Post',
  'Like',
  'Save',
  'NewComment',
  'CommentEdit',
  'Comment',
  'Profile',
  'OwnProfile',
  'Person',
  'Follow',
  'Block',
  'Mute',
  'Notification',
  'NotificationSettings',
  'Unread',
  'NewReport',
  'SentReport',
  'Report',
  'TagCount',
  'ReportEdit',
];

/** The file that is made from the OpenAPI document. */
export async function apiTypesFile(): Promise<GeneratedFile> {
  const { components } = await openApiDocument();
  const { schemas } = components as { schemas: Record<string, Schema> };
  return {
    file: path.join(root, 'sdk', 'src', 'api.types.ts'),
    content: `// Generated from the OpenAPI document by \`npm run generate\`. Changes here are lost.\n\n${declare(schemas)}`,
  };
}

/** Declares the schemas that the SDK uses, and those that they refer to. */
function declare(schemas: Record<string, Schema>): string {
  const declarations = new Map<string, string>();

  const add = (name: string) => {
    const schema = schemas[name];
    if (!schema) throw new Error(`The OpenAPI document has no schema ${name}.`);
    if (declarations.has(name)) return;
    const text = `${comment(schema, '')}export type ${name} = ${typeOf(schema, '')};\n`;
    declarations.set(name, text);
  };

  const typeOf = (schema: Schema, indent: string): string => {
    const { $ref, anyOf, allOf, items, properties, type } = schema;
    const each = (parts: Schema[]) => parts.map((part) => typeOf(part, indent));
    if ($ref) {
      const name = $ref.replace(/^.*\//, '');
      add(name);
      return name;
    }
    if (schema.enum) return schema.enum.map((value) => (value === null ? 'null' : `'${value}'`)).join(' | ');
    if (anyOf) return [...new Set(each(anyOf))].join(' | ');
    if (allOf) return each(allOf).join(' & ');
    if (Array.isArray(type)) return each(type.map((one) => ({ ...schema, type: one }))).join(' | ');
    if (type === 'integer') return 'number';
    if (type === 'array') return `Array<${typeOf(items ?? {}, indent)}>`;
    if (type !== 'object') return type ?? 'unknown';
    const lines = Object.entries(properties ?? {}).map(([name, property]) => {
      const isRequired = schema.required?.includes(name);
      const value = typeOf(property, `${indent}  `);
      const field = isRequired ? `${name}: ${value}` : `${name}?: ${value} | undefined`;
      return `${comment(property, `${indent}  `)}${indent}  ${field};\n`;
    });
    return `{\n${lines.join('')}${indent}}`;
  };

  for (const name of names) add(name);
  return [...declarations.values()].join('\n');
}

function comment({ description }: Schema, indent: string): string {
  return description ? `${indent}/** ${description} */\n` : '';
}
