// Uses too much of what the address names.
function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

function fill(megabytes: number): number {
  return new Uint8Array(megabytes << 20).fill(1).length;
}

Deno.serve(async (request) => {
  const what = new URL(request.url).pathname.split('/').at(-1);
  if (what === 'throw') throw new Error('thrown');
  if (what === 'uncaught') setTimeout(() => Promise.reject(new Error('nobody caught it')));
  if (what === 'exit') Deno.exit(1);
  if (what === 'loop') for (;;);
  if (what === 'pauses') {
    for (;;) {
      spin(20);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  if (what === 'buffers') {
    const kept = [];
    for (;;) {
      kept.push(new Uint8Array(8 << 20).fill(1));
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  if (what === 'heap') {
    const kept = [];
    for (;;) kept.push(new Array(100_000).fill({}));
  }
  if (what === 'garbage') {
    for (let i = 0; i < 3; i++) {
      fill(120);
      // Long enough for the watchdog to see it.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  if (what === 'little') spin(5);
  if (what === 'wait') await new Promise((resolve) => setTimeout(resolve, 3_000));
  if (what === 'never' || what === 'uncaught') await new Promise(() => {});
  return Response.json(Deno.pid);
});
