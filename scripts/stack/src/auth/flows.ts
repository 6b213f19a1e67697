import { createHash, randomUUID } from 'node:crypto';
import type { Row } from 'postgres';
import { sameText } from '../same-text.ts';
import { AuthError, invalid } from './auth-error.ts';
import { type Body, text } from './body.ts';
import type { SignInMethod } from './sessions.ts';
import type { Db } from './user-rows.ts';

/** The client's half of the PKCE flow: only the client that made the challenge can exchange the code of a link. */
export interface Challenge {
  challenge: string;
  method: 's256' | 'plain';
}

/** A row of `auth.flow_state`. */
export interface Flow extends Row {
  id: string;
  user_id: string | null;
  auth_code: string | null;
  authentication_method: SignInMethod;
  code_challenge: string | null;
  code_challenge_method: string | null;
  auth_code_issued_at: Date | null;
  created_at: Date;
}

/** How long a code may wait to be exchanged. */
const lifetime = 5 * 60_000;

/** The challenge in a request's body, or null for the implicit flow. */
export function readChallenge(body: Body): Challenge | null {
  const challenge = text(body, 'code_challenge');
  const method = text(body, 'code_challenge_method').toLowerCase();
  if (!challenge && !method) return null;
  if (!challenge || !method) throw invalid('PKCE flow requires code_challenge_method and code_challenge');
  if (challenge.length < 43 || challenge.length > 128)
    throw invalid('code challenge has to be between 43 and 128 characters');
  if (!/^[a-zA-Z._~0-9-]+$/.test(challenge))
    throw invalid(
      'code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes',
    );
  if (method !== 's256' && method !== 'plain') throw invalid(`unsupported code_challenge method "${method}"`);
  return { challenge, method };
}

/** Remembers a challenge until the link in the mail is followed. */
export async function startFlow(
  db: Db,
  userId: string,
  method: SignInMethod,
  challenge: Challenge | null,
): Promise<void> {
  if (!challenge) return;
  await db`delete from auth.flow_state where created_at < now() - interval '1 day'`;
  await db`
    insert into auth.flow_state (
      id, user_id, auth_code, authentication_method, provider_type, code_challenge, code_challenge_method, created_at, updated_at
    ) values (
      ${randomUUID()}, ${userId}, ${randomUUID()}, ${method}, ${method === 'email/signup' ? 'email' : method},
      ${challenge.challenge}, ${challenge.method}, now(), now()
    )
  `;
}

/** The code that a followed link gives to the app. */
export async function issueCode(db: Db, userId: string, method: SignInMethod): Promise<string> {
  const [flow] = await db<Flow[]>`
    update auth.flow_state set auth_code_issued_at = now(), updated_at = now()
    where id = (
      select id from auth.flow_state
      where user_id = ${userId} and authentication_method = ${method}
      order by created_at desc limit 1
    )
    returning *
  `;
  if (flow?.auth_code) return flow.auth_code;
  throw new AuthError(
    400,
    'flow_state_not_found',
    'No associated flow state found. No valid flow state found for user.',
  );
}

/** Takes the flow of a code, once, if the verifier matches its challenge. */
export async function takeFlow(db: Db, code: string, verifier: string): Promise<Flow & { user_id: string }> {
  const [flow] = await db<Flow[]>`select * from auth.flow_state where auth_code = ${code} for update`;
  if (!flow?.user_id)
    throw new AuthError(404, 'flow_state_not_found', 'invalid flow state, no valid flow state found');
  if (Date.now() > (flow.auth_code_issued_at ?? flow.created_at).getTime() + lifetime)
    throw new AuthError(422, 'flow_state_expired', 'invalid flow state, flow state has expired');
  const expected =
    flow.code_challenge_method === 'plain'
      ? verifier
      : createHash('sha256').update(verifier).digest('base64url');
  if (!sameText(expected, flow.code_challenge ?? ''))
    throw new AuthError(
      400,
      'bad_code_verifier',
      'code challenge does not match previously saved code verifier',
    );
  await db`delete from auth.flow_state where id = ${flow.id}`;
  return { ...flow, user_id: flow.user_id };
}
