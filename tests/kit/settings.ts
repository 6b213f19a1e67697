/** The Noctra under test: `npm test` starts one, or takes the one that these environment variables name. */
export const settings = {
  get url() {
    return read('NOCTRA_URL');
  },
  get publishableKey() {
    return read('NOCTRA_PUBLISHABLE_KEY');
  },
  get secretKey() {
    return read('NOCTRA_SECRET_KEY');
  },
  get databaseUrl() {
    return read('NOCTRA_DB_URL');
  },
  /** The mailbox of the stack, embedded or Docker's Mailpit; a hosted project has none. */
  get mailUrl() {
    return process.env.NOCTRA_MAIL_URL ?? null;
  },
};

function read(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set. Run the tests with \`npm test\`: see CONTRIBUTING.md.`);
}
