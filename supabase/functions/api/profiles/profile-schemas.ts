import { z } from '@hono/zod-openapi';
import { timestamp, uuid } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { today } from './profile-values.ts';

export const username = z
  .string('A user name is required.')
  .regex(
    new RegExp(`^[A-Za-z0-9_]{${limits.username_min},${limits.username_max}}$`),
    `A user name has ${limits.username_min} to ${limits.username_max} of the characters A-Z, a-z, 0-9 and _.`,
  )
  .openapi({ example: 'kai_berlin' });

export const dateOfBirth = z.iso
  .date({ error: 'A date of birth is written YYYY-MM-DD.', abort: true })
  .refine(
    (date) => date >= '1900-01-01' && date <= today(),
    'A date of birth lies between 1900-01-01 and today.',
  )
  .openapi({ example: '2004-02-29' });

/** What everybody sees of a profile. */
export const ProfileAnswer = z
  .object({
    id: uuid,
    username: z.string(),
    bio: z.string(),
    playlist: z.string(),
    profile_pic: z.string().nullable(),
    profile_pic_url: z.string(),
    cover_pic: z.string().nullable(),
    cover_pic_url: z.string(),
    is_vip: z.boolean(),
    role: z.enum(['user', 'moderator', 'admin']),
    role_display_name: z.string(),
    publicProfile: z.boolean(),
    anonymous: z.boolean(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi('Profile');

/** What the owner sees of his profile. */
export const OwnProfileAnswer = ProfileAnswer.extend({
  email: z.string().nullable(),
  date_of_birth: z.iso.date().nullable(),
  age: z.int().nullable(),
}).openapi('OwnProfile');

const text = (name: string, limit: number, code: string) =>
  z
    .string(`${name} is a text.`)
    .refine((value) => [...value].length <= limit, `${name} has at most ${limit} characters.`)
    .openapi({ maxLength: limit, description: code });

const bio = text('A bio', limits.bio_length, 'About the person.');

const playlist = text('A playlist', limits.playlist_length, 'What the person listens to.');

/** The fields of an edit of one's profile once its shape (JSON or form) is undone: what is missing stays as it is. */
export const ProfileEdit = z.object({
  username: username.nullish(),
  bio: bio.nullish(),
  playlist: playlist.nullish(),
  // Null takes these three away.
  date_of_birth: dateOfBirth.nullable().optional(),
  profile_pic: z.string('Give the path of an upload, or null.').nullable().optional(),
  cover_pic: z.string('Give the path of an upload, or null.').nullable().optional(),
  publicProfile: z.boolean('Give true or false.').nullish(),
  anonymous: z.boolean('Give true or false.').nullish(),
});

const profileEditShape = {
  username: username.optional(),
  bio: bio.optional(),
  playlist: playlist.optional(),
  date_of_birth: dateOfBirth.nullable().optional(),
  publicProfile: z
    .boolean()
    .optional()
    .openapi({ description: 'False hides all posts from everybody else.' }),
  anonymous: z.boolean().optional().openapi({ description: 'A preference that clients keep here.' }),
};

const picturePath = z.string().nullable().optional().openapi({
  description: 'An object of your own folder in the bucket; null takes the picture away.',
});

/** Body of PATCH /userprofiles/me/ as JSON, for the OpenAPI document. */
export const ProfileEditJsonBody = z
  .object({ ...profileEditShape, profile_pic: picturePath, cover_pic: picturePath })
  .openapi('ProfileEdit', { example: { bio: 'Up before the sun', publicProfile: true } });

const pictureFile = z.string().optional().openapi({
  format: 'binary',
  description: 'JPEG, PNG or GIF; an empty text takes the picture away.',
});

/** Body of PATCH /userprofiles/me/ as multipart, for the OpenAPI document. */
export const ProfileEditFormBody = z
  .object({ ...profileEditShape, profile_pic: pictureFile, cover_pic: pictureFile })
  .openapi('ProfileEditForm');

/** What everybody sees of a profile. */
export type Profile = z.infer<typeof ProfileAnswer>;

/** What the owner sees of his profile. */
export type OwnProfile = z.infer<typeof OwnProfileAnswer>;
