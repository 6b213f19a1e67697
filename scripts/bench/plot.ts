// `npm run bench:plot -- [report.json …]`: draws one or more reports as an HTML page, saved beside the first report.
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../noctra.ts';
import { plotPage } from './plots.ts';

const given = process.argv.slice(2);
const files = given.length > 0 ? given : [path.join(root, '.bench', 'report.json')];
const reports = files.map((file) => ({
  title: path.basename(file, '.json'),
  report: JSON.parse(fs.readFileSync(file, 'utf8')),
}));
const page = path.join(path.dirname(files[0] ?? '.'), `${path.basename(files[0] ?? 'report', '.json')}.html`);
fs.writeFileSync(page, plotPage(reports));
console.log(`Open ${path.resolve(page)} in a browser.`);
