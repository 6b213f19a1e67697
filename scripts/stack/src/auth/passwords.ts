import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Project } from '../project.ts';
import { AuthError, invalid } from './auth-error.ts';
import type { PasswordTask } from './password-worker.ts';

type AuthConfig = Project['config']['auth'];

/** Passwords: the project's rules for them, and their hashes. */
export interface Passwords {
  /** What is wrong with a password by the project's rules, or null. */
  weakness(password: string): { message: string; reasons: string[] } | null;
  /** Refuses a password that is too weak (422 `weak_password`) or too long for bcrypt. */
  check(password: string): void;
  hash(password: string): Promise<string>;
  matches(password: string, hash: string): Promise<boolean>;
  /** The hash of a random password, for users who sign in by mail. */
  hashRandom(): Promise<string>;
  close(): Promise<void>;
}

/** bcrypt reads no more than this. */
const mostBytes = 72;

const letters = { lower: 'abcdefghijklmnopqrstuvwxyz', upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' };
const digits = '0123456789';
const symbols = '!@#$%^&*()_+-=[]{};\'\\:"|<>?,./`~';

/** A password must have a character of each set, by `password_requirements`. */
const requiredCharacters: Record<string, readonly string[]> = {
  letters_digits: [letters.lower + letters.upper, digits],
  lower_upper_letters_digits: [letters.lower, letters.upper, digits],
  lower_upper_letters_digits_symbols: [letters.lower, letters.upper, digits, symbols],
};

/**
 * Hashes are made in threads of their own: each takes a tenth of a second of a processor. The database cannot make
 * them: the role of Auth has no right on pgcrypto.
 */
export function createPasswords(config: AuthConfig): Passwords {
  const required = requiredCharacters[config.password_requirements] ?? [];
  const workers: Worker[] = [];
  const waiting = new Map<number, PromiseWithResolvers<string | boolean>>();
  let asked = 0;

  function ask(task: Omit<PasswordTask, 'id'>): Promise<string | boolean> {
    const id = asked;
    asked += 1;
    const index = id % Math.min(availableParallelism(), 4);
    workers[index] ??= startWorker();
    const answer = Promise.withResolvers<string | boolean>();
    waiting.set(id, answer);
    workers[index].postMessage({ ...task, id });
    return answer.promise;
  }

  function startWorker(): Worker {
    const worker = new Worker(new URL('./password-worker.ts', import.meta.url));
    worker.on('message', ({ id, result }: { id: number; result: string | boolean }) => {
      waiting.get(id)?.resolve(result);
      waiting.delete(id);
    });
    worker.on('error', (error) => {
      workers.splice(0);
      for (const answer of waiting.values()) answer.reject(error);
      waiting.clear();
    });
    // An idle worker must not keep the process alive.
    worker.unref();
    return worker;
  }

  async function hash(password: string): Promise<string> {
    const made = await ask({ password });
    if (typeof made !== 'string') throw new Error('The password could not be hashed');
    return made;
  }

  const weakness: Passwords['weakness'] = (password) => {
    const messages: string[] = [];
    const reasons: string[] = [];
    if (Buffer.byteLength(password) < config.minimum_password_length) {
      reasons.push('length');
      messages.push(`Password should be at least ${config.minimum_password_length} characters.`);
    }
    if (!required.every((set) => [...set].some((character) => password.includes(character)))) {
      reasons.push('characters');
      messages.push(`Password should contain at least one character of each: ${required.join(', ')}.`);
    }
    return reasons.length > 0 ? { message: messages.join(' '), reasons } : null;
  };

  return {
    weakness,
    check(password) {
      if (Buffer.byteLength(password) > mostBytes)
        throw invalid(`Password cannot be longer than ${mostBytes} characters`);
      const weak = weakness(password);
      if (!weak) return;
      throw new AuthError(422, 'weak_password', weak.message, { weak_password: { reasons: weak.reasons } });
    },
    hash,
    async matches(password, stored) {
      return (await ask({ password, hash: stored })) === true;
    },
    hashRandom: () => hash(randomBytes(mostBytes / 2).toString('base64url')),
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
