import type { Context } from './context.ts';

/** Where a person's picture loads; the HTTP API's default one where none is set. */
export function avatarUrl({ url }: Context, path: string | null): string {
  return path === null
    ? `${url}/functions/v1/api/assets/default-avatar.svg`
    : `${url}/storage/v1/object/public/avatars/${path}`;
}

/** An address of the HTTP API as it loads from anywhere: those of pictures are given below the project's. */
export function absolute({ url }: Context, address: string): string {
  return address.startsWith('/') ? url + address : address;
}
