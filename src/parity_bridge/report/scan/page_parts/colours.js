// Values as indices of colours, indices as RGB, and values as text.

// What the index of a colour means, as in scales.py; OUTSIDE is only of the screen.
const NO_VALUE = 0, ZERO = 1, FIRST = 2, LAST = 254, NOT_FINITE = 255;
const SYMMETRIC_NOT_FINITE = 0, EQUAL = 128, OUTSIDE = 256;
// Ramps, 17 colours each: viridis, RdBu_r and inferno_r as the figures have them.
const RAMPS = {
  sequential: "440154 47186a 472c7b 424085 3a528b 32628d 2c728e 26818e 20908c 1e9f88 28ae7f 3ebc73 5ec961 83d34b addc30 d7e219 fde724",
  diverging: "154f8d 256caf 3884bb 559ec9 80bad8 a7cfe4 c9e1ed e1ecf3 f6f6f6 fae7db fbd4be f7b799 ed9676 dd7059 ca4942 b6212f 930e26",
  counts: "cc4148 c13a50 b53357 a92e5e 9c2963 902468 83206b 761b6d 6a176e 5d126e 500d6c 430a68 350960 270b52 1a0b40 0f092d 06041b",
};
const WHITE = [255, 255, 255], GREY = [220, 220, 220], ORANGE = [213, 94, 0], BLACK = [0, 0, 0];

function clipped(x) {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}

function indexOf(value, scale) {
  const symmetric = scale.kind === "symmetric";
  if (!Number.isFinite(value)) {
    if (symmetric) return SYMMETRIC_NOT_FINITE;
    return scale.may_be_missing ? NO_VALUE : NOT_FINITE;
  }
  if (symmetric) {
    if (value === 0) return EQUAL;
    const size = clipped(Math.log(Math.abs(value) / scale.low) / Math.log(scale.high / scale.low));
    const position = meta.least_colour + (1 - meta.least_colour) * size;
    return EQUAL + Math.round(Math.sign(value) * position * (EQUAL - 1));
  }
  if (value === 0 || (scale.kind === "log" && value < 0)) return ZERO;
  let position;
  if (scale.kind === "log") position = clipped(Math.log(value / scale.low) / Math.log(scale.high / scale.low));
  else position = clipped((value - scale.low) / (scale.high - scale.low));
  if (scale.kind === "root") position = Math.sqrt(position);
  return FIRST + Math.round(position * (LAST - FIRST));
}

function indicesOf(tile, key) {
  if (!tile.indices[key]) {
    const scale = maps[key].scale;
    tile.indices[key] = Uint8Array.from(tile.planes[key], (value) => indexOf(value, scale));
  }
  return tile.indices[key];
}

function ramp(name, count) {
  const stops = RAMPS[name].split(" ").map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({ length: count }, (_, n) => {
    const position = (n / (count - 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(position), stops.length - 2);
    return [0, 1, 2].map((c) => Math.round(stops[low][c] + (position - low) * (stops[low + 1][c] - stops[low][c])));
  });
}

const colours = {};
function coloursOf(key) {
  const name = maps[key].ramp;
  colours[name] ??= name === "diverging"
    ? [BLACK, ...ramp(name, 255)]
    : [WHITE, GREY, ...ramp(name, LAST - FIRST + 1), ORANGE];
  return colours[name];
}

// As many digits as distinguish a float32 from its neighbours.
function text(value) {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}
