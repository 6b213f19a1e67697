// `npm run generate`: writes every generated file. The database's come from migrations applied to an empty one.
import fs from 'node:fs';
import path from 'node:path';
import { runMain } from './command.ts';
import { generate } from './generated.ts';
import { root, withOwnNoctra } from './noctra.ts';

runMain(async () => {
  for (const { file, content } of await withOwnNoctra(generate)) {
    fs.writeFileSync(file, content);
    console.log(`Wrote ${path.relative(root, file)}`);
  }
});
