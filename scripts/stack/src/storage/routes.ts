import * as buckets from './buckets.ts';
import * as changes from './changes.ts';
import * as downloads from './downloads.ts';
import type { Handler } from './handler.ts';
import * as listing from './listing.ts';
import * as signing from './signing.ts';
import * as unsupported from './unsupported.ts';
import * as uploads from './uploads.ts';

/** A route: its path, the value of `storage.operation()` meanwhile, and its handler. */
interface Route {
  method: string;
  /** Under `/storage/v1`; `*` takes the rest, slashes and all. */
  path: string;
  operation: string;
  handle: Handler;
  /** Whether it answers requests without a key. */
  open: boolean;
}

/** A route that needs a key. */
const keyed = (method: string, path: string, operation: string, handle: Handler): Route => ({
  method,
  path,
  operation,
  handle,
  open: false,
});
/** A route without a key: the bucket is public, or a token is in the URL. */
const open = (...route: Parameters<typeof keyed>): Route => ({ ...keyed(...route), open: true });

// The first match counts: the paths with more fixed parts stand first.
const routes = (resumable: Handler): readonly Route[] => [
  keyed('GET', 'bucket', 'storage.bucket.list', buckets.listBuckets),
  keyed('POST', 'bucket', 'storage.bucket.create', buckets.createBucket),
  keyed('GET', 'bucket/:bucket', 'storage.bucket.get', buckets.getBucket),
  keyed('PUT', 'bucket/:bucket', 'storage.bucket.update', buckets.updateBucket),
  keyed('DELETE', 'bucket/:bucket', 'storage.bucket.delete', buckets.deleteBucket),
  keyed('POST', 'bucket/:bucket/empty', 'storage.bucket.empty', buckets.emptyBucket),

  keyed('GET', 'bucket/:bucket/lifecycle', 'storage.bucket.get_lifecycle', unsupported.lifecycle),
  keyed('PUT', 'bucket/:bucket/lifecycle', 'storage.bucket.put_lifecycle', unsupported.lifecycle),
  keyed('DELETE', 'bucket/:bucket/lifecycle', 'storage.bucket.delete_lifecycle', unsupported.lifecycle),
  keyed('DELETE', 'cdn', 'storage.cdn.purge_tenant', unsupported.purgeCache),
  keyed('DELETE', 'cdn/:bucket', 'storage.cdn.purge_bucket', unsupported.purgeCache),
  keyed('DELETE', 'cdn/:bucket/*', 'storage.cdn.purge_object', unsupported.purgeCache),

  open('GET', 'object/public/:bucket/*', 'storage.object.get_public', downloads.getPublic),
  open('HEAD', 'object/public/:bucket/*', 'storage.object.info_public', downloads.getPublic),
  keyed('GET', 'object/authenticated/:bucket/*', 'storage.object.get_authenticated', downloads.getReadable),
  keyed('HEAD', 'object/authenticated/:bucket/*', 'object.head_authenticated_info', downloads.getReadable),
  open('GET', 'object/sign/:bucket/*', 'storage.object.get_signed', downloads.getSigned),
  open('HEAD', 'object/sign/:bucket/*', 'storage.object.get_signed', downloads.getSigned),
  open('GET', 'object/info/public/:bucket/*', 'storage.object.info_public', downloads.infoPublic),
  keyed(
    'GET',
    'object/info/authenticated/:bucket/*',
    'object.get_authenticated_info',
    downloads.infoReadable,
  ),
  open('GET', 'object/info/:bucket/*', 'object.get_authenticated_info', downloads.infoReadable),

  open('GET', 'render/image/public/:bucket/*', 'storage.render.image_public', downloads.renderPublic),
  open('HEAD', 'render/image/public/:bucket/*', 'storage.render.image_public', downloads.renderPublic),
  keyed(
    'GET',
    'render/image/authenticated/:bucket/*',
    'storage.render.image_authenticated',
    downloads.renderReadable,
  ),
  keyed(
    'HEAD',
    'render/image/authenticated/:bucket/*',
    'storage.render.image_authenticated',
    downloads.renderReadable,
  ),
  open('GET', 'render/image/sign/:bucket/*', 'storage.render.image_sign', downloads.renderSigned),
  open('HEAD', 'render/image/sign/:bucket/*', 'storage.render.image_sign', downloads.renderSigned),

  keyed('POST', 'object/list/:bucket', 'storage.object.list', listing.listFolder),
  keyed('POST', 'object/list-v2/:bucket', 'storage.object.list_v2', listing.listPage),
  keyed('POST', 'object/upload/sign/:bucket/*', 'storage.object.sign_upload_url', uploads.signUpload),
  open('PUT', 'object/upload/sign/:bucket/*', 'storage.object.upload_signed', uploads.uploadSigned),
  keyed('POST', 'object/sign/:bucket/*', 'storage.object.sign', signing.signObject),
  keyed('POST', 'object/sign/:bucket', 'storage.object.sign_many', signing.signObjects),

  open('OPTIONS', 'upload/resumable', 'storage.tus.options', resumable),
  open('OPTIONS', 'upload/resumable/*', 'storage.tus.options', resumable),
  open('POST', 'upload/resumable/sign', 'storage.tus.upload.create_signed', resumable),
  open('PATCH', 'upload/resumable/sign/*', 'storage.tus.upload.part_signed', resumable),
  open('HEAD', 'upload/resumable/sign/*', 'storage.tus.upload.get_signed', resumable),
  open('DELETE', 'upload/resumable/sign/*', 'storage.tus.upload.delete_signed', resumable),
  keyed('POST', 'upload/resumable', 'storage.tus.upload.create', resumable),
  keyed('PATCH', 'upload/resumable/*', 'storage.tus.upload.part', resumable),
  keyed('HEAD', 'upload/resumable/*', 'storage.tus.upload.get', resumable),
  keyed('DELETE', 'upload/resumable/*', 'storage.tus.upload.delete', resumable),

  keyed('POST', 'object/move', 'storage.object.move', changes.moveObject),
  keyed('POST', 'object/copy', 'storage.object.copy', changes.copyObject),
  keyed('DELETE', 'object/:bucket', 'storage.object.delete_many', changes.removeObjects),
  keyed('DELETE', 'object/:bucket/*', 'storage.object.delete', changes.removeObject),
  keyed('POST', 'object/:bucket/*', 'storage.object.upload', uploads.uploadObject),
  keyed('PUT', 'object/:bucket/*', 'storage.object.upload_update', uploads.updateObject),
  open('GET', 'object/:bucket/*', 'storage.object.get_authenticated', downloads.getReadable),
  open('HEAD', 'object/:bucket/*', 'object.head_authenticated_info', downloads.getReadable),
];

/** A route and the parameters of its path, still percent-encoded. */
export interface Match {
  route: Route;
  bucket: string;
  key: string;
}

/** Finds the route of a request by its path under `/storage/v1/`; null where there is none. */
export type MatchRoute = (method: string, path: string) => Match | null;

/** Makes the routes of Storage; `resumable` answers those of resumable uploads. */
export function createRoutes(resumable: Handler): MatchRoute {
  const patterns = routes(resumable).map((route) => ({
    route,
    pattern: new RegExp(
      `^${route.path.replace(':bucket', '(?<bucket>[^/]+)').replace('*', '(?<key>.+)')}/?$`,
    ),
  }));
  return (method, path) => {
    for (const { route, pattern } of patterns) {
      const groups = route.method === method ? pattern.exec(path) : null;
      if (groups) return { route, bucket: groups.groups?.bucket ?? '', key: groups.groups?.key ?? '' };
    }
    return null;
  };
}
