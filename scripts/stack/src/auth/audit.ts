import { randomUUID } from 'node:crypto';
import type { Db, User } from './user-rows.ts';

/** The audited actions of Supabase Auth, and the kind of each. */
const kinds = {
  login: 'account',
  logout: 'account',
  token_refreshed: 'token',
  token_revoked: 'token',
  user_signedup: 'team',
  user_invited: 'team',
  user_deleted: 'team',
  user_modified: 'user',
  user_updated_password: 'user',
  user_recovery_requested: 'user',
  user_confirmation_requested: 'user',
  user_repeated_signup: 'user',
  user_reauthenticate_requested: 'user',
} as const;

/** Adds a line to `auth.audit_log_entries`, which admins read in Studio. */
export async function audit(
  db: Db,
  action: keyof typeof kinds,
  actor: User | 'service_role',
  traits?: object,
): Promise<void> {
  const byUser = actor !== 'service_role';
  const payload = {
    action,
    actor_id: byUser ? actor.id : '00000000-0000-0000-0000-000000000000',
    actor_username: byUser ? (actor.email ?? '') : actor,
    actor_via_sso: false,
    log_type: kinds[action],
    ...(traits ? { traits } : {}),
  };
  await db`
    insert into auth.audit_log_entries (id, payload, created_at)
    values (${randomUUID()}, ${db.json(payload as Parameters<Db['json']>[0])}, now())
  `;
}
