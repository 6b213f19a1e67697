import 'vitest';

/** The stack under test: one started for the tests, or the one that the environment names. */
export interface Target {
  url: string;
  publishableKey: string;
  secretKey: string;
  /** PostgreSQL, as the role postgres. */
  databaseUrl: string;
  /** The project's older secret, which signs tokens of HS256. */
  jwtSecret: string;
  /** The mailbox's address: the embedded stack's, or Mailpit's. */
  mailUrl: string;
}

/** The environment variable for each part of a stack under test. */
export const variables: Record<keyof Target, string> = {
  url: 'STACK_URL',
  publishableKey: 'STACK_PUBLISHABLE_KEY',
  secretKey: 'STACK_SECRET_KEY',
  databaseUrl: 'STACK_DB_URL',
  jwtSecret: 'STACK_JWT_SECRET',
  mailUrl: 'STACK_MAIL_URL',
};

declare module 'vitest' {
  interface ProvidedContext {
    target: Target;
  }
}
