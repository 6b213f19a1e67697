export type {
  OwnProfile,
  PasswordChange,
  PasswordReset,
  PasswordResetConfirm,
  Post,
  Profile,
  Register,
  SignIn,
} from './api.types.ts';
export type { Auth, Registered } from './auth.ts';
export type { CallOptions, Result } from './calls.ts';
export { createNoctra, type Noctra, type NoctraOptions, type NoctraSupabaseClient } from './client.ts';
export type { Database } from './database.types.ts';
export { isNoctraError, NoctraError, type NoctraErrorCode, type NoctraErrorDetails } from './errors.ts';
export { limits } from './limits.ts';
export type { Media, NewMedia, SignOptions, UploadOptions, UploadProgress } from './media.ts';
export type {
  AllOptions,
  NewPost,
  PageOptions,
  PostChanges,
  PostFilter,
  PostMedia,
  PostOwner,
  PostPage,
  Posts,
} from './posts.ts';
export type { ProfileChanges, Profiles } from './profiles.ts';
