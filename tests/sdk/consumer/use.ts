import { createNoctra, type NewPost } from '../../../sdk/src/index.ts';

/** What an app does with the package, the same in every runtime. */
export async function use(
  url: string,
  key: string,
  picture: ArrayBuffer,
): Promise<{
  caption: string;
  sameBytes: boolean;
  total: number;
  steps: number;
  heard: string | null;
  error: string | undefined;
}> {
  const noctra = createNoctra(url, key, { auth: { persistSession: false, autoRefreshToken: false } });
  const username = `use_${crypto.getRandomValues(new Uint32Array(2)).join('').slice(0, 16)}`;
  const email = `${username}@example.com`;
  const registered = await noctra.auth.register({ username, email, password: 'correct horse battery' });
  if (registered.error) throw registered.error;

  const post: NewPost = {
    caption: 'From a package #packed',
    media: [{ file: new File([picture], 'picture.png', { type: 'image/png' }), alt_text: 'A picture' }],
  };
  const created = await noctra.posts.create(post);
  if (created.error) throw created.error;

  let total = 0;
  for await (const { media } of noctra.posts.list({ owner: 'me', tag: 'packed' })) total += media.length;
  const { data: read } = await noctra.posts.get(created.data.id);
  const file = await fetch(read?.media[0]?.url ?? '').then((response) => response.arrayBuffer());
  const [bytes, expected] = [new Uint8Array(file), new Uint8Array(picture)];
  const large = new File([new Uint8Array(4 * 1024 * 1024)], 'large.mp4', { type: 'video/mp4' });
  const loaded: number[] = [];
  const upload = await noctra.media.upload(large, {
    on_progress: (progress) => void loaded.push(progress.loaded),
  });
  if (upload.error) throw upload.error;
  const heard = await new Promise<string | null>((resolve) => {
    const { ready, unsubscribe } = noctra.comments.subscribe(created.data.id, (event) => {
      if (event.type !== 'added') return;
      unsubscribe();
      resolve(event.comment.text);
    });
    void ready.then(() => noctra.comments.create(created.data.id, { text: 'Live' }));
  });
  await noctra.supabase.realtime.disconnect();
  const { error } = await noctra.posts.get('no id');
  return {
    heard,
    caption: created.data.caption,
    sameBytes: bytes.length === expected.length && bytes.every((byte, place) => byte === expected[place]),
    total,
    steps: loaded.filter((bytes, place) => bytes > (loaded[place - 1] ?? 0)).length,
    error: error?.code,
  };
}
