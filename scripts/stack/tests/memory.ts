// Loaded into a stack before itself (`node --import`): writes down, many times a second, the most memory that its process
// has taken so far, in bytes. The programs that it starts are of no concern here.
import fs from 'node:fs';

const file = process.env.STACK_MEMORY_FILE;
if (file && process.argv[1]?.endsWith('bin.js')) {
  // Written beside and renamed: whoever reads finds a whole number.
  const write = () => {
    fs.writeFileSync(`${file}.new`, String(process.resourceUsage().maxRSS * 1024));
    fs.renameSync(`${file}.new`, file);
  };
  setInterval(write, 20).unref();
}
