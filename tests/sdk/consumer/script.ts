// What Node and Deno run: `script.ts <url> <key> <photo>`, the outcome as JSON on its output.
import { readFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { use } from './use.ts';

const [url = '', key = '', photo = ''] = argv.slice(2);
const { buffer, byteOffset, byteLength } = await readFile(photo);
const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
console.log(JSON.stringify(await use(url, key, bytes)));
