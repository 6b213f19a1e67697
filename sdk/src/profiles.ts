import type { Context } from './context.ts';
import { limits } from './limits.ts';
import { type Person, readPerson } from './people.ts';
import { pictureUrl } from './pictures.ts';
import { callApi } from './requests.ts';
import { attempt, type CallOptions, type Result } from './result.ts';
import { checkSize } from './uploads.ts';

/** What everybody sees of a person, with the fields of the HTTP API. */
export interface Profile extends Person {
  /** Ready to load; a default picture where none is set. */
  profile_pic_url: string;
  /** Ready to load; a default picture where none is set. */
  cover_pic_url: string;
  role_display_name: string;
}

/** Your own profile. */
export interface OwnProfile extends Profile {
  /** Only you see it; null for an account without one. */
  email: string | null;
  /** `YYYY-MM-DD`. Only you see it. */
  date_of_birth: string | null;
  /** In full years, today. Only you see it. */
  age: number | null;
}

/** What `profiles.update` takes. What is left out stays as it is. */
export interface ProfileChanges extends CallOptions {
  /** 3 to 30 of `A-Z a-z 0-9 _`; taken names are compared without case. */
  username?: string | undefined;
  /** At most 255 characters. */
  bio?: string | undefined;
  /** At most 255 characters. */
  playlist?: string | undefined;
  /** `YYYY-MM-DD`, or null for none. */
  date_of_birth?: string | null | undefined;
  /** Whether others can see your posts. */
  publicProfile?: boolean | undefined;
  /** A preference for clients. */
  anonymous?: boolean | undefined;
  /** A JPEG, PNG or GIF of at most 5 MiB; null takes the picture away. */
  profile_pic?: Blob | null | undefined;
  /** A JPEG, PNG or GIF of at most 10 MiB; null takes the picture away. */
  cover_pic?: Blob | null | undefined;
}

/** The profiles: `noctra.profiles`. */
export interface Profiles {
  /**
   * Your own profile, private fields included.
   *
   * Errors: `not_signed_in`, `network_error`, `aborted`.
   *
   * @example
   * ```ts
   * const { data: me } = await noctra.profiles.me();
   * ```
   */
  me(options?: CallOptions): Promise<Result<OwnProfile>>;

  /**
   * What everybody sees of a person, by user name (in any case, with or without `@`) or id.
   *
   * Errors: `profile_not_found`, `not_signed_in`, `network_error`, `aborted`.
   *
   * @example
   * ```ts
   * const { data: ann } = await noctra.profiles.get('ann');
   * if (ann) image.src = ann.profile_pic_url;
   * ```
   */
  get(idOrUsername: string, options?: CallOptions): Promise<Result<Profile>>;

  /**
   * Changes your own profile: all of what is given, or nothing. Where and when a picture was taken is removed from
   * it. Mentions of you stay with you when you change your name.
   *
   * Errors: `username_invalid`, `username_taken`, `bio_invalid`, `playlist_invalid`, `date_of_birth_invalid`,
   * `media_too_large`, `media_type_unsupported`, `media_type_mismatch`, `not_signed_in`, `network_error`,
   * `aborted`.
   *
   * @example
   * ```ts
   * const { data: me, error } = await noctra.profiles.update({
   *   bio: 'Sunsets, mostly.',
   *   profile_pic: input.files[0],
   *   cover_pic: null, // none any more
   * });
   * if (error?.code === 'username_taken') askForAnotherName();
   * ```
   */
  update(changes: ProfileChanges): Promise<Result<OwnProfile>>;
}

/** Makes `noctra.profiles`. */
export function createProfiles(context: Context): Profiles {
  /** The HTTP API gives addresses of pictures below the project's, the Data API none. */
  const complete = <T extends Pick<Profile, 'profile_pic' | 'cover_pic'>>(profile: T) => ({
    ...profile,
    profile_pic_url: pictureUrl(context, 'avatars', profile.profile_pic),
    cover_pic_url: pictureUrl(context, 'covers', profile.cover_pic),
  });

  return {
    me: ({ signal } = {}) =>
      attempt(async () => {
        const request = { method: 'GET', path: 'userprofiles/me/', signal } as const;
        return complete(await callApi<OwnProfile>(context, request));
      }, signal),

    get: (idOrUsername, { signal } = {}) =>
      attempt(async () => {
        const profile = await readPerson(context, idOrUsername, signal);
        const role_display_name = profile.role.replace(/^./, (letter) => letter.toUpperCase());
        return complete({ ...profile, role_display_name });
      }, signal),

    update: ({ signal, ...changes }) =>
      attempt(async () => {
        const { profile_pic, cover_pic } = changes;
        if (profile_pic) checkSize(profile_pic, limits.avatar_size, 'profile_pic');
        if (cover_pic) checkSize(cover_pic, limits.cover_size, 'cover_pic');
        // Pictures travel through the function: they are public, and it looks at what they are and what they tell.
        const body = profile_pic || cover_pic ? toForm(changes) : changes;
        const request = { method: 'PATCH', path: 'userprofiles/me/', body, signal } as const;
        // A profile that is changed twice in the same way is changed once.
        return complete(await callApi<OwnProfile>(context, request));
      }, signal),
  };
}

/** A form has no null: there an empty field says it. */
function toForm(changes: Omit<ProfileChanges, 'signal'>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(changes)) {
    if (value !== undefined) form.append(name, value instanceof Blob ? value : String(value ?? ''));
  }
  return form;
}
