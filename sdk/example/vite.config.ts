import { defineConfig } from 'vite';

export default defineConfig({
  resolve: { tsconfigPaths: true },
  // The addresses in the mails of Auth open this port: `site_url` in supabase/config.toml.
  server: { host: '127.0.0.1', port: 3000 },
});
