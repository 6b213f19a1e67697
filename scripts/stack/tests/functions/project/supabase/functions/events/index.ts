// Answers that go on: events, a WebSocket, and one that never begins; `/state` counts those that never begin,
// and those that were cancelled.
let waiting = 0;
let cancelled = 0;

Deno.serve((request) => {
  const what = new URL(request.url).pathname.split('/').at(-1);
  if (what === 'socket') {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(`heard ${data}`);
    return response;
  }
  if (what === 'state') return Response.json({ waiting, cancelled });
  if (what === 'never') {
    waiting++;
    request.signal.addEventListener('abort', () => cancelled++);
    return new Promise(() => {});
  }
  let timer = 0;
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue('data: 1\n\n');
      timer = setInterval(() => controller.enqueue('data: more\n\n'), 50);
    },
    cancel() {
      clearInterval(timer);
      cancelled++;
    },
  });
  return new Response(stream.pipeThrough(new TextEncoderStream()), {
    headers: { 'content-type': 'text/event-stream' },
  });
});
