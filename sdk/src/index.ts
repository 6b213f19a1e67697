export type {
  Block,
  Comment,
  Follow,
  Like,
  Mute,
  Notification,
  NotificationSettings,
  OwnProfile,
  PasswordChange,
  PasswordReset,
  PasswordResetConfirm,
  Person,
  Post,
  Profile,
  Register,
  Report,
  Save,
  SentReport,
  SignIn,
  TagCount,
  Unread,
} from './api.types.ts';
export type { Auth, Registered, SessionChange } from './auth.ts';
export type { CallOptions, Result } from './calls.ts';
export { createNoctra, type Noctra, type NoctraOptions, type NoctraSupabaseClient } from './client.ts';
export type { CommentChanges, CommentListOptions, Comments, NewComment } from './comments.ts';
export type { Database } from './database.types.ts';
export { isNoctraError, NoctraError, type NoctraErrorCode, type NoctraErrorDetails } from './errors.ts';
export type { Feed } from './feed.ts';
export { limits } from './limits.ts';
export type { List, ListOptions, Page } from './lists.ts';
export type { Subscription } from './live.ts';
export type { CommentEvent, PostCounts } from './live-comments.ts';
export type { Media, NewMedia, SignOptions, UploadOptions, UploadProgress } from './media.ts';
export type {
  NotificationEvent,
  NotificationListOptions,
  NotificationSubscribeOptions,
  Notifications,
} from './notifications.ts';
export type { FollowListOptions, People } from './people.ts';
export type {
  NewPost,
  PostChanges,
  PostFilter,
  PostListOptions,
  PostMedia,
  PostOwner,
  Posts,
} from './posts.ts';
export type { ExportPage, ExportSection, ProfileChanges, Profiles } from './profiles.ts';
export type { NewReport, ReportChanges, ReportListOptions, Reports } from './reports.ts';
export type { Search, SuggestionOptions } from './search.ts';
export { partsOf, type TextPart } from './texts.ts';
