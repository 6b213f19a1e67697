// Runs a Noctra in this process until the parent disconnects. Its data are in the folder of the first argument.
import { readProject, startStack } from 'embedded-supabase';
import { root, withoutAuthLimits } from '../../../scripts/noctra.ts';

const stack = await startStack({ project: withoutAuthLimits(readProject(root, process.argv[2])) });

stack.failed.then((why) => console.error(why));

process.on('message', () => {
  // Needs --expose-gc: after a collection, the heap holds only what is still referenced.
  globalThis.gc?.();
  process.send?.({ heapBytes: process.memoryUsage().heapUsed });
});
process.on('disconnect', async () => {
  await stack.stop();
  process.exit(0);
});
process.send?.({ ...stack.run, ...stack.keys });
