import { connect } from 'node:net';

/** Messages that no HTTP client sends, by name. */
export function rawMessages(token: string): [name: string, message: string][] {
  const head = `POST /api/posts/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n`;
  const json = 'Content-Type: application/json\r\n';
  return [
    ['random bytes', '\0\xff\xfe\r\n\r\n'],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['an unknown HTTP version', 'GET / HTTP/9.9\r\n\r\n'],
    ['a request without a host', 'GET /api/health/ HTTP/1.1\r\n\r\n'],
    ['a method in lower case', 'get /api/health/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'],
    [
      'an absolute URL of another host',
      'GET http://example.com/api/health/ HTTP/1.1\r\nHost: example.com\r\n\r\n',
    ],
    [
      'a path with non-ASCII bytes',
      `${head.replace('posts/', 'posts/\xff?\xff=\xfe')}Content-Length: 2\r\n\r\n{}`,
    ],
    ['a NUL in a header', `${head}X-Odd: a\0b\r\n\r\n`],
    ['a header without a name', `${head}: x\r\n\r\n`],
    ['a folded header', `${head}X-Odd: a\r\n b\r\n\r\n`],
    ['lines that end without a carriage return', 'GET /api/health/ HTTP/1.1\nHost: x\nX: y\n\n'],
    ['two lengths', `${head}${json}Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}`],
    ['a length and chunks', `${head}${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['an invalid length', `${head}${json}Content-Length: -1\r\n\r\n{}`],
    ['a length beyond 64 bits', `${head}${json}Content-Length: 99999999999999999999\r\n\r\n{}`],
    ['malformed chunks', `${head}${json}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`],
    ['a chunk that is incomplete', `${head}${json}Transfer-Encoding: chunked\r\n\r\nffff\r\n{}`],
    ['two codings of the body', `${head}${json}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    [
      'a request pipelined after a refused one',
      `${head}${json}Content-Length: 2\r\n\r\n{}DELETE /api/userprofiles/me/ HTTP/1.1\r\n`,
    ],
    ['headers without an end', `${head}${'X-Odd: y\r\n'.repeat(30_000)}`],
  ];
}

/** Sends bytes; returns the statuses of the first answer, or none after two seconds. */
export function sendRaw(origin: string, message: string): Promise<number[]> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: hostname, port: Number(port) });
    const done = () => {
      socket.destroy();
      resolve([...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)));
    };
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      done();
    });
    socket.on('error', done).on('close', done);
    // The server may wait for the rest of the message: that is no failure.
    socket.setTimeout(2_000, done);
    socket.write(Buffer.from(message, 'latin1'));
  });
}
