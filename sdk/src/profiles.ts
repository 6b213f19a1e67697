import type { OwnProfile, Profile, ProfileEdit } from './api.types.ts';
import { attemptAsCaller, type CallOptions, type Context, callApi, type Result, read } from './calls.ts';
import { limits } from './limits.ts';
import { checkSize } from './media.ts';

/** The changes of `profiles.update`. Omitted fields stay unchanged; a picture that is null is removed. */
export type ProfileChanges = CallOptions &
  Omit<ProfileEdit, 'profile_pic' | 'cover_pic'> & {
    profile_pic?: Blob | null | undefined;
    cover_pic?: Blob | null | undefined;
  };

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
  };
}

/** A form has no null: an empty field stands for it. */
function toForm(changes: Omit<ProfileChanges, 'signal'>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(changes)) {
    if (value !== undefined) form.append(name, value instanceof Blob ? value : String(value ?? ''));
  }
  return form;
}

const pictures = ['profile_pic', 'profile_pic_url', 'cover_pic', 'cover_pic_url'] as const;

/** The server answers pictures as paths below the project's URL. */
export function withUrls<T extends { [name in (typeof pictures)[number]]?: string }>(
  url: string,
  person: T,
): T {
  const complete = { ...person };
  for (const name of pictures) {
    const path = person[name];
    if (path?.startsWith('/')) complete[name] = url + path;
  }
  return complete;
}
