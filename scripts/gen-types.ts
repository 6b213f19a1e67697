// `npm run gen-types`: writes the files that are made from the database, from migrations applied to an empty one.
import fs from 'node:fs';
import path from 'node:path';
import { generate } from './generated.ts';
import { root, withNoctra } from './noctra.ts';

const files = await withNoctra(generate);
for (const { file, content } of files) {
  fs.writeFileSync(file, content);
  console.log(`Wrote ${path.relative(root, file)}`);
}
