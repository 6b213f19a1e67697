import type { Sharp } from 'sharp';
import { z } from 'zod';
import { errorCode } from '../errors.ts';
import { createGate } from './gate.ts';
import { StorageError } from './storage-error.ts';

/** How an image is to be transformed, as requests and signed URLs say. */
export interface Transformation {
  /** Pixels. Values beyond Supabase's limits count as the limit, 0 as missing. */
  width?: number | undefined;
  height?: number | undefined;
  resize?: 'cover' | 'contain' | 'fill' | undefined;
  /** `origin` keeps the format. Without it, clients that accept WebP get WebP. */
  format?: 'origin' | 'avif' | undefined;
  /** 20 to 100. */
  quality?: number | undefined;
}

const fields = (integer: z.ZodNumber | z.ZodCoercedNumber) => ({
  width: integer.int().min(0).optional(),
  height: integer.int().min(0).optional(),
  resize: z.enum(['cover', 'contain', 'fill']).optional(),
  format: z.enum(['origin', 'avif']).optional(),
  quality: integer.int().min(20).max(100).optional(),
});

/** A transformation in a JSON body. */
export const transformationBody = z.object(fields(z.number()));
/** A transformation in a query. */
export const transformationQuery = z.object(fields(z.coerce.number()));

// https://supabase.com/docs/guides/storage/serving/image-transformations#limits
const largestSide = 2500;
const mostBytes = 25_000_000;
const mostPixels = 50_000_000;
// The limits of the image server in Supabase's local stack.
const longestSeconds = 15;
const mostFrames = 60;
/** Decoding takes memory: further images wait, and more than `longestQueue` are refused. */
const mostAtOnce = 2;
const longestQueue = 100;
const qualityOf = { jpeg: 80, webp: 80, avif: 62 };

const refused = (message: string, cause?: unknown) =>
  new StorageError({ status: 422, code: 'InvalidRequest', message }, { cause });

/** A transformation as signed tokens have it. */
export function writeTransformation({ width, height, resize, format, quality }: Transformation): string {
  const parts = { height: side(height), width: side(width), resize: undefined as string | undefined };
  if (parts.height || parts.width) parts.resize = resize ?? 'cover';
  return Object.entries({ ...parts, quality, format })
    .flatMap(([name, value]) => (value ? [`${name}:${value}`] : []))
    .join(',');
}

/** The header `X-Transformations`, which has the words of imgproxy. */
export function transformationHeader({ format, ...transformation }: Transformation): string {
  const written = writeTransformation({ ...transformation, format: format === 'avif' ? format : undefined });
  return written
    .replace('resize:cover', 'resizing_type:fill')
    .replace('resize:contain', 'resizing_type:fit')
    .replace('resize:fill', 'resizing_type:force');
}

/** Reads what `writeTransformation` wrote. */
export function readTransformation(text: string): Transformation {
  return transformationQuery.parse(
    Object.fromEntries(text.split(',').flatMap((part) => (part ? [part.split(':')] : []))),
  );
}

function side(pixels: number | undefined): number | undefined {
  return pixels ? Math.min(pixels, largestSide) : undefined;
}

/** A changed image. */
export interface Rendered {
  bytes: Buffer<ArrayBufferLike>;
  type: string;
}

const inTurn = createGate(mostAtOnce, longestQueue, () => {
  throw new StorageError({ status: 503, code: 'SlowDown', message: 'Too many images at once' });
});

/**
 * Transforms the image in a file. Throws the answer to the client: 422 for a file that is not an image or too big, 501
 * where the optional package sharp is not installed.
 */
export async function renderImage(
  file: { path: string; size: number },
  transformation: Transformation,
  accept: string,
): Promise<Rendered> {
  if (file.size > mostBytes) throw refused('Source image file is too big');
  const sharp = await loadSharp();
  return inTurn(async () => {
    const options = { limitInputPixels: mostPixels };
    try {
      const { format: source, pages = 1, compression } = await sharp(file.path, options).metadata();
      const image = sharp(file.path, {
        ...options,
        ...(source === 'gif' || source === 'webp' ? { pages: Math.min(pages, mostFrames) } : {}),
      });
      resize(image.autoOrient().timeout({ seconds: longestSeconds }), transformation);
      const wanted = chooseFormat(transformation.format, accept, compression === 'av1' ? 'avif' : source);
      return await encode(image, wanted, transformation.quality);
    } catch (error) {
      if (error instanceof StorageError || errorCode(error)) throw error;
      const tooBig = error instanceof Error && /pixel limit/i.test(error.message);
      throw refused(tooBig ? 'Source image resolution is too big' : 'Invalid source image', error);
    }
  });
}

let loaded: ReturnType<typeof importSharp> | undefined;

async function importSharp() {
  const { default: sharp } = await import('sharp');
  // Each file is read once, so a cache would only take memory.
  sharp.cache(false);
  // Uploads reach only the decoders that images of browsers need.
  sharp.block({ operation: ['VipsForeignLoad'] });
  const decoders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif', 'Tiff'];
  sharp.unblock({ operation: decoders.map((name) => `VipsForeignLoad${name}`) });
  return sharp;
}

/** Loads sharp when it is first needed: most projects transform no images. */
async function loadSharp() {
  loaded ??= importSharp();
  try {
    return await loaded;
  } catch (cause) {
    throw new StorageError(
      {
        status: 501,
        code: 'FeatureNotEnabled',
        message:
          'Image transformations need the optional package sharp. Install it with `npm install --include=optional`.',
      },
      { cause },
    );
  }
}

function resize(image: Sharp, { width, height, resize: mode = 'cover' }: Transformation): void {
  const size = { width: side(width), height: side(height) };
  if (!size.width && !size.height) return;
  // As on Supabase, images are never enlarged.
  const fit = mode === 'contain' ? 'inside' : mode;
  image.resize({
    fit,
    withoutEnlargement: true,
    ...(size.width ? { width: size.width } : {}),
    ...(size.height ? { height: size.height } : {}),
  });
}

type Format = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'tiff';
const formats: readonly Format[] = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'];

function chooseFormat(wanted: Transformation['format'], accept: string, source: string): Format {
  if (wanted === 'avif') return 'avif';
  if (wanted !== 'origin' && accept.includes('image/webp')) return 'webp';
  return formats.find((format) => format === source) ?? 'jpeg';
}

async function encode(image: Sharp, format: Format, quality: number | undefined): Promise<Rendered> {
  const type = `image/${format}`;
  // For PNG and GIF, sharp's quality would reduce the colours; Supabase's does not.
  if (format === 'png' || format === 'gif' || format === 'tiff')
    return { type, bytes: await image.toFormat(format).toBuffer() };
  return { type, bytes: await image.toFormat(format, { quality: quality ?? qualityOf[format] }).toBuffer() };
}
