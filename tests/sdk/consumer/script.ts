// Node and Deno run `script.ts <url> <key> <picture>`. The output is JSON.
import { readFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { use } from './use.ts';

const [url = '', key = '', picture = ''] = argv.slice(2);
const { buffer, byteOffset, byteLength } = await readFile(picture);
const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
console.log(JSON.stringify(await use(url, key, bytes)));
