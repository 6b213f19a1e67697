import type { OwnProfile, Profile, ProfileEdit } from './api.types.ts';
import {
  attemptAsCaller,
  type CallOptions,
  type Context,
  callApi,
  dataOf,
  type Query,
  type Result,
  read,
} from './calls.ts';
import type { Database, Json } from './database.types.ts';
import { limits } from './limits.ts';
import { checkSize } from './media.ts';

/** The changes of `profiles.update`. Omitted fields stay unchanged; a picture that is null is removed. */
export type ProfileChanges = CallOptions &
  Omit<ProfileEdit, 'profile_pic' | 'cover_pic'> & {
    profile_pic?: Blob | null | undefined;
    cover_pic?: Blob | null | undefined;
  };

/** The sections of an export. */
export type ExportSection = Database['public']['Enums']['export_section_name'];

/** A page of an export: rows as they are stored. */
export interface ExportPage {
  section: ExportSection;
  items: Record<string, Json>[];
}

/** The profiles: `noctra.profiles`. A user without a picture has the URL of a default one. */
export type Profiles = ReturnType<typeof createProfiles>;

/** Makes `noctra.profiles`. */
export function createProfiles(context: Context) {
  const { supabase, reader, url } = context;
  return {
    /**
     * Your own profile, with its private fields.
     *
     * @example
     * const { data: me } = await noctra.profiles.me();
     */
    me: ({ signal }: CallOptions = {}): Promise<Result<OwnProfile>> =>
      attemptAsCaller(context, signal, async () =>
        withUrls(url, await read<OwnProfile>(supabase.rpc('get_profile', {}, { get: true }), signal)),
      ),

    /**
     * The public fields of a user, by user name (in any case, with or without `@`) or id.
     *
     * @example
     * const { data: ann } = await noctra.profiles.get('ann');
     * if (ann) image.src = ann.profile_pic_url;
     */
    get: (idOrUsername: string, { signal }: CallOptions = {}): Promise<Result<Profile>> =>
      attemptAsCaller(context, signal, async () => {
        const query = reader.rpc('get_profile', { person: idOrUsername }, { get: true });
        const { email, date_of_birth, age, ...profile } = await read<OwnProfile>(query, signal);
        return withUrls(url, profile);
      }),

    /**
     * Changes your own profile: all of the changes or none. The server removes a picture's metadata. Posts that mention
     * you show your new name.
     *
     * @example
     * const { data: me, error } = await noctra.profiles.update({ profile_pic: input.files[0], cover_pic: null });
     * if (error?.code === 'username_taken') askForAnotherName();
     */
    update: ({ signal, ...changes }: ProfileChanges): Promise<Result<OwnProfile>> =>
      attemptAsCaller(context, signal, async () => {
        const { profile_pic, cover_pic } = changes;
        if (profile_pic) checkSize(profile_pic, limits.avatar_size, 'profile_pic');
        if (cover_pic) checkSize(cover_pic, limits.cover_size, 'cover_pic');
        const body = profile_pic || cover_pic ? toForm(changes) : changes;
        const request = { method: 'PATCH', body, signal } as const;
        return withUrls(url, await callApi<OwnProfile>(context, 'userprofiles/me/', request));
      }),

    /**
     * Everything that is stored about you, page by page; a section comes as often as it has pages. Throws the error.
     * As one document with URLs of the files: `GET /userprofiles/me/export/`.
     *
     * @example
     * for await (const { section, items } of noctra.profiles.export()) await archive.append(section, items);
     */
    export: ({ signal }: CallOptions = {}): AsyncIterable<ExportPage> => exportPages(context, signal),
  };
}

async function* exportPages(
  context: Context,
  signal: AbortSignal | undefined,
): AsyncGenerator<ExportPage, void, void> {
  const { supabase } = context;
  const get = async <T>(query: Query) =>
    dataOf(await attemptAsCaller(context, signal, () => read<T>(query, signal))) as T;
  for (const section of await get<ExportSection[]>(supabase.rpc('begin_export'))) {
    let after: string | null = null;
    do {
      const page: { items: ExportPage['items']; next: string | null } = await get(
        supabase.rpc('export_section', { section, ...(after && { after }) }, { get: true }),
      );
      yield { section, items: page.items };
      after = page.next;
    } while (after);
  }
}

/** A form has no null: an empty field stands for it. */
function toForm(changes: Omit<ProfileChanges, 'signal'>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(changes)) {
    if (value !== undefined) form.append(name, value instanceof Blob ? value : String(value ?? ''));
  }
  return form;
}

/** The server answers the pictures of people, anywhere in an answer, as paths below the project's URL. */
export function withUrls<T>(url: string, answer: T): T {
  return JSON.parse(JSON.stringify(answer), (name, value) =>
    /_pic/.test(name) && value?.[0] === '/' ? url + value : value,
  );
}
