import { connect } from 'node:net';

/** Bytes that no HTTP client sends, each with a name. */
export function rawMessages(token: string): [what: string, message: string][] {
  const head = `POST /api/posts/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n`;
  const json = 'Content-Type: application/json\r\n';
  return [
    ['nothing but noise', '\0\xff\xfe\r\n\r\n'],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['an HTTP that does not exist', 'GET / HTTP/9.9\r\n\r\n'],
    ['a request without a host', 'GET /api/health/ HTTP/1.1\r\n\r\n'],
    ['a method in small letters', 'get /api/health/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'],
    [
      'the address of another host',
      'GET http://example.com/api/health/ HTTP/1.1\r\nHost: example.com\r\n\r\n',
    ],
    [
      'a path that is no ASCII',
      `${head.replace('posts/', 'posts/\xff?\xff=\xfe')}Content-Length: 2\r\n\r\n{}`,
    ],
    ['a NUL in a header', `${head}X-Odd: a\0b\r\n\r\n`],
    ['a header without a name', `${head}: x\r\n\r\n`],
    ['a header that goes on in the next line', `${head}X-Odd: a\r\n b\r\n\r\n`],
    ['line ends without a carriage return', 'GET /api/health/ HTTP/1.1\nHost: x\nX: y\n\n'],
    ['two lengths', `${head}${json}Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}`],
    ['a length and chunks', `${head}${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a length that is none', `${head}${json}Content-Length: -1\r\n\r\n{}`],
    ['a length of all memory', `${head}${json}Content-Length: 99999999999999999999\r\n\r\n{}`],
    ['chunks that are none', `${head}${json}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`],
    ['a chunk that never comes', `${head}${json}Transfer-Encoding: chunked\r\n\r\nffff\r\n{}`],
    ['two codings of the body', `${head}${json}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    [
      'a request behind a refused one',
      `${head}${json}Content-Length: 2\r\n\r\n{}DELETE /api/userprofiles/me/ HTTP/1.1\r\n`,
    ],
    ['headers without an end', `${head}${'X-Odd: y\r\n'.repeat(30_000)}`],
  ];
}

/** Sends bytes; returns the statuses that came until either side closed. */
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
    // Half of them wait for more: that is a valid answer.
    socket.setTimeout(2_000, done);
    socket.write(Buffer.from(message, 'latin1'));
  });
}
