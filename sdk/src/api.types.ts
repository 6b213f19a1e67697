// Generated from the OpenAPI document by `npm run generate`. Changes here are lost.

export type Register = {
  username: string;
  email: string;
  /** At most 72 bytes of UTF-8. */
  password: string;
  date_of_birth?: string | null | undefined;
};

export type SignIn = {
  /** User name or e-mail address. */
  username: string;
  password: string;
};

export type PasswordChange = {
  password: string;
  /** At most 72 bytes of UTF-8. */
  new_password: string;
};

export type PasswordReset = {
  email: string;
  /** Where the link in the mail leads to; one that the project allows. */
  redirect_to?: string | null | undefined;
};

export type PasswordResetByCode = {
  email: string;
  /** The code in the mail. */
  code: string;
  /** At most 72 bytes of UTF-8. */
  new_password: string;
};

export type PasswordResetByLink = {
  /** From the link in the mail. */
  token_hash: string;
  /** At most 72 bytes of UTF-8. */
  new_password: string;
};

export type PasswordResetConfirm = PasswordResetByCode | PasswordResetByLink;

/** Omitted fields stay unchanged. */
export type ProfileEdit = {
  username?: string | null | undefined;
  bio?: string | null | undefined;
  playlist?: string | null | undefined;
  /** Null takes it away. */
  date_of_birth?: string | null | undefined;
  /** False shows posts to accepted followers only. */
  publicProfile?: boolean | null | undefined;
  /** A preference that clients keep here. */
  anonymous?: boolean | null | undefined;
  /** The path of an upload; null takes the picture away. */
  profile_pic?: string | null | undefined;
  /** The path of an upload; null takes the picture away. */
  cover_pic?: string | null | undefined;
};

export type Post = {
  id: string;
  owner: {
    id: string;
    username: string;
    profile_pic_url: string;
    is_vip: boolean;
  };
  caption: string;
  is_public: boolean;
  tags: Array<{
    id: string;
    name: string;
  }>;
  mentions: Array<{
    id: string;
    username: string;
  }>;
  media: Array<{
    id: string;
    /** Storage path. */
    file: string;
    /** Ready to load for an hour. */
    url: string | null;
    file_type: 'image' | 'video' | 'audio' | 'document';
    mime_type: string;
    /** Bytes, without the metadata. */
    size: number;
    /** Pixels as shown; null where there are none. */
    width: number | null;
    height: number | null;
    /** Milliseconds of sound or video; null where there are none, or the file does not tell. */
    duration_ms: number | null;
    /** For people who cannot see the file; may be empty. */
    alt_text: string;
  }>;
  /** The post that this one reposts; null if there is none, or it is gone or not visible to you. */
  original_post: string | null;
  /** Whether it reposts a post, even one that is gone. */
  is_repost: boolean;
  /** How many users like it. */
  like_count: number;
  /** How many comments and replies it has. */
  comment_count: number;
  /** How many public posts repost it. */
  repost_count: number;
  /** Whether you like it. */
  liked: boolean;
  /** Whether you saved it. */
  saved: boolean;
  /** Whether you reposted it. */
  reposted: boolean;
  /** When a moderator hid it from all but its owner and moderators; else null. */
  hidden_at: string | null;
  created_at: string;
  updated_at: string;
};

export type Like = {
  /** Whether you like it. */
  liked: boolean;
  /** How many users like it. */
  like_count: number;
};

export type Save = {
  /** Whether you saved it. */
  saved: boolean;
};

export type NewComment = {
  text: string;
  /** The comment that it answers. */
  parent?: string | null | undefined;
};

export type CommentEdit = {
  text: string;
};

export type Comment = {
  id: string;
  post: string;
  /** The comment that it is a reply to; null at the top. */
  parent: string | null;
  /** Null if it is deleted. */
  owner: {
    id: string;
    username: string;
    profile_pic_url: string;
    is_vip: boolean;
  } | null;
  /** Null if it is deleted. */
  text: string | null;
  mentions: Array<{
    id: string;
    username: string;
  }>;
  /** How many users like it. */
  like_count: number;
  /** How many replies it has. */
  reply_count: number;
  /** Whether you like it. */
  liked: boolean;
  created_at: string;
  updated_at: string;
  /** A deleted comment stays while it has replies. */
  is_deleted: boolean;
  /** When a moderator hid it from all but its author and moderators; else null. */
  hidden_at: string | null;
};

export type Profile = {
  id: string;
  username: string;
  bio: string;
  playlist: string;
  /** Root-relative; a default picture where none is set. */
  profile_pic: string;
  /** Root-relative; a default picture where none is set. */
  profile_pic_url: string;
  /** Root-relative; a default picture where none is set. */
  cover_pic: string;
  /** Root-relative; a default picture where none is set. */
  cover_pic_url: string;
  is_vip: boolean;
  role: 'user' | 'moderator' | 'admin';
  role_display_name: string;
  publicProfile: boolean;
  anonymous: boolean;
  created_at: string;
  updated_at: string;
  /** How many public posts the user has. */
  post_count: number;
  follower_count: number;
  following_count: number;
  /** Whether you follow this user. */
  following: boolean;
  /** Whether you have asked to follow this user. */
  requested: boolean;
  /** Whether this user follows you. */
  followed_by: boolean;
  /** Whether you block this user. */
  blocking: boolean;
  /** Whether you mute this user. */
  muting: boolean;
};

export type OwnProfile = Profile & {
  email: string | null;
  date_of_birth: string | null;
  age: number | null;
};

export type Person = {
  id: string;
  username: string;
  profile_pic_url: string;
  is_vip: boolean;
  /** Whether you follow this user. */
  following: boolean;
  /** Whether you have asked to follow this user. */
  requested: boolean;
  /** Whether this user follows you. */
  followed_by: boolean;
};

export type Follow = {
  /** `requested` until the owner of a private profile accepts. */
  state: 'requested' | 'accepted';
};

export type Block = {
  /** Whether you block this user. */
  blocking: boolean;
};

export type Mute = {
  /** Whether you mute this user. */
  muting: boolean;
};

export type Notification = {
  /** Of the newest event in the group. */
  id: string;
  kind: 'follow' | 'follow_request' | 'follow_accepted' | 'mention' | 'like' | 'comment' | 'reply' | 'repost';
  /** The newest three. */
  actors: Array<{
    id: string;
    username: string;
    profile_pic_url: string;
    is_vip: boolean;
  }>;
  actor_count: number;
  post: string | null;
  comment: string | null;
  /** The beginning of the text that it is about. */
  preview: string | null;
  created_at: string;
  is_read: boolean;
  /** Names the group. Stays the same when the group grows, and has another `id`. */
  key: string;
};

export type NotificationSettings = {
  follow: boolean;
  follow_request: boolean;
  follow_accepted: boolean;
  mention: boolean;
  like: boolean;
  comment: boolean;
  reply: boolean;
  repost: boolean;
};

export type Unread = {
  /** How many are not read, at most 100. */
  count: number;
};

/** About exactly one of `post`, `comment` and `user`. */
export type NewReport = {
  post?: string | null | undefined;
  comment?: string | null | undefined;
  /** `me`, an id or a user name. */
  user?: string | null | undefined;
  reason: 'spam' | 'harassment' | 'violence' | 'sexual' | 'illegal' | 'other';
  text?: string | null | undefined;
};

export type SentReport = {
  id: string;
  post: string | null;
  comment: string | null;
  user: string | null;
  reason: 'spam' | 'harassment' | 'violence' | 'sexual' | 'illegal' | 'other';
  text: string;
  created_at: string;
};

export type Report = SentReport & {
  state: 'open' | 'resolved' | 'dismissed';
  /** Of the moderators. */
  note: string;
  /** Null if the account is deleted. */
  reporter: {
    id: string;
    username: string;
    profile_pic_url: string;
    is_vip: boolean;
  } | null;
  /** Of the post or comment, also once it is deleted, or the user. Null if the account is deleted. */
  owner: {
    id: string;
    username: string;
    profile_pic_url: string;
    is_vip: boolean;
  } | null;
  /** The beginning of the post or comment as it was reported, also once it is deleted. */
  preview: string | null;
  /** The moderator who last changed it. */
  handled_by: {
    id: string;
    username: string;
    profile_pic_url: string;
    is_vip: boolean;
  } | null;
  updated_at: string;
};

export type TagCount = {
  tag: string;
  /** Posts that have it: of a trend those of the last day, else at most 20 of those that you see. */
  post_count: number;
  /** Users who published them. */
  people_count: number;
};

/** Omitted or null fields stay unchanged. */
export type ReportEdit = {
  state?: 'open' | 'resolved' | 'dismissed' | null | undefined;
  note?: string | null | undefined;
};
