import type { FuzzRequest } from './requests.ts';

/** The request as a shell command; `names` are the variables that replace tokens and keys. */
export function asCurl(
  origin: string,
  { method, path, headers, body, cutAfter }: FuzzRequest,
  names: ReadonlyMap<string, string>,
): string {
  const options = headers.map(
    ([name, value]) => ` \\\n  -H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`,
  );
  let command = `curl -i -X ${method} --path-as-is ${quoted(origin + path)}${options.join('')}`;
  for (const [secret, name] of names) command = command.replaceAll(secret, `'"$${name}"'`);
  if (!body) return command;
  const cut = cutAfter === null ? '' : `\n  (cut off after ${cutAfter} of the body)`;
  const decode = body.length > 100_000 ? '' : `echo ${body.toString('base64')} | base64 -d | `;
  const note = decode
    ? ''
    : `\n  (a body of ${body.length} bytes that begins ${quoted(body.toString('utf8', 0, 200))})`;
  return `${decode}${command} \\\n  --data-binary @-${note}${cut}`;
}

/** Quotes a word for the shell; bytes outside ASCII are escaped. */
function quoted(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = [...Buffer.from(text, 'latin1')].map((byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x27 || byte === 0x5c
      ? `\\x${byte.toString(16).padStart(2, '0')}`
      : String.fromCharCode(byte),
  );
  return `$'${escaped.join('')}'`;
}
