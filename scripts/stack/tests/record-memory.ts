// Loaded into a stack with `node --import`: records the peak memory of its process, in bytes, many times a second. Its child
// processes do not count.
import fs from 'node:fs';

const file = process.env.STACK_MEMORY_FILE;
if (file && process.argv[1]?.endsWith('bin.js')) {
  // Written beside and renamed: a reader always finds a whole number.
  const write = () => {
    fs.writeFileSync(`${file}.new`, String(process.resourceUsage().maxRSS * 1024));
    fs.renameSync(`${file}.new`, file);
  };
  setInterval(write, 20).unref();
}
