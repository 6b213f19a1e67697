// Generated from the database by `npm run generate`. Changes here are lost.


export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  
  "public": {
          Tables: {
            "audit_log": {
                  Row: {
                    "action": Database["public"]['Enums']["audit_action"],"actor_id": string | null,"created_at": string,"details": NonNullable<Json>,"id": string,"target_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "action": Database["public"]['Enums']["audit_action"],"actor_id"?: string | null,"created_at"?: string,"details"?: NonNullable<Json>,"id"?: string,"target_id"?: string | null
                  }
                  Update: {
                    "action"?: Database["public"]['Enums']["audit_action"],"actor_id"?: string | null,"created_at"?: string,"details"?: NonNullable<Json>,"id"?: string,"target_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "audit_log_actor_id_fkey"
      columns: ["actor_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"blocks": {
                  Row: {
                    "blocked_id": string,"blocker_id": string,"id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "blocked_id": string,"blocker_id": string,"id"?: string
                  }
                  Update: {
                    "blocked_id"?: string,"blocker_id"?: string,"id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "blocks_blocked_id_fkey"
      columns: ["blocked_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "blocks_blocker_id_fkey"
      columns: ["blocker_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"comment_likes": {
                  Row: {
                    "comment_id": string,"id": string,"profile_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "comment_id": string,"id"?: string,"profile_id": string
                  }
                  Update: {
                    "comment_id"?: string,"id"?: string,"profile_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "comment_likes_comment_id_fkey"
      columns: ["comment_id"]
isOneToOne: false
      referencedRelation: "comments"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "comment_likes_profile_id_fkey"
      columns: ["profile_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"comment_mentions": {
                  Row: {
                    "comment_id": string,"name": string,"profile_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "comment_id": string,"name": string,"profile_id": string
                  }
                  Update: {
                    "comment_id"?: string,"name"?: string,"profile_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "comment_mentions_comment_id_fkey"
      columns: ["comment_id"]
isOneToOne: false
      referencedRelation: "comments"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "comment_mentions_profile_id_fkey"
      columns: ["profile_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"comments": {
                  Row: {
                    "created_at": string,"hidden_at": string | null,"id": string,"owner_id": string | null,"parent_id": string | null,"post_id": string,"reply_to_id": string | null,"text": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"hidden_at"?: string | null,"id"?: string,"owner_id"?: string | null,"parent_id"?: string | null,"post_id": string,"reply_to_id"?: string | null,"text"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"hidden_at"?: string | null,"id"?: string,"owner_id"?: string | null,"parent_id"?: string | null,"post_id"?: string,"reply_to_id"?: string | null,"text"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "comments_owner_id_fkey"
      columns: ["owner_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "comments_parent_id_fkey"
      columns: ["parent_id"]
isOneToOne: false
      referencedRelation: "comments"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "comments_post_id_fkey"
      columns: ["post_id"]
isOneToOne: false
      referencedRelation: "posts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "comments_reply_to_id_fkey"
      columns: ["reply_to_id"]
isOneToOne: false
      referencedRelation: "comments"
      referencedColumns: ["id"]
    }
                  ]
                },"follows": {
                  Row: {
                    "created_at": string,"followee_id": string,"follower_id": string,"id": string,"state": Database["public"]['Enums']["follow_state"]
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"followee_id": string,"follower_id": string,"id"?: string,"state": Database["public"]['Enums']["follow_state"]
                  }
                  Update: {
                    "created_at"?: string,"followee_id"?: string,"follower_id"?: string,"id"?: string,"state"?: Database["public"]['Enums']["follow_state"]
                  }
                  Relationships: [
                    {
      foreignKeyName: "follows_followee_id_fkey"
      columns: ["followee_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "follows_follower_id_fkey"
      columns: ["follower_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"mutes": {
                  Row: {
                    "id": string,"muted_id": string,"muter_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "id"?: string,"muted_id": string,"muter_id": string
                  }
                  Update: {
                    "id"?: string,"muted_id"?: string,"muter_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "mutes_muted_id_fkey"
      columns: ["muted_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "mutes_muter_id_fkey"
      columns: ["muter_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"notification_actors": {
                  Row: {
                    "actor_id": string,"id": string,"notification_id": string,"recipient_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "actor_id": string,"id": string,"notification_id": string,"recipient_id": string
                  }
                  Update: {
                    "actor_id"?: string,"id"?: string,"notification_id"?: string,"recipient_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "notification_actors_actor_id_fkey"
      columns: ["actor_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "notification_actors_notification_id_fkey"
      columns: ["notification_id"]
isOneToOne: false
      referencedRelation: "notifications"
      referencedColumns: ["id"]
    }
                  ]
                },"notifications": {
                  Row: {
                    "actor_count": number,"comment_id": string | null,"day": string,"id": string,"kind": Database["public"]['Enums']["notification_kind"],"newest": string,"post_id": string | null,"recipient_id": string,"target_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "actor_count": number,"comment_id"?: string | null,"day"?: string,"id"?: string,"kind": Database["public"]['Enums']["notification_kind"],"newest": string,"post_id"?: string | null,"recipient_id": string,"target_id"?: never
                  }
                  Update: {
                    "actor_count"?: number,"comment_id"?: string | null,"day"?: string,"id"?: string,"kind"?: Database["public"]['Enums']["notification_kind"],"newest"?: string,"post_id"?: string | null,"recipient_id"?: string,"target_id"?: never
                  }
                  Relationships: [
                    {
      foreignKeyName: "notifications_comment_id_fkey"
      columns: ["comment_id"]
isOneToOne: false
      referencedRelation: "comments"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "notifications_post_id_fkey"
      columns: ["post_id"]
isOneToOne: false
      referencedRelation: "posts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "notifications_recipient_id_fkey"
      columns: ["recipient_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"post_likes": {
                  Row: {
                    "id": string,"post_id": string,"profile_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "id"?: string,"post_id": string,"profile_id": string
                  }
                  Update: {
                    "id"?: string,"post_id"?: string,"profile_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "post_likes_post_id_fkey"
      columns: ["post_id"]
isOneToOne: false
      referencedRelation: "posts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "post_likes_profile_id_fkey"
      columns: ["profile_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"post_media": {
                  Row: {
                    "alt_text": string,"created_at": string,"duration_ms": number | null,"file_type": Database["public"]['Enums']["media_type"],"height": number | null,"id": string,"mime_type": string,"path": string,"position": number,"post_id": string,"size": number,"width": number | null
                  }
                  ComputedFields: never
                  Insert: {
                    "alt_text"?: string,"created_at"?: string,"duration_ms"?: number | null,"file_type": Database["public"]['Enums']["media_type"],"height"?: number | null,"id"?: string,"mime_type": string,"path": string,"position": number,"post_id": string,"size": number,"width"?: number | null
                  }
                  Update: {
                    "alt_text"?: string,"created_at"?: string,"duration_ms"?: number | null,"file_type"?: Database["public"]['Enums']["media_type"],"height"?: number | null,"id"?: string,"mime_type"?: string,"path"?: string,"position"?: number,"post_id"?: string,"size"?: number,"width"?: number | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "post_media_post_id_fkey"
      columns: ["post_id"]
isOneToOne: false
      referencedRelation: "posts"
      referencedColumns: ["id"]
    }
                  ]
                },"post_mentions": {
                  Row: {
                    "name": string | null,"post_id": string,"profile_id": string,"source": Database["public"]['Enums']["reference_source"]
                  }
                  ComputedFields: never
                  Insert: {
                    "name"?: string | null,"post_id": string,"profile_id": string,"source": Database["public"]['Enums']["reference_source"]
                  }
                  Update: {
                    "name"?: string | null,"post_id"?: string,"profile_id"?: string,"source"?: Database["public"]['Enums']["reference_source"]
                  }
                  Relationships: [
                    {
      foreignKeyName: "post_mentions_post_id_fkey"
      columns: ["post_id"]
isOneToOne: false
      referencedRelation: "posts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "post_mentions_profile_id_fkey"
      columns: ["profile_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"post_saves": {
                  Row: {
                    "id": string,"post_id": string,"profile_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "id"?: string,"post_id": string,"profile_id": string
                  }
                  Update: {
                    "id"?: string,"post_id"?: string,"profile_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "post_saves_post_id_fkey"
      columns: ["post_id"]
isOneToOne: false
      referencedRelation: "posts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "post_saves_profile_id_fkey"
      columns: ["profile_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"post_tags": {
                  Row: {
                    "post_id": string,"source": Database["public"]['Enums']["reference_source"],"tag": string
                  }
                  ComputedFields: never
                  Insert: {
                    "post_id": string,"source": Database["public"]['Enums']["reference_source"],"tag": string
                  }
                  Update: {
                    "post_id"?: string,"source"?: Database["public"]['Enums']["reference_source"],"tag"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "post_tags_post_id_fkey"
      columns: ["post_id"]
isOneToOne: false
      referencedRelation: "posts"
      referencedColumns: ["id"]
    }
                  ]
                },"posts": {
                  Row: {
                    "caption": string,"created_at": string,"hidden_at": string | null,"id": string,"is_public": boolean,"is_repost": boolean,"is_visible_to_all": boolean,"original_post_id": string | null,"owner_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "caption": string,"created_at"?: string,"hidden_at"?: string | null,"id"?: string,"is_public"?: boolean,"is_repost"?: boolean,"is_visible_to_all"?: boolean,"original_post_id"?: string | null,"owner_id": string,"updated_at"?: string
                  }
                  Update: {
                    "caption"?: string,"created_at"?: string,"hidden_at"?: string | null,"id"?: string,"is_public"?: boolean,"is_repost"?: boolean,"is_visible_to_all"?: boolean,"original_post_id"?: string | null,"owner_id"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "posts_original_post_id_fkey"
      columns: ["original_post_id"]
isOneToOne: false
      referencedRelation: "posts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "posts_owner_id_fkey"
      columns: ["owner_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"private_profiles": {
                  Row: {
                    "created_at": string,"date_of_birth": string | null,"id": string,"notification_kinds_off": (Database["public"]['Enums']["notification_kind"])[],"notifications_read_up_to": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"date_of_birth"?: string | null,"id": string,"notification_kinds_off"?: (Database["public"]['Enums']["notification_kind"])[],"notifications_read_up_to"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"date_of_birth"?: string | null,"id"?: string,"notification_kinds_off"?: (Database["public"]['Enums']["notification_kind"])[],"notifications_read_up_to"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "private_profiles_id_fkey"
      columns: ["id"]
isOneToOne: true
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"profiles": {
                  Row: {
                    "avatar_path": string | null,"bio": string,"cover_path": string | null,"created_at": string,"id": string,"is_anonymous": boolean,"is_public": boolean,"is_vip": boolean,"playlist": string,"role": Database["public"]['Enums']["profile_role"],"updated_at": string,"username": string
                  }
                  ComputedFields: never
                  Insert: {
                    "avatar_path"?: string | null,"bio"?: string,"cover_path"?: string | null,"created_at"?: string,"id": string,"is_anonymous"?: boolean,"is_public"?: boolean,"is_vip"?: boolean,"playlist"?: string,"role"?: Database["public"]['Enums']["profile_role"],"updated_at"?: string,"username": string
                  }
                  Update: {
                    "avatar_path"?: string | null,"bio"?: string,"cover_path"?: string | null,"created_at"?: string,"id"?: string,"is_anonymous"?: boolean,"is_public"?: boolean,"is_vip"?: boolean,"playlist"?: string,"role"?: Database["public"]['Enums']["profile_role"],"updated_at"?: string,"username"?: string
                  }
                  Relationships: [
                    
                  ]
                },"rate_limits": {
                  Row: {
                    "action": Database["public"]['Enums']["rate_limited_action"],"max_count": number,"per_seconds": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "action": Database["public"]['Enums']["rate_limited_action"],"max_count": number,"per_seconds": number,"updated_at"?: string
                  }
                  Update: {
                    "action"?: Database["public"]['Enums']["rate_limited_action"],"max_count"?: number,"per_seconds"?: number,"updated_at"?: string
                  }
                  Relationships: [
                    
                  ]
                },"reports": {
                  Row: {
                    "comment_id": string | null,"created_at": string,"handled_by": string | null,"id": string,"note": string,"owner_id": string | null,"post_id": string | null,"preview": string | null,"profile_id": string | null,"reason": Database["public"]['Enums']["report_reason"],"reporter_id": string | null,"state": Database["public"]['Enums']["report_state"],"text": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "comment_id"?: string | null,"created_at"?: string,"handled_by"?: string | null,"id"?: string,"note"?: string,"owner_id"?: string | null,"post_id"?: string | null,"preview"?: string | null,"profile_id"?: string | null,"reason": Database["public"]['Enums']["report_reason"],"reporter_id"?: string | null,"state"?: Database["public"]['Enums']["report_state"],"text"?: string,"updated_at"?: string
                  }
                  Update: {
                    "comment_id"?: string | null,"created_at"?: string,"handled_by"?: string | null,"id"?: string,"note"?: string,"owner_id"?: string | null,"post_id"?: string | null,"preview"?: string | null,"profile_id"?: string | null,"reason"?: Database["public"]['Enums']["report_reason"],"reporter_id"?: string | null,"state"?: Database["public"]['Enums']["report_state"],"text"?: string,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "reports_comment_id_fkey"
      columns: ["comment_id"]
isOneToOne: false
      referencedRelation: "comments"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "reports_handled_by_fkey"
      columns: ["handled_by"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "reports_owner_id_fkey"
      columns: ["owner_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "reports_post_id_fkey"
      columns: ["post_id"]
isOneToOne: false
      referencedRelation: "posts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "reports_profile_id_fkey"
      columns: ["profile_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "reports_reporter_id_fkey"
      columns: ["reporter_id"]
isOneToOne: false
      referencedRelation: "profiles"
      referencedColumns: ["id"]
    }
                  ]
                },"reserved_usernames": {
                  Row: {
                    "username": string
                  }
                  ComputedFields: never
                  Insert: {
                    "username": string
                  }
                  Update: {
                    "username"?: string
                  }
                  Relationships: [
                    
                  ]
                }
          }
          Views: {
            [_ in never]: never
          }
          Functions: {
            "accept_follow_request":
{ Args: { "person": string }; Returns: undefined
                           },
"before_user_created":
{ Args: { "event": Json }; Returns: Json
                           },
"begin_export":
{ Args: Record<PropertyKey, never>; Returns: (Database["public"]['Enums']["export_section_name"])[]
                           },
"begin_registration":
{ Args: { "address": unknown }; Returns: undefined
                           },
"begin_sign_in":
{ Args: { "address"?: unknown,"identifier": string }; Returns: {
              "email": string,"username": string
            }[]
                           },
"block_user":
{ Args: { "person": string }; Returns: undefined
                           },
"count_unread_notifications":
{ Args: Record<PropertyKey, never>; Returns: number
                           },
"create_comment":
{ Args: { "idempotency_key"?: string,"parent_id"?: string,"post_id": string,"text": string }; Returns: Database["public"]['CompositeTypes']["comment_view"]
                          SetofOptions: {
        from: "*"
        to: "comment_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"create_post":
{ Args: { "caption": string,"idempotency_key"?: string,"is_public"?: boolean,"media"?: Json,"mentions"?: (string)[],"original_post"?: string,"tags"?: (string)[] }; Returns: Database["public"]['CompositeTypes']["post_view"]
                          SetofOptions: {
        from: "*"
        to: "post_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"create_report":
{ Args: { "comment_id"?: string,"person"?: string,"post_id"?: string,"reason": Database["public"]['Enums']["report_reason"],"text"?: string }; Returns: Database["public"]['CompositeTypes']["report_view"]
                          SetofOptions: {
        from: "*"
        to: "report_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"decline_follow_request":
{ Args: { "person": string }; Returns: undefined
                           },
"delete_account":
{ Args: Record<PropertyKey, never>; Returns: undefined
                           },
"delete_comment":
{ Args: { "comment_id": string }; Returns: undefined
                           },
"delete_post":
{ Args: { "post_id": string }; Returns: undefined
                           },
"discard_files":
{ Args: { "bucket_id": string,"names": (string)[] }; Returns: undefined
                           },
"enqueue_uploads":
{ Args: Record<PropertyKey, never>; Returns: boolean
                           },
"export_section":
{ Args: { "after"?: string,"page_limit"?: number,"section": Database["public"]['Enums']["export_section_name"] }; Returns: Json
                           },
"extract_hashtags":
{ Args: { "caption": string }; Returns: (string)[]
                           },
"extract_mentions":
{ Args: { "caption": string }; Returns: (string)[]
                           },
"finish_removals":
{ Args: { "bucket_id": string,"names": (string)[] }; Returns: undefined
                           },
"follow_user":
{ Args: { "person": string }; Returns: Database["public"]['Enums']["follow_state"]
                           },
"forget_expired":
{ Args: Record<PropertyKey, never>; Returns: boolean
                           },
"get_comment":
{ Args: { "comment_id": string }; Returns: Database["public"]['CompositeTypes']["comment_view"]
                          SetofOptions: {
        from: "*"
        to: "comment_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"get_comments":
{ Args: { "comment_ids": (string)[] }; Returns: Database["public"]['CompositeTypes']["comment_view"][]
                          SetofOptions: {
        from: "*"
        to: "comment_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"get_notification_settings":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"get_post":
{ Args: { "post_id": string }; Returns: Database["public"]['CompositeTypes']["post_view"]
                          SetofOptions: {
        from: "*"
        to: "post_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"get_profile":
{ Args: { "person"?: string }; Returns: Database["public"]['CompositeTypes']["profile_view"]
                          SetofOptions: {
        from: "*"
        to: "profile_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"hide_comment":
{ Args: { "comment_id": string,"hidden"?: boolean,"reason"?: string }; Returns: Database["public"]['CompositeTypes']["comment_view"]
                          SetofOptions: {
        from: "*"
        to: "comment_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"hide_post":
{ Args: { "hidden"?: boolean,"post_id": string,"reason"?: string }; Returns: {
              "caption": string,
"created_at": string,
"hidden_at": string | null,
"id": string,
"is_public": boolean,
"is_repost": boolean,
"is_visible_to_all": boolean,
"original_post_id": string | null,
"owner_id": string,
"updated_at": string
            }
                          SetofOptions: {
        from: "*"
        to: "posts"
        isOneToOne: true
        isSetofReturn: false
      } },
"like_comment":
{ Args: { "comment_id": string }; Returns: number
                           },
"like_post":
{ Args: { "post_id": string }; Returns: number
                           },
"limits":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"list_blocks":
{ Args: { "before"?: string,"page_limit"?: number }; Returns: Database["public"]['CompositeTypes']["person_view"][]
                          SetofOptions: {
        from: "*"
        to: "person_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_comment_events":
{ Args: { "post_id": string,"seconds": number }; Returns: Database["public"]['CompositeTypes']["comment_event"][]
                          SetofOptions: {
        from: "*"
        to: "comment_event"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_comment_likes":
{ Args: { "before"?: string,"comment_id": string,"page_limit"?: number }; Returns: Database["public"]['CompositeTypes']["person_view"][]
                          SetofOptions: {
        from: "*"
        to: "person_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_comments":
{ Args: { "cursor"?: string,"newest_first"?: boolean,"page_limit"?: number,"post_id": string }; Returns: Database["public"]['CompositeTypes']["comment_view"][]
                          SetofOptions: {
        from: "*"
        to: "comment_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_feed":
{ Args: { "before"?: string,"page_limit"?: number }; Returns: Database["public"]['CompositeTypes']["post_view"][]
                          SetofOptions: {
        from: "*"
        to: "post_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_follow_requests":
{ Args: { "before"?: string,"page_limit"?: number }; Returns: Database["public"]['CompositeTypes']["person_view"][]
                          SetofOptions: {
        from: "*"
        to: "person_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_followers":
{ Args: { "before"?: string,"page_limit"?: number,"person"?: string }; Returns: Database["public"]['CompositeTypes']["person_view"][]
                          SetofOptions: {
        from: "*"
        to: "person_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_following":
{ Args: { "before"?: string,"page_limit"?: number,"person"?: string }; Returns: Database["public"]['CompositeTypes']["person_view"][]
                          SetofOptions: {
        from: "*"
        to: "person_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_likes":
{ Args: { "before"?: string,"page_limit"?: number,"post_id": string }; Returns: Database["public"]['CompositeTypes']["person_view"][]
                          SetofOptions: {
        from: "*"
        to: "person_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_mutes":
{ Args: { "before"?: string,"page_limit"?: number }; Returns: Database["public"]['CompositeTypes']["person_view"][]
                          SetofOptions: {
        from: "*"
        to: "person_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_notifications":
{ Args: { "before"?: string,"page_limit"?: number,"unread"?: boolean }; Returns: Database["public"]['CompositeTypes']["notification_view"][]
                          SetofOptions: {
        from: "*"
        to: "notification_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_posts":
{ Args: { "before"?: string,"mentions"?: string,"owner"?: string,"page_limit"?: number,"tag"?: string }; Returns: Database["public"]['CompositeTypes']["post_view"][]
                          SetofOptions: {
        from: "*"
        to: "post_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_replies":
{ Args: { "comment_id": string,"cursor"?: string,"page_limit"?: number }; Returns: Database["public"]['CompositeTypes']["comment_view"][]
                          SetofOptions: {
        from: "*"
        to: "comment_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_reports":
{ Args: { "before"?: string,"newest_first"?: boolean,"page_limit"?: number,"state"?: Database["public"]['Enums']["report_state"] }; Returns: Database["public"]['CompositeTypes']["report_view"][]
                          SetofOptions: {
        from: "*"
        to: "report_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_reposts":
{ Args: { "before"?: string,"page_limit"?: number,"post_id": string }; Returns: Database["public"]['CompositeTypes']["post_view"][]
                          SetofOptions: {
        from: "*"
        to: "post_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"list_saved_posts":
{ Args: { "before"?: string,"page_limit"?: number }; Returns: {
              "cursor": string,"post": Database["public"]['CompositeTypes']["post_view"]
            }[]
                           },
"mark_notifications_read":
{ Args: { "up_to": string }; Returns: number
                           },
"mute_user":
{ Args: { "person": string }; Returns: undefined
                           },
"register_file":
{ Args: { "bucket_id": string,"duration_ms"?: number,"file_type": Database["public"]['Enums']["media_type"],"height"?: number,"mime_type": string,"name": string,"owner_id": string,"size": number,"width"?: number }; Returns: boolean
                           },
"remove_follower":
{ Args: { "person": string }; Returns: undefined
                           },
"save_post":
{ Args: { "post_id": string }; Returns: undefined
                           },
"search_people":
{ Args: { "before"?: string,"page_limit"?: number,"q": string }; Returns: Database["public"]['CompositeTypes']["person_view"][]
                          SetofOptions: {
        from: "*"
        to: "person_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"search_posts":
{ Args: { "before"?: string,"page_limit"?: number,"q": string }; Returns: Database["public"]['CompositeTypes']["post_view"][]
                          SetofOptions: {
        from: "*"
        to: "post_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"search_tags":
{ Args: { "before"?: string,"page_limit"?: number,"q": string }; Returns: Database["public"]['CompositeTypes']["tag_view"][]
                          SetofOptions: {
        from: "*"
        to: "tag_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"set_role":
{ Args: { "profile_id": string,"role": Database["public"]['Enums']["profile_role"] }; Returns: {
              "avatar_path": string | null,
"bio": string,
"cover_path": string | null,
"created_at": string,
"id": string,
"is_anonymous": boolean,
"is_public": boolean,
"is_vip": boolean,
"playlist": string,
"role": Database["public"]['Enums']["profile_role"],
"updated_at": string,
"username": string
            }
                          SetofOptions: {
        from: "*"
        to: "profiles"
        isOneToOne: true
        isSetofReturn: false
      } },
"set_vip":
{ Args: { "is_vip": boolean,"profile_id": string }; Returns: {
              "avatar_path": string | null,
"bio": string,
"cover_path": string | null,
"created_at": string,
"id": string,
"is_anonymous": boolean,
"is_public": boolean,
"is_vip": boolean,
"playlist": string,
"role": Database["public"]['Enums']["profile_role"],
"updated_at": string,
"username": string
            }
                          SetofOptions: {
        from: "*"
        to: "profiles"
        isOneToOne: true
        isSetofReturn: false
      } },
"suggest_people":
{ Args: { "page_limit"?: number,"q": string }; Returns: Database["public"]['CompositeTypes']["person_view"][]
                          SetofOptions: {
        from: "*"
        to: "person_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"take_removals":
{ Args: { "max"?: number }; Returns: {
              "bucket_id": string,"name": string
            }[]
                           },
"trending_tags":
{ Args: { "page_limit"?: number }; Returns: Database["public"]['CompositeTypes']["tag_view"][]
                          SetofOptions: {
        from: "*"
        to: "tag_view"
        isOneToOne: false
        isSetofReturn: true
      } },
"unblock_user":
{ Args: { "person": string }; Returns: undefined
                           },
"unfollow_user":
{ Args: { "person": string }; Returns: undefined
                           },
"unlike_comment":
{ Args: { "comment_id": string }; Returns: number
                           },
"unlike_post":
{ Args: { "post_id": string }; Returns: number
                           },
"unmute_user":
{ Args: { "person": string }; Returns: undefined
                           },
"unsave_post":
{ Args: { "post_id": string }; Returns: undefined
                           },
"update_comment":
{ Args: { "comment_id": string,"text": string }; Returns: Database["public"]['CompositeTypes']["comment_view"]
                          SetofOptions: {
        from: "*"
        to: "comment_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"update_notification_settings":
{ Args: { "changes": Json }; Returns: Json
                           },
"update_post":
{ Args: { "add_media"?: Json,"caption"?: string,"is_public"?: boolean,"mentions"?: (string)[],"post_id": string,"remove_media"?: (string)[],"tags"?: (string)[] }; Returns: Database["public"]['CompositeTypes']["post_view"]
                          SetofOptions: {
        from: "*"
        to: "post_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"update_profile":
{ Args: { "changes": Json }; Returns: Database["public"]['CompositeTypes']["profile_view"]
                          SetofOptions: {
        from: "*"
        to: "profile_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"update_report":
{ Args: { "note"?: string,"report_id": string,"state"?: Database["public"]['Enums']["report_state"] }; Returns: Database["public"]['CompositeTypes']["report_view"]
                          SetofOptions: {
        from: "*"
        to: "report_view"
        isOneToOne: true
        isSetofReturn: false
      } },
"username_available":
{ Args: { "username": string }; Returns: boolean
                           }
          }
          Enums: {
            "audit_action": "role_changed"|"vip_changed"|"post_hidden"|"post_unhidden"|"comment_hidden"|"comment_unhidden"|"comment_deleted"|"rate_limit_changed"|"account_deleted"|"report_changed","export_section_name": "account"|"identities"|"sessions"|"factors"|"profile"|"posts"|"mentions"|"likes"|"saves"|"comments"|"comment_mentions"|"comment_likes"|"following"|"followers"|"blocks"|"mutes"|"notifications"|"reports"|"actions"|"files"|"reserved_usernames"|"rate_counters"|"idempotency_keys","follow_state": "requested"|"accepted","media_type": "image"|"video"|"audio"|"document","notification_kind": "follow"|"follow_request"|"follow_accepted"|"mention"|"like"|"comment"|"reply"|"repost","profile_role": "user"|"moderator"|"admin","rate_limited_action": "create_post"|"update_post"|"rename"|"follow"|"react"|"comment"|"report"|"search"|"export"|"sign_in_account"|"sign_in_address"|"register_address","reference_source": "caption"|"explicit","report_reason": "spam"|"harassment"|"violence"|"sexual"|"illegal"|"other","report_state": "open"|"resolved"|"dismissed"
          }
          CompositeTypes: {
            "comment_event": {
                        "event": string | null,"id": string | null,"parent": string | null
                      },"comment_view": {
                        "id": string | null,"post": string | null,"parent": string | null,"owner": Json | null,"text": string | null,"mentions": Json | null,"like_count": number | null,"reply_count": number | null,"liked": boolean | null,"created_at": string | null,"updated_at": string | null,"is_deleted": boolean | null,"hidden_at": string | null
                      },"notification_view": {
                        "id": string | null,"kind": Database["public"]['Enums']["notification_kind"] | null,"actors": Json | null,"actor_count": number | null,"post": string | null,"comment": string | null,"preview": string | null,"created_at": string | null,"is_read": boolean | null,"key": string | null
                      },"person_view": {
                        "id": string | null,"username": string | null,"profile_pic_url": string | null,"is_vip": boolean | null,"following": boolean | null,"requested": boolean | null,"followed_by": boolean | null,"cursor": string | null
                      },"post_view": {
                        "id": string | null,"owner": Json | null,"caption": string | null,"is_public": boolean | null,"tags": Json | null,"mentions": Json | null,"media": Json | null,"original_post": string | null,"is_repost": boolean | null,"like_count": number | null,"comment_count": number | null,"repost_count": number | null,"liked": boolean | null,"saved": boolean | null,"reposted": boolean | null,"hidden_at": string | null,"created_at": string | null,"updated_at": string | null
                      },"profile_view": {
                        "id": string | null,"username": string | null,"bio": string | null,"playlist": string | null,"profile_pic": string | null,"profile_pic_url": string | null,"cover_pic": string | null,"cover_pic_url": string | null,"is_vip": boolean | null,"role": Database["public"]['Enums']["profile_role"] | null,"role_display_name": string | null,"publicProfile": boolean | null,"anonymous": boolean | null,"created_at": string | null,"updated_at": string | null,"post_count": number | null,"follower_count": number | null,"following_count": number | null,"following": boolean | null,"requested": boolean | null,"followed_by": boolean | null,"blocking": boolean | null,"muting": boolean | null,"email": string | null,"date_of_birth": string | null,"age": number | null
                      },"report_view": {
                        "id": string | null,"post": string | null,"comment": string | null,"person": string | null,"reason": Database["public"]['Enums']["report_reason"] | null,"text": string | null,"created_at": string | null,"state": Database["public"]['Enums']["report_state"] | null,"note": string | null,"reporter": Json | null,"owner": Json | null,"preview": string | null,"handled_by": Json | null,"updated_at": string | null
                      },"tag_view": {
                        "tag": string | null,"post_count": number | null,"people_count": number | null,"cursor": string | null
                      }
          }
        }
}

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">]

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
  ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R
    }
    ? R
    : never
  : never

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I
    }
    ? I
    : never
  : never

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U
    }
    ? U
    : never
  : never

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
  ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
  ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never

export const Constants = {
  "public": {
          Enums: {
            "audit_action": ["role_changed", "vip_changed", "post_hidden", "post_unhidden", "comment_hidden", "comment_unhidden", "comment_deleted", "rate_limit_changed", "account_deleted", "report_changed"],"export_section_name": ["account", "identities", "sessions", "factors", "profile", "posts", "mentions", "likes", "saves", "comments", "comment_mentions", "comment_likes", "following", "followers", "blocks", "mutes", "notifications", "reports", "actions", "files", "reserved_usernames", "rate_counters", "idempotency_keys"],"follow_state": ["requested", "accepted"],"media_type": ["image", "video", "audio", "document"],"notification_kind": ["follow", "follow_request", "follow_accepted", "mention", "like", "comment", "reply", "repost"],"profile_role": ["user", "moderator", "admin"],"rate_limited_action": ["create_post", "update_post", "rename", "follow", "react", "comment", "report", "search", "export", "sign_in_account", "sign_in_address", "register_address"],"reference_source": ["caption", "explicit"],"report_reason": ["spam", "harassment", "violence", "sexual", "illegal", "other"],"report_state": ["open", "resolved", "dismissed"]
          }
        }
} as const
