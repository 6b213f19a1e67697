import { limits } from '../../../sdk/src/index.ts';

document.title = String(limits.media);
