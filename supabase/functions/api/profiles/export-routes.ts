import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { Database, Json } from '../database.types.ts';
import type { AppContext, AppEnv } from '../http/context.ts';
import { dataOf } from '../http/database.ts';
import { addEndpoint } from '../http/endpoint.ts';
import type { App } from '../http/openapi.ts';
import { postMedia } from '../media/inspect.ts';
import { mediaLinks } from '../posts/media-links.ts';

type Section = Database['public']['Enums']['export_section_name'];
type Item = Record<string, Json>;

/** A page of a section, as export_section gives it. */
interface Page {
  items: Item[];
  next: string | null;
}

const ExportAnswer = z
  .record(z.string(), z.array(z.record(z.string(), z.unknown())))
  .openapi('Export', { description: 'The sections by name, each a list of rows.' });

/** Adds the export of everything that is stored about the caller. */
export function addExportRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  addEndpoint(app, {
    method: 'get',
    path: '/userprofiles/me/export/',
    name: 'exportOwnData',
    tag: 'Profiles',
    summary: 'Everything that is stored about you',
    description:
      'One document, sent while it is read: one that does not end with `}` was interrupted. Files have a `url` that works for an hour.',
    requireCaller,
    problems: [429],
    answers: { 200: { description: 'The document', schema: ExportAnswer } },
    handler: async (c) => {
      const sections = await dataOf(c.var.caller.client.rpc('begin_export'));
      const parts = documentOf(c, config, sections);
      const encoder = new TextEncoder();
      // Pulled by the client, so no more than a page is in memory. An error ends the connection, not the document.
      const stream = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const { value, done } = await parts.next();
          if (done) controller.close();
          else controller.enqueue(encoder.encode(value));
        },
        cancel: async () => void (await parts.return()),
      });
      return c.body(stream, 200, {
        'content-type': 'application/json',
        'content-disposition': 'attachment; filename="noctra-export.json"',
      });
    },
  });
}

async function* documentOf(
  c: AppContext,
  config: Config,
  sections: readonly Section[],
): AsyncGenerator<string, void, void> {
  for (const [place, section] of sections.entries()) {
    yield `${place === 0 ? '{' : ','}\n${JSON.stringify(section)}:[`;
    let after: string | null = null;
    let isFirst = true;
    do {
      const page: Page = await readPage(c, section, after);
      const items = await withLinks(c, config, section, page.items);
      if (items.length > 0)
        yield (isFirst ? '\n' : ',\n') + items.map((item) => JSON.stringify(item)).join(',\n');
      isFirst = false;
      after = page.next;
    } while (after !== null);
    yield ']';
  }
  yield '\n}\n';
}

async function readPage(c: AppContext, section: Section, after: string | null): Promise<Page> {
  const bounds = after === null ? { section } : { section, after };
  return (await dataOf(c.var.caller.client.rpc('export_section', bounds, { get: true }))) as unknown as Page;
}

/** Adds the URLs of files, which one request signs for a page. A picture of a profile is public. */
async function withLinks(c: AppContext, config: Config, section: Section, items: Item[]): Promise<Item[]> {
  if (section !== 'files') return items;
  const paths = items
    .filter(({ bucket_id }) => bucket_id === postMedia.bucket)
    .map(({ name }) => String(name));
  const links = await mediaLinks(c, config, paths);
  return items.map((item) => ({ ...item, url: urlOf(item, links) }));
}

function urlOf({ bucket_id, name }: Item, links: ReadonlyMap<string, string>): string | null {
  if (bucket_id === postMedia.bucket) return links.get(String(name)) ?? null;
  // What waits in `uploads` only the edge function reads.
  return bucket_id === 'uploads' ? null : `/storage/v1/object/public/${bucket_id}/${name}`;
}
