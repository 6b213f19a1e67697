import type { TransactionSql } from 'postgres';
import type { Disk } from './disk.ts';
import type { Tokens } from './tokens.ts';
import type { Identity, Session } from './transactions.ts';

/** What a handler works with. */
export interface Context {
  request: Request;
  /** The bytes of the request's body. Bytes that a handler leaves unread are dropped before the answer is sent. */
  body: AsyncIterable<Uint8Array>;
  disk: Disk;
  tokens: Tokens;
  /** The most bytes that a file of any bucket may have. */
  fileSizeLimit: number;
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

/** Answers a request, or throws a StorageError. */
export type Handler = (context: Context) => Promise<Response>;

/** The user that a new object belongs to. */
export function ownerOf({ claims }: Identity): string | undefined {
  return typeof claims.sub === 'string' ? claims.sub : undefined;
}
