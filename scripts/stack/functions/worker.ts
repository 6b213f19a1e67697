/// <reference lib="deno.ns" />
// Runs inside Deno: starts one edge function on a free port of the loopback interface and says which.
// Arguments: the URL of the function's entry point, and the mark that goes before the port on standard output.

const [entrypoint, mark] = Deno.args;
const serve = Deno.serve.bind(Deno);
let handler: Deno.ServeHandler | undefined;

// A function calls Deno.serve without an address, or exports an object with `fetch`; both are served here.
Deno.serve = ((...args: unknown[]) => {
  const options = args.find(
    (arg): arg is { handler?: Deno.ServeHandler } => typeof arg === 'object' && arg !== null,
  );
  handler = args.find((arg): arg is Deno.ServeHandler => typeof arg === 'function') ?? options?.handler;
  if (!handler) throw new TypeError('Deno.serve was called without a handler');
  return listen(handler);
}) as typeof Deno.serve;

function listen(handle: Deno.ServeHandler) {
  return serve(
    { hostname: '127.0.0.1', port: 0, onListen: ({ port }) => console.log(`${mark}${port}`) },
    handle,
  );
}

// The stack keeps this open for as long as it lives: a function never outlives it, however it ended.
(async () => {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
})();

const module: { default?: { fetch?: Deno.ServeHandler } } = await import(entrypoint ?? '');
const exported = module.default?.fetch;
if (!handler && typeof exported === 'function') listen((request, info) => exported(request, info));
else if (!handler)
  throw new Error('The function neither calls Deno.serve nor exports an object with a method "fetch".');
