import sharp from 'sharp';

/** The pictures that the demo can make. Each looks different with another seed. */
export type Scene = keyof typeof scenes;

/** A picture to make. The same numbers make the same picture, but for its grain. */
export interface Picture {
  scene: Scene;
  seed: number;
  width: number;
  height: number;
}

/** What a scene is drawn with: the size, and random numbers. */
interface Canvas {
  width: number;
  height: number;
  /** A number from 0 to 1, or between two numbers. */
  random(least?: number, most?: number): number;
  /** One of several. */
  pick<T>(choices: readonly T[]): T;
}

/** Sky from top to bottom, then the land from far to near. */
const palettes = [
  { sky: ['#1b1b4b', '#6a4c93', '#f08a8d', '#ffd6a5'], land: ['#8c6aa8', '#5c4585', '#372c5f', '#1d1838'] },
  { sky: ['#0b1030', '#1d3461', '#376996', '#a7c6da'], land: ['#6f95b0', '#446d8c', '#264b66', '#10263a'] },
  { sky: ['#ffb88c', '#ffd8a8', '#ffeccf', '#fff7e6'], land: ['#e8a87c', '#c97b63', '#8e4f51', '#4b2e39'] },
  { sky: ['#012a4a', '#2c7da0', '#89c2d9', '#e3f4f4'], land: ['#7fb7a4', '#4a8f7b', '#2a6357', '#123a36'] },
  { sky: ['#3a0f3f', '#8e2f63', '#e8605a', '#ffbf69'], land: ['#b04a5a', '#7a2f4f', '#481f3f', '#22102a'] },
] as const;

const scenes = {
  mountains: (canvas: Canvas) => {
    const { sky, land } = canvas.pick(palettes);
    const ridges = land.map((colour, index) =>
      ridge(canvas, canvas.height * (0.48 + index * 0.14), canvas.height * (0.26 - index * 0.05), colour),
    );
    return background(canvas, sky) + sun(canvas) + ridges.join('');
  },
  sea: (canvas: Canvas) => {
    const { width, height, random } = canvas;
    const { sky, land } = canvas.pick(palettes);
    const horizon = height * random(0.5, 0.62);
    const waves = range(90).map(() => {
      const depth = random() ** 1.6;
      const y = horizon + 4 + depth * (height - horizon);
      const length = width * (0.02 + depth * 0.16) * random(0.4, 1);
      const x = random(-0.05, 1) * width;
      return `<rect x="${x}" y="${y}" width="${length}" height="${1.5 + depth * 5}" rx="3" fill="${sky[3]}" opacity="${random(0.08, 0.4)}"/>`;
    });
    const water = `<rect y="${horizon}" width="${width}" height="${height - horizon}" fill="url(#water)"/>`;
    return (
      background(canvas, sky) +
      sun(canvas, horizon - height * 0.08) +
      gradient('water', [sky[2], land[2], land[3]]) +
      water +
      waves.join('')
    );
  },
  city: (canvas: Canvas) => {
    const { width, height, random, pick } = canvas;
    const { sky, land } = pick([palettes[0], palettes[1], palettes[4]]);
    const rows = [1, 2, 3].map((row) => {
      let houses = '';
      for (let x = -20; x < width; ) {
        const house = width * random(0.05, 0.11);
        const top = height * (random(0.34, 0.62) + row * 0.09);
        houses += `<rect x="${x}" y="${top}" width="${house}" height="${height}" fill="${land[row]}"/>`;
        const size = width * 0.009;
        for (let y = top + size * 2; y < height; y += size * 3)
          for (let at = x + size; at < x + house - size; at += size * 2.4)
            if (random() < 0.16 * row)
              houses += `<rect x="${at}" y="${y}" width="${size}" height="${size * 1.5}" fill="#ffd98a" opacity="${random(0.4, 1)}"/>`;
        x += house + random(0, width * 0.012);
      }
      return houses;
    });
    return background(canvas, sky) + stars(canvas) + sun(canvas) + rows.join('');
  },
  forest: (canvas: Canvas) => {
    const { width, height, random } = canvas;
    const { sky, land } = canvas.pick(palettes);
    const rows = land.map((colour, row) => {
      const base = height * (0.62 + row * 0.13);
      const trees = range(26 - row * 4).map(() => {
        const tall = height * (0.13 + row * 0.07) * random(0.7, 1.3);
        const x = random(-0.02, 1.02) * width;
        const layers = [0, 1, 2].map((layer) => {
          const y = base - tall + (layer * tall) / 4;
          const half = (tall / 9) * (layer + 1.4);
          return `<path d="M${x} ${y}l${half} ${tall / 2.1}h${-2 * half}z"/>`;
        });
        return layers.join('');
      });
      return `<g fill="${colour}">${trees.join('')}<rect y="${base - 4}" width="${width}" height="${height}"/></g>`;
    });
    return background(canvas, sky) + sun(canvas) + rows.join('');
  },
  aurora: (canvas: Canvas) => {
    const { width, height, random } = canvas;
    const curtains = range(7).map((_, index) => {
      const colour = canvas.pick(['#5effc3', '#3ad6ff', '#a48bff', '#ff8bd0']);
      const x = ((index + random(0, 0.8)) / 7) * width;
      const path = `M${x} ${height * 0.78}C${x + random(-0.2, 0.2) * width} ${height * 0.5} ${x + random(-0.2, 0.3) * width} ${height * 0.3} ${x + random(-0.1, 0.3) * width} ${height * random(-0.05, 0.15)}`;
      return `<path d="${path}" stroke="${colour}" stroke-width="${width * random(0.05, 0.12)}" fill="none" opacity="0.42" filter="url(#soft)"/>`;
    });
    return (
      blur('soft', width / 22) +
      background(canvas, ['#040617', '#0a1533', '#10304a', '#1b5560']) +
      stars(canvas) +
      curtains.join('') +
      ridge(canvas, height * 0.8, height * 0.14, '#081824') +
      ridge(canvas, height * 0.9, height * 0.08, '#030a12')
    );
  },
  lights: (canvas: Canvas) => {
    const { width, height, random, pick } = canvas;
    const circles = range(46).map(
      () =>
        `<circle cx="${random() * width}" cy="${random(0.1, 1) * height}" r="${width * random(0.015, 0.09)}" fill="${pick(['#ffd166', '#ff8fab', '#8ecae6', '#cdb4ff', '#ffadad'])}" opacity="${random(0.12, 0.6)}" filter="url(#${pick(['soft', 'sharp'])})"/>`,
    );
    return (
      blur('soft', width / 130) +
      blur('sharp', 1) +
      background(canvas, ['#12071f', '#2b1140', '#53204f', '#7a2e4d']) +
      circles.join('')
    );
  },
  tiles: (canvas: Canvas) => {
    const { width, height, random, pick } = canvas;
    const [ground, ...colours] = pick([
      ['#f6efe4', '#d1495b', '#00798c', '#edae49'],
      ['#10163a', '#8f9bff', '#ff9f9f', '#ffe29a'],
      ['#e9f5f2', '#1b4965', '#62b6cb', '#f4a259'],
    ] as const);
    const size = width / 8;
    const tiles = range(Math.ceil(height / size) * 8).map((_, index) => {
      const [x, y] = [(index % 8) * size, Math.floor(index / 8) * size];
      const turn = `translate(${x} ${y}) rotate(${90 * Math.floor(random(0, 4))} ${size / 2} ${size / 2})`;
      const shape = pick([
        `M0 0h${size}a${size} ${size} 0 0 1 ${-size} ${size}z`,
        `M0 0a${size / 2} ${size / 2} 0 0 1 ${size} 0z`,
        `M0 0h${size}L0 ${size}z`,
      ]);
      return `<path transform="${turn}" d="${shape}" fill="${pick(colours)}"/>`;
    });
    return `<rect width="${width}" height="${height}" fill="${ground}"/>${tiles.join('')}`;
  },
  dunes: (canvas: Canvas) => {
    const { width, height } = canvas;
    const { sky, land } = canvas.pick([palettes[2], palettes[4], palettes[0]]);
    const waves = land.map((colour, index) => {
      const y = height * (0.5 + index * 0.13);
      const [one, two] = [canvas.random(-0.2, 0.1) * height, canvas.random(-0.1, 0.2) * height];
      return `<path d="M0 ${y}C${width * 0.3} ${y + one} ${width * 0.6} ${y + two} ${width} ${y - one / 2}V${height}H0z" fill="${colour}"/>`;
    });
    return background(canvas, sky) + sun(canvas) + waves.join('');
  },
  /** For profiles: a head before a sky. */
  portrait: (canvas: Canvas) => {
    const { width, random, pick } = canvas;
    const { sky } = pick(palettes);
    const skin = pick(['#f2c9a5', '#d9a074', '#a86b46', '#7a4a2e', '#f7dcc4']);
    const hair = pick(['#241a17', '#5a3825', '#c98b3c', '#8f3b2e', '#dcd3c6', '#3d3a66']);
    const shirt = pick(['#2c7da0', '#e8605a', '#5c4585', '#2a6357', '#edae49', '#14213d']);
    const long = random() < 0.5 ? `<rect x="29" y="40" width="42" height="${random(26, 42)}" rx="16"/>` : '';
    return `${background(canvas, sky)}<g transform="scale(${width / 100})"><g fill="${hair}">${long}<circle cx="50" cy="42" r="21"/></g>
      <path d="M8 108c0-26 18-36 42-36s42 10 42 36z" fill="${shirt}"/><path d="M42 58h16v16q-8 8-16 0z" fill="${skin}"/><ellipse cx="50" cy="46" rx="17" ry="21" fill="${skin}"/>
      <path d="M32 45a18 ${random(19, 22)} 0 0 1 36 0q-${random(8, 28)}-${random(2, 12)} -36 0z" fill="${hair}"/><circle cx="43" cy="47" r="2" fill="#1d1838"/><circle cx="57" cy="47" r="2" fill="#1d1838"/>
      <path d="M44 56q6 ${random(3, 7)} 12 0" stroke="#1d1838" stroke-width="1.6" fill="none" stroke-linecap="round"/></g>`;
  },
};

/** Makes a picture as a JPEG file, with a little grain so that the gradients have no steps. */
export async function makePicture({ scene, seed, width, height }: Picture): Promise<Blob> {
  const random = randomNumbers(seed);
  const between = (least = 0, most = 1) => least + random() * (most - least);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const drawn = scenes[scene]({ width, height, random: between, pick });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${drawn}</svg>`;
  const grain = {
    create: {
      width,
      height,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 9 },
    },
  } as const;
  const bytes = await sharp(Buffer.from(svg))
    .composite([{ input: grain, blend: 'soft-light' }])
    .jpeg({ quality: 82, mozjpeg: true })
    .toBuffer();
  return new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' });
}

const range = (length: number) => Array.from({ length });

function gradient(id: string, colours: readonly string[]): string {
  const stops = colours.map(
    (colour, index) => `<stop offset="${index / (colours.length - 1)}" stop-color="${colour}"/>`,
  );
  return `<linearGradient id="${id}" x2="0" y2="1">${stops.join('')}</linearGradient>`;
}

function blur(id: string, deviation: number): string {
  return `<filter id="${id}" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="${deviation}"/></filter>`;
}

function background({ width, height }: Canvas, colours: readonly string[]): string {
  return `${gradient('sky', colours)}<rect width="${width}" height="${height}" fill="url(#sky)"/>`;
}

function sun({ width, height, random }: Canvas, y = height * random(0.18, 0.42)): string {
  const [x, r] = [width * random(0.2, 0.8), Math.min(width, height) * random(0.05, 0.1)];
  return `${blur('glow', r)}<circle cx="${x}" cy="${y}" r="${r * 2.4}" fill="#fff3d6" opacity="0.45" filter="url(#glow)"/><circle cx="${x}" cy="${y}" r="${r}" fill="#fff6e3"/>`;
}

function stars({ width, height, random }: Canvas): string {
  return range(140)
    .map(
      () =>
        `<circle cx="${random() * width}" cy="${random(0, 0.6) * height}" r="${random(0.5, width / 700)}" fill="#fff" opacity="${random(0.3, 1)}"/>`,
    )
    .join('');
}

/** The line of a mountain range: halved again and again, with ever smaller steps. */
function ridge({ width, height, random }: Canvas, base: number, roughness: number, colour: string): string {
  let points = [base + random(-0.3, 0.3) * roughness, base + random(-0.3, 0.3) * roughness];
  for (let step = roughness; points.length < 200; step *= 0.55) {
    points = points.flatMap((point, index) => {
      const next = points[index + 1];
      return next === undefined ? [point] : [point, (point + next) / 2 + random(-1, 1) * step];
    });
  }
  const line = points.map((y, index) => `${(index / (points.length - 1)) * width} ${y}`).join('L');
  return `<path d="M${line}V${height}H0z" fill="${colour}"/>`;
}

/** Random numbers from 0 to 1 that a seed decides (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
