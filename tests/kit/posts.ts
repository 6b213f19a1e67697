import { randomUUID } from 'node:crypto';
import type { Database } from '../../sdk/src/database.types.ts';
import { fixtureBytes } from './files.ts';
import { type Person, secretClient } from './people.ts';
import { dataOf } from './results.ts';

/** A post as `create_post`, `get_post` and `list_posts` return it. */
export interface Post {
  id: string;
  owner: { id: string; username: string; profile_pic_url: string; is_vip: boolean };
  caption: string;
  is_public: boolean;
  tags: { id: string; name: string }[];
  mentions: { id: string; username: string }[];
  media: { id: string; file: string; file_type: string; mime_type: string; size: number }[];
  original_post: string | null;
  is_repost: boolean;
  hidden_at: string | null;
  created_at: string;
  updated_at: string;
}

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
export async function publishFile({ id }: Pick<Person, 'id'>): Promise<string> {
  const bytes = fixtureBytes('picture.png');
  const path = `${id}/${randomUUID()}.png`;
  const mime_type = 'image/png';
  const secret = secretClient();
  const file = { bucket_id: 'post-media', name: path, owner_id: id, mime_type, size: bytes.length };
  dataOf(await secret.rpc('register_file', { ...file, file_type: 'image', width: 1, height: 1 }));
  dataOf(await secret.storage.from('post-media').upload(path, bytes, { contentType: mime_type }));
  return path;
}
