import { randomUUID } from 'node:crypto';
import type { Post as ApiPost } from '../../sdk/src/api.types.ts';
import type { Database } from '../../sdk/src/database.types.ts';
import { fixtureBytes } from './files.ts';
import { type Person, type Project, secretClient } from './people.ts';
import { dataOf } from './results.ts';

/** A post as `create_post`, `get_post` and `list_posts` return it: the function adds the URLs of its media. */
export type Post = Omit<ApiPost, 'media'> & { media: Omit<ApiPost['media'][number], 'url'>[] };

type Arguments = Database['public']['Functions']['create_post']['Args'];

/** Publishes a post over the Data API. */
export async function createPost(
  { client }: Pick<Person, 'client'>,
  fields: Partial<Arguments> = {},
): Promise<Post> {
  const post: unknown = dataOf(await client.rpc('create_post', { caption: 'A post', ...fields }));
  return post as Post;
}

/** Puts a picture into bucket `post-media` as the function does: a post of the user may then claim its path. */
export async function publishFile({ id }: Pick<Person, 'id'>, project?: Project): Promise<string> {
  const bytes = fixtureBytes('picture.png');
  const path = `${id}/${randomUUID()}.png`;
  const mime_type = 'image/png';
  const secret = secretClient(project);
  const file = { bucket_id: 'post-media', name: path, owner_id: id, mime_type, size: bytes.length };
  dataOf(await secret.rpc('register_file', { ...file, file_type: 'image', width: 1, height: 1 }));
  dataOf(await secret.storage.from('post-media').upload(path, bytes, { contentType: mime_type }));
  return path;
}
