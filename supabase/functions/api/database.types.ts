// Generated from the database by `npm run gen-types`. Changes here are lost.


export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  
  "public": {
          Tables: {
            "post_media": {
                  Row: {
                    "created_at": string,"file_type": Database["public"]['Enums']["media_type"],"id": string,"mime_type": string,"path": string,"position": number,"post_id": string,"size": number
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"file_type": Database["public"]['Enums']["media_type"],"id"?: string,"mime_type": string,"path": string,"position": number,"post_id": string,"size": number
                  }
                  Update: {
                    "created_at"?: string,"file_type"?: Database["public"]['Enums']["media_type"],"id"?: string,"mime_type"?: string,"path"?: string,"position"?: number,"post_id"?: string,"size"?: number
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
                    "post_id": string,"profile_id": string,"source": Database["public"]['Enums']["reference_source"]
                  }
                  ComputedFields: never
                  Insert: {
                    "post_id": string,"profile_id": string,"source": Database["public"]['Enums']["reference_source"]
                  }
                  Update: {
                    "post_id"?: string,"profile_id"?: string,"source"?: Database["public"]['Enums']["reference_source"]
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
                },"post_tags": {
                  Row: {
                    "post_id": string,"source": Database["public"]['Enums']["reference_source"],"tag_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "post_id": string,"source": Database["public"]['Enums']["reference_source"],"tag_id": string
                  }
                  Update: {
                    "post_id"?: string,"source"?: Database["public"]['Enums']["reference_source"],"tag_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "post_tags_post_id_fkey"
      columns: ["post_id"]
isOneToOne: false
      referencedRelation: "posts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "post_tags_tag_id_fkey"
      columns: ["tag_id"]
isOneToOne: false
      referencedRelation: "tags"
      referencedColumns: ["id"]
    }
                  ]
                },"posts": {
                  Row: {
                    "caption": string,"created_at": string,"id": string,"is_public": boolean,"original_post_id": string | null,"owner_id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "caption": string,"created_at"?: string,"id"?: string,"is_public"?: boolean,"original_post_id"?: string | null,"owner_id"?: string,"updated_at"?: string
                  }
                  Update: {
                    "caption"?: string,"created_at"?: string,"id"?: string,"is_public"?: boolean,"original_post_id"?: string | null,"owner_id"?: string,"updated_at"?: string
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
                    "created_at": string,"date_of_birth": string | null,"id": string,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"date_of_birth"?: string | null,"id": string,"updated_at"?: string
                  }
                  Update: {
                    "created_at"?: string,"date_of_birth"?: string | null,"id"?: string,"updated_at"?: string
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
                },"tags": {
                  Row: {
                    "created_at": string,"id": string,"name": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"id"?: string,"name": string
                  }
                  Update: {
                    "created_at"?: string,"id"?: string,"name"?: string
                  }
                  Relationships: [
                    
                  ]
                }
          }
          Views: {
            [_ in never]: never
          }
          Functions: {
            "before_user_created":
{ Args: { "event": Json }; Returns: Json
                           },
"create_post":
{ Args: { "caption": string,"idempotency_key"?: string,"is_public"?: boolean,"media"?: (string)[],"mentions"?: (string)[],"original_post"?: string,"tags"?: (string)[] }; Returns: {
              "caption": string,
"created_at": string,
"id": string,
"is_public": boolean,
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
"extract_hashtags":
{ Args: { "caption": string }; Returns: (string)[]
                           },
"extract_mentions":
{ Args: { "caption": string }; Returns: (string)[]
                           },
"limits":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"sign_in_email":
{ Args: { "identifier": string }; Returns: string
                           },
"username_available":
{ Args: { "username": string }; Returns: boolean
                           }
          }
          Enums: {
            "media_type": "image"|"video"|"audio"|"document","profile_role": "user"|"moderator"|"admin","reference_source": "caption"|"explicit"
          }
          CompositeTypes: {
            [_ in never]: never
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
            "media_type": ["image", "video", "audio", "document"],"profile_role": ["user", "moderator", "admin"],"reference_source": ["caption", "explicit"]
          }
        }
} as const
