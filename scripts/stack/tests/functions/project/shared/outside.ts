/** Imported from outside `supabase/`. */
export const outside = 'outside';
