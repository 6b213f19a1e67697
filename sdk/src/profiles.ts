import { type Context, requireCaller, unwrap } from './context.ts';
import type { Database } from './database.types.ts';
import { NoctraError } from './errors.ts';
import { pictureUrl } from './pictures.ts';
import { attempt, type Result } from './result.ts';

type ProfileRow = Database['public']['Tables']['profiles']['Row'];

/** Your own profile, with the fields of the HTTP API. */
export interface OwnProfile
  extends Pick<
    ProfileRow,
    'id' | 'username' | 'bio' | 'playlist' | 'is_vip' | 'role' | 'created_at' | 'updated_at'
  > {
  /** The object's name in the bucket `avatars`. */
  profile_pic: string | null;
  /** Ready to load; a default picture where none is set. */
  profile_pic_url: string;
  /** The object's name in the bucket `covers`. */
  cover_pic: string | null;
  /** Ready to load; a default picture where none is set. */
  cover_pic_url: string;
  role_display_name: string;
  /** Whether others can see your posts. */
  publicProfile: boolean;
  /** A preference for clients; the server keeps it and does nothing with it. */
  anonymous: boolean;
  /** Only you see it; null for an account without one. */
  email: string | null;
  /** `YYYY-MM-DD`. Only you see it. */
  date_of_birth: string | null;
  /** In full years, today. Only you see it. */
  age: number | null;
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
  me(options?: { signal?: AbortSignal | undefined }): Promise<Result<OwnProfile>>;
}

/** Makes `noctra.profiles`. */
export function createProfiles(context: Context): Profiles {
  const { supabase } = context;
  return {
    me: ({ signal } = {}) =>
      attempt(async () => {
        const caller = await requireCaller(context);
        const query = supabase
          .from('profiles')
          .select(
            `id, username, bio, playlist, profile_pic:avatar_path, cover_pic:cover_path, is_vip, role,
            publicProfile:is_public, anonymous:is_anonymous, created_at, updated_at,
            private:private_profiles(date_of_birth)`,
          )
          .eq('id', caller.id);
        const [row] = unwrap(await (signal ? query.abortSignal(signal) : query));
        // The token outlives the account by minutes.
        if (!row)
          throw new NoctraError({ code: 'not_signed_in', message: 'The account is gone.', status: 401 });
        const { private: secret, ...profile } = row;
        const date_of_birth = secret?.date_of_birth ?? null;
        return {
          ...profile,
          profile_pic_url: pictureUrl(context, 'avatars', profile.profile_pic),
          cover_pic_url: pictureUrl(context, 'covers', profile.cover_pic),
          role_display_name: profile.role.replace(/^./, (letter) => letter.toUpperCase()),
          email: caller.email,
          date_of_birth,
          age: date_of_birth === null ? null : ageOn(new Date(), date_of_birth),
        };
      }, signal),
  };
}

/** Full years between a date of birth (`YYYY-MM-DD`) and a day: dates of that form compare as text. */
function ageOn(day: Date, date_of_birth: string): number {
  const [today, born] = [day.toISOString().slice(0, 10), date_of_birth];
  return Number(today.slice(0, 4)) - Number(born.slice(0, 4)) - (today.slice(5) < born.slice(5) ? 1 : 0);
}
