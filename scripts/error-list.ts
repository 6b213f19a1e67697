import fs from 'node:fs';
import path from 'node:path';
import { errors } from '../supabase/functions/api/http/errors.ts';
import type { GeneratedFile } from './generated-file.ts';
import { root } from './noctra.ts';

/** The files that are made from the list of errors. */
export function errorFiles(): GeneratedFile[] {
  return [documentation(), sdkCodes()];
}

const TABLE = /(<!-- generated from functions\/api\/http\/errors\.ts -->\n)[\s\S]*?(<!-- end -->)/;

function documentation(): GeneratedFile {
  const file = path.join(root, 'docs', 'errors.md');
  const rows = errors.map(({ code, status, when }) => `| \`${code}\` | ${status || '—'} | ${when} |`);
  const table = ['| code | status | when, and what to do |', '|---|---|---|', ...rows, ''].join('\n');
  return { file, content: fs.readFileSync(file, 'utf8').replace(TABLE, `$1${table}$2`) };
}

function sdkCodes(): GeneratedFile {
  const statuses = errors.map(({ code, status }) => `  ${code}: ${status};`).join('\n');
  return {
    file: path.join(root, 'sdk', 'src', 'error-codes.ts'),
    content: `// Generated from supabase/functions/api/http/errors.ts by \`npm run generate\`. Changes here are lost.

/** The status of each error code of Noctra. Only a type, so that it adds nothing to an app. */
export interface ErrorStatuses {
${statuses}
}

/** The codes of errors of Noctra. docs/errors.md says when each is raised. */
export type ErrorCode = keyof ErrorStatuses;
`,
  };
}
