// Runs a Noctra in this process, with its data in the folder of the argument, until the parent disconnects.
import { readProject, startStack } from 'embedded-supabase';
import { root, withoutAuthLimits } from '../../../scripts/noctra.ts';

const stack = await startStack({
  project: withoutAuthLimits(readProject(root, process.argv[2])),
  host: '127.0.0.1',
  ports: { api: 0, database: 0, mailbox: 0, studio: 0 },
  onStep: () => {},
});

stack.failed.then((why) => console.error(why));

process.on('message', () => {
  // Started with --expose-gc: what is left after a collection is in use.
  globalThis.gc?.();
  process.send?.({ heapBytes: process.memoryUsage().heapUsed });
});
process.on('disconnect', async () => {
  await stack.stop();
  process.exit(0);
});
process.send?.({ ...stack.run, ...stack.keys });
