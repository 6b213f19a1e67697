// The minimal server for the same answers: it sends the same SQL with the same driver and forwards PostgreSQL's JSON. It
// has no gateway, verifies no token and parses no query.
// Arguments: the database URL of `authenticator`, and the id of the reader. Prints its port.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import postgres from 'postgres';
import { createPostText, onePostText, pageSize, pageText, profileText } from './texts.ts';

const [databaseUrl = '', readerId = ''] = process.argv.slice(2);

/** The same number of connections as the Data API has. */
const sql = postgres(databaseUrl, { max: 16, onnotice: () => {} });
const claims = JSON.stringify({ sub: readerId, role: 'authenticated', aud: 'authenticated' });
const afterAll = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const newest = pageText(`list_posts(before => $1::uuid, page_limit => ${pageSize})`);

async function answer(text: string, values: string[], mode: 'read only' | 'read write'): Promise<string> {
  const connection = await sql.reserve();
  try {
    // Sent together, in one round trip to the database.
    const [, , rows] = await Promise.all([
      connection.unsafe(`begin ${mode}`),
      connection.unsafe(
        `select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)`,
        [claims],
        { prepare: true },
      ),
      connection.unsafe<{ body: string }[]>(text, values, { prepare: true }),
      connection.unsafe('commit'),
    ]);
    return rows[0]?.body ?? 'null';
  } finally {
    connection.release();
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const [, what, which = ''] = (request.url ?? '').split('/');
    try {
      const body =
        what === 'page'
          ? await answer(newest, [afterAll], 'read only')
          : what === 'post'
            ? await answer(onePostText, [which], 'read only')
            : what === 'profile'
              ? await answer(profileText, [which], 'read only')
              : await answer(
                  createPostText,
                  [JSON.parse(Buffer.concat(chunks).toString()).caption],
                  'read write',
                );
      response.writeHead(what === 'create' ? 201 : 200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
// The parent ends this process by closing its input.
process.stdin.on('end', () => process.exit()).resume();
