import type { TransactionSql } from 'postgres';
import type { Disk } from './disk.ts';
import type { StorageOptions } from './index.ts';
import type { ResumableUploads } from './resumable/index.ts';
import type { Identity, Session } from './session.ts';
import type { Tokens } from './tokens.ts';

/** What a handler works with. */
export interface Context {
  request: Request;
  options: StorageOptions;
  disk: Disk;
  tokens: Tokens;
  resumable: ResumableUploads;
  /** Who asks; null without a key. */
  caller: Identity | null;
  /** Who the caller's statements run as: without a key, anon. */
  identity: Identity;
  session: Session;
  /** The bucket of the path; empty where the path has none. */
  bucket: string;
  /** The object's name in the path; empty where the path has none. */
  key: string;
  /** Runs statements in one transaction, with the caller's rights. */
  asCaller<T>(run: (tx: TransactionSql) => Promise<T>): Promise<T>;
  /** Runs statements in one transaction, with all rights. */
  asService<T>(run: (tx: TransactionSql) => Promise<T>): Promise<T>;
}

/** The user that a new object belongs to. */
export function ownerOf({ claims }: Identity): string | undefined {
  return typeof claims.sub === 'string' ? claims.sub : undefined;
}
