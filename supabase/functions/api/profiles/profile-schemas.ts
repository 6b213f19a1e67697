import { z } from '@hono/zod-openapi';
import { Constants } from '../database.types.ts';
import { emptyAsNull, type FileSource, fileOrPath, fromTexts } from '../http/form.ts';
import { boolean, text, timestamp, uuid } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { acceptedTypes } from '../media/types.ts';
import { blocking, followed_by, following, muting, requested } from '../people/people-schemas.ts';

export const username = z
  .string('A user name is required.')
  .regex(
    new RegExp(`^[A-Za-z0-9_]{${limits.username_min},${limits.username_max}}$`),
    `A user name has ${limits.username_min} to ${limits.username_max} of the characters A-Z, a-z, 0-9 and _.`,
  )
  .openapi({ example: 'kai_berlin' });

/** Today as `YYYY-MM-DD`, in UTC like the database. */
const today = () => new Date().toISOString().slice(0, 10);

export const dateOfBirth = z.iso
  .date({ error: 'A date of birth is written YYYY-MM-DD.', abort: true })
  .refine(
    (date) => date >= `${limits.birth_year_min}-01-01` && date <= today(),
    `A date of birth lies between ${limits.birth_year_min}-01-01 and today.`,
  )
  .openapi({ example: '2004-02-29' });

const picture = z.string().openapi({ description: 'Root-relative; a default picture where none is set.' });

/** The public fields of a profile. */
export const ProfileAnswer = z
  .object({
    id: uuid,
    username: z.string(),
    bio: z.string(),
    playlist: z.string(),
    profile_pic: picture,
    profile_pic_url: picture,
    cover_pic: picture,
    cover_pic_url: picture,
    is_vip: z.boolean(),
    role: z.enum(Constants.public.Enums.profile_role),
    role_display_name: z.string(),
    publicProfile: z.boolean(),
    anonymous: z.boolean(),
    created_at: timestamp,
    updated_at: timestamp,
    post_count: z.int().openapi({ description: 'How many public posts the user has.' }),
    follower_count: z.int(),
    following_count: z.int(),
    following,
    requested,
    followed_by,
    blocking,
    muting,
  })
  .openapi('Profile');

/** The public fields of a profile. */
export type Profile = z.infer<typeof ProfileAnswer>;

/** A profile as its owner reads it. */
export const OwnProfileAnswer = ProfileAnswer.extend({
  email: z.string().nullable(),
  date_of_birth: z.iso.date().nullable(),
  age: z.int().nullable(),
}).openapi('OwnProfile');

/** A profile as its owner reads it. */
export type OwnProfile = z.infer<typeof OwnProfileAnswer>;

const uploadedPicture = z
  .string('Give the path of an upload, or null.')
  .transform((path): FileSource => path)
  .nullable()
  .optional()
  .openapi({ description: 'The path of an upload; null takes the picture away.' });

/** Body of PATCH /userprofiles/me/. */
export const ProfileEdit = z
  .strictObject({
    username: username.nullish(),
    bio: text('A bio', limits.bio_length).nullish(),
    playlist: text('A playlist', limits.playlist_length).nullish(),
    date_of_birth: dateOfBirth.nullable().optional().openapi({ description: 'Null takes it away.' }),
    publicProfile: boolean
      .nullish()
      .openapi({ description: 'False shows posts to accepted followers only.' }),
    anonymous: boolean.nullish().openapi({ description: 'A preference that clients keep here.' }),
    profile_pic: uploadedPicture,
    cover_pic: uploadedPicture,
  })
  .openapi('ProfileEdit', {
    description: 'Omitted fields stay unchanged.',
    example: { bio: 'Up before the sun', publicProfile: true },
  });

const sentPicture = emptyAsNull(fileOrPath.nullable()).openapi({
  description: `A picture (${acceptedTypes('image')}); an empty text takes the picture away.`,
});

/** The same as a form. */
export const ProfileEditForm = fromTexts(ProfileEdit, {
  date_of_birth: emptyAsNull(ProfileEdit.shape.date_of_birth),
  profile_pic: sentPicture,
  cover_pic: sentPicture,
}).openapi('ProfileEditForm');
