// Generated from the database by `npm run generate`. Changes here are lost.

/** Noctra's limits: characters for text, bytes for sizes, else counts. The database enforces them. */
export const limits = {
  tags: 30,
  media: 10,
  mentions: 20,
  page_size: 20,
  bio_length: 255,
  cover_size: 10485760,
  media_size: 52428800,
  tag_length: 50,
  unread_max: 100,
  avatar_size: 5242880,
  password_min: 8,
  username_max: 30,
  username_min: 3,
  page_size_max: 100,
  reason_length: 1000,
  report_length: 1000,
  birth_year_min: 1900,
  caption_length: 2200,
  comment_length: 2200,
  alt_text_length: 1000,
  playlist_length: 255,
  password_max_bytes: 72,
  idempotency_key_length: 255,
} as const;
