import { setTimeout as delay } from 'node:timers/promises';
import { freeBytes, reserves } from '../disk-space.ts';
import { errorMessage } from '../errors.ts';
import { type PostgresOptions, type PostgresServer, startPostgres } from './server.ts';

/** After this time a failure is a new one, not a repetition. */
const healthyAfterMs = 60_000;

/** A server that ends so often in a row is given up. */
const mostInARow = 5;

/** Between two checks of a disk that is too full for a start. */
const fullDiskWaitMs = 500;

/**
 * Starts PostgreSQL, and restarts it on the same port whenever it ends by itself: crash recovery takes a second and loses
 * no committed write. On a full disk it waits for space. `died` resolves when restarting does not help.
 */
export async function keepPostgres(
  options: PostgresOptions,
  report: (sentence: string) => void,
): Promise<PostgresServer> {
  let server = await startPostgres(options);
  const { port } = server;
  const gone = Promise.withResolvers<string>();
  let stopping = false;
  let restarting: Promise<string | undefined> = Promise.resolve(undefined);

  async function watch(): Promise<void> {
    let started = Date.now();
    let said = await server.died;
    for (let inARow = 1; !stopping; inARow++) {
      if (Date.now() - started > healthyAfterMs) inARow = 1;
      if (inARow > mostInARow) {
        gone.resolve(said);
        return;
      }
      report(`The database ended, and is started again. It said last: ${said}`);
      started = Date.now();
      restarting = restart();
      const failure = await restarting;
      // A server may end again while it starts.
      if (failure === undefined && !stopping) report('The database is back');
      said = failure ?? (await server.died);
    }
  }

  /** Returns why the server does not start, or nothing when it runs. */
  async function restart(): Promise<string | undefined> {
    while (!stopping) {
      try {
        server = await startPostgres({ ...options, port });
        return undefined;
      } catch (error) {
        if ((await freeBytes(options.dataDir)) > reserves.database) return errorMessage(error);
        await delay(fullDiskWaitMs);
      }
    }
    return undefined;
  }

  void watch();
  return {
    port,
    died: gone.promise,
    async stop() {
      stopping = true;
      await restarting;
      await server.stop();
    },
  };
}
