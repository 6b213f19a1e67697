/** The Noctra that the tests speak to: `npm test` starts one of its own, or takes the one that is named here. */
export const settings = {
  url: read('NOCTRA_URL'),
  publishableKey: read('NOCTRA_PUBLISHABLE_KEY'),
  secretKey: read('NOCTRA_SECRET_KEY'),
  databaseUrl: read('NOCTRA_DB_URL'),
  /** A second address of the function `api`: the embedded gateway has a shorter one, others have only the platform's. */
  apiUrl: process.env.NOCTRA_API_URL ?? `${read('NOCTRA_URL')}/functions/v1/api`,
};

function read(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(
      `${name} is not set. Run the tests with \`npm test\`, or name a running Noctra: see CONTRIBUTING.md.`,
    );
  return value;
}
