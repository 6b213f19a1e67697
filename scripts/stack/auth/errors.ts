/** An error in the form of Supabase Auth: `code` repeats the status, `error_code` is the stable one. */
export function authError(status: number, code: string, message: string): Response {
  return Response.json(
    { code: status, error_code: code, msg: message },
    { status, headers: { 'x-sb-error-code': code } },
  );
}
