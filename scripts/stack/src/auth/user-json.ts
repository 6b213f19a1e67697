import type { Db, Identity, User } from './user-rows.ts';

/** The user as JSON, with identities. */
export async function userJson(db: Db, user: User) {
  const identities = await db<
    Identity[]
  >`select * from auth.identities where user_id = ${user.id} order by created_at`;
  return userWith(user, identities);
}

/** The user as JSON. As on Supabase, empty fields are left out. */
export function userWith(user: User, identities: readonly Identity[]) {
  const set = (name: string, value: Date | string | null) => (value ? { [name]: value } : {});
  return {
    id: user.id,
    aud: user.aud ?? '',
    role: user.role ?? '',
    email: user.email ?? '',
    ...set('email_confirmed_at', user.email_confirmed_at),
    ...set('invited_at', user.invited_at),
    phone: user.phone ?? '',
    ...set('phone_confirmed_at', user.phone_confirmed_at),
    ...set('confirmation_sent_at', user.confirmation_sent_at),
    ...set('confirmed_at', user.confirmed_at),
    ...set('recovery_sent_at', user.recovery_sent_at),
    ...set('new_email', user.email_change),
    ...set('email_change_sent_at', user.email_change_sent_at),
    ...set('reauthentication_sent_at', user.reauthentication_sent_at),
    ...set('last_sign_in_at', user.last_sign_in_at),
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    identities: identities.map((identity) => ({
      identity_id: identity.id,
      id: identity.provider_id,
      user_id: identity.user_id,
      identity_data: identity.identity_data,
      provider: identity.provider,
      last_sign_in_at: identity.last_sign_in_at,
      created_at: identity.created_at,
      updated_at: identity.updated_at,
      ...set('email', identity.email),
    })),
    created_at: user.created_at,
    updated_at: user.updated_at,
    ...set('banned_until', user.banned_until),
    ...set('deleted_at', user.deleted_at),
    is_anonymous: user.is_anonymous,
  };
}
