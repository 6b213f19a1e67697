import { use } from './use.ts';

declare global {
  interface Window {
    use: typeof use;
  }
}

window.use = use;
