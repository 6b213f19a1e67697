import type { ISql, Row } from 'postgres';
import type { Body } from './body.ts';

/** The database, or a transaction in it. */
export type Db = ISql;

/** A row of `auth.users`. */
export interface User extends Row {
  id: string;
  aud: string | null;
  role: string | null;
  email: string | null;
  encrypted_password: string | null;
  email_confirmed_at: Date | null;
  confirmed_at: Date | null;
  invited_at: Date | null;
  confirmation_token: string | null;
  confirmation_sent_at: Date | null;
  recovery_token: string | null;
  recovery_sent_at: Date | null;
  email_change: string | null;
  email_change_token_new: string | null;
  email_change_token_current: string | null;
  email_change_sent_at: Date | null;
  email_change_confirm_status: number;
  phone: string | null;
  phone_confirmed_at: Date | null;
  reauthentication_token: string | null;
  reauthentication_sent_at: Date | null;
  raw_app_meta_data: Body | null;
  raw_user_meta_data: Body | null;
  banned_until: Date | null;
  deleted_at: Date | null;
  is_anonymous: boolean;
  last_sign_in_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** A row of `auth.identities`: one way of signing in. */
export interface Identity extends Row {
  id: string;
  provider: string;
  provider_id: string;
  user_id: string;
  identity_data: Body;
  email: string | null;
  last_sign_in_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** New values of columns of a user. */
export type UserChanges = Partial<
  Omit<User, 'id' | 'confirmed_at' | 'created_at' | 'updated_at' | keyof Row>
> &
  Record<string, unknown>;

/** A user before the insertion, as the hook "Before User Created" is shown. */
export interface NewUser {
  id: string;
  aud: string;
  role: string;
  email: string | null;
  app_metadata: Body;
  user_metadata: Body;
  is_anonymous: boolean;
}
