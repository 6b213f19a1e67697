export type { Auth, Credentials, Registered, Registration } from './auth.ts';
export { createNoctra, type Noctra, type NoctraOptions } from './client.ts';
export type { NoctraSupabaseClient } from './context.ts';
export type { Database } from './database.types.ts';
export { isNoctraError, NoctraError, type NoctraErrorCode, type NoctraErrorDetails } from './errors.ts';
export { limits } from './limits.ts';
export type { NewPost, PageOptions, Post, PostMedia, PostOwner, PostPage, Posts } from './posts.ts';
export type { OwnProfile, Profiles } from './profiles.ts';
export type { Result } from './result.ts';
