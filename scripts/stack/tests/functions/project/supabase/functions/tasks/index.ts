// A task goes on after its answer; where it is told to, it calls an address when it is done.
declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void };

addEventListener('beforeunload', () => console.log('about to end'));

Deno.serve((request) => {
  const { searchParams } = new URL(request.url);
  const task = async () => {
    await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get('ms'))));
    console.log(`task ${searchParams.get('name')} is done`);
  };
  EdgeRuntime.waitUntil(task());
  return new Response('answered');
});
