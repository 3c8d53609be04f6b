// A small PNG of a screenshot: 256 colours at most, the filters and the depth that text on plain grounds compresses best with.
// Reads what Chromium writes (8 bit, truecolour, not interlaced).
import { deflateSync, inflateSync, crc32 } from "node:zlib";

function decoded(png) {
  let at = 8, width = 0, height = 0, channels = 3;
  const parts = [];
  while (at < png.length) {
    const length = png.readUInt32BE(at), kind = png.toString("latin1", at + 4, at + 8), data = png.subarray(at + 8, at + 8 + length);
    if (kind === "IHDR") {
      width = data.readUInt32BE(0); height = data.readUInt32BE(4); channels = data[9] === 6 ? 4 : 3;
      if (data[8] !== 8 || ![2, 6].includes(data[9]) || data[12] !== 0) { throw new Error("a PNG of another kind"); }
    }
    if (kind === "IDAT") { parts.push(data); }
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(parts)), row = width * channels, pixels = Buffer.alloc(width * height * 3);
  let before = Buffer.alloc(row);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (row + 1)], line = Buffer.from(raw.subarray(y * (row + 1) + 1, (y + 1) * (row + 1)));
    for (let x = 0; x < row; x += 1) {
      const left = x >= channels ? line[x - channels] : 0, up = before[x], corner = x >= channels ? before[x - channels] : 0;
      let guess = 0;
      if (filter === 1) { guess = left; } else if (filter === 2) { guess = up; } else if (filter === 3) { guess = (left + up) >> 1; } else if (filter === 4) {
        const p = left + up - corner, a = Math.abs(p - left), b = Math.abs(p - up), c = Math.abs(p - corner);
        guess = a <= b && a <= c ? left : b <= c ? up : corner;
      }
      line[x] = (line[x] + guess) & 255;
    }
    for (let x = 0; x < width; x += 1) { line.copy(pixels, (y * width + x) * 3, x * channels, x * channels + 3); }
    before = line;
  }
  return { width, height, pixels };
}

// The most frequent colours as they are; every other one becomes the nearest of them.
function palette({ width, height, pixels }) {
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += 3) {
    const colour = pixels.readUIntBE(at, 3);
    counts.set(colour, (counts.get(colour) || 0) + 1);
  }
  const kept = [...counts].sort((one, other) => other[1] - one[1] || one[0] - other[0]).slice(0, 256).map(([colour]) => colour);
  const index = new Map(kept.map((colour, at) => [colour, at]));
  const nearest = (colour) => {
    let best = 0, least = Infinity;
    for (let at = 0; at < kept.length; at += 1) {
      const part = (shift) => ((colour >> shift) & 255) - ((kept[at] >> shift) & 255);
      const far = part(16) ** 2 * 3 + part(8) ** 2 * 4 + part(0) ** 2 * 2;
      if (far < least) { least = far; best = at; }
    }
    index.set(colour, best);
    return best;
  };
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = pixels.readUIntBE((y * width + x) * 3, 3);
      lines[y * (width + 1) + 1 + x] = index.get(colour) ?? nearest(colour);
    }
  }
  return { kept, lines };
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]), whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

export function small(png) {
  const picture = decoded(png), { kept, lines } = palette(picture);
  const head = Buffer.alloc(13), colours = Buffer.alloc(kept.length * 3);
  head.writeUInt32BE(picture.width, 0);
  head.writeUInt32BE(picture.height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  kept.forEach((colour, at) => colours.writeUIntBE(colour, at * 3, 3));
  return Buffer.concat([png.subarray(0, 8), chunk("IHDR", head), chunk("PLTE", colours), chunk("IDAT", deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0))]);
}
