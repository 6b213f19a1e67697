import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Project } from '../project.ts';
import type { EdgeFunction } from './definitions.ts';

interface ImportMap {
  imports?: Record<string, string>;
  scopes?: Record<string, Record<string, string>>;
}

const types = 'edge-runtime.d.ts';
const inSource = /["'](jsr:@supabase\/functions-js[^"'/]*\/edge-runtime\.d\.ts)["']/g;

/**
 * Writes an import map for a function that imports the platform's types, as the Supabase CLI's templates do, and answers
 * its path; null for any other function. The module has no code, so nothing is fetched from JSR for it.
 */
export function mapPlatformTypes(project: Project, definition: EdgeFunction): string | null {
  const { importMap, entrypoint, name } = definition;
  const map = readMap(importMap);
  if (!map) return null;
  const mapped = Object.entries(map.imports ?? {}).flatMap(([key, address]) =>
    /^jsr:\/?@supabase\/functions-js(@[^/]*)?\/?$/.test(address)
      ? [`${key.replace(/\/$/, '')}/${types}`]
      : [],
  );
  const direct = [...fs.readFileSync(entrypoint, 'utf8').matchAll(inSource)].map(([, found = '']) => found);
  const specifiers = [...mapped, ...direct];
  if (specifiers.length === 0) return null;

  const base = pathToFileURL(importMap ?? entrypoint);
  const scopes = Object.entries(map.scopes ?? {}).map(([scope, imports]) => [
    absolute(scope, base),
    withAddresses(imports, base),
  ]);
  const written = {
    imports: {
      ...withAddresses(map.imports ?? {}, base),
      ...Object.fromEntries(specifiers.map((specifier) => [specifier, 'data:text/javascript,'])),
    },
    scopes: Object.fromEntries(scopes),
  };
  const file = path.join(project.state, 'functions', `imports-${name}.json`);
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, JSON.stringify(written));
  return file;
}

/** The imports of a deno.json or import map; null for one that Deno alone can read: with comments, or in parts. */
function readMap(file: string | null): ImportMap | null {
  if (file === null) return {};
  try {
    const map = JSON.parse(fs.readFileSync(file, 'utf8')) as ImportMap & { importMap?: string };
    return map.importMap === undefined ? map : null;
  } catch {
    return null;
  }
}

/** Addresses that hold in another folder; a package's paths are mapped with it, as in a deno.json. */
function withAddresses(imports: Record<string, string>, base: URL): Record<string, string> {
  return Object.fromEntries(
    Object.entries(imports).flatMap(([key, address]) => {
      const own = [key, absolute(address, base)];
      const isPackage = /^(npm|jsr):(?!\/)/.test(address) && !key.endsWith('/');
      return isPackage ? [own, [`${key}/`, `${address.replace(/^(npm|jsr):/, '$1:/')}/`]] : [own];
    }),
  );
}

function absolute(address: string, base: URL): string {
  return /^\.{0,2}\//.test(address) ? new URL(address, base).href : address;
}
