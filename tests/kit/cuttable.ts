import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { settings } from './settings.ts';

/** A line to the Noctra under test that can be cut. */
export interface CuttableLine {
  url: string;
  /** Ends all connections, and refuses new ones until it is mended. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Opens a line. It passes bytes on, so it serves HTTP and WebSockets. */
export async function openLine(target = settings.url): Promise<CuttableLine> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    if (isCut) return client.destroy();
    const noctra = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, noctra],
      [noctra, client],
    ] as const) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .once('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      hangUp();
    },
    mend() {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        hangUp();
      }),
  };
}
