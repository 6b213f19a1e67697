import { createNoctra } from '../../../sdk/src/index.ts';

/** What the test drives from outside. */
declare global {
  interface Window {
    createNoctra: typeof createNoctra;
    noctra: ReturnType<typeof createNoctra>;
  }
}

window.createNoctra = createNoctra;
