import { setTimeout as delay } from 'node:timers/promises';
import { freeBytes, reserves } from '../disk-space.ts';
import { errorMessage } from '../errors.ts';
import { type PostgresOptions, type PostgresServer, startPostgres } from './server.ts';

/** A server that ran for longer did not fail for the reason that it failed for before. */
const healthyAfterMs = 60_000;

/** One that ends so often in a row does not get well by starting it. */
const mostInARow = 5;

/** Between two looks at a disk that was too full to start. */
const fullDiskWaitMs = 500;

/**
 * Starts PostgreSQL, and again, on the same port, whenever it ends by itself: recovery from a crash takes it a second
 * and loses no committed write. `died` resolves when that does not help; a full disk is waited for. `report` is told.
 */
export async function keepPostgres(
  options: PostgresOptions,
  report: (sentence: string) => void,
): Promise<PostgresServer> {
  let server = await startPostgres(options);
  const gone = Promise.withResolvers<string>();
  let stopping = false;
  let restarting: Promise<unknown> = Promise.resolve();

  async function watch(): Promise<void> {
    for (let inARow = 1; ; inARow++) {
      const started = Date.now();
      const said = await server.died;
      if (stopping) return;
      if (Date.now() - started > healthyAfterMs) inARow = 1;
      if (inARow > mostInARow) {
        gone.resolve(said);
        return;
      }
      report(`The database ended, and is started again. It said last: ${said}`);
      restarting = restart();
      const failure = await restarting;
      if (typeof failure === 'string') {
        gone.resolve(failure);
        return;
      }
      if (!stopping) report('The database is back');
    }
  }

  /** Gives why the server does not start, or nothing when it runs. */
  async function restart(): Promise<string | undefined> {
    while (!stopping) {
      try {
        server = await startPostgres(options);
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
    died: gone.promise,
    async stop() {
      stopping = true;
      await restarting;
      await server.stop();
    },
  };
}
