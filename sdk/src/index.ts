export type {
  Auth,
  Credentials,
  PasswordChange,
  PasswordReset,
  PasswordResetRequest,
  Registered,
  Registration,
} from './auth.ts';
export { createNoctra, type Noctra, type NoctraOptions } from './client.ts';
export type { NoctraSupabaseClient } from './context.ts';
export type { Database } from './database.types.ts';
export { isNoctraError, NoctraError, type NoctraErrorCode, type NoctraErrorDetails } from './errors.ts';
export { limits } from './limits.ts';
export type { Media, SignOptions } from './media.ts';
export type {
  AllOptions,
  NewPost,
  PageOptions,
  Post,
  PostChanges,
  PostFilter,
  PostMedia,
  PostOwner,
  PostPage,
  Posts,
} from './posts.ts';
export type { OwnProfile, Profile, ProfileChanges, Profiles } from './profiles.ts';
export type { CallOptions, Result } from './result.ts';
export type { NewMedia, UploadOptions, UploadProgress } from './uploads.ts';
