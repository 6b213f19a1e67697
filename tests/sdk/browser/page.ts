import { createNoctra } from '../../../sdk/src/index.ts';

/** What the test uses. */
declare global {
  interface Window {
    createNoctra: typeof createNoctra;
    noctra: ReturnType<typeof createNoctra>;
  }
}

window.createNoctra = createNoctra;
